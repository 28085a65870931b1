"""curl as the client of a web server under test, and what its words tell."""

import json
import re

from support.ports import HOST
from support.trial import sha256

_SECURED = re.compile(r"SSL connection using (.*)")
_ALPN = re.compile(r"^\* (ALPN: .*)", re.M)


def trust_options(trial, ask):
    """curl's options for a row of the trust table."""
    options = ["--cacert", trial.pem(ask.ca)] if ask.ca else ["--insecure"]
    if ask.client_certificate:
        options += ["--cert", trial.pem(ask.client_certificate), "--key", trial.key(ask.client_certificate)]
    options += version_options(ask.client_versions)
    if ask.client_ciphers:
        options += ["--ciphers", ask.client_ciphers]
    return options


def version_options(versions):
    return [f"--tlsv{versions[0]}", "--tls-max", versions[-1]]


def curl(trial, port, options=(), path="/page.txt", name="curl", host="localhost", body=None, scheme="https", seconds=60):
    """Fetches one page and returns facts about it: exit status, curl's words, HTTP status, protocol, cipher, body's checksum.

    With several URLs among the options, those of the last transfer. `body` is what must arrive.
    """
    target = trial.dir / f"{name}.body"
    argv = ["curl", "-q", "--silent", "--show-error", "--verbose", "--noproxy", "*", "--resolve", f"{host}:{port}:{HOST}"]
    argv += ["--max-time", str(seconds), "--write-out", "%{json}\\n", "--output", target]
    argv += [*options, f"{scheme}://{host}:{port}{path}"]
    # curl reads its configuration before anything else, so it is there to be looked at until that has ended.
    argv[2:2] = ["--config", "-"]
    result = trial.client(name, argv, stdin=b"", seconds=seconds + 10)
    reports = [json.loads(line) for line in result.text.splitlines() if line.startswith("{")]
    trial.require(reports, f"curl ended with {result.code}: {result.err.strip()[-600:]}")
    told = reports[-1]
    facts = {
        "exit": result.code,
        "error": told.get("errormsg"),
        "http": f"{told.get('http_code')} over HTTP/{told.get('http_version')}",
        "verify": told.get("ssl_verify_result"),
        "connection": _SECURED.findall(result.err),
        "alpn": _ALPN.findall(result.err),
        "body": sha256(target) if target.exists() else None,
    }
    if body is not None:
        trial.require(facts["body"] == sha256(body), f"the body is not what was served: {facts}")
    return facts


def trusting(trial):
    """The option with which every server certificate of the test CA is good."""
    return ["--cacert", trial.pem("ca")]


def page_exchange(start):
    """An exchange for the trust table: curl asks for one page of the web server that `start(trial, port, ask)` runs."""

    def exchange(trial, ask):
        port = trial.port()
        server = start(trial, port, ask)
        seen = curl(trial, port, trust_options(trial, ask))
        # A server may let the handshake succeed without a good client certificate and answer with an error page.
        done = seen["exit"] == 0 and seen["http"].startswith("200")
        return {"done": done, **seen, **server.stop()}

    return exchange


def http_versions(trial, port, body):
    """The page that a server with HTTP/2 has at `port`, by each version and without ALPN."""
    facts = {
        option: curl(trial, port, [*trusting(trial), "--" + option], name=option, body=body) for option in ("http2", "http1.1", "no-alpn")
    }
    trial.require(facts["http2"]["http"] == "200 over HTTP/2", f"no HTTP/2: {facts['http2']}")
    return facts


_MESSAGE = re.compile(r"^\* (TLSv\S+ \((?:IN|OUT)\), .*)")
# What the web server says of itself and of the time, addresses in curl's memory, whether the server's goodbye was there
# before curl's, and sizes: a library is free to send fewer records and another hello.
_CHANCE = re.compile(
    r"^< (date|last-modified|etag|server): .*|^\* (Using Stream ID: .*|Closing connection \d+|.*\(IN\), TLS alert, close notify.*)$"
    r"|^[{}] \[\d+ bytes data\]",
    re.I,
)


_TICKET = re.compile(r"^\* .*(Newsession Ticket|old SSL session ID is stale)")


def words(err, code):
    """What curl tells with --verbose, without what is chance: the TLS messages it saw, and the rest.

    Whether tickets still arrive when curl leaves with an error is chance, too.
    """
    lines = [line for line in err.splitlines() if not _CHANCE.match(line) and not (code and _TICKET.match(line))]
    return {"messages": [line for line in lines if _MESSAGE.match(line)], "words": [line for line in lines if not _MESSAGE.match(line)]}


def transcript(trial, options, name="curl", write_out="", env=None):
    """Runs a verbose curl with these options alone; returns its exit status, all its words, and what it wrote out."""
    argv = ["curl", "-q", "--config", "-", "--silent", "--show-error", "--verbose", "--noproxy", "localhost", "--max-time", "60"]
    argv += ["--write-out", write_out] if write_out else []
    result = trial.client(name, [*argv, *options], stdin=b"", seconds=70, env=env)
    return {"exit": result.code, **words(result.err, result.code), "out": result.text.splitlines()}
