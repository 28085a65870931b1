"""fetchmail takes a letter over IMAPS, POP3S, STARTTLS and STLS, with trust and without."""

import json
from pathlib import Path

from support.openssl import steady
from support.ports import HOST, listening
from support.suite import Suite

SUITE = Suite("fetchmail", "fetchmail", "letters over IMAPS, POP3S, STARTTLS and STLS, trust, fingerprints, names, versions, client certificates, refusals")
SERVER = Path(__file__).resolve().parent.parent / "scripts/mail_server.py"


def serve(trial, name, certificate="ecdsa", **words):
    """The mail server's script; returns it and its ports by protocol."""
    ports = {protocol: trial.port() for protocol in ("pop3", "pop3s", "imap", "imaps")}
    words = json.dumps({"certificate": str(trial.pem(certificate)), "key": str(trial.key(certificate)), "ports": ports, **words})
    ready = lambda: all(map(listening, ports.values()))  # noqa: E731
    server = trial.serve(name, ["/usr/bin/python3", "-I", "-B", SERVER, words], ports["imaps"], ready=ready)
    return server, ports


def fetch(trial, ports, name, protocol, *settings):
    """One run of fetchmail: exit status, its words, and the letter."""
    slug = name.replace(" ", "-").replace(",", "")
    arrived = trial.dir / f"{slug}.letter"
    kind, secret = protocol.removesuffix("s"), protocol.endswith("s")
    lines = ["set no bouncemail", f"poll localhost with protocol {kind} port {ports[protocol]}"]
    lines += ['user "b" there with password "secret" is nobody here', *(["ssl"] if secret else []), *settings]
    rules = trial.write(f"{slug}.rc", "\n".join([*lines, "keep", "fetchall", f'mda "cat > {arrived}"']) + "\n", 0o600)
    home = {"FETCHMAILHOME": str(trial.folder(f"{slug}-home", 0o700))}
    argv = ["fetchmail", "-v", "--nosyslog", "--nodetach", "--pidfile", trial.dir / f"{slug}.pid", "-f", rules]
    result = trial.client(slug, argv, stdin=b"", env=home, seconds=40)
    lines = [line for line in result.text.splitlines() if not line.startswith(("fetchmail: 6", "Old UID", "New UID", "fetchmail: Removing"))]
    lines = [line for line in lines if "querying localhost" not in line and "poll completed" not in line and "normal termination" not in line]
    text = arrived.read_text() if arrived.exists() else ""
    return {"exit": result.code, "out": steady("\n".join(lines)), "err": steady(result.err), "letter": "over TLS" in text}


@SUITE.case("options")
def options(trial):
    """fetchmail's settings about TLS, each right and wrong, by every protocol."""
    good, ports = serve(trial, "good")
    other, named = serve(trial, "named", "wronghost")
    must, asking = serve(trial, "asking", client_ca=str(trial.pem("ca")))
    trust = [f'sslcertfile "{trial.pem("ca")}"', "sslcertck"]
    own = [f'sslcert "{trial.pem("client")}"', f'sslkey "{trial.key("client")}"']
    facts = {}
    for protocol in ("pop3", "pop3s", "imap", "imaps"):
        facts[protocol] = fetch(trial, ports, protocol, protocol, *trust)
        facts[f"{protocol} wrong CA"] = fetch(trial, ports, f"{protocol} wrong CA", protocol, f'sslcertfile "{trial.pem("otherca")}"', "sslcertck")
    for name, where, settings in (
        ("folder", ports, [f'sslcertpath "{trial.pki("cadir")}"', "sslcertck"]),
        ("not verified", ports, ["no sslcertck"]),
        ("1.2", ports, [*trust, 'sslproto "TLS1.2"']),
        ("1.3", ports, [*trust, 'sslproto "TLS1.3"']),
        ("at least 1.2", ports, [*trust, 'sslproto "TLS1.2+"']),
        ("unknown version", ports, [*trust, 'sslproto "TLS9"']),
        ("wrong fingerprint", ports, [*trust, 'sslfingerprint "' + ":".join(["00"] * 16) + '"']),
        ("wrong name", named, trust),
        ("other name expected", named, [*trust, 'sslcommonname "other.example"']),
        ("no certificate", asking, trust),
        ("certificate", asking, [*trust, *own]),
        ("key of another", asking, [*trust, own[0], f'sslkey "{trial.key("ecdsa")}"']),
    ):
        facts[name] = fetch(trial, where, name, "imaps", *settings)
    letters = {name: fact["letter"] for name, fact in facts.items()}
    trial.require(letters["pop3"] and letters["imaps"] and not letters["imaps wrong CA"] and not letters["wrong name"], f"{facts}")
    for server in (good, other, must):
        trial.stop(server)
    return facts
