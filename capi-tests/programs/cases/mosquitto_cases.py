"""The broker mosquitto, and its clients that publish and subscribe."""

import re

from support.ports import HOST
from support.suite import Suite

SUITE = Suite(
    "mosquitto",
    "mosquitto mosquitto-clients",
    "messages there and back, refusals, client certificates as names, revocation, versions, ciphers, ALPN, big messages",
)
_WORDS = re.compile(r"OpenSSL Error\[\d+\]: (error:.*)|New client connected from .* as (\w+) \(.*?(u'[^']*')?\)")
_UNABLE = re.compile(r"Unable to connect \((.*)\)\.")
_BIG = 8 * 1024 * 1024 + 77


def listener(trial, port, certificate="ecdsa", settings=()):
    """One port of a broker with a certificate."""
    lines = [f"listener {port} {HOST}", "allow_anonymous true", f"certfile {trial.pem(certificate)}", f"keyfile {trial.key(certificate)}"]
    return "\n".join([*lines, *settings, ""])


def broker(trial, listeners):
    """Runs a broker; returns it and its ports by the names of `listeners`, pairs of certificate and settings."""
    ports = {name: trial.port() for name in listeners}
    head = "per_listener_settings true\nlog_type all\nlog_timestamp false\n"
    conf = trial.write("broker.conf", head + "".join(listener(trial, ports[name], *parts) for name, parts in listeners.items()))
    ready = lambda: "running" in (trial.dir / "broker.err").read_text()  # noqa: E731
    return trial.serve("broker", ["mosquitto", "-c", conf], ports[next(iter(ports))], ready=ready), ports


def publish(trial, port, options=(), ca="ca", name="pub", host="localhost", topic="a/b", message="hello"):
    """Publishes a message that the broker keeps; returns what the client says and how it ends."""
    trust = ["--cafile", trial.pem(ca)] if ca else []
    argv = ["mosquitto_pub", "-h", host, "-p", port, "-i", name, *trust, "-t", topic, "-q", "1", "-r", *options]
    # A message from standard input is waited for before anything is set up: the program can be looked at until then.
    argv += {str: ["-m", message], bytes: ["-s"]}.get(type(message), ["-f", message])
    result = trial.client(name, argv, stdin=message if isinstance(message, bytes) else None)
    # Whether the handshake fails while the client connects or when it looks again is chance, and so are words and status.
    words = _UNABLE.sub(r"Error: \1", result.text + result.err)
    return {"exit": 0 if result.code == 0 else "not 0", "told": words.splitlines()}


def own(trial, who):
    """Options that give a client its certificate."""
    return ["--cert", trial.pem(who), "--key", trial.key(who)]


def finish(trial, server, words=0):
    """Stops the broker when it has said so many words about TLS; returns who got in, each once.

    What it says of a client that gave up is left out: whether it still hears the alert, and tells of it, is chance.
    """

    def said():
        return [next(filter(None, found)) + found[2] for found in _WORDS.findall(server.err())]

    trial.settle(lambda: len(said()) >= words)
    trial.stop(server)
    return sorted({word for word in said() if not word.startswith("error:")})


def refused_late(facts):
    """A client that is refused after its own handshake may hear the alert or find the connection lost: chance."""
    return {"exit": facts["exit"]}


@SUITE.case("trust")
def trust(trial):
    """Server certificates that a client takes and refuses: another authority, another name, expired; unverified names."""
    listeners = {"good": (), "wrong name": ("wronghost",), "expired": ("expired",), "chain": ("ecdsa-chain",), "rsa": ("rsa",)}
    server, ports = broker(trial, listeners)
    asked = {
        "good": publish(trial, ports["good"], name="good"),
        "folder": publish(trial, ports["good"], ["--capath", trial.pki("cadir")], ca="", name="folder"),
        "rsa": publish(trial, ports["rsa"], name="rsa"),
        "chain": publish(trial, ports["chain"], name="chain"),
        "insecure": publish(trial, ports["wrong name"], ["--insecure"], name="insecure"),
        "another authority": publish(trial, ports["good"], ca="otherca", name="other"),
        "another folder": publish(trial, ports["good"], ["--capath", trial.pki("otherdir")], ca="", name="otherdir"),
        "wrong name": publish(trial, ports["wrong name"], name="wrongname"),
        "expired": publish(trial, ports["expired"], name="expired"),
        "insecure, another authority": publish(trial, ports["good"], ["--insecure"], ca="otherca", name="insecureother"),
    }
    trial.require([one["exit"] == 0 for one in asked.values()] == [True] * 5 + [False] * 5, f"{asked}")
    return {**asked, "broker": finish(trial, server, 10)}


@SUITE.case("client-certificates")
def client_certificates(trial):
    """Certificates as user names; none, another authority's, an expired and a revoked one."""
    ask = ["require_certificate true", "use_identity_as_username true", f"cafile {trial.pem('ca')}"]
    server, ports = broker(trial, {"asks": ("ecdsa", ask), "knows revoked": ("ecdsa", [*ask, f"crlfile {trial.pki('ca.crl')}"])})
    facts = {}
    for version in ("tlsv1.2", "tlsv1.3"):
        only = ["--tls-version", version]
        facts[version] = {
            "client": publish(trial, ports["asks"], [*only, *own(trial, "client")], name="good"),
            "chain": publish(trial, ports["asks"], [*only, *own(trial, "client-chain")], name="chain"),
            "not revoked": publish(trial, ports["knows revoked"], [*only, *own(trial, "client")], name="valid"),
            **{
                who or "none": refused_late(publish(trial, ports[port], [*only, *(own(trial, who) if who else [])], name=f"{who or 'none'}-{version}"))
                for port, who in (("asks", ""), ("asks", "client-wrongca"), ("asks", "client-expired"), ("knows revoked", "client-revoked"))
            },
        }
        done = [one["exit"] == 0 for one in facts[version].values()]
        trial.require(done == [True] * 3 + [False] * 4, f"{facts[version]}")
    return {**facts, "broker": finish(trial, server, 14)}


@SUITE.case("settings")
def settings(trial):
    """Lowest versions, a cipher, ALPN; options that no client takes."""
    listeners = {
        "only 1.2": ("ecdsa", ["tls_version tlsv1.2"]),
        "only 1.3": ("ecdsa", ["tls_version tlsv1.3"]),
        "one cipher": ("ecdsa", ["tls_version tlsv1.2", "ciphers ECDHE-ECDSA-CHACHA20-POLY1305"]),
    }
    server, ports = broker(trial, listeners)
    asked = {
        "1.2 to 1.2": publish(trial, ports["only 1.2"], ["--tls-version", "tlsv1.2"], name="v12"),
        "any to 1.2": publish(trial, ports["only 1.2"], name="v12any"),
        "1.3 to 1.3": publish(trial, ports["only 1.3"], ["--tls-version", "tlsv1.3"], name="v13"),
        "cipher": publish(trial, ports["one cipher"], ["--ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305"], name="cipher"),
        "ALPN": publish(trial, ports["only 1.3"], ["--tls-alpn", "mqtt"], name="alpn"),
    }
    trial.require(all(one["exit"] == 0 for one in asked.values()), f"{asked}")
    for name, options in {
        "unknown version": ["--tls-version", "tlsv9"],
        "unknown cipher": ["--ciphers", "NO-SUCH-CIPHER"],
        "another's key": ["--cert", trial.pem("client"), "--key", trial.key("ecdsa")],
        "no certificate": ["--cert", trial.pem("garbage"), "--key", trial.key("ecdsa")],
        "engine's key": ["--cert", trial.pem("client"), "--key", "pkcs11:none", "--keyform", "engine"],
    }.items():
        asked[name] = publish(trial, ports["only 1.3"], options, name="never", message=b"never")
        trial.require(asked[name]["exit"] != 0, f"{name}: {asked[name]}")
    # Those that never began may have connected, and gone; what the broker makes of that is chance.
    return {**asked, "broker": finish(trial, server, 5)}


@SUITE.case("messages")
def messages(trial):
    """A subscriber that waits for small messages and a big one, in both versions."""
    server, ports = broker(trial, {"tls": ()})
    content = trial.write("content", trial.world.bulk.read_bytes()[:_BIG])
    facts = {}
    for version in ("tlsv1.2", "tlsv1.3"):
        publish(trial, ports["tls"], ["--tls-version", version], name="big", topic="big", message=content)
        publish(trial, ports["tls"], ["--tls-version", version], name="small", topic="small", message="text")
        with trial.relay(ports["tls"]) as relay:
            argv = ["mosquitto_sub", "-h", "localhost", "-p", relay.port, "--cafile", trial.pem("ca"), "--tls-version", version]
            result = trial.client("sub", [*argv, "-t", "big", "-t", "small", "-C", "2", "-W", "40", "-F", "%t %l"])
        facts[version] = [result.code, sorted(result.text.splitlines()), result.err]
        trial.require(f"big {_BIG}" in result.text and "small 4" in result.text, f"{result.text[:300]} {result.err}")
        whole = trial.client("sub-big", [*argv[:3], "-p", ports["tls"], *argv[5:], "-t", "big", "-C", "1", "-W", "40", "-N"])
        trial.require(whole.out == content.read_bytes(), f"other bytes came: {len(whole.out)}, {whole.err}")
    trial.stop(server)
    return facts
