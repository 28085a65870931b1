#!/usr/bin/env python3
"""Compares what the built library exports with include/libssl.map, the map with the census, and loads the library.
Also calls every function of an unsupported feature: it must refuse aloud.

usage: names.py [--lib build/lib/libssl.so.3] [--census DIR]

The census (../shared/census beside the repository, or --census, or $CENSUS) is optional: without it the comparison of
the map with OpenSSL's own list is skipped, and said to be.
"""
import argparse
import csv
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NODES = ["OPENSSL_3.0.0", "OPENSSL_3.2.0", "OPENSSL_3.3.0", "OPENSSL_3.4.0", "OPENSSL_3.5.0"]
# What the library may need at load time; another libssl among them would defeat its purpose.
MAY_NEED = {"libcrypto.so.3", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
MANY = 12


def read_map(path):
    """The names of a version script and their nodes, and for each node the one it inherits from."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    names, parents = {}, {}
    for node, body, parent in re.findall(r"(\S+)\s*\{(.*?)\}\s*(\S*?)\s*;", text, flags=re.S):
        parents[node] = parent
        for name in re.findall(r"^\s*(\w+);", body, flags=re.M):
            if name in names:
                raise SystemExit(f"{path}: {name} stands there twice")
            names[name] = node
    return names, parents


def readelf(flags, library):
    result = subprocess.run(["readelf", "-W", *flags, str(library)], capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
    if result.returncode != 0:
        raise SystemExit(f"readelf {library}: {result.stderr.strip()}")
    return result.stdout


def dynamic_symbols(library):
    """The dynamic symbols: (size, type, binding, visibility, section, name, version, is default version)."""
    for line in readelf(["--dyn-syms"], library).splitlines():
        field = line.split()
        if len(field) < 8 or not field[0].rstrip(":").isdigit():
            continue
        name, mark, version = re.fullmatch(r"([^@]*)(@*)(.*)", field[7]).groups()
        yield int(field[2], 0), field[3], field[4], field[5], field[6], name, version, mark == "@@"


def some(names):
    names = sorted(names)
    return ", ".join(names[:MANY]) + (f" and {len(names) - MANY} more" if len(names) > MANY else "")


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, problems):
        """One check: it holds when there are no problems."""
        problems = list(problems)
        if problems:
            self.failed += 1
            print(f"FAIL {what}")
            for problem in problems[:MANY]:
                print(f"    {problem}")
        else:
            self.passed += 1
            print(f"ok   {what}")


def lists_differ(left, right, left_name, right_name):
    """What two dictionaries name -> node disagree on."""
    if set(left) - set(right):
        yield f"only in {left_name}: {some(set(left) - set(right))}"
    if set(right) - set(left):
        yield f"only in {right_name}: {some(set(right) - set(left))}"
    moved = [name for name in set(left) & set(right) if left[name] != right[name]]
    if moved:
        yield f"on another node in {right_name}: {some(moved)}"


def check_map(report, names, parents, census):
    report.check("the map has OpenSSL 3.5's nodes, each inheriting from the one before",
                 [f"nodes are {parents}"] if parents != dict(zip(NODES, [""] + NODES[:-1])) else [])
    report.check("SSL_state is not in the map (some programs take it for OpenSSL 1.0)", ["it is"] if "SSL_state" in names else [])
    table = census / "abi.csv"
    if not table.exists():
        print("skip the map and the census: there is no census beside this repository")
        return
    with table.open(newline="") as file:
        listed = {row["symbol"]: row["version_node"] for row in csv.DictReader(file) if row["in_3_5"] == "1"}
    report.check(f"the map is the census's list of {len(listed)} names", lists_differ(listed, names, "the census", "the map"))


def check_exports(report, names, library):
    symbols = [symbol for symbol in dynamic_symbols(library) if symbol[4] != "UND"]
    nodes = {name for _, kind, _, _, section, name, _, _ in symbols if section == "ABS" and kind == "OBJECT"}
    exports = {name: symbol for symbol in symbols for name in [symbol[5]] if name not in nodes}
    report.check("every name of the map is exported, on its node, and nothing else is",
                 lists_differ(names, {name: symbol[6] for name, symbol in exports.items()}, "the map", "the library"))
    wrong = {name for name, (size, kind, binding, visibility, *_, default) in exports.items()
             if (kind, binding, visibility, default) != ("FUNC", "GLOBAL", "DEFAULT", True) or size == 0}
    report.check("every export is a function with a size, and its version the default one", [f"not so: {some(wrong)}"] if wrong else [])
    return sum(1 for name, node in names.items() if name in exports and exports[name][6] == node)


def check_system(report, names, system):
    if system is None:
        print("skip the system's libssl: there is none")
        return
    exported = {name: version for _, kind, _, _, section, name, version, _ in dynamic_symbols(system) if kind == "FUNC" and section != "UND"}
    missing = {name: node for name, node in exported.items() if names.get(name) != node}
    report.check(f"what the system's libssl exports ({len(exported)} names) is in the map, on the same nodes",
                 [f"not so: {some(missing)}"] if missing else [])


def check_needs(report, library):
    dynamic = readelf(["-d"], library)
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
    report.check("the library's name is libssl.so.3", [] if re.findall(r"\(SONAME\).*\[(.*)\]", dynamic) == ["libssl.so.3"] else ["it is not"])
    report.check("it needs libcrypto.so.3, the C library, and no libssl",
                 [f"needs {some(needed)}"] if needed - MAY_NEED or "libcrypto.so.3" not in needed else [])
    report.check("it does not need an executable stack or text relocations",
                 [] if "TEXTREL" not in dynamic and re.search(r"GNU_STACK.* RW +0x", readelf(["-l"], library)) else ["it does"])
    report.check("it carries no debug information", ["it does"] if ".debug_info" in readelf(["-S"], library) else [])
    undefined = [(name, version, binding) for _, _, binding, _, section, name, version, _ in dynamic_symbols(library) if section == "UND" and name]
    newer = {f"{name}@{version}" for name, version, _ in undefined
             for node in [re.sub(r" .*", "", version)] if node.startswith("OPENSSL_") and node != NODES[0]}
    report.check("of libcrypto it needs only what 3.0 has", [f"newer: {some(newer)}"] if newer else [])
    loose = {name for name, version, binding in undefined if not version and binding != "WEAK"}
    report.check("every symbol it needs is tied to a version of its library", [f"not tied: {some(loose)}"] if loose else [])


# Runs in a process of its own: binds everything at once, then looks every name up on its node.
LOADER = """
import ctypes, os, sys
handle = ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOW | os.RTLD_LOCAL)
dlvsym = ctypes.CDLL(None).dlvsym
dlvsym.restype, dlvsym.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p]
missing = [line for line in sys.stdin.read().split() if not dlvsym(handle._handle, *map(str.encode, line.split("@")))]
print("missing:", *missing)
"""


def check_load(report, names, library):
    asked = "\n".join(f"{name}@{node}" for name, node in names.items())
    result = subprocess.run([sys.executable, "-c", LOADER, str(library)], input=asked, capture_output=True, text=True,
                            env={"LD_BIND_NOW": "1", "PATH": os.environ.get("PATH", "")}, timeout=60)
    missing = result.stdout.split()[1:]
    problems = [f"not found: {some(missing)}"] if missing else []
    if result.returncode != 0:
        problems.append(f"the process ended with {result.returncode}: {result.stderr.strip()}")
    elif result.stderr:
        problems.append(f"it wrote to standard error: {result.stderr.strip()}")
    report.check("it loads with LD_BIND_NOW=1 and the loader finds every name on its node", problems)


# Runs in a process of its own: calls each function with arguments that are not null and says which reason is queued.
REFUSER = """
import ctypes, os, sys
crypto = ctypes.CDLL("libcrypto.so.3", mode=os.RTLD_GLOBAL)
handle = ctypes.CDLL(sys.argv[1], mode=os.RTLD_NOW | os.RTLD_LOCAL)
crypto.ERR_peek_last_error.restype = ctypes.c_ulong
crypto.ERR_reason_error_string.restype, crypto.ERR_reason_error_string.argtypes = ctypes.c_char_p, [ctypes.c_ulong]
crypto.CTLOG_STORE_new.restype = ctypes.c_void_p
space = ctypes.create_string_buffer(4096)
for name in sys.stdin.read().split():
    arguments = [ctypes.c_void_p(ctypes.addressof(space) | 1)] * 8
    if name == "SSL_CTX_set0_ctlog_store":
        arguments[1] = ctypes.c_void_p(crypto.CTLOG_STORE_new())  # this one is given away
    elif name == "SSL_poll":
        arguments[5] = ctypes.byref(space)  # this one is written to
    crypto.ERR_clear_error()
    getattr(handle, name)(*arguments)
    reason = crypto.ERR_reason_error_string(crypto.ERR_peek_last_error())
    print(name, (reason or b"nothing").decode(), flush=True)
"""


def check_refusals(report, library):
    """The functions of unsupported features say in the error queue that they are not supported, each by its name."""
    asked = [name for path in sorted((ROOT / "src/openssl/absent").glob("*.rs"))
             for status, name in re.findall(r"^/// Status: (\w+)(?:.|\n)*?extern \"C\" fn (\w+)", path.read_text(), flags=re.M)
             if status == "refused"]
    result = subprocess.run([sys.executable, "-c", REFUSER, str(library)], input="\n".join(asked), capture_output=True, text=True, timeout=60)
    said = dict(line.split(" ", 1) for line in result.stdout.splitlines())
    def refuses(name):
        # On a connection that is not open OpenSSL fails here too: its reason goes first.
        wanted = "wrong ssl version" if name == "SSL_verify_client_post_handshake" else f"{name}:"
        return said.get(name, "").startswith(wanted)

    problems = [f"{name}: {said.get(name, 'was not called')}" for name in asked if not refuses(name)]
    if result.returncode != 0:
        problems.append(f"the process ended with {result.returncode}: {result.stderr.strip()}")
    report.check(f"{len(asked)} functions of unsupported features name themselves in the error queue", problems)


def system_library():
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    found = re.search(r"libssl\.so\.3 .* => (\S+)", listing)
    return Path(found.group(1)) if found else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lib", default=ROOT / "build/lib/libssl.so.3", type=Path)
    parser.add_argument("--census", default=os.environ.get("CENSUS", ROOT.parent / "shared/census"), type=Path)
    options = parser.parse_args()
    library = options.lib.resolve()
    if not library.exists():
        sys.exit(f"{options.lib} is not there: run make first")
    names, parents = read_map(ROOT / "include/libssl.map")
    report = Report()
    check_map(report, names, parents, options.census)
    check_system(report, names, system_library())
    found = check_exports(report, names, library)
    check_needs(report, library)
    check_load(report, names, library)
    check_refusals(report, library)
    print(f"{found} of {len(names)} names")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
