"""Apache with mod_ssl serves, curl asks; Apache also asks other servers as a proxy."""

import signal

from support import apache, openssl
from support.curl import curl, http_versions, page_exchange, trusting
from support.ports import HOST
from support.process import read_text, wait_until
from support.suite import Suite
from support.trial import sha256

SUITE = Suite("apache2", "apache2-bin", "mod_ssl: pages, refusals, client certificates, HTTP/2, names, transfers, resumption, proxying")


def start_for(trial, port, ask):
    """A server with the settings of a row of the trust table."""
    return apache.start(trial, port, [apache.site(trial, port, ask.certificate, apache.trust_settings(trial, ask))])


SUITE.trust_table(page_exchange(start_for))


@SUITE.case("http2")
def http2(trial):
    port = trial.port()
    server = apache.start(trial, port, [apache.site(trial, port, settings=["Protocols h2 http/1.1"])])
    return {**http_versions(trial, port, apache.PAGE), **server.stop()}


@SUITE.case("names")
def names(trial):
    """Virtual hosts by server name, a strict one included."""
    port = trial.port()
    sites = [
        apache.site(trial, port, "ecdsa", name="localhost", root="first", page=b"first\n"),
        apache.site(trial, port, "multi", name="two.example", root="second", page=b"second\n"),
        apache.site(trial, port, "wronghost", ["SSLStrictSNIVHostCheck on"], name="other.example", root="third", page=b"third\n"),
    ]
    server = apache.start(trial, port, sites)
    facts = {
        "first": curl(trial, port, trusting(trial), name="first", body=b"first\n"),
        "second": curl(trial, port, trusting(trial), name="second", host="two.example", body=b"second\n"),
        "third": curl(trial, port, trusting(trial), name="third", host="other.example", body=b"third\n"),
        "unknown": curl(trial, port, trusting(trial), name="unknown", host="nobody.example"),
    }
    trial.require(facts["unknown"]["exit"] == 60, "a name that no certificate has was accepted")
    return {**facts, **server.stop()}


@SUITE.case("names-with-own-trust")
def names_trust(trial):
    """Only one of two hosts requires client certificates."""
    port = trial.port()
    require = ["SSLVerifyClient require", f"SSLCACertificateFile {trial.pem('ca')}"]
    sites = [
        apache.site(trial, port, "ecdsa", name="localhost", root="first", page=b"first\n"),
        apache.site(trial, port, "multi", require, name="two.example", root="second", page=b"second\n"),
    ]
    server = apache.start(trial, port, sites)
    own = ["--cert", trial.pem("client"), "--key", trial.key("client")]
    facts = {
        "open": curl(trial, port, trusting(trial), name="open", body=b"first\n"),
        "closed": curl(trial, port, trusting(trial), name="closed", host="two.example"),
        "closed with": curl(trial, port, [*trusting(trial), *own], name="with", host="two.example", body=b"second\n"),
    }
    trial.require(facts["closed"]["exit"] != 0, f"served without a certificate: {facts}")
    return {**facts, **server.stop()}


@SUITE.case("optional-client-cert")
def optional(trial):
    port = trial.port()
    settings = ["SSLVerifyClient optional", "SSLVerifyDepth 3", f"SSLCACertificateFile {trial.pem('ca')}", "SSLOptions +StdEnvVars"]
    server = apache.start(trial, port, [apache.site(trial, port, settings=settings)])
    facts = {}
    for who in ("", "client", "client-chain", "client-wrongca"):
        options = [*trusting(trial)] + (["--cert", trial.pem(who), "--key", trial.key(who)] if who else [])
        facts[who or "none"] = curl(trial, port, options, name=f"as-{who or 'nobody'}")
    trial.require(facts["client-wrongca"]["exit"] != 0, f"a client of another CA was served: {facts}")
    return {**facts, **server.stop()}


@SUITE.case("revoked")
def revoked(trial):
    port = trial.port()
    settings = ["SSLVerifyClient require", f"SSLCACertificateFile {trial.pem('ca')}"]
    settings += [f"SSLCARevocationFile {trial.pki('ca.crl')}", "SSLCARevocationCheck leaf"]
    server = apache.start(trial, port, [apache.site(trial, port, settings=settings)])
    facts = {}
    for who in ("client", "client-revoked"):
        options = [*trusting(trial), "--cert", trial.pem(who), "--key", trial.key(who)]
        facts[who] = curl(trial, port, options, name=f"as-{who}")
    trial.require([one["exit"] == 0 for one in facts.values()] == [True, False], f"{facts}")
    return {**facts, **server.stop()}


@SUITE.case("two-keys")
def two_keys(trial):
    """RSA and ECDSA side by side; the client's ciphers choose."""
    port = trial.port()
    more = [f"SSLCertificateFile {trial.pem('rsa')}", f"SSLCertificateKeyFile {trial.key('rsa')}"]
    server = apache.start(trial, port, [apache.site(trial, port, settings=more)])
    facts = {}
    for kind in ("ECDSA", "RSA"):
        limit = ["--tls-max", "1.2", "--ciphers", f"ECDHE-{kind}-AES128-GCM-SHA256"]
        facts[kind] = curl(trial, port, [*trusting(trial), *limit], name=kind, body=apache.PAGE)
    return {**facts, **server.stop()}


@SUITE.case("configuration-commands")
def commands(trial):
    """SSLOpenSSLConfCmd hands commands to the library's own configuration language."""
    port = trial.port()
    lines = ["SSLOpenSSLConfCmd MinProtocol TLSv1.2", "SSLOpenSSLConfCmd MaxProtocol TLSv1.2", "SSLOpenSSLConfCmd Groups P-384"]
    server = apache.start(trial, port, [apache.site(trial, port, settings=lines)])
    facts = {
        "both": curl(trial, port, trusting(trial), name="both", body=apache.PAGE),
        "version": curl(trial, port, [*trusting(trial), "--tlsv1.3"], name="version"),
        "group": curl(trial, port, [*trusting(trial), "--curves", "X25519", "--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256"], name="group"),
    }
    trial.require([one["exit"] for one in facts.values()] == [0, 35, 35], f"{facts}")
    return {**facts, **server.stop()}


for _version in ("1.2", "1.3"):

    @SUITE.case(f"transfer-{_version}")
    def transfer(trial, version=_version):
        """The big file down and up through small buffers and a narrow path, by HTTP/1.1 and HTTP/2."""
        port = trial.port()
        site = apache.site(trial, port, settings=[f"SSLProtocol TLSv{version}", "Protocols h2 http/1.1"])
        (trial.dir / "htdocs/bulk").symlink_to(trial.world.bulk)
        server = apache.start(trial, port, [site], ["SendBufferSize 8192", "ReceiveBufferSize 8192"])
        facts = {}
        with trial.relay(port) as relay:
            for option in ("--http1.1", "--http2"):
                name = option[2:]
                down = curl(trial, relay.port, [*trusting(trial), option], path="/bulk", name=f"down-{name}")
                upload = [*trusting(trial), option, "-T", trial.world.bulk]
                up = curl(trial, relay.port, upload, path=f"/up-{name}", name=f"up-{name}")
                trial.require(down["body"] == trial.bulk_sum(), f"the download has other bytes: {down}")
                trial.require(sha256(trial.dir / f"htdocs/up-{name}") == trial.bulk_sum(), f"the upload has other bytes: {up}")
                facts |= {f"down {name}": down, f"up {name}": up}
        return {**facts, **server.stop()}

    @SUITE.case(f"resume-{_version}")
    def resume(trial, version=_version):
        """Three connections of one curl, with Apache's shared cache (serialised sessions) and with tickets."""
        facts = {}
        for name, settings in {
            "cache": [f"SSLSessionCache shmcb:{trial.dir}/scache(512000)"],
            "tickets": ["SSLSessionCache none", "SSLSessionTickets on"],
            "neither": ["SSLSessionCache none"],
        }.items():
            port = trial.port()
            own = [f"SSLProtocol TLSv{version}"] + (["SSLSessionTickets off"] if name != "tickets" else [])
            server = apache.start(trial, port, [apache.site(trial, port, settings=own)], settings, name=f"apache-{name}")
            url = f"https://localhost:{port}/page.txt"
            one = [*trusting(trial), "-H", "Connection: close"]
            curl(trial, port, [*one, url, "--next", *one, url, "--next", *one], name=f"curl-{name}")
            facts[name] = server.stop()
        trial.require(all("Initial" in line for line in facts["neither"]["served"]), f"resumed against the settings: {facts}")
        return facts

    @SUITE.case(f"ticket-{_version}")
    def ticket(trial, version=_version):
        """openssl(1) comes back with its ticket, to any of the children."""
        port = trial.port()
        server = apache.start(trial, port, [apache.site(trial, port, settings=[f"SSLProtocol TLSv{version}"])], ["SSLSessionCache none"])
        saved = trial.dir / "session.pem"
        request = b"GET /page.txt HTTP/1.0\r\n\r\n"
        trust = ["-CAfile", trial.pem("ca"), "-verify_return_error"]
        _, first = openssl.client(trial, port, [*trust, "-sess_out", saved], stdin=request, name="first")
        _, second = openssl.client(trial, port, [*trust, "-sess_in", saved], stdin=request, name="second")
        trial.require(any(line.startswith("Reused") for line in second["told"]), f"not resumed: {second}")
        return {"first": first, "second": second, **server.stop()}

    @SUITE.case(f"proxy-{_version}")
    def proxy(trial, version=_version):
        """curl asks a plain Apache, which asks an Apache over TLS: mod_ssl as a client."""
        facts = {}
        for name, certificate, ca, status in (
            ("right", "ecdsa", "ca", "200"),
            ("wrong CA", "ecdsa", "otherca", "500"),
            ("wrong name", "wronghost", "ca", "500"),
            ("expired", "expired", "ca", "500"),
        ):
            word = name.replace(" ", "-")
            back, front = trial.port(), trial.port()
            upstream = apache.start(
                trial, back, [apache.site(trial, back, certificate, [f"SSLProtocol TLSv{version}"])], name=f"upstream-{word}"
            )
            gate = [
                "SSLProxyEngine on",
                "SSLProxyVerify require",
                "SSLProxyVerifyDepth 3",
                "SSLProxyCheckPeerName on",
                f"SSLProxyProtocol TLSv{version}",
                f"SSLProxyCACertificateFile {trial.pem(ca)}",
                f"ProxyPass / https://localhost:{back}/",
            ]
            relay = apache.start(trial, front, [], gate, name=f"proxy-{word}", side=trial.client_side)
            page = curl(trial, front, scheme="http", name=f"curl-{word}")
            trial.require(page["http"].startswith(status), f"{name}: {status} expected, got {page}")
            facts[name] = {"page": page, "proxy": relay.stop()["server errors"], "upstream": upstream.stop()}
        return facts

    @SUITE.case(f"proxy-client-cert-{_version}")
    def proxy_client_cert(trial, version=_version):
        """The upstream requires a certificate and the proxy has one to show."""
        back, front = trial.port(), trial.port()
        require = [f"SSLProtocol TLSv{version}", "SSLVerifyClient require", f"SSLCACertificateFile {trial.pem('ca')}"]
        upstream = apache.start(trial, back, [apache.site(trial, back, settings=require)], name="upstream")
        own = trial.write("own.pem", trial.pem("client").read_bytes() + trial.key("client").read_bytes())
        gate = ["SSLProxyEngine on", f"SSLProxyMachineCertificateFile {own}", f"ProxyPass / https://localhost:{back}/"]
        gate += ["SSLProxyVerify require", f"SSLProxyCACertificateFile {trial.pem('ca')}", f"SSLProxyProtocol TLSv{version}"]
        relay = apache.start(trial, front, [], gate, name="proxy", side=trial.client_side)
        page = curl(trial, front, scheme="http", body=apache.PAGE)
        return {"page": page, "proxy": relay.stop()["server errors"], "upstream": upstream.stop()}


@SUITE.case("graceful-restart")
def restart(trial):
    """New children with a new certificate while the parent goes on."""
    port = trial.port()
    server = apache.start(trial, port, [apache.site(trial, port, "ecdsa")])
    before = curl(trial, port, trusting(trial), name="before", body=apache.PAGE)
    conf = server.folder / "httpd.conf"
    conf.write_text(conf.read_text().replace("/ecdsa.", "/expired."))
    server.server.popen.send_signal(signal.SIGUSR1)
    log = server.folder / "error.log"
    wait_until("Apache goes on", lambda: read_text(log).count("resuming normal operations") == 2)
    # A child of before may still have taken a connection when the log says so.
    after = []

    def refused():
        after.append(curl(trial, port, trusting(trial), name=f"after-{len(after)}"))
        return after[-1]["exit"] == 60

    wait_until("the new certificate is served", refused)
    return {"before": before, "after": after[-1], **server.stop()}


@SUITE.case("plain-http-to-tls-port")
def plain(trial):
    port = trial.port()
    server = apache.start(trial, port, [apache.site(trial, port)])
    facts = curl(trial, port, scheme="http")
    return {**facts, **server.stop()}
