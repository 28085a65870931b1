"""curl asks, nginx serves: what curl's own options promise."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from support import nginx
from support.curl import curl, trusting
from support.ports import HOST, free_port
from support.process import Failure, read_text
from support.suite import Suite
from support.trial import sha256

SUITE = Suite("curl", "curl", "pages, trust options, client keys, ciphers, groups, parallel transfers, key log")


def served(trial, certificate, settings, *fetches):
    """Runs `fetches` (name, expected exit status or None, options, keywords) against one nginx."""
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port, certificate, settings)])
    facts = {}
    for name, expected, options, keywords in fetches:
        facts[name] = curl(trial, port, options, name=name.replace(" ", "-"), **keywords)
        if expected is not None:
            trial.require(facts[name]["exit"] == expected, f"{name}: exit status {expected} expected, got {facts[name]}")
    return {**facts, **server.stop()}


@SUITE.case("pages")
def pages(trial):
    """One connection, several pages, and the head of one."""
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port)])
    url = f"https://localhost:{port}/page.txt"
    facts = curl(trial, port, [*trusting(trial), url, "--next", *trusting(trial), "--head", url, "--next", *trusting(trial)])
    trial.require(facts["body"] == sha256(nginx.PAGE), f"no page: {facts}")
    trial.require(len(facts["connection"]) >= 1, "no TLS connection")
    return {**facts, **server.stop()}


@SUITE.case("host-is-address")
def address(trial):
    return served(
        trial,
        "ecdsa",
        [],
        ("in the certificate", 0, trusting(trial), {"host": HOST}),
        ("not in the certificate", 60, trusting(trial), {"host": "127.0.0.2"}),
    )


@SUITE.case("ca-folder")
def ca_folder(trial):
    """The hashed folder is searched when the chain arrives. Debian's bundle, in which our CA is not, stays the file."""
    return served(
        trial,
        "ecdsa",
        [],
        ("right", 0, ["--capath", trial.pki("cadir"), "--cacert", trial.pem("otherca")], {}),
        ("wrong", 60, ["--capath", trial.pki("otherdir"), "--cacert", trial.pem("otherca")], {}),
        ("Debian's CAs", 60, [], {}),
        ("missing file", 77, ["--cacert", trial.dir / "nothing.pem"], {}),
        ("garbage", 77, ["--cacert", trial.pki("garbage.pem")], {}),
    )


@SUITE.case("not-revoked")
def not_revoked(trial):
    lists = [*trusting(trial), "--crlfile", trial.pki("ca.crl")]
    return served(trial, "ecdsa", [], ("not revoked", 0, lists, {}))


@SUITE.case("revoked")
def revoked(trial):
    lists = [*trusting(trial), "--crlfile", trial.pki("ca.crl")]
    return served(
        trial,
        "revoked",
        [],
        ("without a list", 0, trusting(trial), {}),
        ("with the list", 60, lists, {}),
        ("list out of date", 60, [*trusting(trial), "--crlfile", trial.pki("old.crl")], {}),
    )


@SUITE.case("pinned-key")
def pinned_key(trial):
    extract = ["openssl", "x509", "-in", trial.pem("ecdsa"), "-noout", "-pubkey"]
    public = subprocess.run(extract, capture_output=True, check=True).stdout
    return served(
        trial,
        "ecdsa",
        [],
        ("of another", 90, [*trusting(trial), "--pinnedpubkey", "sha256//" + "A" * 43 + "="], {}),
        ("right", 0, [*trusting(trial), "--pinnedpubkey", trial.write("public.pem", public)], {}),
    )


@SUITE.case("weak-certificates")
def weak(trial):
    """What security level 2, Debian's default, refuses: a short key, an old digest."""
    facts = {}
    for certificate in ("weak", "sha1"):
        port = trial.port()
        # nginx, too, would refuse to load them at that level.
        site = nginx.site(trial, port, certificate, ["ssl_ciphers DEFAULT@SECLEVEL=0"])
        server = nginx.start(trial, port, [site], name=f"nginx-{certificate}")
        facts[certificate] = curl(trial, port, trusting(trial), name=f"curl-{certificate}")
        facts[f"{certificate} at level 0"] = curl(
            trial, port, [*trusting(trial), "--ciphers", "DEFAULT@SECLEVEL=0"], name=f"curl-{certificate}-0"
        )
        trial.require(facts[certificate]["exit"] == 60, f"accepted at level 2: {facts}")
        server.stop()
    return facts


@SUITE.case("client-keys")
def client_keys(trial):
    """Own keys in their several forms."""
    enc = ["--cert", trial.pem("ecdsa"), "--key", trial.key("ecdsa-enc")]
    both = trial.write("both.pem", trial.key("client").read_bytes() + trial.pem("client").read_bytes())
    der = ["--cert-type", "DER", "--cert", trial.pki("rsa.cert.der"), "--key-type", "DER", "--key", trial.pki("rsa.key.der")]
    return served(
        trial,
        "ecdsa",
        ["ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}"],
        ("encrypted", 0, [*trusting(trial), *enc, "--pass", "secret"], {}),
        ("wrong password", 58, [*trusting(trial), *enc, "--pass", "other"], {}),
        ("one file", 0, [*trusting(trial), "--cert", both], {}),
        ("DER", 0, [*trusting(trial), *der], {}),
        ("old RSA form", 0, [*trusting(trial), "--cert", trial.pem("rsa"), "--key", trial.key("rsa-trad")], {}),
        ("key of another", 58, [*trusting(trial), "--cert", trial.pem("client"), "--key", trial.key("ecdsa")], {}),
        ("no such key", 58, [*trusting(trial), "--cert", trial.pem("client"), "--key", trial.dir / "none.key"], {}),
        ("no such certificate", 58, [*trusting(trial), "--cert", trial.dir / "none.pem"], {}),
    )


@SUITE.case("versions")
def versions(trial):
    return served(
        trial,
        "ecdsa",
        [],
        ("only 1.3", 0, [*trusting(trial), "--tlsv1.3"], {}),
        ("only 1.2", 0, [*trusting(trial), "--tls-max", "1.2"], {}),
        ("low minimum", 0, [*trusting(trial), "--tlsv1.0"], {}),
    )


@SUITE.case("ciphers")
def ciphers(trial):
    cipher = ["--tls-max", "1.2", "--ciphers"]
    return served(
        trial,
        "rsa",
        ["ssl_prefer_server_ciphers off"],
        ("one", 0, [*trusting(trial), *cipher, "ECDHE-RSA-CHACHA20-POLY1305"], {}),
        ("an order", 0, [*trusting(trial), *cipher, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"], {}),
        ("a class", 0, [*trusting(trial), *cipher, "ECDHE+CHACHA20:ECDHE+AESGCM:!AES256:@STRENGTH:+CHACHA20"], {}),
        ("of other keys", 35, [*trusting(trial), *cipher, "ECDHE-ECDSA-AES128-GCM-SHA256"], {}),
        ("unknown", 59, [*trusting(trial), *cipher, "NO-SUCH-CIPHER"], {}),
        ("1.3 one", 0, [*trusting(trial), "--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256"], {}),
        ("1.3 an order", 0, [*trusting(trial), "--tls13-ciphers", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"], {}),
        ("1.3 unknown", 59, [*trusting(trial), "--tls13-ciphers", "NO_SUCH_SUITE"], {}),
    )


@SUITE.case("ciphers-1.3-limited-by-server")
def suites(trial):
    return served(
        trial,
        "ecdsa",
        ["ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256"],
        ("shared", 0, trusting(trial), {}),
        ("none shared", 35, [*trusting(trial), "--tlsv1.3", "--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256"], {}),
    )


@SUITE.case("groups")
def groups(trial):
    facts = {}
    for version in ("1.2", "1.3"):
        limit = ["--tlsv" + version, "--tls-max", version]
        port = trial.port()
        site = nginx.site(trial, port, settings=["ssl_ecdh_curve secp384r1"])
        server = nginx.start(trial, port, [site], name=f"nginx-{version}", log="$ssl_protocol $ssl_curve")
        facts[version] = curl(trial, port, [*trusting(trial), *limit], name=f"default-{version}")
        facts[f"{version} shared"] = curl(trial, port, [*trusting(trial), *limit, "--curves", "X25519:P-384"], name=f"shared-{version}")
        refused = curl(trial, port, [*trusting(trial), *limit, "--curves", "X25519:P-256"], name=f"none-{version}")
        trial.require(refused["exit"] == 35, f"no group is shared, and still: {refused}")
        facts[f"{version} none shared"] = refused
        facts[f"{version} log"] = server.stop()
    return facts


@SUITE.case("parallel")
def parallel(trial):
    """Many transfers at once on one HTTP/2 connection, and on many connections."""
    port = trial.port()
    site = nginx.site(trial, port, listen="http2")
    part = trial.world.bulk.read_bytes()[:2_000_000]
    trial.write("html/part", part)
    server = nginx.start(trial, port, [site])
    facts = {}
    for name, options in (("h2", ["--http2"]), ("h1", ["--http1.1"])):
        more = []
        for number in range(7):
            more += ["--output", trial.dir / f"{name}-{number}", f"https://localhost:{port}/part"]
        seen = curl(trial, port, [*trusting(trial), *options, "--parallel", *more], name=name, path="/part")
        for number in range(7):
            trial.require(sha256(trial.dir / f"{name}-{number}") == sha256(part), f"transfer {number} has other bytes")
        facts[name] = {"exit": seen["exit"], "body": seen["body"]}
    served_pages = server.stop()["served"]
    return {**facts, "pages": len(served_pages), "connection": {line.split(" reused")[0] for line in served_pages}}


@SUITE.case("many-connections")
def many(trial):
    """Sixty handshakes in one process."""
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port)])
    url = f"https://localhost:{port}/page.txt?[1-60]"
    seen = curl(trial, port, [*trusting(trial), "-H", "Connection: close", "--no-sessionid", url])
    served_pages = server.stop()["served"]
    trial.require(len(served_pages) == 61, f"{len(served_pages)} of 61 pages; {seen}")
    return {"exit": seen["exit"], "served": served_pages}


@SUITE.case("key-log")
def key_log(trial):
    """SSLKEYLOGFILE: which secrets are told (their values differ each time)."""
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port)])
    facts = {}
    for version in ("1.2", "1.3"):
        log = trial.dir / f"keys-{version}"
        argv = ["curl", "-q", "-sS", *trusting(trial), "--tls-max", version, "--resolve", f"localhost:{port}:{HOST}"]
        result = trial.client(f"log-{version}", [*argv, f"https://localhost:{port}/page.txt"], env={"SSLKEYLOGFILE": str(log)})
        trial.require(result.out == nginx.PAGE, f"no page: {result.err}")
        lines = [line.split() for line in read_text(log).splitlines()]
        facts[version] = sorted((label, len(random), len(secret)) for label, random, secret in lines)
    trial.require(facts["1.2"] and facts["1.3"], f"no secrets were logged: {facts}")
    server.stop()
    return facts


@SUITE.case("certificate-details")
def details(trial):
    """What curl tells about the peer's certificate with --verbose and certinfo."""
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port, "ecdsa-chain")])
    argv = ["curl", "-q", "-sS", "-v", *trusting(trial), "--resolve", f"localhost:{port}:{HOST}", "-w", "%{num_certs}\\n%{certs}"]
    result = trial.client("curl", [*argv, "-o", "page", f"https://localhost:{port}/page.txt"])
    marks = ("subject:", "start date:", "expire date:", "subjectAltName:", "issuer:", "SSL certificate verify")
    told = [line for line in result.err.splitlines() if any(mark in line for mark in marks)]
    trial.require(result.code == 0 and told, f"curl told nothing: {result}")
    server.stop()
    return {"exit": result.code, "told": told, "certificates": result.text}


class _Plain(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"in the clear\n")

    def log_message(self, *_):
        pass


@SUITE.case("tls-to-plain-http-port")
def tls_to_plain(trial):
    """A server that does not speak TLS at all. It answers once curl's library was seen."""
    port = free_port()
    plain = HTTPServer((HOST, port), _Plain)
    argv = ["curl", "-q", "-sS", "--max-time", "20", "-w", "%{errormsg}", *trusting(trial), f"https://{HOST}:{port}/"]
    client = trial.start("curl", argv)
    threading.Thread(target=plain.handle_request, daemon=True).start()
    code = client.wait(30)
    plain.server_close()
    if code == 0:
        raise Failure("plain HTTP passed for TLS")
    return {"exit": code, "words": client.out().decode()}
