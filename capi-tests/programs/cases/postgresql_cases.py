"""PostgreSQL's server and psql (libpq)."""

import re
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from support import openssl
from support.ports import HOST
from support.process import Failure, read_text, wait_until
from support.suite import Suite
from support.trial import sha256, unprivileged_user

SUITE = Suite("postgresql", "postgresql", "sslmodes, certificates as logins, channel binding, COPY of big files both ways, versions")
USER = "tester"
PASSWORD = "of the tests"
DATABASE = "template1"
_QUERY = "select version, cipher, bits, client_dn, issuer_dn from pg_stat_ssl where pid = pg_backend_pid()"
_SSL_WORDS = re.compile(r"(?:SSL error|could not accept SSL connection|SSL SYSCALL error)[^\n]*")
_cluster_lock = threading.Lock()


def programs():
    """The folder of the newest installed server's programs, which are not on the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    if not folders:
        raise Failure("no PostgreSQL server below /usr/lib/postgresql")
    return folders[-1].parent


def own(path, user):
    """Gives files to the user that the server runs as."""
    if user:
        for entry in [path, *path.rglob("*")]:
            shutil.chown(entry, user, user)


def cluster(trial):
    """A copy of a database that is made once, and small: most trials spend most of their time in copying it."""
    user, template = unprivileged_user(), trial.world.cluster
    with _cluster_lock:
        if not template.exists():
            template.mkdir()
            secret = template / "password"
            secret.write_text(PASSWORD)
            own(template, user)
            options = ["--no-sync", "--wal-segsize=1", "--auth=scram-sha-256", "-U", USER, "--pwfile", secret]
            as_user(user, [programs() / "initdb", *options, "-D", template / "data"])
            single = [programs() / "postgres", "--single", "-D", template / "data", "-F", DATABASE]
            for command in (
                "drop database postgres",
                "update pg_database set datistemplate = false where datname = 'template0'",
                "drop database template0",
            ):
                as_user(user, single, command + "\n")
    data = trial.dir / "data"
    subprocess.run(["cp", "-a", template / "data", data], check=True)
    return data, user


def as_user(user, argv, text=""):
    made = subprocess.run(argv, user=user, group=user, input=text, capture_output=True, text=True, cwd="/", check=False)
    if made.returncode:
        raise Failure(f"{argv[0]}: {made.stderr}")


def start(trial, certificate="ecdsa", login="scram-sha-256", **settings):
    """Starts a server that takes TLS connections only; returns it and its port."""
    data, user = cluster(trial)
    port = trial.port()
    for name, source in (("server.pem", trial.pem(certificate)), ("server.key", trial.key(certificate))):
        shutil.copy(source, data / name)
    (data / "server.key").chmod(0o600)
    (data / "pg_hba.conf").write_text(f"hostssl all all {HOST}/32 {login}\n")
    settings = {"ssl_cert_file": "server.pem", "ssl_key_file": "server.key", **settings}
    lines = [f"{name} = '{value}'" for name, value in settings.items()]
    lines += ["ssl = on", f"listen_addresses = '{HOST}'", f"port = {port}", "unix_socket_directories = ''", "fsync = off"]
    lines += ["shared_buffers = 8MB", "max_connections = 10", "autovacuum = off", "log_min_messages = log"]
    (data / "postgresql.conf").write_text("\n".join(lines) + "\n")
    own(data, user)
    server = trial.serve("postgres", [programs() / "postgres", "-D", data], port, user=user, env={"HOME": str(data)})
    wait_until("PostgreSQL has started", lambda: "ready to accept connections" in server.err())
    return server, port


def finish(trial, server, refused=False):
    """Stops the server in its fast way; returns what it logged about TLS."""
    if refused:
        trial.settle(lambda: _SSL_WORDS.findall(read_text(server.err_path)), 1.5)
    trial.stop(server, signal.SIGINT)
    return _SSL_WORDS.findall(read_text(server.err_path))


def psql(trial, port, script=_QUERY, name="psql", seconds=60, **connection):
    """Runs a script; `connection` are libpq's parameters."""
    if "sslkey" in connection:  # libpq insists on a key that only its owner reads
        connection["sslkey"] = trial.write(f"{name}.key", connection["sslkey"].read_bytes(), 0o600)
    words = {"host": "localhost", "hostaddr": HOST, "port": port, "user": USER, "dbname": DATABASE, "gssencmode": "disable"}
    words |= {"sslmode": "verify-full", "sslrootcert": trial.pem("ca"), **connection}
    told = " ".join(f"{word}='{value}'" for word, value in words.items())
    argv = [programs() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", told]
    result = trial.client(name, argv, stdin=script.encode(), seconds=seconds, env={"PGPASSWORD": PASSWORD})
    return {"exit": result.code, "rows": result.text.splitlines(), "error": result.err.splitlines()}


def exchange(trial, ask):
    """A query about its own connection, by a row of the trust table."""
    versions = {"ssl_min_protocol_version": f"TLSv{ask.server_versions[0]}", "ssl_max_protocol_version": f"TLSv{ask.server_versions[-1]}"}
    if ask.client_ca:
        versions["ssl_ca_file"] = trial.pem(ask.client_ca)
    if ask.server_ciphers:
        versions["ssl_ciphers"] = ask.server_ciphers
    login = "scram-sha-256 clientcert=verify-ca" if ask.client_ca else "scram-sha-256"
    server, port = start(trial, ask.certificate, login, **versions)
    words = {"ssl_min_protocol_version": f"TLSv{ask.client_versions[0]}", "ssl_max_protocol_version": f"TLSv{ask.client_versions[-1]}"}
    if ask.ca:
        words["sslrootcert"] = trial.pem(ask.ca)
    else:
        words |= {"sslmode": "require", "sslrootcert": "/nonexistent"}
    if ask.client_certificate:
        words |= {"sslcert": trial.pem(ask.client_certificate), "sslkey": trial.key(ask.client_certificate)}
    seen = psql(trial, port, **words)
    return {"done": seen["exit"] == 0 and len(seen["rows"]) == 1, **seen, "server": finish(trial, server, ask.refused)}


# libpq 15 has no setting for ciphers.
SUITE.trust_table(exchange, without=("cipher-chosen-by-client", "no-shared-cipher"))


@SUITE.case("sslmodes")
def sslmodes(trial):
    """Each mode against a certificate of another name."""
    server, port = start(trial, "wronghost")
    facts = {}
    for mode in ("require", "verify-ca", "verify-full", "prefer", "disable"):
        facts[mode] = psql(trial, port, name=mode, sslmode=mode)
    trial.require(facts["verify-ca"]["exit"] == 0 and facts["verify-full"]["exit"] == 2, f"{facts}")
    return {**facts, "server": finish(trial, server)}


@SUITE.case("certificate-is-login")
def certificate_login(trial):
    """The common name of the client's certificate decides who logs in."""
    server, port = start(trial, login="cert map=names", ssl_ca_file=trial.pem("ca"), ident_file=trial.write("ident", f"names Client {USER}\n"))
    files = {"sslcert": trial.pem("client"), "sslkey": trial.key("client")}
    other = {"sslcert": trial.pem("client-rsa"), "sslkey": trial.key("client-rsa")}
    facts = {
        "right": psql(trial, port, name="right", **files),
        "another's": psql(trial, port, name="other", **other),
        "none": psql(trial, port, name="none"),
    }
    exits = [one["exit"] for one in facts.values()]
    trial.require(exits == [0, 2, 2], f"{facts}")
    return {**facts, "server": finish(trial, server, refused=True)}


@SUITE.case("channel-binding")
def channel_binding(trial):
    """SCRAM-SHA-256-PLUS binds the login to the server's certificate."""
    server, port = start(trial)
    facts = {mode: psql(trial, port, name=mode, channel_binding=mode) for mode in ("require", "disable")}
    trial.require(all(one["exit"] == 0 for one in facts.values()), f"{facts}")
    return {**facts, "server": finish(trial, server)}


@SUITE.case("revoked")
def revoked(trial):
    """Both sides read revocation lists."""
    server, port = start(trial, "revoked", "scram-sha-256 clientcert=verify-ca", ssl_ca_file=trial.pem("ca"), ssl_crl_file=trial.pki("ca.crl"))
    facts = {}
    for who in ("client", "client-revoked"):
        facts[who] = psql(trial, port, name=who, sslcert=trial.pem(who), sslkey=trial.key(who))
    facts["server's"] = psql(trial, port, name="crl", sslcert=trial.pem("client"), sslkey=trial.key("client"), sslcrl=trial.pki("ca.crl"))
    exits = [one["exit"] for one in facts.values()]
    trial.require(exits == [0, 2, 2], f"{facts}")
    return {**facts, "server": finish(trial, server, refused=True)}


@SUITE.case("encrypted-client-key")
def encrypted_key(trial):
    server, port = start(trial, login="scram-sha-256 clientcert=verify-ca", ssl_ca_file=trial.pem("ca"))
    files = {"sslcert": trial.pem("ecdsa"), "sslkey": trial.key("ecdsa-enc")}
    facts = {word: psql(trial, port, name=word, sslpassword=word, **files) for word in ("secret", "wrong")}
    trial.require([one["exit"] for one in facts.values()] == [0, 2], f"{facts}")
    return {**facts, "server": finish(trial, server)}


@SUITE.case("encrypted-server-key")
def encrypted_server_key(trial):
    """The server asks a command for the password of its key."""
    key = trial.write("encrypted.key", trial.key("rsa-encpem").read_bytes(), 0o600)
    own(key, unprivileged_user())
    server, port = start(trial, "rsa", ssl_passphrase_command="printf secret", ssl_key_file=key)
    facts = psql(trial, port)
    trial.require(facts["exit"] == 0, f"{facts}")
    return {**facts, "server": finish(trial, server)}


@SUITE.case("reload")
def reload(trial):
    """A new certificate and new limits while the server runs."""
    server, port = start(trial)
    before = psql(trial, port, name="before")
    conf = trial.dir / "data/postgresql.conf"
    shutil.copy(trial.pem("expired"), trial.dir / "data/server.pem")
    (trial.dir / "data/server.key").write_bytes(trial.key("expired").read_bytes())
    conf.write_text(conf.read_text() + "ssl_max_protocol_version = 'TLSv1.2'\n")
    server.popen.send_signal(signal.SIGHUP)
    wait_until("the server has read its settings", lambda: 'parameter "ssl_max_protocol_version" changed' in server.err())
    after = psql(trial, port, name="after")
    unverified = psql(trial, port, name="unverified", sslmode="require", sslrootcert="/nonexistent")
    trial.require(after["exit"] == 2 and unverified["rows"][0].startswith("TLSv1.2"), f"the new settings do not hold: {after}, {unverified}")
    return {"before": before, "after": after, "unverified": unverified, "server": finish(trial, server)}


for _version in ("1.2", "1.3"):

    @SUITE.case(f"copy-{_version}")
    def copy(trial, version=_version):
        """A big table in and out again through a narrow path."""
        server, port = start(trial, ssl_min_protocol_version=f"TLSv{version}", ssl_max_protocol_version=f"TLSv{version}")
        digits = trial.world.bulk.read_bytes()[: 13 << 20].hex()
        table = "".join(digits[start : start + 997] + "\n" for start in range(0, len(digits), 997)).encode()
        source, target = trial.write("rows", table), trial.dir / "back"
        script = f"create table t (n serial, r text);\n\\copy t(r) from '{source}'\n\\copy (select r from t order by n) to '{target}'\n{_QUERY};\n"
        with trial.relay(port) as relay:
            seen = psql(trial, relay.port, script, seconds=120)
        trial.require(target.exists() and sha256(target) == sha256(table), f"other rows came back: {seen}")
        return {**seen, "server": finish(trial, server)}


@SUITE.case("s_client-starttls")
def starttls(trial):
    """openssl(1) speaks enough of the protocol to look at the certificate."""
    server, port = start(trial)
    options = ["-starttls", "postgres", "-CAfile", trial.pem("ca"), "-verify_return_error"]
    _, facts = openssl.client(trial, port, options, stdin=b"Q\n", wait_for_server=False)
    trial.require(facts["exit"] == 0, f"{facts}")
    finish(trial, server)
    return facts


@SUITE.case("many-connections")
def many(trial):
    """Twenty logins by one psql, each a new process of the server."""
    server, port = start(trial)
    again = f"\\c -reuse-previous=on \"port={port}\"\n{_QUERY};\n"
    seen = psql(trial, port, again * 20)
    trial.require(seen["exit"] == 0 and len(seen["rows"]) == 20, f"{seen}")
    return {**seen, "server": finish(trial, server)}


@SUITE.case("options")
def options(trial):
    """libpq's parameters about TLS, each right and wrong, to one server that looks at certificates if it gets them."""
    server, port = start(trial, "rsa", ssl_ca_file=trial.pem("ca"))
    pair = {"sslcert": trial.pem("client"), "sslkey": trial.key("client")}
    facts = {}
    for name, words in {
        "verify-ca": {"sslmode": "verify-ca"},
        "require with CA": {"sslmode": "require"},
        "require with another CA": {"sslmode": "require", "sslrootcert": trial.pem("otherca")},
        "no CA file": {"sslrootcert": trial.dir / "none"},
        "garbage for CA": {"sslrootcert": trial.pki("garbage.pem")},
        "certificate": pair,
        "chain": {"sslcert": trial.pem("client-chain"), "sslkey": trial.key("client-chain")},
        "certificate of another CA": {"sslcert": trial.pem("client-wrongca"), "sslkey": trial.key("client-wrongca")},
        "key of another": {**pair, "sslkey": trial.key("ecdsa")},
        "no such certificate": {**pair, "sslcert": trial.dir / "none"},
        "broken certificate": {**pair, "sslcert": trial.pki("badcert.pem")},
        "broken key": {**pair, "sslkey": trial.pki("badkey.pem")},
        "DER key": {"sslcert": trial.pem("ecdsa"), "sslkey": trial.pki("ecdsa.key.der")},
        "1.2": {"ssl_max_protocol_version": "TLSv1.2"},
        "1.3": {"ssl_min_protocol_version": "TLSv1.3"},
        "low minimum": {"ssl_min_protocol_version": "TLSv1"},
        "list": {"sslcrl": trial.pki("ca.crl")},
        "list old": {"sslcrl": trial.pki("old.crl")},
        "folder of lists": {"sslcrldir": trial.pki("crldir")},
        "no such list": {"sslcrl": trial.dir / "none"},
        "no name sent": {"sslsni": "0"},
        "compression": {"sslcompression": "1"},
        "bound 1.2": {"channel_binding": "require", "ssl_max_protocol_version": "TLSv1.2"},
        "bound 1.3": {"channel_binding": "require", "ssl_min_protocol_version": "TLSv1.3"},
        "bound, not verified": {"channel_binding": "require", "sslmode": "require", "sslrootcert": "/nonexistent"},
    }.items():
        facts[name] = psql(trial, port, name=name.replace(" ", "-").replace(",", ""), **words)
    good = [name for name, fact in facts.items() if fact["exit"] == 0]
    trial.require({"verify-ca", "certificate", "bound 1.2", "bound 1.3"} <= set(good) and "no CA file" not in good, f"{good}")
    return {**facts, "server": sorted(finish(trial, server, refused=True))}
