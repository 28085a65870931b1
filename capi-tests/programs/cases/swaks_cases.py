"""swaks, which sends mails, by SMTP with STARTTLS to a mail server in Python."""

import json
from pathlib import Path

from support.process import wait_until
from support.suite import Suite

SUITE = Suite("swaks", "swaks libnet-ssleay-perl", "mails after STARTTLS: versions, ciphers, refused and required certificates, a big mail")
SERVER = Path(__file__).resolve().parent.parent / "scripts" / "smtp_server.py"


def serve(trial, certificate="ecdsa", **settings):
    port = trial.port()
    words = {"port": port, "certificate": str(trial.pem(certificate)), "key": str(trial.key(certificate)), **settings}
    return trial.serve(f"server-{port}", ["/usr/bin/python3", "-I", "-B", SERVER, json.dumps(words)], port), port


def mail(trial, port, name, options=(), ca="ca"):
    """Sends one mail; returns how swaks ends and what it tells of TLS."""
    trust = ["--tls-verify", "--tls-ca-path", trial.pem(ca)] if ca else []
    argv = ["swaks", "--server", "127.0.0.1", "--port", port, "--ehlo", "client.example", "--from", "a@example.org", "--to", "b@example.org", *trust]
    argv += ["--tls", *options]
    result = trial.client(name, argv)
    told = [line for line in result.text.splitlines() + result.err.splitlines() if "TLS" in line and "STARTTLS" not in line]
    return {"exit": result.code, "told": [line.split(": error:")[0] for line in told]}


def finish(trial, server, count):
    wait_until(f"the server tells of {count} mails", lambda: len(server.out().splitlines()) >= count, 10)
    trial.stop(server)
    return [json.loads(line) for line in server.out().splitlines()]


@SUITE.case("starttls")
def starttls(trial):
    """Mails in both versions, with a cipher, and a big one; servers with another authority's certificate and an expired one;
    a server that requires a certificate."""
    server, port = serve(trial)
    expired, expired_port = serve(trial, "expired")
    asks, asks_port = serve(trial, ca=str(trial.pem("ca")))
    body = trial.write("body", b"a line of some length, to make the mail a big one\n" * 10000)
    own = ["--tls-cert", trial.pem("client"), "--tls-key", trial.key("client")]
    facts = {
        "1.2": mail(trial, port, "v12", ["--tls-protocol", "tlsv1_2"]),
        "1.3": mail(trial, port, "v13", ["--tls-protocol", "tlsv1_3"]),
        "cipher": mail(trial, port, "cipher", ["--tls-protocol", "tlsv1_2", "--tls-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"]),
        "big": mail(trial, port, "big", ["--body", f"@{body}", "--suppress-data"]),
        "certificate": mail(trial, asks_port, "own", own),
        "unverified": mail(trial, expired_port, "unverified", ca=""),
        "another authority": mail(trial, port, "authority", ca="otherca"),
        "expired": mail(trial, expired_port, "expired"),
        "no certificate": mail(trial, asks_port, "nocert", ["--tls-protocol", "tlsv1_2"]),
    }
    done = [one["exit"] == 0 for one in facts.values()]
    trial.require(done == [True] * 6 + [False] * 3, f"{facts}")
    facts["no certificate"] = "refused"  # with the alert or a lost connection, by chance
    return {**facts, "server": finish(trial, server, 5), "expired server": finish(trial, expired, 2), "asking server": finish(trial, asks, 2)}
