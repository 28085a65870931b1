"""Debian's python3 and its ssl module: blocking, non-blocking, asyncio, threads and forks."""

import json
from pathlib import Path

from support.process import Failure, wait_until
from support.suite import Suite

SUITE = Suite("python3", "python3", "ssl module: refusals, ALPN, names, sessions, memory BIOs, asyncio, threads, forks, transfers")
SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
PAGE = "hello\na page over TLS\n"
PYTHON = "/usr/bin/python3"


def serve(trial, task="page", certificate="ecdsa", style="threaded", **settings):
    """Starts the server script; returns it and its port."""
    port = trial.port()
    files = {"certificate": str(trial.pem(certificate)), "key": str(trial.key(certificate))}
    words = json.dumps({"port": port, "task": task, "style": style, **files, **settings})
    return trial.serve("server", [PYTHON, "-I", "-B", SCRIPTS / "tls_server.py", words], port), port


def ask(trial, task, port, name="client", seconds=60, **settings):
    """Runs one task of the client script and returns what it tells."""
    words = json.dumps({"task": task, "port": port, "ca": str(trial.pem("ca")), **settings})
    result = trial.client(name, [PYTHON, "-B", SCRIPTS / "tls_client.py", words], stdin=b"", seconds=seconds)
    if result.code != 0:
        raise Failure(f"the client script ended with {result.code}: {result.err.strip()[-1500:]}")
    return json.loads(result.out)


def finish(trial, server, count=None):
    """Stops the server script (once it told of `count` connections) and returns what it told."""
    if count is not None:
        wait_until(f"the server tells of {count} connections", lambda: len(server.out().splitlines()) >= count or not server.running())
    trial.stop(server)
    return [json.loads(line) for line in server.out().splitlines()]


def exchange(trial, row):
    """One page by a row of the trust table."""
    settings = {"versions": row.server_versions}
    if row.client_ca:
        settings["client_ca"] = str(trial.pem(row.client_ca))
    if row.server_ciphers:
        settings["ciphers"] = row.server_ciphers
    server, port = serve(trial, certificate=row.certificate, **settings)
    settings = {"versions": row.client_versions, "ca": str(trial.pem(row.ca)) if row.ca else ""}
    if row.client_certificate:
        settings |= {"certificate": str(trial.pem(row.client_certificate)), "key": str(trial.key(row.client_certificate))}
    if row.client_ciphers:
        settings["ciphers"] = row.client_ciphers
    seen = ask(trial, "page", port, **settings)
    told = finish(trial, server, 1)
    bindings = {seen.pop("binding", None), told[0].pop("binding", None)}
    trial.require("error" in seen or len(bindings) == 1, "the two sides see different channel bindings")
    return {"done": seen.get("answer") == PAGE, "client": seen, "server": told}


SUITE.trust_table(exchange)


def simple(name, task, server=None, expected=None, count=None, **client):
    """Registers a case: one server, one task of the client; `expected` is what the client must tell."""

    @SUITE.case(name)
    def run(trial):
        running, port = serve(trial, **(server or {}))
        told = ask(trial, task, port, **client)
        trial.require(expected is None or told == expected, f"{expected} expected, got {told}")
        served = finish(trial, running, count)
        for line in served:
            line.pop("binding", None)
        return {"client": told, "server": served}


simple("alpn", "page", {"alpn": ["h2", "http/1.1"]}, count=1, alpn=["http/1.1", "h2"])
simple("alpn-none-shared", "page", {"alpn": ["h2"]}, count=1, alpn=["http/1.1"])
simple("ragged-end", "ragged", {"task": "ragged"}, suppress=False)
simple("ragged-end-ignored", "ragged", {"task": "ragged"}, ["half an answer", ""])
simple("plain-after-tls", "plain_after", {"task": "plain_after"}, ["in TLS", "in the clear"])
simple("read-timeout", "timeout", {"task": "silent"})
simple("threads", "threads", None, [PAGE] * 40)
simple("forks", "sessions", {"style": "forking"})
simple("asyncio-server", "page", {"style": "evented"})

for _version in ("1.2", "1.3"):
    _only = {"versions": [_version]}
    simple(f"sessions-{_version}", "sessions", _only)
    simple(f"sessions-without-tickets-{_version}", "sessions", {**_only, "no_tickets": True})


def reused(name, expected, **server):
    """Registers a case about which of three connections are resumed."""

    @SUITE.case(name)
    def run(trial):
        running, port = serve(trial, **server)
        told = [one["reused"] for one in ask(trial, "sessions", port)]
        trial.require(told == expected, f"resumed: {told}")
        return {"reused": told, "server": [one.get("reused") for one in finish(trial, running, 3)]}


reused("resumes-1.2", [False, True, True], versions=["1.2"])
reused("resumes-1.3", [False, True, True], versions=["1.3"])
reused("resumes-from-cache-1.2", [False, True, True], versions=["1.2"], no_tickets=True)
reused("resumes-in-fork-1.2", [False, True, True], versions=["1.2"], style="forking")
reused("resumes-in-fork-1.3", [False, True, True], versions=["1.3"], style="forking")


def transfer(name, task, server, client):
    """Registers a case that moves the big file and compares its checksum."""
    for version in ("1.2", "1.3"):

        @SUITE.case(f"{name}-{version}")
        def run(trial, version=version):
            running, port = serve(trial, versions=[version], **server)
            with trial.relay(port) as relay:
                told = ask(trial, task, relay.port, file=str(trial.world.bulk), seconds=120, **client)
            trial.require(told == trial.bulk_sum(), f"other bytes arrived: {told}")
            finish(trial, running)
            return {"checksum": told}


transfer("upload", "upload", {"task": "sink", "buffer": 4096}, {"buffer": 4096})
transfer("duplex-non-blocking", "duplex", {"task": "echo", "buffer": 8192}, {"buffer": 8192})
transfer("duplex-big-chunks", "duplex", {"task": "echo"}, {"chunk": 1 << 20})
transfer("duplex-asyncio", "evented", {"task": "echo", "style": "evented"}, {})


@SUITE.case("web-server")
def web_server(trial):
    """http.server, urllib and http.client."""
    trial.write("page.txt", "a page over TLS\n")
    server, port = serve(trial, style="web")
    told = ask(trial, "url", port)
    trial.require(told == [200] + ["a page over TLS\n"] * 3, f"other pages: {told}")
    trial.stop(server)
    return {"client": told}


@SUITE.case("names")
def names(trial):
    """A server that changes its certificate by name, or refuses a name with an alert."""
    files = {"certificate": str(trial.pem("multi")), "key": str(trial.key("multi"))}
    server, port = serve(trial, names={"two.example": files})
    asked = ("localhost", "two.example", "refused.example", "unknown.example")
    facts = {name: ask(trial, "page", port, f"as-{name}", host=name) for name in asked}
    told = finish(trial, server, 4)
    for line in [*facts.values(), *told]:
        line.pop("binding", None)
    trial.require(facts["two.example"].get("answer"), f"the second name was not served: {facts}")
    trial.require("error" in facts["refused.example"], f"the refused name was served: {facts}")
    return {**facts, "server": told}


@SUITE.case("abrupt-clients")
def abrupt(trial):
    """Clients that go without closing in order; what the server makes of that is a matter of time."""
    server, port = serve(trial)
    facts = {task: ask(trial, task, port, name=task) for task in ("server_certificate", "foreign_session")}
    trial.require("different SSLContext" in facts["foreign_session"], f"a session of another context was taken: {facts}")
    trial.stop(server)
    return facts


@SUITE.case("revoked")
def revoked(trial):
    server, port = serve(trial, certificate="revoked")
    facts = {
        "without a list": ask(trial, "page", port, name="without"),
        "with the list": ask(trial, "page", port, name="with", crl=str(trial.pki("ca.crl"))),
    }
    trial.require("answer" in facts["without a list"] and "error" in facts["with the list"], f"{facts}")
    for line in facts.values():
        line.pop("binding", None)
    trial.stop(server)
    return facts


@SUITE.case("memory-bios")
def memory(trial):
    facts = {}
    for version in ("1.2", "1.3"):
        facts[version] = ask(
            trial,
            "memory",
            0,
            name=f"memory-{version}",
            versions=[version],
            server_certificate=str(trial.pem("ecdsa")),
            server_key=str(trial.key("ecdsa")),
        )
        trial.require(facts[version]["same binding"] and facts[version]["end"] != "stuck", f"{facts}")
    return facts


@SUITE.case("contexts")
def contexts(trial):
    return ask(
        trial,
        "settings_of_contexts",
        0,
        server_certificate=str(trial.pem("ecdsa")),
        other_key=str(trial.key("client")),
        encrypted_key=str(trial.key("ecdsa-enc")),
        dh=str(trial.pem("dh")),
    )
