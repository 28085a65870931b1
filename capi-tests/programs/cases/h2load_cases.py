"""h2load, nghttp2's benchmark: many streams on many connections. Counts of requests are exact, times are chance."""

import re

from support import nginx
from support.openssl import held_run
from support.ports import HOST
from support.suite import Suite

SUITE = Suite("h2load", "nghttp2-client", "HTTP/2 and HTTP/1.1, many streams and connections, big bodies, versions, ciphers, ALPN, refusals")
_KEPT = ("TLS Protocol", "Cipher", "Application protocol", "requests:", "status codes:", "No protocol negotiated")


@SUITE.case("options")
def options(trial):
    """--ciphers, --tls13-ciphers, --groups, --npn-list and --h1, against servers that share them and one that does not."""
    ports = {word: trial.port() for word in ("any", "old")}
    part = trial.world.bulk.read_bytes()[:300_000]
    sites = [
        nginx.site(trial, ports["any"], listen="http2", root="any", page=part),
        nginx.site(trial, ports["old"], settings=["ssl_protocols TLSv1.2"], listen="http2", root="old"),
    ]
    server = nginx.start(trial, ports["any"], sites)
    facts = {}
    for name, word, more in (
        ("streams", "any", ["-n", "60", "-c", "3", "-m", "10", "-t", "2"]),
        ("HTTP/1.1", "any", ["-n", "20", "-c", "4", "--h1"]),
        ("old", "old", ["-n", "20", "-c", "4", "-m", "5"]),
        ("cipher", "old", ["-n", "4", "-c", "2", "--ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305"]),
        ("cipher of other keys", "old", ["-n", "4", "-c", "2", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"]),
        ("cipher unknown", "old", ["-n", "4", "-c", "2", "--ciphers", "NOTHING"]),
        ("suite", "any", ["-n", "4", "-c", "2", "--tls13-ciphers", "TLS_AES_128_GCM_SHA256"]),
        ("suite unknown", "any", ["-n", "4", "-c", "2", "--tls13-ciphers", "NOTHING"]),
        ("group", "any", ["-n", "4", "-c", "2", "--groups", "P-384"]),
        ("group unknown", "any", ["-n", "4", "-c", "2", "--groups", "nothing"]),
        ("protocols", "any", ["-n", "4", "-c", "2", "--npn-list", "http/1.1"]),
        ("other protocols", "any", ["-n", "4", "-c", "2", "--npn-list", "spdy/1"]),
    ):
        argv = ["h2load", *more, f"https://{HOST}:{ports[word]}/page.txt"]
        result = held_run(trial, argv, re.sub(r"\W", "-", name))
        told = sorted({line for line in result.text.splitlines() if line.startswith(_KEPT)})
        facts[name] = {"exit": result.code, "told": told, "err": result.err.splitlines()}
    trial.require(any("60 succeeded" in line for line in facts["streams"]["told"]), f"{facts['streams']}")
    server.stop()
    return facts
