"""siege: pages over TLS with several users at once, from its own settings file."""

import json

from support import nginx
from support.openssl import held_run
from support.ports import HOST
from support.suite import Suite

SUITE = Suite("siege", "siege", "pages by several users at once, versions, ciphers, client certificates, refusals")


@SUITE.case("options")
def options(trial):
    """Users that fetch a page each, with the settings of siege that are about TLS."""
    ports = {word: trial.port() for word in ("any", "old", "new", "must")}
    settings = {
        "any": [],
        "old": ["ssl_protocols TLSv1.2"],
        "new": ["ssl_protocols TLSv1.3"],
        "must": ["ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}"],
    }
    server = nginx.start(trial, ports["any"], [nginx.site(trial, port, settings=settings[word], root=word) for word, port in ports.items()])
    facts = {}
    for name, word, lines in (
        ("plain", "any", []),
        ("old", "old", []),
        ("new", "new", []),
        ("kept alive", "any", ["connection = keep-alive"]),
        ("cipher", "old", ["ssl-ciphers = ECDHE-ECDSA-CHACHA20-POLY1305"]),
        ("cipher of other keys", "old", ["ssl-ciphers = ECDHE-RSA-AES128-GCM-SHA256"]),
        ("no certificate", "must", []),
        ("certificate", "must", [f"ssl-cert = {trial.pem('client')}", f"ssl-key = {trial.key('client')}"]),
        ("key of another", "must", [f"ssl-cert = {trial.pem('client')}", f"ssl-key = {trial.key('ecdsa')}"]),
    ):
        slug = name.replace(" ", "-")
        text = "\n".join(["verbose = false", "logging = false", "json_output = true", "failures = 1000", *lines])
        conf = trial.write(f"{slug}.conf", text + "\n")
        argv = ["siege", "-R", conf, "-c", "3", "-r", "4", "-b", "-q", f"https://{HOST}:{ports[word]}/page.txt"]
        result = held_run(trial, argv, f"{slug}-siege")
        start = result.text.find("{")
        counted = json.loads(result.text[start:]) if start >= 0 else {}
        counted = {word: counted.get(word) for word in ("transactions", "successful_transactions", "failed_transactions")}
        facts[name] = {"exit": result.code, "counted": counted, "err": sorted(set(result.err.splitlines()))}
    trial.require(facts["plain"]["counted"]["successful_transactions"] == 12, f"{facts}")
    server.stop()
    return facts
