"""openssl(1)'s s_server and s_client as programs under test, and what their words tell."""

import errno
import itertools
import os
import re
from pathlib import Path

from support.ports import HOST
from support.process import wait_until
from support.trial import Result

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


def hand_over(process, fifo, content, seconds):
    """Writes a named pipe once `process` has opened it; a process that ends without having done so does not matter."""
    ends = []

    def opened():
        try:
            ends.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as why:
            if why.errno != errno.ENXIO:  # nobody reads yet
                raise
        return ends or not process.running()

    wait_until(f"{process.name} reads its configuration", opened, seconds)
    for end in ends:
        os.set_blocking(end, True)
        with os.fdopen(end, "wb") as pipe:
            pipe.write(content)


def held_run(trial, argv, name, stdin=b"", env=None, seconds=30, side=None):
    """Runs a program that may be short, and is seen while it waits for its configuration file, which is a named pipe.

    It reads what it would have read.
    """
    fifo = trial.dir / f"{name}.conf"
    os.mkfifo(fifo)
    process = trial.start(name, argv, side, stdin=stdin, env={**(env or {}), "OPENSSL_CONF": str(fifo)})
    hand_over(process, fifo, Path("/etc/ssl/openssl.cnf").read_bytes(), seconds)
    process.feed()
    return Result(process.wait(seconds), process.out(), process.err())


# What two libraries are free to prefer, such as a group or the order of extensions. Cases about it look at the lines themselves.
_OFFERS = re.compile(
    r"^(?:(?:Server Temp Key|(?:Shared )?Requested Signature Algorithms|Client Certificate Types|Supported Elliptic Curve Point Formats): "
    r"|TLS server extension \"(?:server name|EC point formats)\")[^\n]*\n",
    re.M,
)

# What differs from run to run: random values, times, sizes of hellos and signatures, and when what is read arrives.
_SAME = (
    (re.compile(r"^SSL handshake has read \d+ bytes and written \d+ bytes", re.M), "SSL handshake has read and written"),
    (re.compile(r"((?:Session-ID|Master-Key|Resumption PSK): )[0-9A-F]+$", re.M), r"\1..."),
    (re.compile(r"(Start Time: |Keying material: )\w+$", re.M), r"\1..."),
    (re.compile(r"^ *[0-9a-f]{4} - [^\n]*\n", re.M), ""),
    (re.compile(r"^[0-9A-F]{8,16}:(error:[^:]*:[^:]*):[^:]*:(.*):[^:\n]*:\d+:", re.M), r"\1:\2:"),
    # A stapled response is printed whole: its nonce and signature, and when it was made.
    (re.compile(r"^ +(?:[0-9A-F]{24,}|(?:[0-9a-f]{2}:){4,}[0-9a-f:]*)\n", re.M), ""),
    (re.compile(r"((?:Produced At|(?:This|Next) Update): ).*"), r"\1..."),
    (re.compile(r"^(?:read|write) [RW] BLOCK\n", re.M), ""),
    (_OFFERS, ""),
    (re.compile(r'("key share" \(id=51\), len=)\d+'), r"\1..."),
    (re.compile(r"CONNECTED\([0-9A-F]+\)"), "CONNECTED"),
)


def transcript(trial, argv, name, stdin=b"", **start):
    """Runs openssl(1) with these arguments; returns its exit status and all its words, as far as they can be the same."""
    result = held_run(trial, ["openssl", *argv], name, stdin, **start)
    return {"exit": result.code, "out": steady(_PAGE.sub("PAGE", result.text)), "err": steady(result.err)}


def steady(text):
    """Lines of a text that two runs have in common. Neighbouring lines about extensions are put in order."""
    for pattern, same in _SAME:
        text = pattern.sub(same, text)
    lines = []
    for is_extension, group in itertools.groupby(text.splitlines(), lambda line: line.startswith("TLS server extension")):
        lines += sorted(group) if is_extension else group
    return lines
