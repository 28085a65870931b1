#!/usr/bin/python3
"""Runs the parts of `make check`, all of them whatever fails, and sums up.

    check.py PART...        each is a make target check-PART
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# How the test runners close: our own, and Rust's.
CLOSING = re.compile(r"^(\d+ passed, \d+ failed.*|test result: .*)$")


def run(part):
    """One part, its output shown as it comes: whether it passed, its seconds, and the runners' closing lines."""
    print(f"\n==== check-{part} ====", flush=True)
    begin, closing = time.monotonic(), []
    command = [os.environ.get("MAKE", "make"), "--no-print-directory", f"check-{part}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        for raw in child.stdout:
            line = raw.decode(errors="replace")
            sys.stdout.write(line)
            sys.stdout.flush()
            if CLOSING.match(line):
                closing.append(line.strip())
    return child.returncode == 0, time.monotonic() - begin, closing


def main():
    parts = sys.argv[1:]
    if not parts:
        sys.exit(__doc__.strip())
    results = {part: run(part) for part in parts}
    print("\n==== summary ====")
    for part, (good, seconds, closing) in results.items():
        print(f"{'ok    ' if good else 'FAILED'}  {part:12} {seconds:6.0f} s  {'; '.join(closing)}")
    failed = [part for part, (good, _, _) in results.items() if not good]
    print(f"parts: {len(parts) - len(failed)} passed, {len(failed)} failed" + (f" ({', '.join(failed)})" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
