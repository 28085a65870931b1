"""nginx serves, curl and openssl(1) ask; nginx also asks other servers as a proxy."""

import signal

from support import nginx
from support.curl import curl, http_versions, page_exchange, trusting
from support.process import read_text, wait_until
from support.suite import Suite
from support.trial import sha256

SUITE = Suite("nginx", "nginx", "pages, refusals, client certificates, HTTP/2, names, transfers, resumption, proxying")


def start_for(trial, port, ask):
    """A server with the settings of a row of the trust table."""
    return nginx.start(trial, port, [nginx.site(trial, port, ask.certificate, nginx.trust_settings(trial, ask))])


SUITE.trust_table(page_exchange(start_for))


@SUITE.case("http2")
def http2(trial):
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port, listen="http2")])
    return {**http_versions(trial, port, nginx.PAGE), **server.stop()}


@SUITE.case("names")
def names(trial):
    """Virtual hosts chosen by server name, each with its own certificate and page."""
    port = trial.port()
    sites = [
        nginx.site(trial, port, "ecdsa", name="localhost", root="first", page=b"first\n"),
        nginx.site(trial, port, "wronghost", name="other.example", root="second", page=b"second\n"),
        nginx.site(trial, port, "multi", name="two.example", root="third", page=b"third\n"),
    ]
    server = nginx.start(trial, port, sites)
    facts = {
        "first": curl(trial, port, trusting(trial), name="first", body=b"first\n"),
        "second": curl(trial, port, trusting(trial), name="second", host="other.example", body=b"second\n"),
        "third": curl(trial, port, trusting(trial), name="third", host="two.example", body=b"third\n"),
        "unknown name": curl(trial, port, trusting(trial), name="unknown", host="nobody.example"),
    }
    trial.require(facts["unknown name"]["exit"] == 60, "a name that no certificate has was accepted")
    return {**facts, **server.stop()}


def transfer(trial, version, listen, options):
    """The big file down and up, with small socket buffers at the server and a narrow relay between the two."""
    port = trial.port()
    site = nginx.site(trial, port, listen=listen, settings=[f"ssl_protocols TLSv{version}", "client_body_buffer_size 16k"])
    (trial.dir / "html/bulk").symlink_to(trial.world.bulk)
    server = nginx.start(trial, port, [site])
    with trial.relay(port) as relay:
        down = curl(trial, relay.port, [*trusting(trial), *options], path="/bulk", name="down")
        up = curl(trial, relay.port, [*trusting(trial), *options, "-T", trial.world.bulk], path="/up", name="up")
    trial.require(down["body"] == trial.bulk_sum(), f"the download has other bytes: {down}")
    trial.require(sha256(trial.dir / "html/up") == trial.bulk_sum(), f"the upload has other bytes: {up}")
    return {"down": down, "up": up, **server.stop()}


for _version in ("1.2", "1.3"):
    SUITE.case(f"transfer-{_version}")(lambda trial, v=_version: transfer(trial, v, "sndbuf=4k rcvbuf=4k", ["--http1.1"]))
    SUITE.case(f"transfer-h2-{_version}")(lambda trial, v=_version: transfer(trial, v, "http2 sndbuf=8k rcvbuf=8k", ["--http2"]))


@SUITE.case("transfer-slow-reader")
def slow_reader(trial):
    """A client that reads slowly makes the server's writes block again and again."""
    port = trial.port()
    site = nginx.site(trial, port, listen="sndbuf=4k")
    trial.write("html/part", trial.world.bulk.read_bytes()[:3_000_000])
    server = nginx.start(trial, port, [site])
    seen = curl(trial, port, [*trusting(trial), "--limit-rate", "2M"], path="/part")
    trial.require(seen["body"] == sha256(trial.dir / "html/part"), "other bytes arrived")
    return {**seen, **server.stop()}


def resumption(trial, version, settings, expected, workers=1):
    """Three connections of one curl, all but the first with a session to resume."""
    port = trial.port()
    site = nginx.site(trial, port, settings=[f"ssl_protocols TLSv{version}", *settings])
    server = nginx.start(trial, port, [site], workers=workers)
    url = f"https://localhost:{port}/page.txt"
    one = [*trusting(trial), "-H", "Connection: close"]  # one request on each connection
    seen = curl(trial, port, [*one, url, "--next", *one, url, "--next", *one])
    facts = {"exit": seen["exit"], "connection": seen["connection"], **server.stop()}
    resumed = ["reused=r" in line for line in facts["served"]]
    trial.require(resumed == expected, f"resumed: {resumed}, expected: {expected}; {facts}")
    return facts


YES, NO = [False, True, True], [False, False, False]

for _version in ("1.2", "1.3"):

    @SUITE.case(f"resume-ticket-{_version}")
    def resume_ticket(trial, version=_version):
        """curl offers no tickets in TLS 1.2, see ticket-two-workers for those."""
        expected = NO if version == "1.2" else YES
        return resumption(trial, version, ["ssl_session_cache none", "ssl_session_tickets on"], expected, workers=2)

    @SUITE.case(f"resume-cache-off-{_version}")
    def resume_cache_off(trial, version=_version):
        """nginx then forbids what a ticket would allow in TLS 1.2; in 1.3 the ticket holds."""
        expected = NO if version == "1.2" else YES
        return resumption(trial, version, ["ssl_session_cache off", "ssl_session_tickets on"], expected)

    @SUITE.case(f"resume-own-cache-{_version}")
    def resume_own_cache(trial, version=_version):
        return resumption(trial, version, ["ssl_session_cache builtin:1000", "ssl_session_tickets off"], YES)

    @SUITE.case(f"resume-shared-cache-{_version}")
    def resume_shared_cache(trial, version=_version):
        """Workers find each other's sessions in shared memory, where they are kept serialised."""
        settings = ["ssl_session_cache shared:tls:1m", "ssl_session_tickets off"]
        return resumption(trial, version, settings, YES, workers=2)

    @SUITE.case(f"resume-none-{_version}")
    def resume_none(trial, version=_version):
        return resumption(trial, version, ["ssl_session_cache off", "ssl_session_tickets off"], NO)


@SUITE.case("ticket-two-workers")
def ticket_two_workers(trial):
    """openssl(1) comes back with its TLS 1.2 ticket five times: its keys were made before the workers forked."""
    port = trial.port()
    site = nginx.site(trial, port, settings=["ssl_protocols TLSv1.2", "ssl_session_cache none", "keepalive_timeout 0"])
    server = nginx.start(trial, port, [site], workers=2)
    argv = ["openssl", "s_client", "-connect", f"localhost:{port}", "-CAfile", trial.pem("ca"), "-reconnect"]
    result = trial.client("s_client", argv, stdin=b"Q\n")
    told = [line for line in result.text.splitlines() if line.startswith(("New,", "Reused,"))]
    trial.require(len(told) == 6 and all("Reused" in line for line in told[1:]), f"not resumed: {told}")
    server.stop()
    return {"exit": result.code, "told": told}


@SUITE.case("default-protocols")
def default_protocols(trial):
    """Without ssl_protocols this nginx serves TLS 1.2 and switches 1.3 off."""
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port, settings=["ssl_protocols TLSv1 TLSv1.1 TLSv1.2"])])
    facts = {
        "any": curl(trial, port, trusting(trial), name="any", body=nginx.PAGE),
        "1.3": curl(trial, port, [*trusting(trial), "--tlsv1.3"], name="only-1.3"),
    }
    trial.require(facts["1.3"]["exit"] == 35, f"TLS 1.3 was not switched off: {facts}")
    return {**facts, **server.stop()}


@SUITE.case("reload")
def reload(trial):
    """New workers with a new certificate while the master goes on."""
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port, "ecdsa")])
    before = curl(trial, port, trusting(trial), name="before", body=nginx.PAGE)
    conf = server.folder / "nginx.conf"
    conf.write_text(conf.read_text().replace("/ecdsa.", "/expired."))
    server.server.popen.send_signal(signal.SIGHUP)
    wait_until("the new configuration is in use", lambda: "gracefully shutting down" in read_text(server.folder / "error.log"))
    after = curl(trial, port, trusting(trial), name="after")
    trial.require(after["exit"] == 60, f"the old certificate is still served: {after}")
    return {"before": before, "after": after, **server.stop()}


@SUITE.case("optional-client-cert")
def optional_client_cert(trial):
    port = trial.port()
    settings = ["ssl_verify_client optional", f"ssl_client_certificate {trial.pem('ca')}", "ssl_verify_depth 3"]
    server = nginx.start(trial, port, [nginx.site(trial, port, settings=settings)])
    facts = {}
    for who in ("", "client", "client-chain", "client-wrongca"):
        options = [*trusting(trial)] + (["--cert", trial.pem(who), "--key", trial.key(who)] if who else [])
        facts[who or "none"] = curl(trial, port, options, name=f"as-{who or 'nobody'}")
    return {**facts, **server.stop()}


@SUITE.case("client-cert-revoked")
def revoked(trial):
    port = trial.port()
    settings = ["ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}", f"ssl_crl {trial.pki('ca.crl')}"]
    server = nginx.start(trial, port, [nginx.site(trial, port, settings=settings)])
    facts = {}
    for who in ("client", "client-revoked"):
        options = [*trusting(trial), "--cert", trial.pem(who), "--key", trial.key(who)]
        facts[who] = curl(trial, port, options, name=f"as-{who}")
    trial.require(facts["client"]["http"].startswith("200"), f"the good client was refused: {facts}")
    trial.require(facts["client-revoked"]["http"].startswith("400"), f"the revoked client was served: {facts}")
    return {**facts, **server.stop()}


@SUITE.case("plain-http-to-tls-port")
def plain_http(trial):
    port = trial.port()
    server = nginx.start(trial, port, [nginx.site(trial, port)])
    facts = curl(trial, port, scheme="http")
    return {**facts, **server.stop()}


def proxied(trial, version, settings, certificate="ecdsa", client_ca=False):
    """curl asks a plain nginx, which asks an upstream over TLS: nginx as a TLS client."""
    front, back = trial.port(), trial.port()
    upstream_settings = [f"ssl_protocols TLSv{version}"]
    if client_ca:
        upstream_settings += ["ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}"]
    upstream = nginx.start(trial, back, [nginx.site(trial, back, certificate, upstream_settings)])
    proxy = nginx.start_proxy(trial, front, back, [f"proxy_ssl_protocols TLSv{version}", *settings])
    seen = [curl(trial, front, scheme="http", name=f"curl{turn}") for turn in range(2)]
    return {"pages": seen, "proxy": proxy.stop(), "upstream": upstream.stop()}


def verifying(trial, ca):
    return ["proxy_ssl_verify on", f"proxy_ssl_trusted_certificate {trial.pem(ca)}", "proxy_ssl_name localhost", "proxy_ssl_server_name on"]


for _version in ("1.2", "1.3"):

    @SUITE.case(f"proxy-{_version}")
    def proxy(trial, version=_version):
        facts = proxied(trial, version, verifying(trial, "ca"))
        trial.require(all(page["http"].startswith("200") for page in facts["pages"]), f"no page: {facts}")
        return facts

    @SUITE.case(f"proxy-wrong-ca-{_version}")
    def proxy_wrong_ca(trial, version=_version):
        facts = proxied(trial, version, verifying(trial, "otherca"))
        trial.require(all(page["http"].startswith("502") for page in facts["pages"]), f"a wrong CA was accepted: {facts}")
        return facts

    @SUITE.case(f"proxy-wrong-name-{_version}")
    def proxy_wrong_name(trial, version=_version):
        facts = proxied(trial, version, verifying(trial, "ca"), certificate="wronghost")
        trial.require(all(page["http"].startswith("502") for page in facts["pages"]), f"a wrong name was accepted: {facts}")
        return facts

    @SUITE.case(f"proxy-client-cert-{_version}")
    def proxy_client_cert(trial, version=_version):
        own = [f"proxy_ssl_certificate {trial.pem('client')}", f"proxy_ssl_certificate_key {trial.key('client')}"]
        facts = proxied(trial, version, verifying(trial, "ca") + own, client_ca=True)
        trial.require(all(page["http"].startswith("200") for page in facts["pages"]), f"no page: {facts}")
        return facts
