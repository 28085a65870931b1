"""One run of a case on one pair of libraries: a temporary folder, its processes, and the facts it saw."""

import hashlib
import os
import pwd
import re
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.ports import free_port, listening
from support.process import Failure, Process, crash_in, read_text, wait_until
from support.relay import Relay

BULK_SIZE = 24 * 1024 * 1024 + 4321  # no multiple of a record or a page
CLIENT_SECONDS = 60.0


@dataclass
class Result:
    """What a client left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self):
        return self.out.decode(errors="replace")


@dataclass(frozen=True)
class World:
    """What all trials share."""

    pki: Path
    bulk: Path
    """A file of BULK_SIZE bytes that do not compress or repeat."""
    bulk_sum: str
    cluster: Path
    """Where modules keep what is expensive to make, such as an empty database."""


class Trial:
    """The two sides, and everything a case starts on them."""

    def __init__(self, world, directory, server_side, client_side):
        self.world, self.dir = world, directory
        self.server_side, self.client_side = server_side, client_side
        self.processes, self.servers, self.ports = [], [], []
        directory.mkdir(parents=True)
        directory.chmod(0o755)

    # Files

    def pki(self, name):
        """A file of the test certificates, by its name with ending."""
        path = self.world.pki / name
        if not path.exists():
            raise Failure(f"the test certificates lack {name}")
        return path

    def pem(self, name):
        return self.pki(name + ".pem")

    def key(self, name):
        return self.pki(name + ".key")

    def write(self, name, content, mode=0o644):
        path = self.dir / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return path

    def folder(self, name, mode=0o755):
        path = self.dir / name
        path.mkdir(exist_ok=True)
        path.chmod(mode)
        return path

    def port(self):
        """A free port, shown as PORT in facts."""
        self.ports.append(free_port())
        return self.ports[-1]

    def relay(self, target):
        """A narrow path to a server's port."""
        relay = Relay(target)
        self.ports.append(relay.port)
        return relay

    def same_everywhere(self, facts):
        """Facts without what is different in every trial: its folder and its ports."""
        if isinstance(facts, dict):
            return {self.same_everywhere(name): self.same_everywhere(value) for name, value in facts.items()}
        if isinstance(facts, (list, tuple, set)):
            return type(facts)(map(self.same_everywhere, facts))
        if isinstance(facts, str):
            facts = facts.replace(str(self.dir), "FOLDER")
            for port in self.ports:
                facts = re.sub(rf"\b{port}\b", "PORT", facts)
        return facts

    # Processes

    def serve(self, name, argv, port, side=None, ready=None, **start):
        """Starts a server (on the server's side unless told) and waits until it listens on `port`."""
        server = Process(name, argv, side or self.server_side, self.dir, **start)
        self.processes.append(server)
        self.servers.append(server)
        wait_until(
            f"{name} listens on port {port} (exit status {server.popen.poll()}; {server.err().strip()[-600:]})",
            lambda: not server.running() or listening(port) and (ready is None or ready()),
            30.0,
        )
        if not server.running():
            raise Failure(f"{name} ended with status {server.popen.returncode}: {server.err().strip()[-800:]}")
        server.prove()
        return server

    def start(self, name, argv, side=None, **start):
        """Starts a client (on the client's side unless told) and proves its library while the servers hold still.

        A stopped server's kernel still accepts connections, so the client waits in its handshake and cannot
        have ended before its maps were read.
        """
        with self.servers_held():
            client = Process(name, argv, side or self.client_side, self.dir, **start)
            self.processes.append(client)
            client.prove()
        return client

    def client(self, name, argv, seconds=CLIENT_SECONDS, **start):
        """Runs a client to its end."""
        client = self.start(name, argv, **start)
        client.feed()
        code = client.wait(seconds)
        return Result(code, client.out(), client.err())

    @contextmanager
    def servers_held(self):
        for server in self.servers:
            server.signal_group(signal.SIGSTOP)
        try:
            yield
        finally:
            for server in self.servers:
                server.signal_group(signal.SIGCONT)

    def stop(self, server, number=signal.SIGTERM):
        """Proves a server's library a last time, ends it and gives its exit status, so that its logs are complete."""
        if server.running():
            server.prove()
        self.servers.remove(server)
        return server.stop(number)

    def close(self):
        """Ends what still runs. Returns complaints about programs that crashed."""
        complaints = []
        for process in reversed(self.processes):
            process.stop()
            complaints.append(process.crashed())
        for log in self.dir.rglob("*.log"):
            complaints.append(crash_in(log.name, read_text(log)))
        return [line for line in complaints if line]

    def settle(self, condition, seconds=3.0):
        """Gives a server time to log what ended a connection that its client has left already; it need not have to."""
        try:
            wait_until("", condition, seconds)
        except Failure:
            pass

    # Judging

    def require(self, condition, complaint):
        """What must hold on every pair of libraries, the reference's included."""
        if not condition:
            raise Failure(complaint)

    def bulk_sum(self):
        return self.world.bulk_sum


def sha256(source):
    """Checksum of a file or of bytes."""
    digest = hashlib.sha256()
    if isinstance(source, bytes):
        digest.update(source)
        return digest.hexdigest()
    with open(source, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def make_bulk(path):
    """Writes the file for big transfers; the same bytes each time. Returns its checksum."""
    content = hashlib.shake_256(b"ferrossl big transfer").digest(BULK_SIZE)
    path.write_bytes(content)
    path.chmod(0o644)
    return sha256(content)


def unprivileged_user():
    """A user for programs that refuse to run as root; None when this run is not root."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    sys.exit("there is no user 'postgres' or 'nobody' to run programs that refuse root")
