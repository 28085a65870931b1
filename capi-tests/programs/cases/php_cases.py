"""PHP's streams over TLS, with the options of their contexts."""

import hashlib
import ssl

from support.runtime import SCRIPTS, Runtime
from support.suite import Suite

SUITE = Suite("php", "php8.2-cli", "streams as server and client: facts, refusals, transfers, fingerprints, names, levels, late encryption")
PHP = ["/usr/bin/php", "-n", "-d", "display_errors=stderr"]
RUNTIME = Runtime(SUITE, [*PHP, SCRIPTS / "tls_server.php"], [*PHP, SCRIPTS / "tls_client.php"], sessions=False)
RUNTIME.register()


@SUITE.case("options")
def options(trial):
    """Fingerprints, expected names, depths, self-signed certificates, security levels, compression, and encryption that
    begins late, each option met and not met."""
    listeners = {"plain": {}, "own": {"certificate": "selfsigned"}, "chain": {"certificate": "deep-chain"}, "weak": {"certificate": "weak", "level": 1}}
    server, ports = RUNTIME.serve(trial, **listeners)
    ca = str(trial.pem("ca"))
    der = ssl.PEM_cert_to_DER_cert(trial.pem("ecdsa").read_text())
    good = hashlib.sha256(der).hexdigest()
    asked = {
        "fingerprint": ("plain", {"peer_fingerprint": {"sha256": good}}),
        "another fingerprint": ("plain", {"peer_fingerprint": {"sha256": good[::-1]}}),
        "fingerprint alone": ("plain", {"peer_fingerprint": {"sha256": good}, "verify_peer": False, "verify_peer_name": False}),
        "expected name": ("plain", {"peer_name": "127.0.0.1"}),
        "another name": ("plain", {"peer_name": "other.example"}),
        "name not looked at": ("plain", {"peer_name": "other.example", "verify_peer_name": False}),
        "self-signed": ("own", {}),
        "self-signed allowed": ("own", {"allow_self_signed": True}),
        "depth": ("chain", {"verify_depth": 5}),
        "too deep": ("chain", {"verify_depth": 1}),
        "level 1": ("weak", {"security_level": 1}),
        "level 2": ("weak", {"security_level": 2}),
        "no name sent": ("plain", {"SNI_enabled": False}),
        "unknown cipher": ("plain", {"ciphers": "NO-SUCH-CIPHER"}),
        "no such file": ("plain", {"cafile": str(trial.dir / "nothing.pem")}),
    }
    asks = {name: {"port": ports[to], "ca": ca, "host": "localhost", "ssl": own} for name, (to, own) in asked.items()}
    asks["late"] = {"port": ports["plain"], "ca": ca, "host": "localhost", "late": True}
    asks["late, refused"] = {**asks["late"], "ca": str(trial.pem("otherca"))}
    seen = RUNTIME.ask(trial, asks)
    refused = {"another fingerprint", "another name", "self-signed", "too deep", "level 2", "unknown cipher", "no such file", "late, refused"}
    met = {name for name, one in seen.items() if "error" in one}
    trial.require(met == refused, f"refused by mistake, or not: {met ^ refused}: {[seen[name] for name in met ^ refused]}")
    return {**seen, "server": RUNTIME.finish(trial, server, len(asks) - 2)}
