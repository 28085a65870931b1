#!/usr/bin/env python3
"""Lists the functions and ctrl commands of often-used that no C test calls; the exit code is 1 if there is one.

Functions are read from the undefined symbols of the test programs, commands from the preprocessed sources. A name that
null_arguments.c looks up by dlsym does not count: there it is called with nothing in its hands.
"""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True
import run  # noqa: E402


def imported(binary):
    """The names that a binary takes from shared libraries."""
    listing = subprocess.run(["nm", "--undefined-only", "--format=posix", str(binary)], capture_output=True, text=True, check=True).stdout
    return {line.split()[0].split("@")[0] for line in listing.splitlines() if line.strip()}


def arguments(text, start):
    """The arguments of the call whose opening parenthesis is at `start`."""
    depth, parts = 0, [""]
    for char in text[start:]:
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return parts
        if char == "," and depth == 1:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def commands(source):
    """The ctrl commands with a constant number that a source calls, as (function, number)."""
    text = subprocess.run(["cc", "-E", "-P", "-D_GNU_SOURCE", str(source)], capture_output=True, text=True, check=True).stdout
    found = set()
    for match in re.finditer(r"\b(SSL_(?:CTX_)?(?:callback_)?ctrl)\s*\(", text):
        parts = arguments(text, match.end() - 1)
        if len(parts) > 1 and parts[1].strip().isdigit():
            found.add((match.group(1), int(parts[1])))
    return found


def main():
    folder = (Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else run.ROOT / "build" / "capi-tests") / "plain"
    folder.mkdir(parents=True, exist_ok=True)
    options = SimpleNamespace(asan=False, headers=None)
    called, issued = set(), set()
    for source in sorted(run.HERE.glob("*.c")):
        binary, messages = run.compile_test(source, options, folder)
        if messages:
            sys.exit(messages)
        called |= imported(binary)
        issued |= commands(source)
    missing, total = [], 0
    for line in (run.HERE / "often-used").read_text().splitlines():
        if line.startswith("#"):
            continue
        total += 1
        name, packages = line.rsplit(" ", 1)
        function, _, rest = name.partition(":")
        if rest:
            held = (function, int(rest.split(":")[0])) in issued
        else:
            held = name in called
        if not held:
            missing.append(f"not tested: {name} ({packages} packages)")
    print("\n".join(missing + [f"{total - len(missing)} passed, {len(missing)} failed"]))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
