"""ab, Apache's benchmark: what it says about its TLS and about failures. Counts and times are chance."""

import re

from support import nginx
from support.openssl import held_run, steady
from support.ports import HOST
from support.suite import Suite

SUITE = Suite("ab", "apache2-utils", "versions, ciphers, client certificates, keep-alive, many connections at once, refusals")
_KEPT = ("SSL/TLS Protocol", "TLS Server Name", "Document Length", "Complete requests", "Failed requests", "Keep-Alive requests")


def ask(trial, port, options, name, count="20"):
    """ab's exit status and its words about what happened."""
    argv = ["ab", "-n", count, "-c", "4", *options, f"https://{HOST}:{port}/page.txt"]
    result = held_run(trial, argv, name.replace(" ", "-"))
    told = [re.sub(r"\s+", " ", line) for line in result.text.splitlines() if line.startswith(_KEPT)]
    words = [line for line in result.err.splitlines() if not line.startswith(("Completed", "Finished"))]
    return {"exit": result.code, "told": told, "err": steady("\n".join(words))}


@SUITE.case("options")
def options(trial):
    """-f, -Z, -E, -k and -v against servers that take them and servers that do not."""
    ports = {word: trial.port() for word in ("any", "old", "new", "must")}
    settings = {
        "any": [],
        "old": ["ssl_protocols TLSv1.2", "ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305"],
        "new": ["ssl_protocols TLSv1.3"],
        "must": ["ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}"],
    }
    sites = [nginx.site(trial, port, settings=settings[word], root=word) for word, port in ports.items()]
    server = nginx.start(trial, ports["any"], sites)
    own = trial.write("own.pem", trial.pem("client").read_bytes() + trial.key("client").read_bytes())
    wrong = trial.write("wrong.pem", trial.pem("client").read_bytes() + trial.key("ecdsa").read_bytes())
    facts = {}
    for name, word, more in (
        ("plain", "any", []),
        ("kept alive", "any", ["-k"]),
        ("any length", "any", ["-l", "-k"]),
        ("version 1.2", "any", ["-f", "TLS1.2"]),
        ("version 1.3", "any", ["-f", "TLS1.3"]),
        ("version any", "any", ["-f", "ALL"]),
        ("version not there", "old", ["-f", "TLS1.3"]),
        ("version not there either", "new", ["-f", "TLS1.2"]),
        ("cipher", "old", ["-f", "TLS1.2", "-Z", "ECDHE-ECDSA-CHACHA20-POLY1305"]),
        ("cipher not there", "old", ["-f", "TLS1.2", "-Z", "ECDHE-ECDSA-AES128-GCM-SHA256"]),
        ("cipher unknown", "any", ["-Z", "NOTHING"]),
        ("no certificate", "must", []),
        ("certificate", "must", ["-E", own]),
        ("certificate with another key", "must", ["-E", wrong]),
        ("no such certificate", "must", ["-E", trial.dir / "none"]),
    ):
        facts[name] = ask(trial, ports[word], more, name)
    facts["many"] = ask(trial, ports["any"], ["-c", "40"], "many", "400")
    trial.require(any("Failed requests: 0" in line for line in facts["many"]["told"]), f"{facts['many']}")
    server.stop()
    return facts
