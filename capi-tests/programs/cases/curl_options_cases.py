"""curl's TLS options one by one, and every word that it says: exit statuses, messages, --verbose, --trace, --write-out."""

import subprocess

from cases.curl_cases import SUITE
from support import nginx
from support.curl import transcript, trusting
from support.ports import HOST

V12, V13 = ["--tls-max", "1.2"], ["--tlsv1.3"]


class Site:
    """One nginx with several servers, and what curl said of each fetch."""

    def __init__(self, trial, **servers):
        """`servers` are arguments of nginx.site by a word for each."""
        self.trial, self.facts = trial, {}
        self.ports = {word: trial.port() for word in servers}
        sites = [nginx.site(trial, self.ports[word], root=f"html-{word}", **settings) for word, settings in servers.items()]
        self.server = nginx.start(trial, next(iter(self.ports.values())), sites)

    def url(self, word, host="localhost"):
        return f"https://{host}:{self.ports[word]}/page.txt"

    def fetch(self, name, word, options, host="localhost", trust=True, **more):
        """curl's words about a page of the server `word`, under `name`."""
        options = [*(trusting(self.trial) if trust else []), *options, "--resolve", f"{host}:{self.ports[word]}:{HOST}", self.url(word, host)]
        self.facts[name] = transcript(self.trial, options, name.replace(" ", "-").replace("/", "-"), **more)

    def exits(self):
        return {name: fact["exit"] for name, fact in self.facts.items()}

    def close(self, **expected):
        """All facts, the server's too."""
        return {**self.facts, **self.server.stop()}


@SUITE.case("options/trust")
def trust(trial):
    """What curl trusts, and its words for everything that can be wrong with a server's certificate."""
    certificates = ("ecdsa", "rsa", "wronghost", "expired", "selfsigned", "notyet", "noname", "cnonly", "v1")
    site = Site(trial, **{name: {"certificate": name} for name in certificates}, leaf={"certificate": "ecdsa-leaf"}, deep={"certificate": "deep-chain"})
    for name in certificates[1:]:
        site.fetch(name, name, [])
    site.fetch("leaf", "leaf", [])
    site.fetch("deep", "deep", [])
    for name in ("wronghost", "expired", "selfsigned"):
        site.fetch(f"insecure {name}", name, ["--insecure"], trust=False)
    site.fetch("1.3", "ecdsa", V13)
    site.fetch("1.2", "ecdsa", V12)
    site.fetch("other name", "wronghost", [], host="other.example")
    site.fetch("wrong CA", "ecdsa", ["--cacert", trial.pem("otherca")])
    site.fetch("wrong CA insecure", "ecdsa", ["--cacert", trial.pem("otherca"), "--insecure"])
    site.fetch("CA file", "ecdsa", ["--capath", trial.pki("otherdir")])
    site.fetch("CA folder", "ecdsa", ["--capath", trial.pki("cadir"), "--cacert", trial.pem("otherca")], trust=False)
    site.fetch("no such folder", "ecdsa", ["--capath", trial.dir / "none", "--cacert", trial.pem("otherca")], trust=False)
    site.fetch("no such file", "ecdsa", ["--cacert", trial.dir / "none"])
    site.fetch("empty file", "ecdsa", ["--cacert", trial.pki("empty.pem")])
    site.fetch("no such list", "ecdsa", ["--crlfile", trial.dir / "none"])
    site.fetch("list", "ecdsa", ["--crlfile", trial.pki("ca.crl")])
    site.fetch("list of garbage", "ecdsa", ["--crlfile", trial.pki("garbage.pem")])
    site.fetch("partial chain", "leaf", ["--cacert", trial.pem("inter")])
    site.fetch("leaf trusted", "selfsigned", ["--cacert", trial.pem("selfsigned")])
    for variable, value in (("CURL_CA_BUNDLE", trial.pem("ca")), ("SSL_CERT_FILE", trial.pem("ca")), ("SSL_CERT_DIR", trial.pki("cadir"))):
        site.fetch(variable, "ecdsa", [], trust=False, env={variable: str(value)})
    site.fetch("key pinned", "ecdsa", ["--pinnedpubkey", "sha256//" + "A" * 43 + "="])
    return site.close()


def requiring(trial, *more):
    """Settings of a server that wants a certificate of the test CA."""
    return ["ssl_verify_client on", f"ssl_client_certificate {trial.pem('ca')}", "ssl_verify_depth 3", *more]


def bundle(trial, name, password, *more):
    """A PKCS#12 file of a certificate and its key."""
    path = trial.dir / f"{name}.p12"
    argv = ["openssl", "pkcs12", "-export", "-in", trial.pem(name), "-inkey", trial.key(name), "-out", path, "-passout", f"pass:{password}"]
    subprocess.run([*argv, *more], check=True, stdin=subprocess.DEVNULL)
    return path


@SUITE.case("options/own-certificate")
def own_certificate(trial):
    """curl's own certificate and key in every form, wrong ones, and passwords, to servers that want one."""
    site = Site(trial, must={"settings": requiring(trial)}, must12={"settings": requiring(trial, "ssl_protocols TLSv1.2")})
    pem, key = trial.pem, trial.key
    p12 = bundle(trial, "client", "secret")
    chained = bundle(trial, "client-leaf", "secret", "-certfile", pem("inter"))
    forms = {
        "none": [],
        "PEM": ["--cert", pem("client"), "--key", key("client")],
        "PEM type": ["--cert", pem("client"), "--cert-type", "PEM", "--key", key("client"), "--key-type", "PEM"],
        "RSA": ["--cert", pem("client-rsa"), "--key", key("client-rsa")],
        "chain": ["--cert", pem("client-chain"), "--key", key("client-chain")],
        "no chain": ["--cert", pem("client-leaf"), "--key", key("client-leaf")],
        "key in the same file": ["--cert", pem("ecdsa-both")],
        "no key": ["--cert", pem("client")],
        "wrong CA": ["--cert", pem("client-wrongca"), "--key", key("client-wrongca")],
        "expired": ["--cert", pem("client-expired"), "--key", key("client-expired")],
        "only for servers": ["--cert", pem("serveronly"), "--key", key("serveronly")],
        "password": ["--cert", pem("ecdsa"), "--key", key("ecdsa-enc"), "--pass", "secret"],
        "password with the name": ["--cert", f"{pem('ecdsa')}:secret", "--key", key("ecdsa-enc")],
        "old form, password": ["--cert", pem("rsa"), "--key", key("rsa-encpem"), "--pass", "secret"],
        "old form, wrong password": ["--cert", pem("rsa"), "--key", key("rsa-encpem"), "--pass", "sesame"],
        "wrong password": ["--cert", pem("ecdsa"), "--key", key("ecdsa-enc"), "--pass", "sesame"],
        "DER": ["--cert", trial.pki("ecdsa.cert.der"), "--cert-type", "DER", "--key", trial.pki("ecdsa.key.der"), "--key-type", "DER"],
        "DER of its type": ["--cert", trial.pki("rsa.cert.der"), "--cert-type", "der", "--key", trial.pki("rsa.trad.der"), "--key-type", "der"],
        "DER as PEM": ["--cert", trial.pki("ecdsa.cert.der"), "--key", trial.pki("ecdsa.key.der")],
        "PEM as DER": ["--cert", pem("client"), "--cert-type", "DER", "--key", key("client")],
        "PEM key as DER": ["--cert", pem("client"), "--key", key("client"), "--key-type", "DER"],
        "P12": ["--cert", p12, "--cert-type", "P12", "--pass", "secret"],
        "P12 chain": ["--cert", chained, "--cert-type", "P12", "--pass", "secret"],
        "P12 wrong password": ["--cert", p12, "--cert-type", "P12", "--pass", "sesame"],
        "P12 no password": ["--cert", p12, "--cert-type", "P12"],
        "PEM as P12": ["--cert", pem("client"), "--cert-type", "P12"],
        "engine's certificate": ["--cert", "name", "--cert-type", "ENG"],
        "engine's key": ["--cert", pem("client"), "--key", "name", "--key-type", "ENG"],
        "unknown type": ["--cert", pem("client"), "--cert-type", "XYZ", "--key", key("client")],
        "unknown key type": ["--cert", pem("client"), "--key", key("client"), "--key-type", "XYZ"],
        "unknown engine": ["--engine", "nobody's"],
        "key of another": ["--cert", pem("client"), "--key", key("ecdsa")],
        "key of another type": ["--cert", pem("client"), "--key", key("rsa")],
        "no such key": ["--cert", pem("client"), "--key", trial.dir / "none"],
        "no such certificate": ["--cert", trial.dir / "none", "--key", key("client")],
        "broken certificate": ["--cert", trial.pki("badcert.pem"), "--key", key("client")],
        "broken key": ["--cert", pem("client"), "--key", trial.pki("badkey.pem")],
        "garbage": ["--cert", trial.pki("garbage.pem"), "--key", key("client")],
        "empty": ["--cert", trial.pki("empty.pem"), "--key", key("client")],
        "only a key": ["--key", key("client")],
        "small key": ["--cert", pem("weak"), "--key", key("weak")],
    }
    for name, options in forms.items():
        site.fetch(name, "must", options)
    for name in ("none", "PEM", "RSA", "wrong CA", "P12 chain"):
        site.fetch(f"{name} 1.2", "must12", forms[name])
    return site.close()


@SUITE.case("options/protocol")
def protocol(trial):
    """Versions, ciphers, groups, ALPN and HTTP versions, and options that this curl knows but cannot do."""
    site = Site(
        trial,
        any={"listen": "http2"},
        old={"settings": ["ssl_protocols TLSv1.2"]},
        new={"settings": ["ssl_protocols TLSv1.3"]},
        rsa={"certificate": "rsa", "settings": ["ssl_prefer_server_ciphers off"]},
        p521={"settings": ["ssl_ecdh_curve secp521r1"]},
    )
    for minimum in ("", "--tlsv1", "--tlsv1.0", "--tlsv1.1", "--tlsv1.2", "--tlsv1.3"):
        for maximum in ("", "default", "1.2", "1.3"):
            options = ([minimum] if minimum else []) + (["--tls-max", maximum] if maximum else [])
            site.fetch(f"versions {minimum} {maximum}", "any", options)
    for name, options in {"sslv2": ["-2"], "sslv3": ["-3"], "unknown maximum": ["--tls-max", "1.4"], "tlsv1.3": ["--tlsv1.3"]}.items():
        site.fetch(name, "old", options)
    site.fetch("maximum", "new", V12)
    for option in ("http1.0", "http1.1", "http2", "http2-prior-knowledge", "no-alpn", "no-npn", "http3"):
        site.fetch(option, "any", ["--" + option])
    for option in ("ssl-allow-beast", "false-start", "no-sessionid", "ssl-no-revoke", "ssl-revoke-best-effort", "ssl-auto-client-cert"):
        site.fetch(option, "any", ["--" + option])
    for text in (
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "HIGH:!aNULL",
        "DEFAULT@SECLEVEL=1",
        "ALL:@STRENGTH",
        "ECDHE-RSA-AES128-GCM-SHA256:NOTHING",
        "NOTHING",
        "!ALL",
        "",
    ):
        site.fetch(f"ciphers {text}", "rsa", [*V12, "--ciphers", text])
    for text in ("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256:NOTHING", "NOTHING", ""):
        site.fetch(f"suites {text}", "rsa", [*V13, "--tls13-ciphers", text])
    for text in ("P-521", "X25519:P-521", "secp521r1", "X25519", "prime256v1:P-384", "NOTHING", "X25519:NOTHING", ""):
        site.fetch(f"groups {text}", "p521", ["--curves", text])
    site.fetch("groups 1.2", "p521", [*V12, "--curves", "P-256:P-521"])
    return site.close()
