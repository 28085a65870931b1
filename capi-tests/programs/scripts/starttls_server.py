"""A server that speaks just enough of each protocol for a client to ask for TLS in it, and then speaks TLS.

    starttls_server.py JSON      {"certificate", "key", "ports": {protocol: port}}

After the handshake it says "done" and closes.
"""

import json
import socket
import ssl
import sys
import threading



def mail(stream, greeting="220 host ready\r\n", offer="STARTTLS", agree="220 go ahead\r\n"):
    """SMTP and LMTP: the offer stands among the answers to the client's hello."""
    say(stream, greeting)
    hear(stream)
    say(stream, f"250-host\r\n250-{offer}\r\n250 HELP\r\n")
    hear(stream)
    say(stream, agree)


def line(greeting, agree):
    """A protocol in which one line asks for TLS."""

    def talk(stream):
        say(stream, greeting)
        hear(stream)
        say(stream, agree)

    return talk


def imap(stream, offer="STARTTLS"):
    say(stream, "* OK host ready\r\n")
    hear(stream)
    say(stream, f"* CAPABILITY IMAP4rev1 {offer}\r\n. OK done\r\n")
    hear(stream)
    say(stream, ". OK begin TLS\r\n")


def xmpp(stream):
    hear(stream, b">")
    say(stream, "<stream:stream xmlns='jabber:client'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
    hear(stream, b">")
    say(stream, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")


def telnet(stream):
    stream.sendall(b"\xff\xfd\x2e")
    stream.recv(3)
    stream.sendall(b"\xff\xfa\x2e\x01\xff\xf0")
    stream.recv(6)


def ldap(stream):
    """An ExtendedResponse of success without a name (RFC 4511, section 4.12)."""
    stream.recv(100)
    stream.sendall(bytes.fromhex("300c02010178070a010004000400"))


def postgres(stream):
    stream.recv(8)
    stream.sendall(b"S")


def mysql(stream):
    """Protocol 10's greeting with the capability to change to TLS (0x0800)."""
    text = b"\x0a5.7.0\x00" + bytes(4) + b"A" * 8 + b"\x00" + b"\xff\xff" + b"\x21" + b"\x02\x00" + b"\xff\xff" + b"\x15" + bytes(10) + b"A" * 12 + b"\x00"
    stream.sendall(len(text).to_bytes(3, "little") + b"\x00" + text)
    stream.recv(36)


def nntp(stream):
    say(stream, "200 host ready\r\n")
    hear(stream)
    say(stream, "101 list follows\r\nSTARTTLS\r\n.\r\n")
    hear(stream)
    say(stream, "382 begin TLS\r\n")


TALKS = {
    "smtp": mail,
    "smtp-no-offer": lambda stream: mail(stream, offer="SIZE"),
    "smtp-refuses": lambda stream: mail(stream, agree="454 not now\r\n"),
    "lmtp": mail,
    "pop3": line("+OK host ready\r\n", "+OK begin TLS\r\n"),
    "pop3-refuses": line("+OK host ready\r\n", "-ERR no\r\n"),
    "imap": imap,
    "imap-no-offer": lambda stream: imap(stream, "IDLE"),
    "ftp": line("220 host ready\r\n", "234 begin TLS\r\n"),
    "irc": lambda stream: (hear(stream), say(stream, ":host 670 * :begin TLS\r\n")),
    "irc-refuses": lambda stream: (hear(stream), say(stream, ":host 691 * :no\r\n")),
    "nntp": nntp,
    "sieve": line('"IMPLEMENTATION" "host"\r\n"STARTTLS"\r\nOK\r\n', "OK\r\n"),
    "xmpp": xmpp,
    "xmpp-server": xmpp,
    "telnet": telnet,
    "ldap": ldap,
    "postgres": postgres,
    "mysql": mysql,
}


def say(stream, text):
    stream.sendall(text.encode())


def hear(stream, end=b"\n"):
    """One line, byte by byte: what follows may belong to TLS."""
    text = b""
    while not text.endswith(end):
        byte = stream.recv(1)
        if not byte:
            raise ConnectionError("the client has gone")
        text += byte
    return text


def serve(listener, talk, context):
    while True:
        stream, _ = listener.accept()
        stream.settimeout(20)
        try:
            talk(stream)
            with context.wrap_socket(stream, server_side=True) as tls:
                tls.sendall(b"done\n")
                tls.unwrap()
        except OSError:
            stream.close()


def main():
    words = json.loads(sys.argv[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(words["certificate"], words["key"])
    context.num_tickets = 0
    workers = []
    for protocol, port in words["ports"].items():
        listener = socket.create_server(("127.0.0.1", port))
        workers.append(threading.Thread(target=serve, args=(listener, TALKS[protocol], context)))
        workers[-1].start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
