"""openssl(1): sessions that go from one side's s_client to the other side's and back."""

from cases.openssl_cases import SUITE, trusting
from support import openssl
from support.ports import HOST

_WAYS = {
    "1.2-ticket": ["-tls1_2"],
    "1.2-id": ["-tls1_2", "-no_ticket"],
    "1.3-ticket": ["-tls1_3", "-num_tickets", "1"],
    "1.3-stateful": ["-tls1_3", "-no_ticket", "-num_tickets", "1"],
}


def _register(name, options):
    @SUITE.case(f"session-moved-{name}")
    def moved(trial):
        """A session made by one library is taken up by the other, and what comes of that by the first again."""
        port = trial.port()
        running = openssl.server(trial, port, options=options)
        facts = {}
        sides = {"made": None, "moved": trial.server_side, "moved back": None}
        saved = None
        for step, side in sides.items():
            words = [*trusting(trial), "-sess_out", trial.dir / f"{len(facts)}.pem"]
            if saved is not None:
                words += ["-sess_in", saved]
            written = words[words.index("-sess_out") + 1]
            _, facts[step] = openssl.client(trial, port, words, name=step.replace(" ", "-"), side=side)
            # A resumption of TLS 1.2 makes no new session.
            saved = written if written.exists() else saved
        for step in ("moved", "moved back"):
            trial.require(any(line.startswith("Reused") for line in facts[step]["told"]), f"not resumed: {facts}")
        # Without the file's session it is a full handshake.
        _, facts["fresh"] = openssl.client(trial, port, trusting(trial), name="fresh")
        trial.require(any(line.startswith("New") for line in facts["fresh"]["told"]), f"resumed from nothing: {facts}")
        return {**facts, "server errors": openssl.finish(trial, running)}


for _name, _options in _WAYS.items():
    _register(_name, _options)


@SUITE.case("session-of-another-server")
def of_another_server(trial):
    """A session is offered where it cannot be taken up: other keys, other versions, other suites. Full handshakes."""
    home = trial.port()
    running = [openssl.server(trial, home, options=["-num_tickets", "1"], name="home")]
    saved = {}
    for version in ("1_2", "1_3"):
        saved[version] = trial.dir / f"{version}.pem"
        openssl.client(trial, home, [*trusting(trial), "-tls" + version, "-sess_out", saved[version]], name=f"made-{version}")
    facts = {}
    for name, options in {
        "other keys": [],
        "other suites": ["-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        "no cache": ["-no_ticket", "-no_cache"],
    }.items():
        port = trial.port()
        running.append(openssl.server(trial, port, options=options, name=f"server-{name.replace(' ', '-')}"))
        for version, file in saved.items():
            words = [*trusting(trial), "-sess_in", file]
            side = trial.server_side if version == "1_2" else None
            _, found = openssl.client(trial, port, words, name=f"{name}-{version}".replace(" ", "-"), side=side)
            trial.require(any(line.startswith("New") for line in found["told"]), f"resumed at {HOST}:{port}: {found}")
            facts[f"{name} {version}"] = found
    return {**facts, "server errors": [openssl.finish(trial, server) for server in running]}
