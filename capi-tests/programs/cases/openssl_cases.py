"""openssl(1): s_server serves, s_client asks, with the options that people debug TLS with."""

import re
import socket

from support import openssl
from support.process import Failure, read_text, wait_until
from support.suite import Suite
from support.trial import sha256

SUITE = Suite("openssl", "openssl", "s_client, s_server: refusals, names, ALPN, groups, signatures, sessions, key update, transfers")


def trusting(trial):
    return ["-CAfile", trial.pem("ca"), "-verify_return_error", "-verify_hostname", "localhost"]


def exchange(trial, ask):
    port = trial.port()
    options = openssl.version_options(ask.server_versions)
    if ask.client_ca:
        options += ["-CAfile", trial.pem(ask.client_ca), "-Verify", "3", "-verify_return_error"]
    if ask.server_ciphers:
        options += ["-cipher", ask.server_ciphers]
    running = openssl.server(trial, port, ask.certificate, options)

    options = openssl.version_options(ask.client_versions)
    if ask.ca:
        options += ["-CAfile", trial.pem(ask.ca), "-verify_return_error", "-verify_hostname", "localhost"]
    if ask.client_certificate:
        options += ["-cert", trial.pem(ask.client_certificate), "-key", trial.key(ask.client_certificate)]
        options += ["-cert_chain", trial.pem(ask.client_certificate)] if ask.client_certificate.endswith("-chain") else []
    if ask.client_ciphers:
        options += ["-cipher", ask.client_ciphers]
    result, facts = openssl.client(trial, port, options)
    return {"done": "HTTP/1.0 200 ok" in result.text, **facts, "server errors": openssl.finish(trial, running, ask.refused)}


SUITE.trust_table(exchange)


def simple(name, expected, server_options=(), client_options=(), certificate="ecdsa"):
    """Registers a case: one page with these options, `expected` to succeed or not.

    An option that begins with @ is a file of the test PKI.
    """

    @SUITE.case(name)
    def run(trial):
        def files(options):
            return [trial.pki(word[1:]) if word.startswith("@") else word for word in options]

        port = trial.port()
        running = openssl.server(trial, port, certificate, files(server_options))
        result, facts = openssl.client(trial, port, [*trusting(trial), *files(client_options)])
        done = "HTTP/1.0 200 ok" in result.text
        trial.require(done == expected, f"{'success' if expected else 'refusal'} expected: {facts}")
        return {"done": done, **facts, "server errors": openssl.finish(trial, running, not expected)}


V12, V13 = ("-tls1_2",), ("-tls1_3",)
REQUIRE = ("-CAfile", "@ca.pem", "-Verify", "1", "-verify_return_error")

simple("alpn", True, ["-alpn", "h2,http/1.1"], ["-alpn", "spdy/3,http/1.1,h2"])
simple("alpn-none-shared", False, ["-alpn", "h2"], ["-alpn", "http/1.1"])
simple("alpn-not-offered", True, ["-alpn", "h2"])
simple("groups-1.3", True, [*V13, "-groups", "P-384:X25519"], ["-groups", "P-256:P-384"])
simple("groups-1.2", True, [*V12, "-groups", "P-384:X25519"], ["-groups", "P-256:P-384"])
simple("groups-none-shared-1.3", False, [*V13, "-groups", "P-384"], ["-groups", "X25519:P-256"])
simple("groups-none-shared-1.2", False, [*V12, "-groups", "P-384", "-cipher", "ECDHE"], ["-groups", "X25519"], "rsa")
simple("hello-retry", True, [*V13, "-groups", "P-521"], ["-groups", "P-256:P-521"])
simple("sigalgs-1.3", True, V13, ["-sigalgs", "rsa_pss_rsae_sha512:ecdsa_secp256r1_sha256"], "rsa")
simple("sigalgs-1.2", True, V12, ["-sigalgs", "RSA+SHA384:ECDSA+SHA256"], "rsa")
simple("sigalgs-none-shared-1.3", False, V13, ["-sigalgs", "ed25519"], "rsa")
simple("sigalgs-none-shared-1.2", False, V12, ["-sigalgs", "ECDSA+SHA256"], "rsa")
simple("sigalgs-of-server-none-shared", False, ["-sigalgs", "ed25519"], V13)
simple("server-preference", True, [*V12, "-serverpref", "-cipher", "CHACHA20:AESGCM"], ["-cipher", "AESGCM:CHACHA20"])
simple("client-preference", True, [*V12, "-cipher", "CHACHA20:AESGCM"], ["-cipher", "AESGCM:CHACHA20"])
simple("suites-1.3", True, V13, ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"])
simple(
    "suites-1.3-none-shared",
    False,
    [*V13, "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
    ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
)
simple("rsa-pss-key", True, (), V13, "rsapss")
simple("p384-key", True, (), (), "p384")
simple("p521-key", True, (), (), "p521")
simple("two-keys-ecdsa", True, [*V12, "-dcert", "@rsa.pem", "-dkey", "@rsa.key"], ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"])
simple("two-keys-rsa", True, [*V12, "-dcert", "@rsa.pem", "-dkey", "@rsa.key"], ["-cipher", "ECDHE-RSA-AES128-GCM-SHA256"])
simple("two-keys-1.3", True, [*V13, "-dcert", "@rsa.pem", "-dkey", "@rsa.key"], ["-sigalgs", "RSA-PSS+SHA256"])
simple("verify-address", True, (), ["-verify_ip", "127.0.0.1"])
simple("verify-wrong-address", False, (), ["-verify_ip", "192.0.2.1"])
simple("verify-wrong-name", False, (), ["-verify_hostname", "elsewhere.example"])
simple("verify-time-past", False, (), ["-attime", "1000000000"])
simple("verify-no-time", True, (), ["-no_check_time"], "expired")
simple("revoked", False, (), ["-CRL", "@ca.crl", "-crl_check"], "revoked")
simple("not-revoked", True, (), ["-CRL", "@ca.crl", "-crl_check"])
simple("no-crl", False, (), ["-crl_check"])
simple("depth-enough", True, (), ["-verify_depth", "2"], "deep-chain")
simple("depth-too-small", False, (), ["-verify_depth", "1"], "deep-chain")
simple("partial-chain", True, (), ["-CAfile", "@inter.pem", "-partial_chain"], "ecdsa-chain")
simple("partial-chain-not-allowed", False, (), ["-CAfile", "@inter.pem"], "ecdsa-chain")
simple("purpose", True, (), ["-purpose", "sslserver"], "badkeyusage")
simple("not-a-server-certificate", False, (), (), "client")
simple("client-cert-not-for-clients", False, REQUIRE, ["-cert", "@serveronly.pem", "-key", "@serveronly.key"])
simple("client-cert-optional", True, ["-CAfile", "@ca.pem", "-verify", "1", "-verify_return_error"])
simple("client-cert-rsa-1.2", True, [*V12, *REQUIRE], ["-cert", "@client-rsa.pem", "-key", "@client-rsa.key"])
simple("client-cert-rsa-1.3", True, [*V13, *REQUIRE], ["-cert", "@client-rsa.pem", "-key", "@client-rsa.key"])
simple(
    "client-cert-revoked",
    False,
    [*REQUIRE, "-CRL", "@ca.crl", "-crl_check"],
    ["-cert", "@client-revoked.pem", "-key", "@client-revoked.key"],
)
simple("security-level", False, (), ["-cipher", "DEFAULT@SECLEVEL=5"])
simple("short-key", False, ["-cipher", "DEFAULT@SECLEVEL=0"], (), "weak")
simple("short-key-level-0", True, ["-cipher", "DEFAULT@SECLEVEL=0"], ["-cipher", "DEFAULT@SECLEVEL=0"], "weak")
simple("no-ticket", True, ["-no_ticket"])
simple("legacy-off", True, (), ["-no_legacy_server_connect"])
simple("max-fragment", True, (), ["-max_send_frag", "1024", "-read_buf", "4096"])
simple("two-names-first", True, ["-servername", "two.example", "-cert2", "@multi.pem", "-key2", "@multi.key"])
simple(
    "two-names-second",
    True,
    ["-servername", "two.example", "-cert2", "@multi.pem", "-key2", "@multi.key"],
    ["-servername", "two.example", "-verify_hostname", "two.example"],
)
simple("name-fatal", False, ["-servername", "two.example", "-servername_fatal", "-cert2", "@multi.pem", "-key2", "@multi.key"])


@SUITE.case("old-versions-refused")
def old_versions(trial):
    """TLS 1.1 and older do not come about, whoever asks. How the two libraries say so differs by design."""
    port = trial.port()
    running = openssl.server(trial, port)
    facts = {}
    for option in ("-tls1", "-tls1_1"):
        result = openssl.held_run(trial, ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", option], f"held{option}")
        facts[option] = result.code != 0
    trial.require(all(facts.values()), f"an old version was spoken: {facts}")
    trial.stop(running)
    return facts


def sessions(trial, port, first, second):
    """Two connections by two processes, the second with the session that the first saved."""
    saved = trial.dir / "session.pem"
    _, before = openssl.client(trial, port, [*trusting(trial), *first, "-sess_out", saved], name="first")
    _, after = openssl.client(trial, port, [*trusting(trial), *second, "-sess_in", saved], name="second")
    return before, after


for _version in ("1.2", "1.3"):
    _only = ["-tls" + _version.replace(".", "_")]

    @SUITE.case(f"session-saved-{_version}")
    def session_saved(trial, only=tuple(_only)):
        port = trial.port()
        running = openssl.server(trial, port, options=only)
        before, after = sessions(trial, port, (), ())
        trial.require(any(line.startswith("Reused") for line in after["told"]), f"not resumed: {after}")
        return {"before": before, "after": after, "server errors": openssl.finish(trial, running)}

    @SUITE.case(f"session-refused-{_version}")
    def session_refused(trial, only=tuple(_only)):
        """Another server with other ticket keys: a full handshake."""
        port, other = trial.port(), trial.port()
        running = openssl.server(trial, port, options=only)
        stranger = openssl.server(trial, other, options=only, name="stranger")
        saved = trial.dir / "session.pem"
        _, before = openssl.client(trial, port, [*trusting(trial), "-sess_out", saved], name="first")
        _, after = openssl.client(trial, other, [*trusting(trial), "-sess_in", saved], name="second")
        trial.require(any(line.startswith("New") for line in after["told"]), f"resumed elsewhere: {after}")
        return {"before": before, "after": after, "errors": openssl.finish(trial, running) + openssl.finish(trial, stranger)}

    @SUITE.case(f"reconnect-{_version}")
    def reconnect(trial, only=tuple(_only)):
        port = trial.port()
        running = openssl.server(trial, port, options=only)
        result, facts = openssl.client(trial, port, [*trusting(trial), "-reconnect"])
        trial.require(len([line for line in facts["told"] if line.startswith(("New", "Reused"))]) >= 6, f"not six connections: {facts}")
        return {**facts, "server errors": openssl.finish(trial, running)}

    @SUITE.case(f"states-{_version}")
    def states(trial, only=tuple(_only)):
        """What the information callback tells, in order, on both sides."""
        port = trial.port()
        running = openssl.server(trial, port, options=[*only, "-state"])
        result, facts = openssl.client(trial, port, [*trusting(trial), "-state"])
        seen = [line for line in result.err.splitlines() if line.startswith(("SSL_connect", "SSL3 alert"))]
        trial.stop(running)
        served = [line for line in running.err().splitlines() if line.startswith(("SSL_accept", "SSL3 alert"))]
        trial.require(seen and served, "the callback told nothing")
        return {"client": seen, "server": served}

    @SUITE.case(f"exporter-{_version}")
    def exporter(trial, only=tuple(_only)):
        """Both sides derive the same keying material."""
        port = trial.port()
        ask = ["-keymatexport", "EXPERIMENTAL test label", "-keymatexportlen", "32"]
        running = openssl.server(trial, port, options=[*only, *ask], mode=("-naccept", "1"), stdin=b"")
        result, facts = openssl.client(trial, port, [*trusting(trial), *ask], stdin=b"Q\n", wait_for_server=False)
        running.wait(20)
        trial.servers.remove(running)
        found = [re.findall(r"Keying material: ([0-9A-F]+)", text) for text in (result.text, running.out().decode(errors="replace"))]
        trial.require(found[0] and found[0] == found[1], f"the two sides derived {found}")
        # Whether tickets arrive before s_client leaves is chance, and it shows each.
        return {"exit": facts["exit"], "errors": facts["errors"]}

    @SUITE.case(f"transfer-{_version}")
    def transfer(trial, only=tuple(_only)):
        """The big file down over a narrow path: s_server -HTTP sends a file's bytes as they are."""
        port = trial.port()
        (trial.dir / "bulk").symlink_to(trial.world.bulk)
        (trial.dir / "reply").write_bytes(b"HTTP/1.0 200 ok\r\n\r\n" + trial.world.bulk.read_bytes())
        running = openssl.server(trial, port, options=only, mode=("-HTTP",))
        with trial.relay(port) as relay:
            result, facts = openssl.client(
                trial, relay.port, [*trusting(trial), "-quiet"], stdin=b"GET /reply HTTP/1.0\r\n\r\n"
            )
        body = result.out.partition(b"\r\n\r\n")[2]
        trial.require(sha256(body) == trial.bulk_sum(), f"other bytes arrived, {len(body)} of them")
        return {**facts, "server errors": openssl.finish(trial, running)}

    @SUITE.case(f"upload-{_version}")
    def upload(trial, only=tuple(_only)):
        """A big file up: s_client sends what it reads, s_server writes what it gets.

        In digits, because s_client takes a few letters at the start of what it reads for commands.
        """
        text = trial.world.bulk.read_bytes()[: 13 << 20].hex().encode()
        port = trial.port()
        running = openssl.server(trial, port, options=[*only, "-naccept", "1"], mode=("-quiet",), stdin=b"")
        with trial.relay(port) as relay:
            source = trial.write("digits", text)
            options = [*trusting(trial), "-quiet", "-no_ign_eof"]
            result, facts = openssl.client(trial, relay.port, options, stdin=source, wait_for_server=False)
            code = running.wait(30)
        trial.servers.remove(running)
        trial.require(sha256(running.out_path) == sha256(text), f"other bytes arrived, {len(running.out())} of them")
        return {**facts, "server": code, "server errors": openssl.errors(running.err())}

    @SUITE.case(f"key-log-{_version}")
    def key_log(trial, only=tuple(_only)):
        port = trial.port()
        running = openssl.server(trial, port, options=[*only, "-keylogfile", trial.dir / "server.keys"])
        openssl.client(trial, port, [*trusting(trial), "-keylogfile", trial.dir / "client.keys"])
        trial.stop(running)
        logs = [sorted(line for line in read_text(trial.dir / name).splitlines() if not line.startswith("#")) for name in ("client.keys", "server.keys")]
        trial.require(logs[0] and logs[0] == logs[1], f"the two sides logged different secrets: {logs}")
        return {"labels": [line.split()[0] for line in logs[0]]}


@SUITE.case("key-update")
def key_update(trial):
    """New keys in the middle of a TLS 1.3 connection, asked for and not asked for, with data after each."""
    port = trial.port()
    running = openssl.server(trial, port, options=V13, mode=("-rev",))
    argv = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", *map(str, trusting(trial))]
    client = trial.start("s_client", argv, stdin=b"")

    def say(line, answer):
        client.popen.stdin.write(line)
        client.popen.stdin.flush()
        if answer:
            wait_until(f"the answer {answer!r}", lambda: answer in client.out() or not client.running())

    say(b"hello\n", b"olleh")
    say(b"K\n", None)
    wait_until("the first key update", lambda: client.err().count("KEYUPDATE") == 1)
    say(b"after one\n", b"eno retfa")
    say(b"k\n", None)
    wait_until("the second key update", lambda: client.err().count("KEYUPDATE") == 2)
    say(b"after two\n", b"owt retfa")
    client.popen.stdin.close()
    code = client.wait(20)
    if b"owt retfa" not in client.out():
        raise Failure(f"no answer after a key update: {client.err()}")
    return {"exit": code, "errors": openssl.errors(client.err()), "server errors": openssl.finish(trial, running)}


@SUITE.case("plain-text-to-tls-port")
def plain_text(trial):
    """A client that speaks HTTP in the clear; the server names the mistake."""
    port = trial.port()
    running = openssl.server(trial, port)
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        plain.settimeout(10)
        answer = plain.recv(100)
    wait_until("s_server says what happened", lambda: openssl.errors(running.err()))
    return {"alert": answer.hex(), "server errors": openssl.finish(trial, running)}


@SUITE.case("cipher-lists")
def cipher_lists(trial):
    """`openssl ciphers` names what the library knows; compared for what both have."""
    facts = {}
    lists = (
        "ECDHE+AESGCM",
        "ECDHE+CHACHA20:ECDHE+AESGCM:@STRENGTH",
        "ECDHE-RSA-AES128-GCM-SHA256:NOT-A-CIPHER",
        "ECDHE+AESGCM:!ECDSA",
        "NOT-A-CIPHER",
    )
    for wanted in lists:
        for option in ("-v", "-V", "-stdname"):
            result = openssl.held_run(trial, ["openssl", "ciphers", option, "-s", wanted], f"held-{len(facts)}")
            facts[f"{option} {wanted}"] = [result.code, result.text.splitlines(), openssl.errors(result.err)]
    return facts


@SUITE.case("system-default-configuration")
def system_default(trial):
    """OPENSSL_CONF's section system_default limits every context of a program."""
    port = trial.port()
    running = openssl.server(trial, port)
    facts = {}
    for version in ("1.2", "1.3"):
        text = f"openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv{version}\nMaxProtocol = TLSv{version}\n"
        conf = trial.write(f"conf-{version}", text)
        _, facts[version] = openssl.client(trial, port, trusting(trial), name=f"s_client-{version}", env={"OPENSSL_CONF": str(conf)})
        trial.require(any(f"TLSv{version}" in line for line in facts[version]["told"]), f"the limit was not applied: {facts}")
    return {**facts, "server errors": openssl.finish(trial, running)}
