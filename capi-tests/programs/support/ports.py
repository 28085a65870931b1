"""Free loopback ports, and whether somebody listens on one."""

import random
import socket
import threading
from pathlib import Path

HOST = "127.0.0.1"
# Below the range from which the kernel takes ports of outgoing connections.
_LOW, _HIGH = 15000, 30000
_lock = threading.Lock()
_reserved = []
_next = random.randrange(_LOW, _HIGH)


def free_port():
    """A port that nobody uses and that no other run of these tests is given while this process lives."""
    global _next
    with _lock:
        for _ in range(_HIGH - _LOW):
            _next = _LOW + (_next + 1 - _LOW) % (_HIGH - _LOW)
            if _reserve(_next):
                return _next
    raise RuntimeError("no free loopback port")


def _reserve(port):
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # An abstract name needs no cleaning up: it goes with this process.
        mark.bind(f"\0ferrossl-test-port-{port}")
        with socket.socket() as probe:
            probe.bind((HOST, port))
    except OSError:
        mark.close()
        return False
    _reserved.append(mark)
    return True


def listening(port):
    """Whether a socket listens on `port`. Asks the kernel: a trial connection would disturb one-connection servers."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                return True
    return False
