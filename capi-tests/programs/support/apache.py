"""Apache with mod_ssl as the server under test."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

from support.ports import HOST
from support.process import read_text

PAGE = b"a page over TLS\n"
LOG = "%{SSL_PROTOCOL}x %{SSL_CIPHER}x resumed=%{SSL_SESSION_RESUMED}x verify=%{SSL_CLIENT_VERIFY}x dn=%{SSL_CLIENT_S_DN}x name=%{SSL_TLS_SNI}x %>s"
_WORDS = re.compile(r"SSL Library Error: (error:[0-9A-F]{8}:[^:]*:[^:]*:[^:(\n]*)")
_MODULES = ("mpm_event", "authz_core", "ssl", "socache_shmcb", "http2", "alias", "dav", "dav_fs", "proxy", "proxy_http", "proxy_connect", "headers", "env")

_CONF = """
ServerRoot {dir}
PidFile {dir}/httpd.pid
DefaultRuntimeDir {dir}
ErrorLog {dir}/error.log
LogLevel info
ServerName localhost
{modules}
{user}
Listen {host}:{port}
StartServers 2
ThreadsPerChild 8
MaxRequestWorkers 32
MaxConnectionsPerChild 0
LogFormat "{log}" tls
CustomLog {dir}/access.log tls
DavLockDB {dir}/davlock
{server}
{sites}
"""

_SITE = """
<VirtualHost {host}:{port}>
    ServerName {name}
    DocumentRoot {root}
    SSLEngine on
    SSLCertificateFile {pem}
    SSLCertificateKeyFile {key}
    <Directory {root}>
        Require all granted
        Dav on
    </Directory>
    {settings}
</VirtualHost>
"""


@dataclass
class Apache:
    """A running Apache and its folder."""

    trial: object
    server: object
    folder: Path

    def served(self):
        """Its log of requests, complete only after `stop`."""
        return read_text(self.folder / "access.log").splitlines()

    def stop(self):
        """Ends it when its connections have ended; returns its log of requests and what OpenSSL told it went wrong."""
        self.trial.stop(self.server, signal.SIGWINCH)
        return {"served": self.served(), "server errors": _WORDS.findall(read_text(self.folder / "error.log"))}


def site(trial, port, certificate="ecdsa", settings=(), name="localhost", root="htdocs", page=PAGE):
    """One virtual host with a page and a folder that takes uploads."""
    folder = trial.folder(root, 0o777)
    trial.write(f"{root}/page.txt", page)
    return _SITE.format(
        host=HOST,
        port=port,
        name=name,
        root=folder,
        pem=trial.pem(certificate),
        key=trial.key(certificate),
        settings="\n    ".join(settings),
    )


def start(trial, port, sites, server=(), name="apache2", side=None):
    """Runs Apache in the foreground with these virtual hosts."""
    folder = trial.folder(name, 0o777)
    modules = "\n".join(f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so" for module in _MODULES)
    conf = folder / "httpd.conf"
    # Started as root, the children need a user; started by anybody else the setting is an error that is only warned of.
    text = _CONF.format(
        dir=folder, host=HOST, port=port, modules=modules, user="User nobody\nGroup nogroup", log=LOG, server="\n".join(server), sites="".join(sites)
    )
    conf.write_text(text)
    running = trial.serve(name, ["apache2", "-D", "FOREGROUND", "-f", conf], port, side=side)
    return Apache(trial, running, folder)


def trust_settings(trial, ask):
    """Directives for a row of the trust table."""
    lines = ["SSLProtocol " + " ".join(f"{sign}TLSv{version}" for sign, version in zip(("", "+"), ask.server_versions))]
    if ask.client_ca:
        lines += ["SSLVerifyClient require", "SSLVerifyDepth 3", f"SSLCACertificateFile {trial.pem(ask.client_ca)}"]
    if ask.server_ciphers:
        lines.append(f"SSLCipherSuite {ask.server_ciphers}")
    return lines
