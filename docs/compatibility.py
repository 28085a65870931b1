#!/usr/bin/env python3
"""Writes docs/compatibility.md: the status of every exported name, from the docstrings, with Debian's users of it.

usage: compatibility.py [--check] [--census DIR]

--check compares instead of writing. The census (../shared/census beside the repository, or --census, or $CENSUS) says who
uses a name; without it the file cannot be made, and the check only looks at the docstrings.
"""
import argparse
import collections
import csv
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/compatibility.md"
KINDS = ("full", "partial", "refused")
EXPORT = re.compile(r"((?:^[ \t]*///.*\n)*)((?:^[ \t]*#\[.*\]\n)*^[ \t]*#\[unsafe\(no_mangle\)\]\n(?:^[ \t]*#\[.*\]\n)*)"
                    r"^[ \t]*pub (?:unsafe )?extern \"C\" fn (\w+)", flags=re.M)
TITLES = {
    "alpn": "Application protocols (ALPN)", "async": "Asynchronous jobs", "bio": "BIOs", "callbacks": "Callbacks",
    "cert-compression": "Certificate compression", "certificates": "Own certificates, keys and CA names", "ciphers": "Cipher suites",
    "client-hello": "The client's hello", "compression": "Record compression", "conf": "Configuration commands", "connection": "Connections",
    "context": "Contexts", "ct": "Certificate transparency", "ctrl": "Numbered commands", "custom-ext": "Custom extensions", "dane": "DANE",
    "dh": "Diffie-Hellman parameters", "dtls": "DTLS", "early-data": "Early data", "errors": "Errors", "ex_data": "Application data slots",
    "groups": "Groups", "handshake": "Handshakes", "info": "Facts of a connection", "init": "Initialisation", "io": "Reading and writing",
    "key-export": "Key export", "key-update": "Key updates", "keylog": "Key log", "ktls": "Kernel TLS", "methods": "Methods",
    "methods-fixed": "Methods of one version", "misc": "Others", "npn": "Next protocol negotiation (NPN)", "options": "Options", "padding": "Record padding",
    "post-handshake": "Post-handshake authentication", "psk": "External pre-shared keys", "quic": "QUIC objects", "quic-tls": "TLS for other QUIC implementations",
    "renegotiation": "Renegotiation", "rpk": "Raw public keys", "security": "Security level", "serverinfo": "Server information", "sessions": "Sessions",
    "sigalgs": "Signature algorithms", "sni": "Server names", "srp": "SRP", "srtp": "SRTP", "tickets": "Tickets", "verification": "Verification",
}


def statuses():
    """Name -> (kind, remark) of every export of the OpenSSL face, and what is wrong with the docstrings."""
    found, problems = {}, []
    for path in sorted((ROOT / "src/openssl").rglob("*.rs")):
        for comment, _, name in EXPORT.findall(path.read_text()):
            place = f"{path.relative_to(ROOT)}: {name}"
            text = "\n".join(line.strip()[3:].strip() for line in comment.splitlines())
            match = re.search(r"^Status: (\w+)(?:[:,]?\s+((?:.|\n)*?))?\.(?=\n\n|\n#|\n*$)", text, flags=re.M)
            if match is None:
                problems.append(f"{place} has no line 'Status: full.', 'Status: partial: ….' or 'Status: refused: ….'")
                continue
            kind, remark = match.group(1), " ".join((match.group(2) or "").split())
            if kind not in KINDS:
                problems.append(f"{place}: {kind} is not a status")
            elif kind != "full" and not remark:
                problems.append(f"{place} is {kind} and does not say why")
            elif name in found:
                problems.append(f"{place} is defined twice")
            else:
                found[name] = (kind, remark)
    return found, problems


def map_names():
    """The names of the version script and their nodes."""
    names, waiting = {}, []
    for line in (ROOT / "include/libssl.map").read_text().splitlines():
        if node := re.match(r"(\S+) \{", line):
            waiting = node.group(1)
        elif name := re.match(r"\s+(\w+);", line):
            names[name.group(1)] = waiting
    return names


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def share(part, whole):
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "0"


def head(status, names, census):
    """The numbers: how many names have which status, and how many packages get along with what is there."""
    count = collections.Counter(kind for kind, _ in status.values())
    needs = collections.defaultdict(set)
    for row in rows(census / "usage.csv"):
        needs[row["package"]].add(row["symbol"])
    packages = {row["package"]: row["tier"] for row in rows(census / "packages.csv") if needs[row["package"]]}
    refused = {name for name in names if status.get(name, ("refused", ""))[0] == "refused"}
    short = {package: needs[package] & refused for package in packages}
    well = [package for package in packages if not short[package]]
    wide = [package for package, tier in packages.items() if tier == "1"]
    wide_well = [package for package in well if packages[package] == "1"]
    lines = [f"- **{len(names)} names** are exported: {count['full']} full, {count['partial']} partial, {count['refused']} refused.",
             f"- Debian 12 has {len(packages)} packages that use libssl. **{share(len(well), len(packages))}** use no refused name at all; "
             f"of the {len(wide)} widely used ones, {share(len(wide_well), len(wide))}.",
             "- Using a refused name is not needing it: most of these calls are made only in rare configurations, and every program starts, "
             "since all names are there. The names that most packages outside this share use:", ""]
    users = collections.Counter(name for missing in short.values() for name in missing)
    lines += ["| refused name | packages | of these, it alone is missing to |", "|---|---|---|"]
    alone = collections.Counter(next(iter(missing)) for missing in short.values() if len(missing) == 1)
    lines += [f"| `{name}` | {number} | {alone[name] or ''} |" for name, number in sorted(users.items(), key=lambda item: (-item[1], item[0]))[:20]]
    return lines


def page(status, names, census):
    abi = {row["symbol"]: row for row in rows(census / "abi.csv")}
    use = {row["symbol"]: row for row in rows(census / "symbols_by_use.csv")}
    newer = {row["symbol"]: row for row in rows(census / "trixie_new_symbols.csv")}
    groups = collections.defaultdict(list)
    for name in names:
        groups[abi[name]["group"]].append(name)
    lines = ["# Compatibility with OpenSSL's libssl", "", "<!-- Generated by `make compat` from the docstrings in src/openssl; do not edit. -->", "",
             "The status of each function of OpenSSL 3.5's libssl. *Full*: does what its manual page says, as OpenSSL does. *Partial*: with the "
             "difference that is given. *Refused*: fails as its manual page says failing looks like, with an entry in the error queue that names "
             "the function. Users are packages of Debian 12 that import the name (for names newer than OpenSSL 3.0: of Debian 13).", ""]
    lines += head(status, names, census)
    for group in sorted(groups, key=lambda group: TITLES.get(group, group)):
        members = sorted(groups[group])
        count = collections.Counter(status[name][0] if name in status else "not defined" for name in members)
        lines += ["", f"## {TITLES.get(group, group)}", "", ", ".join(f"{number} {kind}" for kind in (*KINDS, "not defined") if (number := count[kind])) + ".", "",
                  "| name | since | status | users | difference or reason |", "|---|---|---|---|---|"]
        for name in members:
            kind, remark = status.get(name, ("not defined", ""))
            number = use[name]["packages"] if name in use else newer[name]["packages"] if name in newer else "0"
            since = names[name].removeprefix("OPENSSL_").removesuffix(".0")
            lines.append(f"| `{name}` | {since} | {kind} | {number} | {remark.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--census", default=os.environ.get("CENSUS", ROOT.parent / "shared/census"), type=Path)
    options = parser.parse_args()
    status, problems = statuses()
    names = map_names()
    problems += [f"{name} is in include/libssl.map and not defined" for name in names if name not in status]
    problems += [f"{name} is defined and not in include/libssl.map" for name in status if name not in names]
    there = (options.census / "abi.csv").exists()
    text = page(status, names, options.census) if there else None
    if not there:
        print("skip the page itself: there is no census beside this repository")
    if options.check:
        if text is not None and (not PAGE.exists() or PAGE.read_text() != text):
            problems.append("docs/compatibility.md is out of date: run make compat")
    elif text is not None:
        PAGE.write_text(text)
    for problem in problems:
        print(("FAIL " if options.check else "     ") + problem)
    print(f"{len(names) - sum(1 for name in names if name not in status)} of {len(names)} names have a status")
    if options.check:
        checks = len(names) + (1 if there else 0)
        print(f"{max(checks - len(problems), 0)} passed, {len(problems)} failed")
        return 1 if problems else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
