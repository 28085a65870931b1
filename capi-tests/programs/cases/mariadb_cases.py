"""MariaDB: the server, and its client."""

import os
import re
import shutil
import subprocess
import threading

from support.ports import HOST
from support.process import Failure, read_text
from support.suite import Suite

SUITE = Suite("mariadb", "mariadb-server mariadb-client", "versions, refusals, users that need certificates, checked server names, big rows")
_STATUS = "select variable_name, variable_value from information_schema.session_status where variable_name in ('ssl_cipher', 'ssl_version', 'ssl_sessions_reused')"
_ERROR = re.compile(r"ERROR \d+ .*")
_LIMITS = ["--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-buffer-pool-dump-at-shutdown=0", "--skip-log-bin"]
_USERS = """
create user tls@'127.0.0.1' require ssl;
create user x509@'127.0.0.1' require x509;
create user subject@'127.0.0.1' require subject '/O=ferrossl tests/CN=Client';
create user stranger@'127.0.0.1' require subject '/O=ferrossl tests/CN=Somebody else';
create user cipher@'127.0.0.1' require cipher 'ECDHE-ECDSA-CHACHA20-POLY1305';
"""
_template = threading.Lock()


def data(trial):
    """A data folder of its own, copied from an empty one that is made once in a run."""
    template = trial.world.cluster.parent / "mariadb"
    with _template:
        if not template.exists():
            argv = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
            done = subprocess.run([*argv, f"--datadir={template}", *_LIMITS], capture_output=True, text=True, check=False)
            if done.returncode:
                raise Failure(f"no empty database: {done.stderr[-600:]}")
    return shutil.copytree(template, trial.dir / "data")


def start(trial, certificate="ecdsa", options=()):
    """Runs a server with the users above; returns it and its port."""
    port, folder = trial.port(), data(trial)
    users = trial.write("users.sql", _USERS)
    argv = ["mariadbd", "--no-defaults", f"--datadir={folder}", f"--socket={trial.dir}/socket", f"--pid-file={trial.dir}/pid"]
    argv += [f"--port={port}", f"--bind-address={HOST}", f"--init-file={users}", "--skip-name-resolve", *_LIMITS]
    argv += [f"--ssl-ca={trial.pem('ca')}", f"--ssl-cert={trial.pem(certificate)}", f"--ssl-key={trial.key(certificate)}", *options]
    argv += ["--user=root"] if os.getuid() == 0 else []
    ready = lambda: "ready for connections" in read_text(trial.dir / "mariadbd.err")  # noqa: E731
    return trial.serve("mariadbd", argv, port, ready=ready), port


def query(trial, port, name, user="tls", options=(), sql=_STATUS, ca="ca", host=HOST):
    """Asks the server something; returns what the client says and how it ends."""
    trust = [f"--ssl-ca={trial.pem(ca)}"] if ca else []
    argv = ["mariadb", "--no-defaults", "-N", "-B", "-h", host, "-P", port, "-u", user, *trust, *options, "-e", sql]
    result = trial.client(name, argv)
    return {"exit": result.code, "told": result.text.splitlines(), "error": [line for line in result.err.splitlines() if _ERROR.match(line)]}


def own(trial, who):
    return [f"--ssl-cert={trial.pem(who)}", f"--ssl-key={trial.key(who)}"]


@SUITE.case("users")
def users(trial):
    """Users that need TLS, a certificate, a subject, a cipher, each given and not given; versions; a client that checks the
    server's certificate and name."""
    server, port = start(trial, options=["--require-secure-transport"])
    verify = ["--ssl-verify-server-cert"]
    facts = {
        "1.3": query(trial, port, "v13", options=["--tls-version=TLSv1.3"]),
        "1.2": query(trial, port, "v12", options=["--tls-version=TLSv1.2"]),
        "verified": query(trial, port, "verified", options=verify, host="127.0.0.1"),
        "certificate": query(trial, port, "x509", "x509", own(trial, "client")),
        "subject": query(trial, port, "subject", "subject", own(trial, "client")),
        "cipher": query(trial, port, "cipher", "cipher", ["--tls-version=TLSv1.2", "--ssl-cipher=ECDHE-ECDSA-CHACHA20-POLY1305"]),
        "no TLS": query(trial, port, "plain", options=["--skip-ssl"], ca=""),
        "no certificate": query(trial, port, "nocert", "x509"),
        "another subject": query(trial, port, "stranger", "stranger", own(trial, "client")),
        "another cipher": query(trial, port, "othercipher", "cipher", ["--tls-version=TLSv1.2"]),
        "another authority": query(trial, port, "otherca", options=verify, ca="otherca"),
        "unknown cipher": query(trial, port, "nocipher", options=["--ssl-cipher=NO-SUCH-CIPHER"]),
    }
    done = [one["exit"] == 0 for one in facts.values()]
    trial.require(done == [True] * 6 + [False] * 6, f"{[name for name, one in facts.items() if one['exit'] == 0]}, {facts}")
    trial.stop(server)
    return facts


@SUITE.case("rows")
def rows(trial):
    """Big values there and back in both versions, and a server whose certificate has another name."""
    server, port = start(trial, "wronghost", ["--max-allowed-packet=64M"])
    facts = {"another name": query(trial, port, "name", options=["--ssl-verify-server-cert"])}
    trial.require(facts["another name"]["exit"] != 0, f"{facts}")
    sql = "set @big = repeat('0123456789abcdef', 200000); select sha1(@big), length(@big); select @big"
    for version in ("1.2", "1.3"):
        with trial.relay(port) as relay:
            seen = query(trial, relay.port, f"big-{version}", "root", [f"--tls-version=TLSv{version}", "--max-allowed-packet=64M"], sql)
        trial.require(seen["exit"] == 0 and seen["told"][-1] == "0123456789abcdef" * 200000, f"{seen['error']}, {[len(line) for line in seen['told']]}")
        facts[version] = seen["told"][0]
    trial.stop(server)
    return facts
