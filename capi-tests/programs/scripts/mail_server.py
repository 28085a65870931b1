"""A mailbox with one letter, over POP3 and IMAP, behind TLS from the start or after STLS and STARTTLS.

    mail_server.py JSON      {"certificate", "key", "ports": {"pop3" | "pop3s" | "imap" | "imaps": port}, "client_ca"?, "versions"?}

It deletes what it is told to delete, so that each connection finds the letter again: it keeps nothing.
"""

import json
import socketserver
import ssl
import sys
import threading

LETTER = b"From: a@localhost\r\nTo: b@localhost\r\nSubject: a letter\r\nMessage-Id: <1@localhost>\r\nDate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nover TLS\r\n"


class Talk(socketserver.StreamRequestHandler):
    """One connection; `self.server` knows the protocol and the TLS context."""

    timeout = 20

    def handle(self):
        self.secret = False
        try:
            if self.server.protocol.endswith("s"):
                self.secure()
            getattr(self, self.server.protocol.removesuffix("s"))()
        except (OSError, ConnectionError, ValueError):
            pass

    def secure(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
        self.secret = True

    def finish(self):
        try:
            if self.secret:
                self.request.unwrap()
        except (OSError, ValueError):
            pass

    def say(self, text):
        self.wfile.write(text if isinstance(text, bytes) else text.encode() + b"\r\n")

    def pop3(self):
        self.say("+OK ready")
        for line in self.rfile:
            word = line.split()[0].upper().decode() if line.split() else ""
            if word == "CAPA":
                self.say("+OK\r\nUSER\r\nUIDL\r\nTOP\r\n" + ("" if self.secret else "STLS\r\n") + ".")
            elif word == "STLS":
                self.say("+OK begin TLS")
                self.secure()
                return self.pop3_secret()
            elif not self.pop3_answer(line):
                return None
        return None

    def pop3_secret(self):
        for line in self.rfile:
            if not self.pop3_answer(line):
                return

    def pop3_answer(self, line):
        """One command's answer; false when it was the last."""
        word, *about = line.decode().upper().split() or [""]
        answers = {
            "STAT": f"+OK 1 {len(LETTER)}",
            "LIST": f"+OK 1 {len(LETTER)}" if about else f"+OK\r\n1 {len(LETTER)}\r\n.",
            "UIDL": "+OK 1 one" if about else "+OK\r\n1 one\r\n.",
            "LAST": "+OK 0",
        }
        if word == "CAPA":
            self.say("+OK\r\nUSER\r\nUIDL\r\nTOP\r\n.")
        elif word in ("RETR", "TOP"):
            self.say(b"+OK\r\n" + LETTER + b".\r\n")
        else:
            self.say(answers.get(word, "+OK"))
        return word != "QUIT"

    def imap(self, greeting="* OK ready"):
        if greeting:
            self.say(greeting)
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            word = rest.split()[0].upper() if rest else ""
            if word == "STARTTLS":
                self.say(f"{tag} OK begin TLS")
                self.secure()
                return self.imap("")
            self.imap_answer(tag, word, rest)
            if word == "LOGOUT":
                return None
        return None

    def imap_answer(self, tag, word, rest):
        answers = {
            "CAPABILITY": "* CAPABILITY IMAP4rev1" + ("" if self.secret else " STARTTLS"),
            "SELECT": "* 1 EXISTS\r\n* 1 RECENT\r\n* OK [UIDVALIDITY 1] valid\r\n* FLAGS (\\Seen \\Deleted)",
            "SEARCH": "* SEARCH 1",
            "LOGOUT": "* BYE",
        }
        head, _, body = LETTER.partition(b"\r\n\r\n")
        if word == "FETCH" and "SIZE" in rest:
            self.say(f"* 1 FETCH (RFC822.SIZE {len(LETTER)})")
        elif word == "FETCH" and "HEADER" in rest:
            self.say(f"* 1 FETCH (RFC822.HEADER {{{len(head) + 4}}}".encode() + b"\r\n" + head + b"\r\n\r\n)\r\n")
        elif word == "FETCH":
            self.say(f"* 1 FETCH (BODY[TEXT] {{{len(body)}}}".encode() + b"\r\n" + body + b")\r\n")
        elif word in answers:
            self.say(answers[word])
        self.say(f"{tag} OK done")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    words = json.loads(sys.argv[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(words["certificate"], words["key"])
    if "client_ca" in words:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(words["client_ca"])
    workers = []
    for protocol, port in words["ports"].items():
        server = Server(("127.0.0.1", port), Talk)
        server.protocol, server.context = protocol, context
        workers.append(threading.Thread(target=server.serve_forever))
        workers[-1].start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
