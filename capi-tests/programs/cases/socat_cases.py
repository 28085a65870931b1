"""socat: both ends of a TLS stream, and the way in and out of TLS for programs that have none."""

import re

from support.curl import curl
from support.ports import HOST
from support.process import wait_until
from support.suite import Suite
from support.trial import sha256
from support.web import PAGE, Web

SUITE = Suite("socat", "socat", "echo, refusals, client certificates, versions, transfers both ways, wrapping plain programs")
_WORDS = re.compile(r"^\S+ \S+ socat\[\d+\] ([WE] .*)$", re.M)


def words(process_err):
    """Warnings and errors, without time and process id; what the wire did to a connection in the end is chance."""
    lost = ("Broken pipe", "Connection reset by peer")
    return [line for line in _WORDS.findall(process_err) if not any(word in line for word in lost)]


def listen(trial, port, certificate="ecdsa", options=(), other="PIPE", name="server", flags=()):
    """A socat that takes TLS connections and joins them to `other`."""
    files = [f"cert={trial.pem(certificate)}", f"key={trial.key(certificate)}"]
    address = ",".join([f"OPENSSL-LISTEN:{port}", f"bind={HOST}", "reuseaddr", "fork", *files, *options])
    return trial.serve(name, ["socat", *flags, address, other], port)


def address(trial, port, options=(), ca="ca"):
    """The address of a TLS connection to localhost."""
    trust = [f"cafile={trial.pem(ca)}"] if ca else ["verify=0"]
    return ",".join([f"OPENSSL:localhost:{port}", "pf=ip4", *trust, *options])


def versions(limits):
    return [f"openssl-min-proto-version=TLS{limits[0]}", f"openssl-max-proto-version=TLS{limits[-1]}"]


def exchange(trial, ask):
    """A line there and back by a row of the trust table."""
    port = trial.port()
    options = [*versions(ask.server_versions)]
    options += [f"cafile={trial.pem(ask.client_ca)}", "verify=1"] if ask.client_ca else ["verify=0"]
    if ask.server_ciphers:
        options.append(f"cipher={ask.server_ciphers}")
    server = listen(trial, port, ask.certificate, options)
    options = [*versions(ask.client_versions)]
    if ask.client_certificate:
        options += [f"cert={trial.pem(ask.client_certificate)}", f"key={trial.key(ask.client_certificate)}"]
    if ask.client_ciphers:
        options.append(f"cipher={ask.client_ciphers}")
    result = trial.client("client", ["socat", "-t", "10", "STDIO", address(trial, port, options, ask.ca)], stdin=b"there and back\n")
    done = result.out == b"there and back\n"
    if ask.refused and not ask.names:  # the name is looked at by socat itself, after the handshake
        wait_until("the server has said its word", lambda: words(server.err()), 10)
    trial.stop(server)
    # A server may refuse when the client's handshake has ended; whether the client's line is then lost or reset, and
    # whether the client sees the alert at all, is chance.
    late = ask.refused and ask.client_ca
    code = "any" if late else result.code
    told = "any" if late and "1.3" in ask.server_versions else words(result.err)
    return {"done": done, "exit": code, "client": told, "server": words(server.err())}


SUITE.trust_table(exchange)


@SUITE.case("name-option")
def name_option(trial):
    """The name to expect may be told."""
    port, facts = trial.port(), {}
    server = listen(trial, port, "wronghost", ["verify=0"])
    for name in ("other.example", "elsewhere.example"):
        argv = ["socat", "-t", "10", "STDIO", address(trial, port, [f"commonname={name}"])]
        result = trial.client(name, argv, stdin=b"line\n")
        facts[name] = [result.code, result.text, words(result.err)]
    trial.require([one[1] for one in facts.values()] == ["line\n", ""], f"{facts}")
    trial.stop(server)
    return facts


@SUITE.case("diffie-hellman-parameters")
def parameters(trial):
    """socat gives up when these cannot be set."""
    port = trial.port()
    server = listen(trial, port, "rsa", ["verify=0", f"dhparam={trial.pem('dh')}"])
    result = trial.client("client", ["socat", "-t", "10", "STDIO", address(trial, port)], stdin=b"line\n")
    trial.require(result.out == b"line\n", f"{result}")
    trial.stop(server)
    return {"exit": result.code, "server": words(server.err())}


for _version in ("1.2", "1.3"):

    @SUITE.case(f"upload-{_version}")
    def upload(trial, version=_version):
        """The big file from client to server, through small buffers and a narrow path."""
        port, target = trial.port(), trial.dir / "arrived"
        small = ["sndbuf=8192", "rcvbuf=8192"]
        server = listen(trial, port, options=["verify=0", *versions([version]), *small], other=f"CREATE:{target}", flags=["-u"])
        with trial.relay(port) as relay:
            argv = ["socat", "-u", f"FILE:{trial.world.bulk}", address(trial, relay.port, small)]
            result = trial.client("client", argv)
            wait_until("all has arrived", lambda: target.exists() and target.stat().st_size >= trial.world.bulk.stat().st_size, 20)
        trial.stop(server)
        trial.require(sha256(target) == trial.bulk_sum(), f"other bytes arrived: {result}")
        return {"exit": result.code, "client": words(result.err), "server": words(server.err())}

    @SUITE.case(f"download-{_version}")
    def download(trial, version=_version):
        """The big file from server to client, through small buffers and a narrow path."""
        port = trial.port()
        small = ["sndbuf=8192", "rcvbuf=8192"]
        server = listen(trial, port, options=["verify=0", *versions([version]), *small], other=f"FILE:{trial.world.bulk}", flags=["-U"])
        with trial.relay(port) as relay:
            result = trial.client("client", ["socat", "-u", address(trial, relay.port, small), "STDOUT"])
        trial.stop(server)
        trial.require(sha256(result.out) == trial.bulk_sum(), f"other bytes arrived, {len(result.out)}: {result.err}")
        return {"exit": result.code, "client": words(result.err), "server": words(server.err())}

    @SUITE.case(f"wrapping-{_version}")
    def wrapping(trial, version=_version):
        """A plain client, TLS between two socats, and a plain server: nobody but socat knows of TLS."""
        near, far, facts = trial.port(), trial.port(), {}
        with Web(trial.world.bulk) as web:
            server = listen(trial, far, options=["verify=0", *versions([version])], other=f"TCP:{HOST}:{web.port}")
            entry = f"TCP-LISTEN:{near},bind={HOST},reuseaddr,fork"
            client = trial.serve("entry", ["socat", entry, address(trial, far)], near, side=trial.client_side)
            facts["page"] = curl(trial, near, scheme="http", name="page", body=PAGE)
            facts["down"] = curl(trial, near, scheme="http", name="down", path="/bulk")
            facts["up"] = curl(trial, near, ["-T", trial.world.bulk], scheme="http", name="up", path="/up")
        trial.require(facts["down"]["body"] == trial.bulk_sum(), f"the download has other bytes: {facts}")
        trial.require(facts["up"]["body"] == sha256(trial.bulk_sum().encode()), f"the upload has other bytes: {facts}")
        trial.stop(client)
        trial.stop(server)
        return {**facts, "client": words(client.err()), "server": words(server.err())}
