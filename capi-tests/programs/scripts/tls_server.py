"""A TLS server in Python, one of the programs under test: tells what it saw of each connection, one JSON line each.

    tls_server.py SETTINGS      SETTINGS is a JSON object, see `context` and `main`
"""

import asyncio
import hashlib
import json
import os
import socket
import ssl
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(settings):
    """The server's context from its settings."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(settings["certificate"], settings["key"])
    versions = settings.get("versions", ["1.2", "1.3"])
    made.minimum_version, made.maximum_version = VERSIONS[versions[0]], VERSIONS[versions[-1]]
    if "client_ca" in settings:
        made.verify_mode = ssl.CERT_OPTIONAL if settings.get("optional") else ssl.CERT_REQUIRED
        made.load_verify_locations(settings["client_ca"])
    if "ciphers" in settings:
        made.set_ciphers(settings["ciphers"])
    if "alpn" in settings:
        made.set_alpn_protocols(settings["alpn"])
    if settings.get("no_tickets"):
        made.options |= ssl.OP_NO_TICKET
        made.num_tickets = 0
    if "names" in settings:
        made.sni_callback = chooser(settings)
    return made


def chooser(settings):
    """A callback that changes to another context for some names and refuses others with an alert."""
    others = {name: context({**settings, **files, "names": {}}) for name, files in settings["names"].items()}

    def choose(connection, name, _):
        if name == "refused.example":
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        if name in others:
            connection.context = others[name]
        return None

    return choose


def seen_of(tls):
    """What a connection tells about itself."""
    binding = tls.get_channel_binding("tls-unique") if tls.version() == "TLSv1.2" else None
    return {
        "version": tls.version(),
        "cipher": tls.cipher(),
        "alpn": tls.selected_alpn_protocol(),
        "reused": tls.session_reused,
        "peer": tls.getpeercert(),
        "peer bytes": hashlib.sha256(tls.getpeercert(True) or b"").hexdigest(),
        "binding": hashlib.sha256(binding).hexdigest() if binding else None,
        "shared ciphers": len(tls.shared_ciphers() or []) > 0,
    }


def error_of(error):
    """An exception in comparable words."""
    names = ("library", "reason", "verify_code", "verify_message", "errno")
    told = {name: getattr(error, name) for name in names if getattr(error, name, None) is not None}
    return {"class": type(error).__name__, **told}


def tell(facts):
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def page(tls):
    """A greeting, one request line, one answer; then both directions are closed in order."""
    tls.sendall(b"hello\n")
    if tls.recv(4096):
        tls.sendall(b"a page over TLS\n")
    tls.unwrap().close()


def echo(tls):
    """Everything back, as it comes."""
    while data := tls.recv(65536):
        tls.sendall(data)
    tls.close()


def sink(tls):
    """Reads to the end and answers with the checksum."""
    digest = hashlib.sha256()
    while True:
        data = tls.recv(65536)
        digest.update(data.removesuffix(b"END"))
        if data.endswith(b"END"):
            break
    tls.sendall(digest.hexdigest().encode())
    tls.unwrap().close()


def ragged(tls):
    """An answer, and the connection is gone without a word."""
    tls.recv(4096)
    tls.sendall(b"half an answer")
    os.close(tls.detach())


def plain_after(tls):
    """Ends TLS and goes on in the clear."""
    tls.recv(4096)
    tls.sendall(b"in TLS")
    plain = tls.unwrap()
    plain.sendall(b"in the clear")
    plain.close()


def silent(tls):
    """Says nothing until the client goes."""
    tls.recv(4096)
    tls.close()


TASKS = {task.__name__: task for task in (page, echo, sink, ragged, plain_after, silent)}


def serve_one(settings, made, plain):
    if "buffer" in settings:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings["buffer"])
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, settings["buffer"])
    try:
        tls = made.wrap_socket(plain, server_side=True)
        facts = seen_of(tls)
        TASKS[settings["task"]](tls)
        tell(facts)
    except OSError as error:
        tell({"error": error_of(error)})


def threaded(settings, made):
    with socket.create_server(("127.0.0.1", settings["port"])) as listener:
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=serve_one, args=(settings, made, plain), daemon=True).start()


def forking(settings, made):
    """A child for each connection; the context was made before the fork."""
    with socket.create_server(("127.0.0.1", settings["port"])) as listener:
        while True:
            plain, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                serve_one(settings, made, plain)
                os._exit(0)
            plain.close()
            os.wait()


def evented(settings, made):
    """asyncio: TLS over memory BIOs."""

    async def answer(reader, writer):
        facts = seen_of(writer.get_extra_info("ssl_object"))
        if settings["task"] == "echo":
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        else:
            writer.write(b"hello\n")
            await reader.readline()
            writer.write(b"a page over TLS\n")
            await writer.drain()
        writer.close()
        tell(facts)

    async def run():
        server = await asyncio.start_server(answer, "127.0.0.1", settings["port"], ssl=made)
        await server.serve_forever()

    asyncio.run(run())


def web(settings, made):
    """Python's own web server over TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", settings["port"]), SimpleHTTPRequestHandler)
    server.socket = made.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


STYLES = {style.__name__: style for style in (threaded, forking, evented, web)}


def main():
    settings = json.loads(sys.argv[1])
    STYLES[settings.get("style", "threaded")](settings, context(settings))


if __name__ == "__main__":
    main()
