"""openssl(1)'s s_server and s_client as programs under test, and what their words tell."""

import re

from support.ports import HOST

REQUEST = b"GET / HTTP/1.0\r\n\r\n"
_ERROR = re.compile(r"error:([0-9A-F]{8}):([^:]*):[^:]*:([^:]*):")
_PAGE = re.compile(r"<HTML>.*?</HTML>", re.S | re.I)
_TOLD = (
    "New,",
    "Reused,",
    "Verification",
    "Verify return code",
    "verify error",
    "verify return",
    "depth=",
    "ALPN protocol",
    "No ALPN",
    "Peer signing digest",
    "Peer signature type",
    "Server public key is",
    "Extended master secret",
    "Secure Renegotiation",
    "Acceptable client certificate CA names",
    "No client certificate CA names sent",
    "Verified peername",
    "Server Temp Key: ECDH",
)


def errors(text):
    """Entries of the error queue as openssl(1) prints them, without the names of functions and files."""
    return [" ".join(found) for found in _ERROR.findall(text)]


def told(text):
    """The lines about the connection."""
    return [line.strip() for line in text.splitlines() if line.strip().startswith(_TOLD)]


def version_options(versions):
    return ["-min_protocol", f"TLSv{versions[0]}", "-max_protocol", f"TLSv{versions[-1]}"]


def server(trial, port, certificate="ecdsa", options=(), mode=("-www",), name="s_server", **start):
    """Starts s_server with a certificate of the test PKI, a chain file included whole."""
    argv = ["openssl", "s_server", "-accept", f"{HOST}:{port}", "-cert", trial.pem(certificate), "-key", trial.key(certificate)]
    if certificate.endswith("-chain"):
        argv += ["-cert_chain", trial.pem(certificate)]
    return trial.serve(name, [*argv, *mode, *options], port, **start)


def client(trial, port, options=(), stdin=REQUEST, name="s_client", host="localhost", wait_for_server=True, **start):
    """Runs s_client until the server closes, or until its input ends; returns the raw result and the facts about it."""
    argv = ["openssl", "s_client", "-connect", f"{HOST}:{port}", "-servername", host]
    argv += ["-ign_eof"] if wait_for_server else []
    result = trial.client(name, [*argv, *options], stdin=stdin, **start)
    # The server's own page has words like these about its side; after a failure the session means nothing.
    text = _PAGE.sub("", result.text)
    facts = {
        "exit": result.code,
        "told": told(text if result.code == 0 else text.partition("SSL-Session:")[0]),
        "verification": told(result.err),
        "errors": errors(result.err),
    }
    return result, facts


def finish(trial, running, refused=False):
    """Stops s_server; returns the errors it printed."""
    if refused:
        trial.settle(lambda: errors(running.err()))
    trial.stop(running)
    return errors(running.err())
