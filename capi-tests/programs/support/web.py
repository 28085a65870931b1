"""A plain web server inside the test itself, behind programs that only pass requests on."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.ports import HOST, free_port

PAGE = b"a page over TLS\n"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/bulk":
            size = self.server.bulk.stat().st_size
            self._head(size)
            with open(self.server.bulk, "rb") as file:
                while block := file.read(60_001):
                    self.wfile.write(block)
            return
        self._head(len(PAGE))
        self.wfile.write(PAGE)

    def do_PUT(self):
        digest, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left and (block := self.rfile.read(min(left, 65536))):
            digest.update(block)
            left -= len(block)
        answer = digest.hexdigest().encode()
        self._head(len(answer))
        self.wfile.write(answer)

    def _head(self, size):
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def log_message(self, *_):
        """Says nothing: what programs under test say is enough."""


class Web:
    """Serves a page, the big file at /bulk, and answers an upload with its checksum, while the block lasts."""

    def __init__(self, bulk):
        self.port = free_port()
        self.server = ThreadingHTTPServer((HOST, self.port), _Handler)
        self.server.bulk = bulk
        self.server.handle_error = lambda *_: None  # a client that goes away is no matter here

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
