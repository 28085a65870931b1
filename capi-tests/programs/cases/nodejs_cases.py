"""Debian's Node.js, which uses the system's libssl: tls, https and http2."""

import os
import subprocess

from support.runtime import SCRIPTS, Runtime
from support.suite import Suite

SUITE = Suite("nodejs", "nodejs libnode108", "tls as server and client: facts, refusals, sessions, transfers, names, events; https, http2")


def interpreter():
    """A Node.js that is linked with the system's libssl; NODEJS may name one. Others bring an OpenSSL of their own."""
    program = os.environ.get("NODEJS", "/usr/bin/nodejs")
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout if os.path.exists(program) else ""
    return program if "libssl.so.3" in linked else None


NODE = interpreter()
RUNTIME = Runtime(SUITE, [NODE, SCRIPTS / "tls_server.js"], [NODE, SCRIPTS / "tls_client.js"])


def case(name):
    """Registers a case where there is a Node.js to run it."""
    return SUITE.case(name) if NODE else lambda function: function


if NODE:
    RUNTIME.register()
else:
    SUITE.missing = "there is no Node.js here that uses the system's libssl; NODEJS may name one"


def files(trial, who, host):
    return {"certificate": str(trial.pem(who)), "key": str(trial.key(who)), "host": host}


@case("names")
def names(trial):
    """Certificates by server name, with a callback that answers later and with contexts added; names that are refused; a
    client that judges the server's identity itself."""
    listeners = {
        "callback": {"names": files(trial, "multi", "two.example")},
        "contexts": {"contexts": files(trial, "multi", "*.example")},
    }
    server, ports = RUNTIME.serve(trial, **listeners)
    asks, ca = {}, str(trial.pem("ca"))
    for version in ("1.2", "1.3"):
        only = {"min": version, "max": version, "ca": ca}
        for kind in listeners:
            for host in ("localhost", "two.example", "refused.example"):
                asks[f"{kind} {host} {version}"] = {"port": ports[kind], "host": host, **only}
        for identity in ("take", "refuse"):
            asks[f"identity: {identity} {version}"] = {"port": ports["contexts"], "host": "elsewhere.invalid", "identity": identity, **only}
    seen = RUNTIME.ask(trial, asks)
    for version in ("1.2", "1.3"):
        trial.require("error" in seen[f"identity: refuse {version}"] and "error" not in seen[f"identity: take {version}"], f"{seen}")
        trial.require("error" in seen[f"callback refused.example {version}"], f"{seen}")
    return {**seen, "server": RUNTIME.finish(trial, server, len(asks))}


@case("ticket-keys")
def ticket_keys(trial):
    """A server that changes its ticket keys after a connection: sessions from before are not taken; one that keeps its
    sessions itself and finds them later."""
    server, ports = RUNTIME.serve(trial, changed={"newTicketKeys": True}, kept={"stateful": True})
    asks = {}
    for kind, port in ports.items():
        for version in ("1.2", "1.3") if kind == "kept" else ("1.3",):
            only = {"port": port, "host": "localhost", "min": version, "max": version, "ca": str(trial.pem("ca"))}
            for earlier, name in zip((None, "first", "second"), ("first", "second", "third")):
                asks[f"{kind} {version} {name}"] = {**only, **({"session": f"{kind} {version} {earlier}"} if earlier else {})}
    seen = RUNTIME.ask(trial, asks)
    trial.require(all("error" not in one for one in seen.values()), f"{seen}")
    return {**seen, "server": RUNTIME.finish(trial, server, len(asks))}


@case("web")
def web(trial):
    """https with an agent that resumes sessions, and several streams at once over http2, from one server."""
    server, ports = RUNTIME.serve(trial, web={"web": True})
    only = {"port": ports["web"], "host": "localhost", "ca": str(trial.pem("ca"))}
    asks = {f"{kind} {version}": {**only, "pages": kind, "max": version} for version in ("1.2", "1.3") for kind in ("https", "http2")}
    seen = RUNTIME.ask(trial, asks)
    trial.stop(server)
    return seen
