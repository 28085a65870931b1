"""Ruby's OpenSSL::SSL, in blocking sockets and threads, and net/http."""

from support.nginx import site, start
from support.runtime import SCRIPTS, Runtime
from support.suite import Suite

SUITE = Suite("ruby", "ruby3.1 libruby3.1", "OpenSSL::SSL as server and client: facts, refusals, sessions, transfers; net/http")
RUBY = "/usr/bin/ruby3.1"
RUNTIME = Runtime(SUITE, [RUBY, SCRIPTS / "tls_server.rb"], [RUBY, SCRIPTS / "tls_client.rb"])
RUNTIME.register()


@SUITE.case("net-http")
def net_http(trial):
    """Pages from nginx over kept connections, in both versions; another name, another authority."""
    port, other = trial.port(), trial.port()
    server = start(trial, port, [site(trial, port), site(trial, other, "wronghost", root="other")])
    asks = {}
    for version in ("1.2", "1.3"):
        only = {"page": True, "min": version, "host": "localhost", "ca": str(trial.pem("ca"))}
        asks |= {
            f"page {version}": {**only, "port": port},
            f"name {version}": {**only, "port": other},
            f"authority {version}": {**only, "port": port, "ca": str(trial.pem("otherca"))},
        }
    seen = RUNTIME.ask(trial, asks)
    trial.require(["pages" in one for one in seen.values()] == [True, False, False] * 2, f"{seen}")
    return {**seen, **server.stop()}
