"""nginx as the server under test."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from support.ports import HOST
from support.process import read_text

SSL_WORDS = re.compile(r"\(SSL: (error:[^)]*)\)")
PAGE = b"a page over TLS\n"
LOG = "$ssl_protocol $ssl_cipher reused=$ssl_session_reused client=$ssl_client_verify dn=$ssl_client_s_dn name=$ssl_server_name"

_HEAD = """
daemon off;
worker_processes {workers};
pid {dir}/nginx.pid;
error_log {dir}/error.log info;
events {{ worker_connections 128; }}
http {{
    log_format tls '{log}';
    access_log {dir}/access.log tls;
    client_body_temp_path {dir}/tmp;
    proxy_temp_path {dir}/tmp;
    fastcgi_temp_path {dir}/tmp;
    uwsgi_temp_path {dir}/tmp;
    scgi_temp_path {dir}/tmp;
    client_max_body_size 64m;
    ssl_protocols TLSv1.2 TLSv1.3;
    {servers}
}}
"""

_SERVER = """
    server {{
        listen {host}:{port} ssl {listen};
        server_name {name};
        ssl_certificate {pem};
        ssl_certificate_key {key};
        {settings}
        location / {{ root {root}; dav_methods PUT; }}
    }}
"""


def trust_settings(trial, ask):
    """Server directives for a row of the trust table."""
    lines = ["ssl_protocols " + " ".join(f"TLSv{version}" for version in ask.server_versions)]
    if ask.client_ca:
        lines += ["ssl_verify_client on", f"ssl_client_certificate {trial.pem(ask.client_ca)}"]
    if ask.server_ciphers:
        lines.append(f"ssl_ciphers {ask.server_ciphers}")
    return lines


def site(trial, port, certificate="ecdsa", settings=(), listen="", name="localhost", root="html", page=PAGE):
    """One `server` block with a page, and a folder that takes uploads."""
    folder = trial.folder(root, 0o777)
    trial.write(f"{root}/page.txt", page)
    return _SERVER.format(
        host=HOST,
        port=port,
        listen=listen,
        name=name,
        pem=trial.pem(certificate),
        key=trial.key(certificate),
        settings="\n        ".join(line + ";" for line in settings),
        root=folder,
    )


@dataclass
class Nginx:
    """A running nginx and its folder."""

    trial: object
    server: object
    folder: Path

    def served(self):
        """Its log of requests, complete only after `stop`."""
        return read_text(self.folder / "access.log").splitlines()

    def stop(self):
        """Ends it gracefully; returns what it logged of its connections and what OpenSSL told it went wrong."""
        self.trial.stop(self.server, signal.SIGQUIT)
        return {
            "served": self.served(),
            "server errors": SSL_WORDS.findall(read_text(self.folder / "error.log")),
        }


def start(trial, port, servers, name="nginx", log=LOG, workers=1, side=None):
    """Runs nginx with these `server` blocks. Both versions are on: this nginx's own default is without TLS 1.3."""
    folder = trial.folder(name)
    (folder / "tmp").mkdir()
    (folder / "tmp").chmod(0o777)
    conf = folder / "nginx.conf"
    conf.write_text(_HEAD.format(dir=folder, servers="".join(servers), log=log, workers=workers))
    server = trial.serve(name, ["nginx", "-e", "stderr", "-p", folder, "-c", conf], port, side=side)
    return Nginx(trial, server, folder)


def start_proxy(trial, port, target, settings):
    """Runs nginx, on the client's side, as a plain server that passes requests on to `target` over TLS."""
    lines = " ".join(line + ";" for line in settings)
    server = f"server {{ listen {HOST}:{port}; location / {{ proxy_pass https://{HOST}:{target}; {lines} }} }}"
    return start(trial, port, [server], name="proxy", log="$status", side=trial.client_side)
