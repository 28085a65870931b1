"""openssl(1)'s other programs for TLS: -starttls of s_client, s_time, ciphers, sess_id."""

import json
import re
from pathlib import Path

from cases.openssl_cases import SUITE
from support import nginx, openssl
from support.ports import HOST, listening
from support.process import wait_until

PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).resolve().parent.parent / "scripts/starttls_server.py"
PROTOCOLS = ("smtp", "smtp-no-offer", "smtp-refuses", "lmtp", "pop3", "pop3-refuses", "imap", "imap-no-offer", "ftp", "irc", "irc-refuses")
PROTOCOLS += ("nntp", "sieve", "xmpp", "xmpp-server", "telnet", "ldap", "postgres", "mysql")


@SUITE.case("s_client/starttls")
def starttls(trial):
    """-starttls of every protocol, with servers that do not offer it or refuse."""
    ports = {word: trial.port() for word in PROTOCOLS}
    words = json.dumps({"certificate": str(trial.pem("ecdsa")), "key": str(trial.key("ecdsa")), "ports": ports})
    last = ports[PROTOCOLS[-1]]
    server = trial.serve("server", [PYTHON, "-I", "-B", SERVER, words], last, ready=lambda: all(map(listening, ports.values())))
    facts = {}
    trust = ["-CAfile", trial.pem("ca"), "-verify_return_error", "-ign_eof"]
    for word, port in ports.items():
        protocol = word.removesuffix("-no-offer").removesuffix("-refuses")
        argv = ["s_client", "-connect", f"{HOST}:{port}", "-servername", "localhost", "-starttls", protocol, *trust]
        facts[word] = openssl.transcript(trial, argv, f"client-{word}")
    for name, options in {
        "unknown": ["-starttls", "gopher"],
        "no protocol": ["-starttls"],
        "wrong protocol": ["-starttls", "pop3"],
        "named": ["-starttls", "smtp", "-name", "somebody.example"],
        "wrong CA": ["-starttls", "smtp", "-CAfile", trial.pem("otherca")],
    }.items():
        argv = ["s_client", "-connect", f"{HOST}:{ports['smtp']}", *trust, *options]
        facts[name] = openssl.transcript(trial, argv, f"client-{name}".replace(" ", "-"))
    arrived = [word for word in PROTOCOLS if "done" in facts[word]["out"]]
    trial.require(len(arrived) == len(PROTOCOLS) - 1, f"TLS in {arrived} only")
    trial.stop(server)
    return facts


_COUNTS = re.compile(r"\d+(?:\.\d+)? (connections|connections/user sec|real seconds|in)|in \d+\.\d+s|bytes read \d+|^[*rt]+", re.M)


@SUITE.case("s_time")
def s_time(trial):
    """Connections one after the other, new and resumed, and refusals; how many there are in a second is chance."""
    ports = [trial.port(), trial.port()]
    sites = [nginx.site(trial, port, settings=[f"ssl_protocols TLSv1.{minor}"], root=f"v{minor}") for port, minor in zip(ports, (2, 3))]
    server = nginx.start(trial, ports[0], sites)
    facts = {}
    trust = ["-CAfile", trial.pem("ca"), "-verify", "2"]
    for version, port in zip(("1.2", "1.3"), ports):
        for name, options in {
            "page": ["-time", "1", "-CAfile", trial.pem("ca"), "-verify", "2", "-www", "/page.txt"],
            "other version": ["-new", "-time", "1", "-tls1_3" if version == "1.2" else "-tls1_2"],
            "cipher": ["-new", "-time", "1", "-cipher", "NOTHING"],
        }.items():
            argv = ["s_time", "-connect", f"localhost:{port}", *options]
            seen = openssl.transcript(trial, argv, f"{name}-{version}".replace(" ", "-"))
            seen["out"] = [_COUNTS.sub("", line) for line in seen["out"] if not line.startswith("Collecting")]
            facts[f"{name} {version}"] = seen
    trial.require([facts[f"page {version}"]["exit"] for version in ("1.2", "1.3")] == [0, 0], f"{facts}")
    trial.stop(server.server)
    return facts


@SUITE.case("ciphers")
def ciphers(trial):
    """Lists of suites in every form, by version, and names converted."""
    facts = {}
    for name, options in {
        "1.3": ["-s", "-v", "-tls1_3"],
        "1.3 numbers": ["-s", "-V", "-tls1_3"],
        "1.3 standard names": ["-s", "-stdname", "-tls1_3"],
        "1.3 chosen": ["-s", "-v", "-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        "1.3 unknown": ["-s", "-v", "-tls1_3", "-ciphersuites", "NOTHING"],
        "1.2": ["-s", "-v", "-tls1_2", "ECDHE+AESGCM:ECDHE+CHACHA20"],
        "both": ["-s", "ECDHE+AESGCM"],
        "all, not only those supported": ["-v", "ECDHE+AESGCM:ECDHE+CHACHA20"],
        "level": ["-s", "-v", "ECDHE+AESGCM:@SECLEVEL=5"],
        "empty": [""],
        "unknown": ["NOTHING"],
        "converted": ["-convert", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
        "converted unknown": ["-convert", "TLS_NOTHING"],
        "pre-shared keys": ["-psk", "-s", "ECDHE+AESGCM:!PSK"],
        "unknown option": ["-x"],
    }.items():
        facts[name] = openssl.transcript(trial, ["ciphers", *options], name.replace(" ", "-").replace(",", ""))
    return facts


@SUITE.case("sess_id")
def sess_id(trial):
    """Sessions that one side's s_client wrote, read by the other side's sess_id, in all its forms."""
    facts = {}
    for version in ("1_2", "1_3"):
        port = trial.port()
        running = openssl.server(trial, port, options=["-tls" + version, "-num_tickets", "1"], name=f"server-{version}")
        file = trial.dir / f"session-{version}"
        argv = ["s_client", "-connect", f"{HOST}:{port}", "-CAfile", trial.pem("ca"), "-sess_out", file, "-ign_eof", "-quiet"]
        openssl.transcript(trial, argv, f"client-{version}", openssl.REQUEST)
        wait_until("the session is written", file.exists, 5)
        for name, options in {
            "text": ["-text", "-noout"],
            "certificate": ["-cert", "-noout"],
            "DER": ["-outform", "DER", "-out", trial.dir / f"{version}.der"],
            "DER read": ["-inform", "DER", "-in", trial.dir / f"{version}.der", "-text", "-noout"],
            "NSS": ["-outform", "NSS"],
            "context": ["-context", "a context", "-text", "-noout"],
            "long context": ["-context", "x" * 40, "-text", "-noout"],
            "DER as PEM": ["-in", trial.dir / f"{version}.der", "-noout"],
        }.items():
            source = [] if "-in" in options else ["-in", file]
            seen = openssl.transcript(trial, ["sess_id", *source, *options], f"{name}-{version}".replace(" ", "-"), side=trial.server_side)
            seen["out"] = [re.sub(r"(?<=: |D:)[0-9A-F ]{32,}.*", "...", line) for line in seen["out"]]
            seen["out"] = [re.sub(r"(Session-ID|Master-Key):[0-9A-F]+", r"\1:...", line) for line in seen["out"]]
            facts[f"{name} {version}"] = seen
        openssl.finish(trial, running)
    facts["garbage"] = openssl.transcript(trial, ["sess_id", "-in", trial.pki("garbage.pem")], "garbage", side=trial.server_side)
    return facts
