"""Language runtimes as servers and clients: the same connections asked of each, by two scripts in its language.

The server script gets its listeners as JSON in its argument and prints one JSON line for each connection: what it saw,
or its error. It answers a line `facts` with what it saw, `down N` with the first N bytes of the file `bulk`, and `up N`
with the SHA-256 of the N bytes that follow. The client script loads its TLS library, reads asks as JSON from standard
input, makes the connections one after the other and prints a JSON object of what it saw, by the asks' names.
"""

import json
from pathlib import Path

from support.process import Failure, wait_until
from support.trial import sha256

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
_PART = 1_000_017


class Runtime:
    """The pair of scripts of a language, and the cases that every language goes through."""

    def __init__(self, suite, server, client, *, ciphers=True, alpn=True, sessions=True, names=True, sums=True):
        self.suite, self.server_argv, self.client_argv = suite, server, client
        self.ciphers, self.alpn, self.sessions, self.names, self.sums = ciphers, alpn, sessions, names, sums

    def register(self):
        """Adds the common cases to the suite."""
        for name, case in (("connections", self.connections), ("refusals", self.refusals), ("transfers", self.transfers)):
            self.suite.cases[name] = case
        if self.sessions:
            self.suite.cases["sessions"] = self.resumptions

    # Processes

    def serve(self, trial, **listeners):
        """Starts the server script; returns it and the listeners' ports by name."""
        ports = {name: trial.port() for name in listeners}
        made = [{"port": ports[name], **_listener(trial, **settings)} for name, settings in listeners.items()]
        words = json.dumps({"listeners": made, "bulk": str(trial.world.bulk)})
        last = list(ports.values())[-1]
        return trial.serve("server", [*self.server_argv, words], last), ports

    def ask(self, trial, asks, name="client"):
        """Runs the client script for these asks, each by its name."""
        result = trial.client(name, self.client_argv, stdin=json.dumps(asks).encode())
        if result.code != 0:
            raise Failure(f"the client script ended with {result.code}: {result.err.strip()[-1500:]}")
        return json.loads(result.out)

    def finish(self, trial, server, count):
        """What the server told of its connections, sorted: they may end in another order than they began."""
        wait_until(f"the server tells of {count} connections", lambda: len(server.out().splitlines()) >= count, 10)
        trial.stop(server)
        return [json.loads(line) for line in sorted(server.out().decode().splitlines())]

    # Cases

    def connections(self, trial):
        """What both sides see of connections: versions, ciphers, ALPN, names, certificates of both sides, chains."""
        server, ports = self.serve(trial, plain={}, chain={"certificate": "ecdsa-chain"}, rsa={"certificate": "rsa"}, asks={"ca": "ca"})
        asks = {}
        for version in ("1.2", "1.3"):
            only = {"min": version, "max": version, **_trust(trial)}
            asks |= {
                f"plain {version}": {"port": ports["plain"], **only},
                f"chain {version}": {"port": ports["chain"], **only},
                f"rsa {version}": {"port": ports["rsa"], **only},
                f"certificate {version}": {"port": ports["asks"], **only, **_own(trial, "client")},
                f"certificate chain {version}": {"port": ports["asks"], **only, **_own(trial, "client-chain")},
                f"unverified {version}": {"port": ports["plain"], "min": version, "max": version, "ca": ""},
            }
            if self.alpn:
                asks[f"ALPN {version}"] = {"port": ports["plain"], **only, "alpn": ["other", "http/1.1", "h2"]}
        if self.ciphers:
            asks["cipher"] = {"port": ports["plain"], **_trust(trial), "max": "1.2", "ciphers": "ECDHE-ECDSA-CHACHA20-POLY1305"}
        seen = self.ask(trial, asks)
        trial.require(all("error" not in one for one in seen.values()), f"{seen}")
        return {**seen, "server": self.finish(trial, server, len(asks))}

    def refusals(self, trial):
        """Connections that must fail: certificates of both sides, names, versions, ciphers; what both sides say."""
        wrong = ("wronghost", "expired", "selfsigned") if self.names else ("expired", "selfsigned")
        kinds = {kind: {"certificate": kind} for kind in wrong}
        versions = {"old": {"max": "1.2"}, "new": {"min": "1.3"}}
        server, ports = self.serve(trial, plain={}, **kinds, **versions, asks={"ca": "ca"})
        asks, late = {}, {}
        for version in ("1.2", "1.3"):
            only = {"min": version, "max": version, **_trust(trial)}
            asks |= {f"{kind} {version}": {"port": ports[kind], **only} for kind in kinds}
            asks[f"authority {version}"] = {"port": ports["plain"], **only, "ca": str(trial.pem("otherca"))}
            late[f"no certificate {version}"] = {"port": ports["asks"], **only}
            late[f"wrong certificate {version}"] = {"port": ports["asks"], **only, **_own(trial, "client-wrongca")}
        asks["too new"] = {"port": ports["old"], **_trust(trial), "min": "1.3"}
        asks["too old"] = {"port": ports["new"], **_trust(trial), "max": "1.2"}
        if self.ciphers:
            asks["cipher"] = {"port": ports["old"], **_trust(trial), "max": "1.2", "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}
        seen = self.ask(trial, {**asks, **late})
        trial.require(all("error" in one for one in seen.values()), f"{seen}")
        # Whether a client hears the alert that comes after its own handshake, or finds the connection lost, is chance.
        seen |= {name: "refused" for name in late}
        return {**seen, "server": self.finish(trial, server, len(asks) + len(late))}

    def resumptions(self, trial):
        """Sessions taken from one connection and given to the next."""
        server, ports = self.serve(trial, plain={})
        asks = {}
        for version in ("1.2", "1.3"):
            only = {"port": ports["plain"], "min": version, "max": version, **_trust(trial)}
            asks[f"first {version}"] = only
            asks[f"second {version}"] = {**only, "session": f"first {version}"}
            asks[f"third {version}"] = {**only, "session": f"second {version}"}
        seen = self.ask(trial, asks)
        expected = [False, True, True] * 2
        trial.require([bool(one.get("reused")) for one in (seen[name] for name in asks)] == expected, f"{seen}")
        return {**seen, "server": self.finish(trial, server, len(asks))}

    def transfers(self, trial):
        """A megabyte down and up over a narrow path, in both versions."""
        server, ports = self.serve(trial, plain={})
        asks = {}
        content = trial.write("part", trial.world.bulk.read_bytes()[:_PART])
        with trial.relay(ports["plain"]) as relay:
            for version in ("1.2", "1.3"):
                only = {"port": relay.port, "min": version, "max": version, **_trust(trial)}
                asks[f"down {version}"] = {**only, "down": _PART}
                asks[f"up {version}"] = {**only, "up": str(content)}
            seen = self.ask(trial, asks)
        for name, one in seen.items():
            # A language without checksums compares what comes back.
            whole = one.get("sum") == sha256(content) if self.sums else one.get("same", True) and one.get("content") == _PART
            trial.require(whole, f"{name}: other bytes: {one}")
        self.finish(trial, server, len(asks))
        return seen


def _listener(trial, certificate="ecdsa", ca="", **settings):
    asks = {"ca": str(trial.pem(ca))} if ca else {}
    return {"certificate": str(trial.pem(certificate)), "key": str(trial.key(certificate)), "alpn": ["h2", "http/1.1"], **asks, **settings}


def _trust(trial):
    return {"ca": str(trial.pem("ca")), "host": "localhost"}


def _own(trial, who):
    return {"certificate": str(trial.pem(who)), "key": str(trial.key(who))}
