"""w3m: a page as text, and its words about certificates."""

from support import nginx
from support.openssl import held_run
from support.suite import Suite

SUITE = Suite("w3m", "w3m", "pages, trust, names, client certificates, versions and ciphers, refusals")


@SUITE.case("options")
def options(trial):
    """w3m's settings about TLS, each with a server for which it is right and one for which it is wrong."""
    certificates = ("ecdsa", "rsa", "wronghost", "expired", "selfsigned", "ecdsa-chain")
    ports = {word: trial.port() for word in (*certificates, "must", "old", "new")}
    must = ["ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}"]
    sites = [nginx.site(trial, ports[name], name, root=f"html-{name}") for name in certificates]
    sites.append(nginx.site(trial, ports["must"], settings=must, root="must"))
    sites.append(nginx.site(trial, ports["old"], settings=["ssl_protocols TLSv1.2"], root="old"))
    sites.append(nginx.site(trial, ports["new"], settings=["ssl_protocols TLSv1.3"], root="new"))
    server = nginx.start(trial, ports["ecdsa"], sites)
    trust = ["ssl_ca_file=" + str(trial.pem("ca")), "ssl_verify_server=1"]
    own = [f"ssl_cert_file={trial.pem('client')}", f"ssl_key_file={trial.key('client')}"]
    facts = {}
    for name, word, settings in (
        *((name, name, trust) for name in certificates),
        ("CA folder", "ecdsa", [f"ssl_ca_path={trial.pki('cadir')}", "ssl_verify_server=1", "ssl_ca_default=0"]),
        ("wrong CA", "ecdsa", ["ssl_ca_file=" + str(trial.pem("otherca")), "ssl_verify_server=1", "ssl_ca_default=0"]),
        ("not verified", "selfsigned", ["ssl_verify_server=0"]),
        ("missing CA file", "ecdsa", ["ssl_ca_file=" + str(trial.dir / "none"), "ssl_verify_server=1"]),
        ("old", "old", trust),
        ("new", "new", trust),
        ("not 1.3", "new", [*trust, "ssl_forbid_method=23t57"]),
        ("at least 1.3", "old", [*trust, "ssl_min_version=TLSv1.3"]),
        ("cipher", "old", [*trust, "ssl_cipher=ECDHE-ECDSA-CHACHA20-POLY1305"]),
        ("cipher of other keys", "old", [*trust, "ssl_cipher=ECDHE-RSA-AES128-GCM-SHA256"]),
        ("no certificate", "must", trust),
        ("certificate", "must", [*trust, *own]),
        ("key of another", "must", [*trust, own[0], f"ssl_key_file={trial.key('ecdsa')}"]),
    ):
        options = [part for setting in settings for part in ("-o", setting)]
        argv = ["w3m", "-no-cookie", *options, "-dump", f"https://localhost:{ports[word]}/page.txt"]
        result = held_run(trial, argv, name.replace(" ", "-"))
        facts[name] = {"exit": result.code, "out": result.text.splitlines(), "err": result.err.splitlines()}
    trial.require("a page over TLS" in facts["ecdsa"]["out"] and "a page over TLS" not in facts["wrong CA"]["out"], f"{facts}")
    return {**facts, **server.stop()}
