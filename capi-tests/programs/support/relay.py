"""A narrow, uneven path between a client and a server: small socket buffers, odd chunk sizes, short pauses."""

import socket
import threading
import time

from support.ports import HOST, free_port

_BUFFER = 4096
_SEGMENT = 1400
_CHUNKS = (1, 1449, 5, 4096, 16384, 700, 8191)
"""Bytes forwarded at a time, in turn, so that records are cut at ever other places."""
_PAUSE_EVERY, _PAUSE_SECONDS = 1 << 20, 0.01


class Relay:
    """Listens on `port` and passes every connection on to `target` until the block ends."""

    def __init__(self, target):
        self.target, self.port = target, free_port()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _narrow(self.listener)
        self.listener.bind((HOST, self.port))
        self.listener.listen()

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # Wakes the accepting thread, which a plain close would leave asleep.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket()
            _narrow(far)
            try:
                far.connect((HOST, self.target))
            except OSError:
                near.close()
                continue
            # A thread for each direction: one that waits in a full pipe must not hold up the other.
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _narrow(end):
    """Small buffers. Small segments with them: loopback's own of 64 KiB would wait for windows that never open so far."""
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        end.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _pass_on(source, sink):
    """One direction until its end; an error ends the connection."""
    moved = turn = 0
    try:
        while data := source.recv(_CHUNKS[turn % len(_CHUNKS)]):
            sink.sendall(data)
            turn += 1
            moved += len(data)
            if moved > _PAUSE_EVERY:
                moved = 0
                time.sleep(_PAUSE_SECONDS)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
