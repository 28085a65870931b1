"""curl's connections: stapled responses, proxies over TLS, sessions, parallel transfers, traces and what is written out."""

import re

from cases.curl_cases import SUITE
from cases.curl_options_cases import V12, V13, Site, requiring
from support import apache, staple
from support.curl import transcript, trusting
from support.ports import HOST
from support.process import read_text


@SUITE.case("options/stapled-status")
def stapled_status(trial):
    """--cert-status with a stapled response that is good, revoked, unknown, of another signer, out of date, or not there."""
    # curl looks for the issuer among the certificates that the server sent.
    about = {"certificate": "ecdsa-leaf", "issuer": "inter"}
    responses = {
        "good": staple.response(trial, "good", **about),
        "revoked": staple.response(trial, "revoked", status="R", **about),
        "unknown": staple.response(trial, "unknown", status="", **about),
        "other certificate": staple.response(trial, "other", certificate="deep", issuer="inter"),
        "other issuer": staple.response(trial, "issuer", certificate="ecdsa-leaf", issuer="ca"),
        "other signer": staple.response(trial, "signer", signer="otherca", **about),
        "leaf signed": staple.response(trial, "leaf", signer="ecdsa", **about),
    }
    words = {name: name.replace(" ", "_") for name in responses}
    sites = {words[name]: {"certificate": "ecdsa-chain", "settings": ["ssl_stapling on", f"ssl_stapling_file {path}"]} for name, path in responses.items()}
    site = Site(trial, none={"certificate": "ecdsa-chain"}, **sites)
    for version, limit in (("1.2", V12), ("1.3", V13)):
        site.fetch(f"none {version}", "none", [*limit, "--cert-status"])
        for name, word in words.items():
            site.fetch(f"{name} {version}", word, [*limit, "--cert-status"])
    site.fetch("not asked", "revoked", [])
    site.fetch("insecure", "revoked", ["--insecure", "--cert-status"])
    exits = {name: fact["exit"] for name, fact in site.facts.items()}
    trial.require(exits["good 1.2"] == exits["good 1.3"] == 0 and exits["revoked 1.3"] == 91, f"{exits} {site.facts['good 1.3']}")
    return site.close()


def proxy(trial, back, certificate, *settings):
    """An Apache that lets curl tunnel to `back` when it is asked over TLS; returns it and its port."""
    port = trial.port()
    gate = apache.site(trial, port, certificate, ["ProxyRequests On", f"AllowCONNECT {back}", *settings])
    return apache.start(trial, port, [gate], name=f"proxy-{port}"), port


@SUITE.case("options/proxy")
def proxies(trial):
    """A proxy that is asked over TLS and TLS to the server through it; the --proxy- options."""
    site = Site(trial, any={}, h2={"listen": "http2"})
    back = site.ports["any"]
    plain, port = proxy(trial, f"{back} {site.ports['h2']}", "ecdsa")
    asking, closed = proxy(trial, back, "rsa", "SSLVerifyClient require", f"SSLCACertificateFile {trial.pem('ca')}")
    trust = ["--proxy-cacert", trial.pem("ca")]
    own = ["--proxy-cert", trial.pem("client"), "--proxy-key", trial.key("client")]
    encrypted = ["--proxy-cert", trial.pem("ecdsa"), "--proxy-key", trial.key("ecdsa-enc")]
    der = ["--proxy-cert", trial.pki("ecdsa.cert.der"), "--proxy-cert-type", "DER", "--proxy-key", trial.pki("ecdsa.key.der")]
    told = "%{ssl_verify_result} %{proxy_ssl_verify_result} %{http_connect} %{response_code}\\n"

    def through(name, door, options, word="any"):
        options = ["--proxy", f"https://localhost:{door}", "--noproxy", "nowhere", *options]
        site.fetch(name, word, options, write_out=told)

    through("trusted", port, trust)
    through("HTTP/2 inside", port, [*trust, "--http2"], "h2")
    through("not trusted", port, [])
    through("wrong CA", port, ["--proxy-cacert", trial.pem("otherca")])
    through("insecure", port, ["--proxy-insecure"])
    through("CA folder", port, ["--proxy-capath", trial.pki("cadir")])
    through("pinned", port, [*trust, "--proxy-pinnedpubkey", "sha256//" + "A" * 43 + "="])
    through("list", port, [*trust, "--proxy-crlfile", trial.pki("ca.crl")])
    through("list of another", port, [*trust, "--proxy-crlfile", trial.pki("inter.crl")])
    through("tlsv1", port, [*trust, "--proxy-tlsv1"])
    through("ciphers", port, [*trust, "--proxy-ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256", "--proxy-tlsv1"])
    through("unknown ciphers", port, [*trust, "--proxy-ciphers", "NOTHING"])
    through("suites", port, [*trust, "--proxy-tls13-ciphers", "TLS_AES_128_GCM_SHA256"])
    through("unknown suites", port, [*trust, "--proxy-tls13-ciphers", "NOTHING"])
    through("allow beast", port, [*trust, "--proxy-ssl-allow-beast"])
    through("no certificate", closed, trust)
    through("certificate", closed, [*trust, *own])
    through("password", closed, [*trust, *encrypted, "--proxy-pass", "secret"])
    through("wrong password", closed, [*trust, *encrypted, "--proxy-pass", "sesame"])
    through("DER", closed, [*trust, *der, "--proxy-key-type", "DER"])
    through("server not trusted", port, [*trust, "--cacert", trial.pem("otherca")])
    return {**site.close(), "proxy": plain.stop(), "asking proxy": asking.stop()}


@SUITE.case("options/sessions")
def sessions(trial):
    """One process, several connections: sessions resumed, or not with --no-sessionid, and what curl says of it."""
    site = Site(trial, any={}, old={"settings": ["ssl_protocols TLSv1.2"]}, must={"settings": requiring(trial)})
    for word in ("any", "old", "must"):
        for name, options in (("kept", []), ("not kept", ["--no-sessionid"])):
            one = [*trusting(trial), *options, "-H", "Connection: close", "--resolve", f"localhost:{site.ports[word]}:{HOST}"]
            one += ["--cert", trial.pem("client"), "--key", trial.key("client"), site.url(word)]
            argv = [*one, "--next", *one, "--next", *one]
            site.facts[f"{name} {word}"] = transcript(trial, argv, f"{name} {word}".replace(" ", "-"))
    facts = site.close()
    trial.require(sum("reused=r" in line for line in facts["served"]) >= 4, f"{facts['served']}")
    return facts


_TRACED = re.compile(r"^(== Info: TLSv|=> Send SSL data|<= Recv SSL data)")


@SUITE.case("options/traces")
def traces(trial):
    """--trace and --trace-ascii, and every variable of --write-out that tells of TLS."""
    site = Site(trial, any={}, chain={"certificate": "deep-chain"})
    facts = {}
    for version, limit in (("1.2", V12), ("1.3", V13)):
        for option in ("trace", "trace-ascii"):
            file = trial.dir / f"{option}-{version}"
            site.fetch(f"{option} {version}", "any", [*limit, f"--{option}", file])
            lines = [re.sub(r", \d+ bytes.*", "", line) for line in read_text(file).splitlines() if _TRACED.match(line)]
            facts[f"{option} {version} lines"] = [line for line in lines if "SSL data" not in line]
    words = ("ssl_verify_result", "num_certs", "certs", "scheme", "http_version", "num_connects", "exitcode", "errormsg")
    told = "".join(f"{word}=%{{{word}}}\\n" for word in words)
    site.fetch("written out", "chain", [], write_out=told)
    site.fetch("written out for a refusal", "chain", ["--cacert", trial.pem("otherca")], write_out=told)
    timed = transcript(
        trial,
        [*trusting(trial), "--resolve", f"localhost:{site.ports['any']}:{HOST}", site.url("any")],
        "timed",
        write_out="%{time_connect} %{time_appconnect} %{time_pretransfer} %{time_total}\\n",
    )
    times = list(map(float, timed["out"][-1].split()))
    trial.require(0 < times[0] < times[1] <= times[2] <= times[3], f"no time of the TLS connection: {times}")
    return {**site.close(), **facts}


@SUITE.case("options/parallel")
def parallel(trial):
    """Many pages of several servers at once, each with its own trust, one refused."""
    site = Site(trial, a={}, b={"certificate": "rsa"}, c={"certificate": "selfsigned"}, d={"listen": "http2"})
    argv = ["--parallel", "--parallel-immediate"]
    for number, word in enumerate("abcdabcd"):
        argv += ["--next"] if number else []
        argv += [*trusting(trial), "--resolve", f"localhost:{site.ports[word]}:{HOST}", "--output", trial.dir / f"page-{number}"]
        argv += ["--write-out", f"{number} %{{exitcode}} %{{ssl_verify_result}}\\n", site.url(word)]
    seen = transcript(trial, argv)
    trial.require(sum(" 0 0" in line for line in seen["out"]) == 6, f"{seen['out']}")
    # Which connection finds another's session is chance.
    served = sorted(line.replace("reused=r", "reused=.") for line in site.close()["served"])
    return {"exit": seen["exit"], "out": sorted(seen["out"]), "served": served}
