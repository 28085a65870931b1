"""openssl s_client, option by option, and every word that it says."""

from cases.openssl_cases import SUITE
from support import openssl, staple
from support.ports import HOST

V12, V13 = ["-tls1_2"], ["-tls1_3"]


class Client:
    """Servers by a word for each, and what s_client said to each question."""

    def __init__(self, trial, **servers):
        """`servers` are arguments of openssl.server. No tickets: they would be told of amid the page, now here, now there."""
        self.trial, self.facts, self.running, self.ports = trial, {}, {}, {}
        for word, arguments in servers.items():
            self.ports[word] = trial.port()
            options = ["-num_tickets", "0", *arguments.pop("options", ())]
            self.running[word] = openssl.server(trial, self.ports[word], options=options, name=f"server-{word}", **arguments)

    def ask(self, word, name, options, stdin=openssl.REQUEST, keep=("-ign_eof",), trust=True):
        """s_client's words to the server `word`, under `name`."""
        trusting = ["-CAfile", self.trial.pem("ca"), "-verify_return_error"] if trust else []
        argv = ["s_client", "-connect", f"{HOST}:{self.ports[word]}", "-servername", "localhost", *keep, *trusting, *options]
        self.facts[name] = openssl.transcript(self.trial, argv, f"{len(self.facts)}-client", stdin)
        return self.facts[name]

    def close(self):
        """All facts, and the servers' words about errors."""
        told = {f"server {word}": sorted(openssl.finish(self.trial, running)) for word, running in self.running.items()}
        return {**self.facts, **told}


@SUITE.case("s_client/verification")
def verification(trial):
    """-CAfile and its relatives, -verify options, CRLs, and every word about a good and a bad chain."""
    client = Client(trial, good={}, chain={"certificate": "ecdsa-chain"}, deep={"certificate": "deep-chain"}, bad={"certificate": "expired"})
    pem = trial.pem
    for name, options in {
        "file": ["-CAfile", pem("ca")],
        "folder": ["-CApath", trial.pki("cadir")],
        "store": ["-CAstore", f"file:{pem('ca')}"],
        "store folder": ["-CAstore", trial.pki("cadir")],
        "default": [],
        "none": ["-no-CAfile", "-no-CApath", "-no-CAstore"],
        "another": ["-CAfile", pem("otherca")],
        "missing file": ["-CAfile", trial.dir / "none"],
        "garbage": ["-CAfile", trial.pki("garbage.pem")],
        "missing folder": ["-CApath", trial.dir / "none"],
        "verify file": ["-verifyCAfile", pem("ca")],
        "verify folder": ["-verifyCApath", trial.pki("cadir")],
        "chain file": ["-chainCAfile", pem("ca")],
        "verify": ["-CAfile", pem("ca"), "-verify", "2"],
        "verify another": ["-CAfile", pem("otherca"), "-verify", "2"],
        "verify another, error": ["-CAfile", pem("otherca"), "-verify", "2", "-verify_return_error"],
        "verify quiet": ["-CAfile", pem("otherca"), "-verify_quiet"],
        "quiet": ["-CAfile", pem("otherca"), "-quiet"],
        "brief": ["-CAfile", pem("otherca"), "-brief"],
    }.items():
        client.ask("good", name, options, trust=False)
    for name, options in {
        "host name": ["-verify_hostname", "localhost"],
        "other host name": ["-verify_hostname", "elsewhere.example"],
        "address": ["-verify_ip", "127.0.0.1"],
        "other address": ["-verify_ip", "127.0.0.2"],
        "mail": ["-verify_email", "a@b.example"],
        "purpose": ["-purpose", "sslserver"],
        "other purpose": ["-purpose", "smimesign"],
        "policy name": ["-verify_name", "ssl_server"],
        "policy name unknown": ["-verify_name", "nothing"],
        "time": ["-attime", "1900000000"],
        "time past": ["-attime", "1000000000"],
        "level": ["-auth_level", "5"],
        "strict": ["-x509_strict"],
        "self-signature": ["-check_ss_sig"],
        "policy": ["-policy_check", "-policy", "1.2.3.4"],
        "explicit policy": ["-explicit_policy"],
        "Suite B": ["-suiteB_128_only"],
        "list missing": ["-crl_check"],
        "list": ["-crl_check", "-CRL", trial.pki("ca.crl")],
        "list old": ["-crl_check", "-CRL", trial.pki("old.crl")],
        "list garbage": ["-CRL", trial.pki("garbage.pem")],
        "trusted first": ["-trusted_first"],
        "no alternative chains": ["-no_alt_chains"],
        "names in other forms": ["-nameopt", "multiline"],
        "certificates": ["-showcerts"],
        "wrong purpose word": ["-purpose", "nothing"],
    }.items():
        client.ask("good", name, options)
    for name, options in {
        "chain": [],
        "chain certificates": ["-showcerts"],
        "all lists missing": ["-crl_check_all", "-CRL", trial.pki("ca.crl")],
        "partial": ["-partial_chain", "-CAfile", pem("inter")],
        "not partial": ["-CAfile", pem("inter")],
    }.items():
        client.ask("chain", name, options)
    for name, options in {"depth": ["-verify_depth", "2"], "depth too small": ["-verify_depth", "0"]}.items():
        client.ask("deep", name, options)
    for name, options in {"expired": [], "expired, no time": ["-no_check_time"]}.items():
        client.ask("bad", name, options)
    client.ask("bad", "expired, go on", ["-CAfile", pem("ca")], trust=False)
    return client.close()


@SUITE.case("s_client/identity")
def identity(trial):
    """-cert, -key, -pass, -cert_chain in their forms; what the server's request looks like; failures to load."""
    must = ["-CAfile", trial.pem("ca"), "-Verify", "3", "-verify_return_error"]
    client = Client(trial, new={"options": [*must, *V13]}, old={"options": [*must, *V12]}, asks={"options": ["-CAfile", trial.pem("ca"), "-verify", "3"]})
    pem, key = trial.pem, trial.key
    forms = {
        "pair": ["-cert", pem("client"), "-key", key("client")],
        "RSA": ["-cert", pem("client-rsa"), "-key", key("client-rsa")],
        "chain": ["-cert", pem("client-leaf"), "-key", key("client-leaf"), "-cert_chain", pem("client-chain")],
        "chain built": ["-cert", pem("client-leaf"), "-key", key("client-leaf"), "-chainCAfile", pem("inter"), "-build_chain"],
        "no chain": ["-cert", pem("client-leaf"), "-key", key("client-leaf")],
        "none": [],
        "wrong CA": ["-cert", pem("client-wrongca"), "-key", key("client-wrongca")],
        "signature algorithms": ["-cert", pem("client-rsa"), "-key", key("client-rsa"), "-client_sigalgs", "RSA-PSS+SHA512"],
    }
    for name, options in forms.items():
        for word in ("new", "old", "asks"):
            client.ask(word, f"{name} {word}", options)
    for name, options in {
        "one file": ["-cert", pem("ecdsa-both")],
        "DER": ["-cert", trial.pki("ecdsa.cert.der"), "-certform", "DER", "-key", trial.pki("ecdsa.key.der"), "-keyform", "DER"],
        "password": ["-cert", pem("ecdsa"), "-key", key("ecdsa-enc"), "-pass", "pass:secret"],
        "wrong password": ["-cert", pem("ecdsa"), "-key", key("ecdsa-enc"), "-pass", "pass:sesame"],
        "key of another": ["-cert", pem("client"), "-key", key("ecdsa")],
        "no such key": ["-cert", pem("client"), "-key", trial.dir / "none"],
        "no such certificate": ["-cert", trial.dir / "none"],
        "garbage": ["-cert", trial.pki("garbage.pem")],
        "extended": ["-xcert", pem("client"), "-xkey", key("client")],
        "names asked for": ["-requestCAfile", pem("ca")],
        "unknown engine": ["-engine", "nothing"],
    }.items():
        client.ask("asks", name, options)
    return client.close()


@SUITE.case("s_client/protocol")
def protocol(trial):
    """Versions, ciphers, groups, signature algorithms, ALPN, names, fragments and other features of the hello."""
    names = ["-servername", "two.example", "-cert2", trial.pem("multi"), "-key2", trial.key("multi")]
    client = Client(
        trial,
        any={"options": ["-alpn", "h2,http/1.1"]},
        old={"options": [*V12, *names]},
        new={"options": V13},
        rsa={"certificate": "rsa"},
        gap={},
    )
    for word in ("any", "old", "new"):
        for name, options in {
            "default": [],
            "1.2": V12,
            "1.3": V13,
            "no 1.2": ["-no_tls1_2", "-min_protocol", "TLSv1.2"],
            "no 1.3": ["-no_tls1_3"],
            "range": ["-min_protocol", "TLSv1.2", "-max_protocol", "TLSv1.3"],
            "low minimum": ["-min_protocol", "TLSv1"],
            "highest": ["-max_protocol", "TLSv1.2"],
            "contrary": ["-min_protocol", "TLSv1.3", "-max_protocol", "TLSv1.2"],
            "neither": ["-no_tls1_3", "-no_tls1_2", "-min_protocol", "TLSv1.2"],
            "unknown version": ["-min_protocol", "TLSv9"],
        }.items():
            client.ask(word, f"{name} {word}", options)
    for name, options in {
        "ciphers": [*V12, "-cipher", "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256"],
        "class": [*V12, "-cipher", "ECDHE+AESGCM:!AES256"],
        "cipher unknown": ["-cipher", "NOTHING"],
        "cipher of other keys": [*V12, "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
        "suites": [*V13, "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        "suite unknown": ["-ciphersuites", "NOTHING"],
        "no suites": ["-ciphersuites", ""],
        "groups": ["-groups", "P-384:X25519"],
        "curves": ["-curves", "P-521"],
        "group unknown": ["-groups", "nothing"],
        "groups twice": ["-groups", "P-256:P-256"],
        "curve of server": ["-named_curve", "P-256"],
        "signatures 1.3": [*V13, "-sigalgs", "RSA-PSS+SHA512:ECDSA+SHA256"],
        "signatures 1.2": [*V12, "-sigalgs", "RSA+SHA512:RSA-PSS+SHA256"],
        "signature names": [*V13, "-sigalgs", "rsa_pss_rsae_sha384"],
        "signatures unknown": ["-sigalgs", "nothing"],
        "signatures of other keys": ["-sigalgs", "ECDSA+SHA256"],
        "level 0": ["-cipher", "ALL:@SECLEVEL=0"],
        "level 3": ["-cipher", "DEFAULT:@SECLEVEL=3"],
        "Suite B": ["-cipher", "SUITEB128"],
    }.items():
        client.ask("rsa", name, options)
    for name, options in {
        "ALPN": ["-alpn", "http/1.1,h2"],
        "ALPN none shared": ["-alpn", "spdy/1"],
        "ALPN empty": ["-alpn", ""],
        "name": ["-servername", "elsewhere.example"],
        "no name": ["-noservername"],
        "name twice": ["-noservername", "-servername", "x"],
        "extensions": ["-tlsextdebug"],
        "extensions 1.2": ["-tlsextdebug", *V12],
        "status": ["-status"],
        "status 1.2": ["-status", *V12],
        "fallback": ["-fallback_scsv", *V12],
        "read buffer": ["-read_buf", "8192"],
        "send fragment": ["-max_send_frag", "600"],
        "send fragment too small": ["-max_send_frag", "100"],
        "split": ["-split_send_frag", "512"],
        "pipelines": ["-max_pipelines", "2"],
        "non-blocking": ["-nbio"],
        "async": ["-async"],
        "bugs": ["-bugs"],
        "no compression": ["-no_comp"],
        "compression": ["-comp"],
        "no tickets": ["-no_ticket"],
        "legacy": ["-legacy_server_connect", "-legacy_renegotiation"],
        "no legacy": ["-no_legacy_server_connect"],
        "no renegotiation": ["-no_renegotiation"],
        "strict": ["-strict"],
        "no middlebox": ["-no_middlebox"],
        "no etm": ["-no_etm"],
        "key exchange": ["-allow_no_dhe_kex"],
        "unexpected end": ["-ignore_unexpected_eof"],
        "own configuration section": ["-ssl_config", "nothing"],
    }.items():
        client.ask("any", name, options)
    client.ask("old", "another name", ["-servername", "two.example"])
    # OpenSSL leaves the part above the gap out.
    client.ask("gap", "versions with a gap", ["-no_tls1_2"])
    return client.close()


@SUITE.case("s_client/words")
def words(trial):
    """-brief, -quiet, -prexit, -debug and the like; what ends a connection; errors of the connection itself."""
    client = Client(trial, new={"options": V13}, old={"options": V12}, rev={"mode": ("-rev",)}, bad={"certificate": "expired"})
    closed = trial.port()
    for word in ("new", "old"):
        for name, options in {
            "brief": ["-brief"],
            "quiet": ["-quiet"],
            "prexit": ["-prexit"],
            "state": ["-state"],
            "no commands": ["-nocommands"],
            "line ends": ["-crlf"],
            "security": ["-security_debug"],
            "keys": ["-keymatexport", "EXPORTER-test", "-keymatexportlen", "24"],
            "everything": ["-showcerts", "-tlsextdebug", "-status", "-state", "-prexit"],
        }.items():
            client.ask(word, f"{name} {word}", options)
        client.ask(word, f"ends {word}", [], b"", keep=())
        client.ask(word, f"quits {word}", [], b"Q\n", keep=())
        client.ask(word, f"quits, not asked to {word}", ["-brief"], b"Q\n", keep=())
    client.ask("bad", "brief refusal", ["-brief"])
    client.ask("bad", "quiet refusal", ["-quiet"])
    client.ask("bad", "prexit refusal", ["-prexit"])
    client.ask("rev", "text", [], b"one line\nCLOSE\n")
    client.ask("rev", "text brief", ["-brief"], b"one line\nCLOSE\n")
    client.ports["closed"] = closed
    client.ask("closed", "nobody there", [])
    client.ask("new", "proxy not there", ["-proxy", f"{HOST}:{closed}"])
    return client.close()


@SUITE.case("s_client/refused")
def refused(trial):
    """Features that ferrossl has not: asked for, they fail aloud."""
    client = Client(trial, any={})
    asked = {
        "DTLS": ["-dtls"],
        "DTLS 1.2": ["-dtls1_2"],
        "SRP": ["-srpuser", "somebody", "-srppass", "pass:secret"],
        "DANE": ["-dane_tlsa_domain", "localhost", "-dane_tlsa_rrdata", "3 1 1 " + "00" * 32],
        "CT": ["-ct"],
        "SRTP": ["-use_srtp", "SRTP_AES128_CM_SHA1_80"],
        "fragment length": ["-maxfraglen", "512"],
        "padding": ["-record_padding", "512"],
    }
    for name, options in asked.items():
        client.ask("any", name, options)
    if trial.client_side.label == "ferrossl":
        silent = [name for name in asked if client.facts[name]["exit"] == 0 or not client.facts[name]["err"]]
        trial.require(not silent, f"not refused: {silent}")
    client.ask("any", "server information", ["-serverinfo", "18"])
    client.ask("any", "pre-shared key", ["-psk", "0123456789abcdef", "-psk_identity", "somebody"])
    client.ask("any", "next protocols", ["-nextprotoneg", "http/1.1"])
    client.ask("any", "post-handshake", ["-enable_pha"])
    client.ask("any", "early data", ["-early_data", trial.write("early", b"early\n")])
    client.close()
    return client.facts


_SESSION = ("Protocol", "Cipher", "Session-ID:", "Session-ID-ctx", "Master-Key", "Resumption PSK", "TLS session ticket", "Start Time", "Timeout", "Extended", "Max Early Data", "Verify return")


@SUITE.case("s_client/sessions")
def sessions(trial):
    """Sessions written, read by other programs, and taken up again; tickets and ids, and servers without either."""
    client = Client(
        trial,
        new={"options": [*V13, "-num_tickets", "1"]},
        old={"options": V12},
        id={"options": [*V12, "-no_ticket"]},
        none={"options": [*V12, "-no_ticket", "-no_cache"]},
        named={"options": ["-num_tickets", "2", "-servername", "two.example", "-cert2", trial.pem("multi"), "-key2", trial.key("multi")]},
    )
    for word in client.ports:
        file = trial.dir / f"{word}.session"
        client.ask(word, f"first {word}", ["-sess_out", file, "-quiet"])
        if not file.exists():
            client.facts[f"none from {word}"] = True
            continue
        shown = openssl.held_run(trial, ["openssl", "sess_id", "-in", file, "-noout", "-text"], f"shown-{word}")
        lines = [line.strip() for line in openssl.steady(shown.text)]
        client.facts[f"shown {word}"] = [shown.code, [line for line in lines if line.startswith(_SESSION)]]
        client.ask(word, f"again {word}", ["-sess_in", file, "-brief"])
        for name, options in {
            "other version": V12 if word == "new" else V13,
            "other name": ["-servername", "elsewhere.example"],
            "not verified": ["-CAfile", trial.pem("otherca")],
            "other cipher": ["-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        }.items():
            options = ["-sess_in", file, *options]
            result = client.ask(word, f"{name} {word}", [*options, "-nocommands"])
            result["out"] = [line for line in result["out"] if line.startswith(("New", "Reused", "Verif"))]
        client.ask(word, f"reconnect {word}", ["-reconnect", "-brief"])
    client.ask("new", "no such file", ["-sess_in", trial.dir / "none"])
    client.ask("new", "garbage", ["-sess_in", trial.pki("garbage.pem")])
    client.ask("new", "not to be written", ["-sess_out", trial.dir / "none/session"])
    return client.close()


@SUITE.case("s_client/stapled-status")
def stapled_status(trial):
    """-status with and without a response."""
    file = staple.response(trial, "good")
    options = ["-status_file", file]
    client = Client(trial, new={"options": [*V13, *options]}, old={"options": [*V12, *options]}, none={})
    for word in client.ports:
        client.ask(word, f"asked {word}", ["-status"])
        client.ask(word, f"not asked {word}", [])
    trial.require(any("OCSP Response Status: successful" in line for line in client.facts["asked new"]["out"]), f"{client.facts}")
    return client.close()
