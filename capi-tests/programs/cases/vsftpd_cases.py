"""vsftpd serves files over TLS, curl asks: FTPS with protected data connections that must resume the control's session."""

import os
import pwd

from support.curl import transcript
from support.ports import HOST, free_port
from support.suite import Suite
from support.trial import sha256

SUITE = Suite("vsftpd", "vsftpd curl", "FTP over TLS, explicit and implicit: listings, files both ways, session reuse on data connections, refusals")
_CONF = """
listen=YES
listen_address={host}
listen_port={port}
background=NO
anonymous_enable=YES
anon_root={root}
anon_upload_enable=YES
anon_mkdir_write_enable=YES
anon_other_write_enable=YES
write_enable=YES
no_anon_password=YES
local_enable=NO
ftp_username={user}
secure_chroot_dir={empty}
run_as_launching_user={launching}
allow_writeable_chroot=YES
seccomp_sandbox=NO
connect_from_port_20=NO
pasv_min_port={low}
pasv_max_port={high}
xferlog_enable=YES
vsftpd_log_file={log}
log_ftp_protocol=YES
ssl_enable=YES
allow_anon_ssl=YES
force_anon_data_ssl=YES
force_anon_logins_ssl=YES
rsa_cert_file={pem}
rsa_private_key_file={key}
debug_ssl=YES
{settings}
"""


def serve(trial, name="vsftpd", certificate="rsa", settings=()):
    """Runs vsftpd in the foreground with a folder to serve; returns it and its port."""
    port, data = trial.port(), trial.port()
    root = trial.folder(f"{name}-root", 0o755)
    uploads = root / "up"
    uploads.mkdir()
    uploads.chmod(0o777)
    (root / "bulk").write_bytes(trial.world.bulk.read_bytes())
    (root / "page.txt").write_text("a page over TLS\n")
    text = _CONF.format(
        host=HOST,
        port=port,
        root=root,
        user="daemon" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name,
        empty=trial.folder(f"{name}-empty", 0o755),
        launching="NO" if os.getuid() == 0 else "YES",
        low=data,
        high=data,
        log=trial.dir / f"{name}.log",
        pem=trial.pem(certificate),
        key=trial.key(certificate),
        settings="\n".join(settings),
    )
    return trial.serve(name, ["vsftpd", trial.write(f"{name}.conf", text)], port), port


_FTP = ("< ", "> ", "* SSL", "* Doing the SSL", "* SSL reusing", "curl:", "*  SSL certificate")


def ask(trial, port, name, options, path="/page.txt", scheme="ftp"):
    """What curl said, the addresses of data connections aside."""
    options = ["--cacert", trial.pem("ca"), "--resolve", f"localhost:{port}:{HOST}", "--disable-epsv", *options, f"{scheme}://localhost:{port}{path}"]
    seen = transcript(trial, options, name.replace(" ", "-"))
    told = [line for line in seen["words"] if line.startswith(_FTP) and not line.startswith(("< 227", "< 150"))]
    return {"exit": seen["exit"], "messages": seen["messages"], "words": told, "out": seen["out"]}


@SUITE.case("options")
def options(trial):
    """curl's FTPS options, against servers that require what they say."""
    strict, port = serve(trial, settings=["require_ssl_reuse=YES", "ssl_tlsv1=YES", "implicit_ssl=NO"])
    implicit, hidden = serve(trial, "implicit", settings=["implicit_ssl=YES", "require_ssl_reuse=YES"])
    bad, expired = serve(trial, "expired", "expired")
    asking, must = serve(trial, "asking", settings=["require_cert=YES", "validate_cert=YES", f"ca_certs_file={trial.pem('ca')}"])
    own = ["--cert", trial.pem("client-rsa"), "--key", trial.key("client-rsa")]
    required = ["--ssl-reqd"]
    facts = {
        "file": ask(trial, port, "file", required),
        "old": ask(trial, port, "old", [*required, "--tls-max", "1.2"]),
        "list": ask(trial, port, "list", [*required, "--list-only"], "/"),
        "tried": ask(trial, port, "tried", ["--ssl"]),
        "in clear": ask(trial, port, "clear", []),
        "control only": ask(trial, port, "control", ["--ftp-ssl-control"]),
        "no session": ask(trial, port, "no-session", [*required, "--no-sessionid"]),
        "wrong CA": ask(trial, port, "wrong-ca", [*required, "--cacert", trial.pem("otherca")]),
        "expired": ask(trial, expired, "expired", required),
        "expired, not verified": ask(trial, expired, "expired-insecure", [*required, "--insecure"]),
        "implicit": ask(trial, hidden, "implicit-page", [], scheme="ftps"),
        "implicit, wrong": ask(trial, port, "implicit-wrong", [], scheme="ftps"),
        # In TLS 1.3 the server refuses a client that has gone on already: what the client then meets is chance.
        "no certificate": ask(trial, must, "none", required)["exit"] in (35, 55, 56),
        "certificate": ask(trial, must, "own", [*required, *own]),
    }
    trial.require(facts["file"]["exit"] == facts["implicit"]["exit"] == 0 and facts["wrong CA"]["exit"] == 60 and facts["no certificate"], f"{facts}")
    for server in (strict, implicit, bad, asking):
        trial.stop(server)
    return facts


for _version in ("1.2", "1.3"):

    @SUITE.case(f"transfer-{_version}")
    def transfer(trial, version=_version):
        """The big file down and up over protected data connections."""
        server, port = serve(trial, settings=["require_ssl_reuse=YES", "anon_umask=022", "chown_uploads=NO"])
        limits = ["--ssl-reqd", f"--tlsv{version}", "--tls-max", version]
        target = trial.dir / "arrived"
        down = ask(trial, port, "down", [*limits, "--output", target], "/bulk")
        trial.require(target.exists() and sha256(target) == trial.bulk_sum(), f"other bytes arrived: {down}")
        up = ask(trial, port, "up", [*limits, "--upload-file", trial.world.bulk], "/up/bulk")
        sent = trial.dir / "vsftpd-root/up/bulk"
        trial.require(sent.exists() and sha256(sent) == trial.bulk_sum(), f"other bytes were sent: {up}")
        trial.stop(server)
        return {"down": [down["exit"], down["words"]], "up": [up["exit"], up["words"]]}
