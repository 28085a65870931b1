"""HAProxy ends TLS for curl, and speaks TLS to servers behind it."""

import re
import signal
import socket

from support import nginx, openssl
from support.curl import curl, http_versions, trust_options, trusting
from support.ports import HOST
from support.suite import Suite
from support.trial import sha256
from support.web import PAGE, Web

SUITE = Suite("haproxy", "haproxy", "ending TLS, refusals, client certificates, HTTP/2, names, transfers, resumption, TLS to servers, new certificates")
_LOG = (
    "%ST %sslv %sslc resumed=%[ssl_fc_is_resumed] sni=%[ssl_fc_sni] alpn=%[ssl_fc_alpn] "
    "client=%[ssl_c_used] verify=%[ssl_c_verify] cn=%[ssl_c_s_dn(cn)] ca=%[ssl_c_i_dn(cn)]"
)
# When a client refuses, HAProxy sees its alert or, if it was faster, only that it has gone.
_ALERT = re.compile(r"(?<=^refused: )(-|error:.* alert .*)$")
_CONF = """
global
    log stdout format raw local0
    maxconn 200
    stats socket {dir}/admin.sock mode 600 level admin
    {global_}
defaults
    mode http
    log global
    timeout connect 20s
    timeout client 60s
    timeout server 60s
    log-format "{log}"
    error-log-format "refused: %[ssl_fc_err_str]"
{sections}
"""


def pair(trial, name):
    """Certificate and key in one file, as HAProxy wants them."""
    return trial.write(f"{name}.both.pem", trial.pem(name).read_bytes() + trial.key(name).read_bytes())


def start(trial, port, sections, side=None, name="haproxy", log=_LOG, settings=()):
    """Runs HAProxy with these sections of its configuration."""
    text = _CONF.format(dir=trial.folder(f"{name}-run"), sections="\n".join(sections), log=log, global_="\n    ".join(settings))
    conf = trial.write(f"{name}.cfg", text)
    return trial.serve(name, ["haproxy", "-db", "-f", conf], port, side=side)


def front(trial, port, certificate="ecdsa", options="", page=True):
    """A frontend that ends TLS, and itself answers with a page."""
    lines = ["frontend tls", f"    bind {HOST}:{port} ssl crt {pair(trial, certificate)} {options}"]
    if page:
        lines.append(f"    http-request return status 200 content-type text/plain file {trial.write('page', PAGE)}")
    return "\n".join(lines)


def finish(trial, server):
    """Stops HAProxy when its connections have ended; returns its log of requests and refusals."""
    trial.stop(server, signal.SIGUSR1)
    lines = server.out().decode(errors="replace").splitlines()
    return [_ALERT.sub("alert or end", line) for line in lines if line.startswith(("200", "refused", "4", "5"))]


def exchange(trial, ask):
    """One page by a row of the trust table."""
    port = trial.port()
    options = f"ssl-min-ver TLSv{ask.server_versions[0]} ssl-max-ver TLSv{ask.server_versions[-1]}"
    if ask.client_ca:
        options += f" verify required ca-file {trial.pem(ask.client_ca)}"
    if ask.server_ciphers:
        options += f" ciphers {ask.server_ciphers}"
    server = start(trial, port, [front(trial, port, ask.certificate, options)])
    seen = curl(trial, port, trust_options(trial, ask))
    return {"done": seen["exit"] == 0 and seen["http"].startswith("200"), **seen, "log": finish(trial, server)}


SUITE.trust_table(exchange)


@SUITE.case("http2")
def http2(trial):
    port = trial.port()
    server = start(trial, port, [front(trial, port, options="alpn h2,http/1.1")])
    return {**http_versions(trial, port, PAGE), "log": finish(trial, server)}


@SUITE.case("names")
def names(trial):
    """Certificates by server name, RSA and ECDSA for the same name, and a strict frontend."""
    port, strict = trial.port(), trial.port()
    listed = trial.write("list", "".join(f"{pair(trial, name)}\n" for name in ("ecdsa", "rsa", "multi", "wronghost")))
    page = f"    http-request return status 200 content-type text/plain file {trial.write('page', PAGE)}"
    sections = ["frontend tls", f"    bind {HOST}:{port} ssl crt-list {listed}", page]
    sections += ["frontend strict", f"    bind {HOST}:{strict} ssl crt-list {listed} strict-sni", page]
    server = start(trial, port, sections)
    rsa = ["--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"]
    facts = {
        "first": curl(trial, port, trusting(trial), name="first", body=PAGE),
        "rsa": curl(trial, port, [*trusting(trial), *rsa], name="rsa", body=PAGE),
        "other": curl(trial, port, trusting(trial), name="other", host="other.example", body=PAGE),
        "wildcard": curl(trial, port, trusting(trial), name="wild", host="any.wild.example", body=PAGE),
        "unknown": curl(trial, port, trusting(trial), name="unknown", host="nobody.example"),
        "strict known": curl(trial, strict, trusting(trial), name="known", host="two.example", body=PAGE),
        "strict unknown": curl(trial, strict, trusting(trial), name="strict", host="nobody.example"),
    }
    trial.require(facts["strict unknown"]["exit"] == 35, f"an unknown name was not refused: {facts['strict unknown']}")
    return {**facts, "log": finish(trial, server)}


@SUITE.case("optional-client-cert")
def optional(trial):
    port = trial.port()
    options = f"verify optional ca-file {trial.pem('ca')} crl-file {trial.pki('ca.crl')}"
    server = start(trial, port, [front(trial, port, options=options)])
    facts = {}
    for who in ("", "client", "client-revoked", "client-wrongca"):
        own = ["--cert", trial.pem(who), "--key", trial.key(who)] if who else []
        facts[who or "none"] = curl(trial, port, [*trusting(trial), *own], name=f"as-{who or 'nobody'}")
    trial.require([one["exit"] == 0 for one in facts.values()] == [True, True, False, False], f"{facts}")
    return {**facts, "log": finish(trial, server)}


@SUITE.case("forgiven-client-cert")
def forgiven(trial):
    """HAProxy's verify callback may overlook errors and tell the number to the application."""
    port = trial.port()
    options = f"verify optional ca-file {trial.pem('ca')} ca-ignore-err all crt-ignore-err all"
    server = start(trial, port, [front(trial, port, options=options)])
    facts = {}
    for who in ("client", "client-expired", "client-wrongca"):
        facts[who] = curl(trial, port, [*trusting(trial), "--cert", trial.pem(who), "--key", trial.key(who)], name=f"as-{who}", body=PAGE)
    return {**facts, "log": finish(trial, server)}


@SUITE.case("limits")
def limits(trial):
    """Suites and groups of TLS 1.3."""
    port = trial.port()
    server = start(trial, port, [front(trial, port, options="ciphersuites TLS_AES_128_GCM_SHA256 curves P-384")])
    facts = {
        "shared": curl(trial, port, trusting(trial), name="shared", body=PAGE),
        "no suite": curl(trial, port, [*trusting(trial), "--tlsv1.3", "--tls13-ciphers", "TLS_CHACHA20_POLY1305_SHA256"], name="suite"),
        "no group": curl(trial, port, [*trusting(trial), "--tlsv1.3", "--curves", "X25519"], name="group"),
    }
    trial.require([one["exit"] for one in facts.values()] == [0, 35, 35], f"{facts}")
    return {**facts, "log": finish(trial, server)}


for _version in ("1.2", "1.3"):

    @SUITE.case(f"transfer-{_version}")
    def transfer(trial, version=_version):
        """The big file both ways through HAProxy, small buffers and a narrow path, by HTTP/1.1 and HTTP/2."""
        port, facts = trial.port(), {}
        with Web(trial.world.bulk) as web:
            options = f"ssl-min-ver TLSv{version} ssl-max-ver TLSv{version} alpn h2,http/1.1"
            sections = [front(trial, port, options=options, page=False), "    default_backend plain"]
            sections += ["backend plain", f"    server web {HOST}:{web.port}"]
            small = ["tune.sndbuf.client 8192", "tune.rcvbuf.client 8192"]
            server = start(trial, port, sections, settings=small)
            with trial.relay(port) as relay:
                for option in ("--http1.1", "--http2"):
                    name = option[2:]
                    down = curl(trial, relay.port, [*trusting(trial), option], path="/bulk", name=f"down-{name}")
                    up = curl(trial, relay.port, [*trusting(trial), option, "-T", trial.world.bulk], path="/up", name=f"up-{name}")
                    trial.require(down["body"] == trial.bulk_sum(), f"the download has other bytes: {down}")
                    trial.require(up["body"] == sha256(trial.bulk_sum().encode()), f"the upload has other bytes: {up}")
                    facts |= {f"down {name}": down, f"up {name}": up}
        return {**facts, "log": finish(trial, server)}

    @SUITE.case(f"resume-{_version}")
    def resume(trial, version=_version):
        """openssl(1) comes back with its session: from a ticket, from HAProxy's shared cache, from neither."""
        facts = {}
        trust = ["-CAfile", trial.pem("ca"), "-verify_return_error"]
        for name, options, settings in (
            ("tickets", "", ["tune.ssl.cachesize 0"]),
            ("cache", "no-tls-tickets", []),
            ("neither", "no-tls-tickets", ["tune.ssl.cachesize 0"]),
        ):
            port = trial.port()
            options += f" ssl-min-ver TLSv{version} ssl-max-ver TLSv{version}"
            server = start(trial, port, [front(trial, port, options=options)], name=f"haproxy-{name}", settings=settings)
            saved, request = trial.dir / f"{name}.pem", b"GET / HTTP/1.0\r\n\r\n"
            _, first = openssl.client(trial, port, [*trust, "-sess_out", saved], stdin=request, name=f"{name}-first")
            again = ["-sess_in", saved] if saved.exists() and saved.stat().st_size else []
            _, second = openssl.client(trial, port, [*trust, *again], stdin=request, name=f"{name}-second")
            facts[name] = {"first": first, "second": second, "log": finish(trial, server)}
        reused = [any(line.startswith("Reused") for line in one["second"]["told"]) for one in facts.values()]
        trial.require(reused[0] and not reused[2], f"resumed: {reused}; {facts}")
        return facts

    @SUITE.case(f"server-{_version}")
    def servers(trial, version=_version):
        """A plain frontend with TLS servers behind it: HAProxy as a client that verifies, with a certificate of its own."""
        facts = {}
        for name, certificate, ca, status in (
            ("right", "ecdsa", "ca", "200"),
            ("wrong CA", "ecdsa", "otherca", "503"),
            ("wrong name", "wronghost", "ca", "503"),
            ("expired", "expired", "ca", "503"),
        ):
            word = name.replace(" ", "-")
            back, near = trial.port(), trial.port()
            require = [f"ssl_protocols TLSv{version}", "ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}"]
            upstream = nginx.start(trial, back, [nginx.site(trial, back, certificate, require)], name=f"nginx-{word}")
            secure = f"ssl verify required ca-file {trial.pem(ca)} sni str(localhost) verifyhost localhost crt {pair(trial, 'client')}"
            sections = ["frontend plain", f"    bind {HOST}:{near}", "    default_backend tls"]
            sections += ["backend tls", "    retries 0", f"    server one {HOST}:{back} {secure}"]
            proxy = start(trial, near, sections, side=trial.client_side, name=f"haproxy-{word}", log="%ST %[ssl_bc_protocol] %[ssl_bc_cipher]")
            page = curl(trial, near, scheme="http", name=f"curl-{word}")
            trial.require(page["http"].startswith(status), f"{name}: {status} expected, got {page}")
            facts[name] = {"page": page, "log": finish(trial, proxy), **upstream.stop()}
        return facts

    @SUITE.case(f"server-reuse-{_version}")
    def server_reuse(trial, version=_version):
        """Connections to the server behind, each new and resumed: HAProxy keeps its client sessions serialised."""
        back, near = trial.port(), trial.port()
        settings = [f"ssl_protocols TLSv{version}", "ssl_session_cache shared:tls:1m", "keepalive_timeout 0"]
        upstream = nginx.start(trial, back, [nginx.site(trial, back, settings=settings)])
        sections = ["frontend plain", f"    bind {HOST}:{near}", "    default_backend tls", "backend tls", "    http-reuse never"]
        sections += [f"    server one {HOST}:{back} ssl verify required ca-file {trial.pem('ca')} sni str(localhost)"]
        proxy = start(trial, near, sections, side=trial.client_side, log="%ST %[ssl_bc_is_resumed]", settings=["nbthread 1"])
        pages = [curl(trial, near, scheme="http", name=f"curl-{number}", body=nginx.PAGE)["http"] for number in range(3)]
        facts = {"pages": pages, "log": finish(trial, proxy), **upstream.stop()}
        trial.require(["reused=r" in line for line in facts["served"]] == [False, True, True], f"not resumed: {facts}")
        return facts


@SUITE.case("new-certificate")
def new_certificate(trial):
    """A certificate is changed in the running process, as renewal scripts do it."""
    port = trial.port()
    server = start(trial, port, [front(trial, port)])
    before = curl(trial, port, trusting(trial), name="before", body=PAGE)
    current = trial.dir / "ecdsa.both.pem"
    told = [admin(trial, f"set ssl cert {current} <<\n{pair(trial, 'expired').read_text()}\n"), admin(trial, f"commit ssl cert {current}")]
    after = curl(trial, port, trusting(trial), name="after")
    trial.require(after["exit"] == 60, f"the old certificate is still served: {after}, {told}")
    return {"before": before, "told": told, "after": after, "log": finish(trial, server)}


def admin(trial, command):
    """One command to the running HAProxy and its answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(20)
        channel.connect(str(trial.dir / "haproxy-run/admin.sock"))
        channel.sendall(command.encode() + b"\n")
        answer = b""
        while data := channel.recv(4096):
            answer += data
    return answer.decode().splitlines()


@SUITE.case("plain-http-to-tls-port")
def plain(trial):
    port = trial.port()
    server = start(trial, port, [front(trial, port)])
    facts = curl(trial, port, scheme="http")
    return {**facts, "log": finish(trial, server)}
