"""A mail server that begins TLS when it is told STARTTLS, one of the programs under test.

    smtp_server.py SETTINGS     SETTINGS is a JSON object with `port`, `certificate`, `key`, and `ca` to ask for certificates

Prints one JSON line for each mail or failed handshake: what it saw of the connection, or the error.
"""

import json
import socket
import ssl
import sys


def context(settings):
    """The server's context from its settings."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(settings["certificate"], settings["key"])
    if "ca" in settings:
        made.load_verify_locations(settings["ca"])
        made.verify_mode = ssl.CERT_REQUIRED
    return made


def converse(plain, made):
    """One client's mail; what there is to tell of it."""
    stream, told = plain, {}
    lines = stream.makefile("rb")
    stream.sendall(b"220 localhost ESMTP\r\n")
    while line := lines.readline():
        word = line.split()[0].upper() if line.split() else b""
        if word == b"STARTTLS":
            stream.sendall(b"220 go ahead\r\n")
            stream = made.wrap_socket(plain, server_side=True)
            lines = stream.makefile("rb")
            peer = stream.getpeercert()
            told = {"version": stream.version(), "cipher": stream.cipher(), "peer": peer and [part for ((_, part),) in peer["subject"]]}
        elif word == b"DATA":
            stream.sendall(b"354 go on\r\n")
            told["bytes"] = sum(len(text) for text in iter(lines.readline, b".\r\n"))
            stream.sendall(b"250 taken\r\n")
        elif word == b"QUIT":
            stream.sendall(b"221 goodbye\r\n")
            break
        else:
            offer = b"250-localhost\r\n250 STARTTLS\r\n" if word == b"EHLO" and stream is plain else b"250 localhost\r\n"
            stream.sendall(offer)
    return told


def main():
    settings = json.loads(sys.argv[1])
    made = context(settings)
    with socket.create_server(("127.0.0.1", settings["port"])) as listener:
        while True:
            plain = listener.accept()[0]
            plain.settimeout(20)
            try:
                told = converse(plain, made)
            except ssl.SSLError as error:
                told = {"error": f"{error.library} {error.reason}"}
            except OSError as error:
                told = {"error": type(error).__name__}
            plain.close()
            print(json.dumps(told), flush=True)


main()
