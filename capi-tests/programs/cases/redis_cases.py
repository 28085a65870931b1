"""Redis: server, redis-cli, a replica and the benchmark over TLS."""

import re
import socket

from support.openssl import held_run
from support.ports import HOST
from support.process import wait_until
from support.suite import Suite
from support.trial import BULK_SIZE, sha256

SUITE = Suite("redis", "redis-server", "commands, refusals, client certificates, ciphers, big values both ways, replication, benchmark")
_SSL_WORDS = re.compile(r"error:[0-9A-F]{8}:[^(\n]*")
_LOST = re.compile("Error: (Server closed the connection|Connection reset by peer)")
_VALUE = 24 * 1024 * 1024 + 77


def start(trial, certificate="ecdsa", name="redis", side=None, **settings):
    """Starts a server that speaks TLS only; returns it and its port."""
    port = trial.port()
    folder = trial.folder(f"{name}-data")
    settings = {
        "port": 0,
        "tls-port": port,
        "bind": HOST,
        "dir": folder,
        "save": "",
        "tls-cert-file": trial.pem(certificate),
        "tls-key-file": trial.key(certificate),
        "tls-ca-cert-file": trial.pem("ca"),
        "tls-auth-clients": "no",
        "loglevel": "debug",
        **{word.replace("_", "-"): value for word, value in settings.items()},
    }
    conf = trial.write(f"{name}.conf", "".join(f'{word} "{value}"\n' for word, value in settings.items()))
    return trial.serve(name, ["redis-server", conf], port, side=side), port


def finish(trial, server, refused=False):
    """Stops the server; returns each different thing that it logged about TLS. How often redis-cli tries varies."""

    def logged():
        return sorted({found.strip() for found in _SSL_WORDS.findall(server.out().decode(errors="replace"))})

    if refused:
        trial.settle(logged)
    trial.stop(server)
    return logged()


def cli(trial, port, commands=b"", options=(), name="redis-cli", ca="ca", **start):
    """Runs redis-cli over TLS with commands on its standard input."""
    trust = ["--cacert", trial.pem(ca)] if ca else ["--insecure"]
    argv = ["redis-cli", "-h", HOST, "-p", port, "--tls", "--sni", "localhost", *trust, *options]
    result = trial.client(name, argv, stdin=commands, **start)
    # A server that refuses after the client's handshake ended closes a socket with unread commands: that may be a reset.
    return {"exit": result.code, "told": result.text.splitlines(), "error": _LOST.sub("connection lost", result.err).splitlines()}


def exchange(trial, ask):
    """A few commands by a row of the trust table."""
    settings = {"tls_protocols": " ".join(f"TLSv{version}" for version in ask.server_versions)}
    if ask.client_ca:
        settings |= {"tls_auth_clients": "yes", "tls_ca_cert_file": trial.pem(ask.client_ca)}
    if ask.server_ciphers:
        settings["tls_ciphers"] = ask.server_ciphers
    server, port = start(trial, ask.certificate, **settings)
    options = []
    if ask.client_certificate:
        options += ["--cert", trial.pem(ask.client_certificate), "--key", trial.key(ask.client_certificate)]
    if ask.client_ciphers:
        options += ["--tls-ciphers", ask.client_ciphers]
    seen = cli(trial, port, b"set name value\nget name\nping\n", options, ca=ask.ca)
    return {"done": seen["told"] == ["OK", "value", "PONG"], **seen, "server": finish(trial, server, ask.refused)}


# redis-cli looks at no names and has no setting for versions.
SUITE.trust_table(
    exchange,
    checks_names=False,
    without=("server-only-1.2-client-only-1.3", "server-only-1.3-client-only-1.2", "client-only-1.2", "cipher-chosen-by-client"),
)


@SUITE.case("optional-client-cert")
def optional(trial):
    server, port = start(trial, tls_auth_clients="optional")
    facts = {"none": cli(trial, port, b"ping\n", name="none")}
    for who in ("client", "client-wrongca"):
        facts[who] = cli(trial, port, b"ping\n", ["--cert", trial.pem(who), "--key", trial.key(who)], name=who)
    trial.require([one["told"] == ["PONG"] for one in facts.values()] == [True, True, False], f"{facts}")
    return {**facts, "server": finish(trial, server, refused=True)}


@SUITE.case("suites-1.3")
def suites(trial):
    server, port = start(trial, tls_protocols="TLSv1.3", tls_ciphersuites="TLS_AES_128_GCM_SHA256")
    facts = {
        "shared": cli(trial, port, b"ping\n", name="shared"),
        "none shared": cli(trial, port, b"ping\n", ["--tls-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], name="none"),
    }
    trial.require([one["told"] == ["PONG"] for one in facts.values()] == [True, False], f"{facts}")
    return {**facts, "server": finish(trial, server, refused=True)}


for _version in ("1.2", "1.3"):

    @SUITE.case(f"big-value-{_version}")
    def big_value(trial, version=_version):
        """A value of 24 MiB in and out through a narrow path."""
        server, port = start(trial, tls_protocols=f"TLSv{version}")
        content = trial.write("value", trial.world.bulk.read_bytes()[:13_000_000].hex().encode()[:_VALUE])
        with trial.relay(port) as relay:
            trust = ["redis-cli", "-h", HOST, "-p", relay.port, "--tls", "--cacert", trial.pem("ca")]
            put = trial.client("put", [*trust, "-x", "set", "big"], stdin=content)
            get = trial.client("get", [*trust, "--raw", "get", "big"])
        trial.require(put.text == "OK\n", f"not stored: {put}")
        trial.require(sha256(get.out.removesuffix(b"\n")) == sha256(content), f"other bytes came back, {len(get.out)} of them")
        return {"put": put.code, "get": get.code, "server": finish(trial, server)}

    @SUITE.case(f"pipeline-{_version}")
    def pipeline(trial, version=_version):
        """Fifty thousand commands at once and their answers: redis-cli's pipe mode."""
        server, port = start(trial, tls_protocols=f"TLSv{version}")
        count = 50_000
        lines = b"".join(b"*3\r\n$3\r\nSET\r\n$%d\r\nk%d\r\n$50\r\n%050d\r\n" % (len(str(n)) + 1, n, n) for n in range(count))
        with trial.relay(port) as relay:
            seen = cli(trial, relay.port, trial.write("commands", lines), ["--pipe"])
        after = cli(trial, port, b"dbsize\nget k49999\n", name="after")
        trial.require(after["told"] == [str(count), f"{49999:050d}"], f"{seen}, {after}")
        return {"pipe": seen, "after": after, "server": finish(trial, server)}

    @SUITE.case(f"replica-{_version}")
    def replica(trial, version=_version):
        """A second server copies the first over TLS: the library as a client inside a server."""
        master, port = start(trial, tls_protocols=f"TLSv{version}", tls_auth_clients="yes")
        key = ["--cert", trial.pem("client"), "--key", trial.key("client")]
        trust = ["redis-cli", "-h", HOST, "-p", port, "--tls", "--cacert", trial.pem("ca")]
        put = trial.client("put", [*trust, *key, "-x", "set", "big"], stdin=trial.world.bulk)
        trial.require(put.text == "OK\n", f"not stored: {put}")

        copy, plain = start_replica(trial, port, version)
        wait_until("the replica has the value", lambda: ask_plain(plain, "STRLEN big") == f":{BULK_SIZE}", 40, 0.2)
        get = trial.client("get", ["redis-cli", "-h", HOST, "-p", plain, "--raw", "get", "big"], stdin=b"")
        trial.require(sha256(get.out.removesuffix(b"\n")) == trial.bulk_sum(), "the replica has other bytes")
        trial.stop(copy)
        finish(trial, master)
        return {"put": put.code, "get": get.code}


def start_replica(trial, master, version):
    """A server on the client's side that serves in the clear and follows `master` over TLS; returns it and its port."""
    port = trial.port()
    settings = {
        "port": port,
        "tls-port": 0,
        "bind": HOST,
        "dir": trial.folder("replica-data"),
        "save": '""',
        "replicaof": f"{HOST} {master}",
        "tls-replication": "yes",
        "tls-protocols": f"TLSv{version}",
        "tls-cert-file": trial.pem("client"),
        "tls-key-file": trial.key("client"),
        "tls-ca-cert-file": trial.pem("ca"),
    }
    conf = trial.write("replica.conf", "".join(f"{word} {value}\n" for word, value in settings.items()))
    return trial.serve("replica", ["redis-server", conf], port, side=trial.client_side), port


def ask_plain(port, command):
    """The first line of the answer to a command, over a plain connection."""
    with socket.create_connection((HOST, port), timeout=10) as plain:
        plain.sendall(command.encode() + b"\r\n")
        return plain.recv(200).decode().splitlines()[0]


@SUITE.case("benchmark")
def benchmark(trial):
    """Fifty connections at once with several commands each, and what is stored in the end."""
    server, port = start(trial)
    argv = ["redis-benchmark", "-h", HOST, "-p", port, "--tls", "--cacert", trial.pem("ca"), "-q", "-n", "2000", "-c", "50"]
    result = trial.client("benchmark", [*argv, "-t", "set,get,lpush", "-d", "3000"], stdin=b"")
    tests = [line.split(":")[0] for line in result.text.replace("\r", "\n").splitlines() if "requests per second" in line]
    trial.require(result.code == 0 and len(tests) == 3, f"{result}")
    seen = cli(trial, port, b"llen mylist\n", name="after")
    trial.stop(server)
    return {"tests": tests, "after": seen}


@SUITE.case("options")
def options(trial):
    """redis-cli's options about TLS, each right and wrong."""
    server, port = start(trial, "rsa", tls_auth_clients="optional", tls_protocols="TLSv1.2 TLSv1.3")
    pair = ["--cert", trial.pem("client"), "--key", trial.key("client")]
    facts = {}
    for name, words in {
        "CA folder": ["--cacertdir", trial.pki("cadir")],
        "CA folder of others": ["--cacertdir", trial.pki("otherdir")],
        "system's CAs": [],
        "not verified": ["--insecure"],
        "no such CA": ["--cacert", trial.dir / "none"],
        "garbage for CA": ["--cacert", trial.pki("garbage.pem")],
        "certificate": ["--cacert", trial.pem("ca"), *pair],
        "key of another": ["--cacert", trial.pem("ca"), *pair[:3], trial.key("ecdsa")],
        "only a certificate": ["--cacert", trial.pem("ca"), *pair[:2]],
        "no such certificate": ["--cacert", trial.pem("ca"), "--cert", trial.dir / "none", *pair[2:]],
        "ciphers": ["--cacert", trial.pem("ca"), "--tls-ciphers", "ECDHE-RSA-AES128-GCM-SHA256"],
        "ciphers unknown": ["--cacert", trial.pem("ca"), "--tls-ciphers", "NOTHING"],
        "suites": ["--cacert", trial.pem("ca"), "--tls-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        "suites unknown": ["--cacert", trial.pem("ca"), "--tls-ciphersuites", "NOTHING"],
    }.items():
        argv = ["redis-cli", "-h", HOST, "-p", port, "--tls", "--sni", "localhost", *words, "ping"]
        result = held_run(trial, argv, name.replace(" ", "-").replace("'", ""))
        facts[name] = {"exit": result.code, "told": result.text.splitlines(), "error": _LOST.sub("connection lost", result.err).splitlines()}
    good = [name for name, fact in facts.items() if fact["told"] == ["PONG"]]
    trial.require({"CA folder", "not verified", "certificate"} <= set(good) and "system's CAs" not in good, f"{facts}")
    return {**facts, "server": finish(trial, server, refused=True)}
