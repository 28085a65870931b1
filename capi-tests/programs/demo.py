#!/usr/bin/python3
"""An unmodified nginx and an unmodified curl exchange pages over TLS, each on ferrossl and on the system's libssl.

    demo.py LIBRARY_FOLDER

Shows for each pair of libraries and for TLS 1.3 and 1.2: protocol, cipher and group, that the page arrived whole with
verification on, that curl refuses the same server when it trusts another CA, and from /proc/PID/maps which libssl
nginx and curl used. Exit status 0 only if all of it held.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from support import nginx
from support.curl import curl, version_options
from support.process import Failure, wait_until
from support.sides import our_side, system_side
from support.suite import package_version
from support.trial import Trial, World, sha256

PKI = Path(__file__).resolve().parent.parent / "pki.sh"
PAGE = b"<h1>This page came over TLS.</h1>\n" * 4000
# What nginx logs for groups that its libcrypto has no name for (RFC 8446, section 4.2.7; draft-kwiatkowski-tls-ecdhe-mlkem).
GROUPS = {"0x11ec": "X25519MLKEM768"}
HYBRID = "X25519MLKEM768"


@dataclass
class Row:
    """One page: who served, who asked, and what was seen."""

    server: str
    client: str
    protocol: str = "-"
    cipher: str = "-"
    group: str = "-"
    problem: str = ""

    def cells(self):
        return [self.server, self.client, self.protocol, self.cipher, self.group, self.problem or "ok"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    system, path, preload = system_side(), our_side(sys.argv[1], "path"), our_side(sys.argv[1], "preload")
    for package in ("nginx", "curl"):
        print(f"{package:6} {package_version(package)}, Debian's, unmodified")
    print(f"system    {system.library}\nferrossl  {path.library}")
    pairs = [(system, system), (path, system), (preload, system), (system, path), (system, preload), (path, preload), (preload, path)]
    folder = Path(tempfile.mkdtemp(prefix="ferrossl-demo-"))
    folder.chmod(0o755)
    try:
        subprocess.run([PKI, folder / "pki"], check=True, stdin=subprocess.DEVNULL)
        world = World(folder / "pki", folder, "", folder)
        rows = [row for number, pair in enumerate(pairs) for row in show_pair(world, folder / str(number), *pair)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return summary(rows)


def show_pair(world, folder, server_side, client_side):
    """One nginx, asked once in each version: the rows for the table."""
    print(f"\n== nginx on {server_side}, curl on {client_side}", flush=True)
    trial = Trial(world, folder, server_side, client_side)
    rows = []
    try:
        port = trial.port()
        site = nginx.site(trial, port, page=PAGE)
        server = nginx.start(trial, port, [site], log="$status $ssl_protocol $ssl_cipher $ssl_curve")
        show_libraries(server.server)
        rows = [show_page(trial, port, server, version, number) for number, version in enumerate(("1.3", "1.2"), 1)]
        server.stop()
    except Failure as failure:
        rows.append(Row(str(server_side), str(client_side), problem=str(failure)))
    finally:
        complaints = trial.close()
    rows += [Row(str(server_side), str(client_side), problem=complaint) for complaint in complaints]
    for row in rows:
        if row.problem:
            print(f"  PROBLEM: {row.problem}")
    return rows


def show_libraries(process):
    for pid, libraries in process.libraries.items():
        print(f"  {process.name:14} /proc/{pid}/maps: {' '.join(sorted(libraries))}")


def show_page(trial, port, server, version, number):
    """A page in one version, and the refusal of the same server when another CA is trusted."""
    row = Row(str(trial.server_side), str(trial.client_side))
    limit = version_options((version,))
    seen = curl(trial, port, ["--cacert", trial.pem("ca"), *limit], name=f"curl-{version}")
    refused = curl(trial, port, ["--cacert", trial.pem("otherca"), *limit], name=f"curl-{version}-bad")
    for client in trial.processes[-2:]:
        show_libraries(client)
    print(f"  curl says: {', '.join(seen['connection']) or seen['error']}; verify result {seen['verify']}; {seen['http']}")
    print(f"  curl with another CA says: {refused['error']}")
    if seen["exit"] == 0:
        wait_until("nginx logs the page", lambda: len(server.served()) >= number)
    served = server.served()[number - 1 :]
    print(f"  nginx logs: {served[0] if served else 'nothing'}")
    row.problem = judge(row, version, seen, refused, served)
    return row


def judge(row, version, seen, refused, served):
    """Fills in a row from the server's log; returns what did not hold, or nothing."""
    if seen["exit"] != 0:
        return f"curl failed: {seen['error']}"
    if seen["body"] != sha256(PAGE):
        return "the page has other bytes"
    if refused["exit"] != 60:
        return f"with the wrong CA curl should refuse (60), but ended with {refused['exit']}"
    if not served:
        return "nginx logged no page"
    _, row.protocol, row.cipher, group = served[0].split()
    row.group = GROUPS.get(group, group)
    if row.protocol != f"TLSv{version}":
        return f"{row.protocol} instead of TLSv{version}"
    both_ours = row.server.startswith("ferrossl") and row.client.startswith("ferrossl")
    if both_ours and version == "1.3" and row.group != HYBRID:
        return f"two ferrossl sides agreed on {row.group} instead of {HYBRID}"
    return ""


def summary(rows):
    print("\nSummary\n")
    table = [["nginx on", "curl on", "protocol", "cipher", "group", "result"]] + [row.cells() for row in rows]
    widths = [max(len(line[column]) for line in table) for column in range(5)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, [*widths, 0])))
    bad = sum(1 for row in rows if row.problem)
    print(f"\n{len(rows) - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
