#!/usr/bin/python3
"""Runs CPython's own TLS tests on the system's libssl and on ferrossl, and compares test by test.

    run.py LIBRARY_FOLDER [--only PATTERN]... [--way path|preload] [--seconds N] [--jobs N] [--list] [--show]

The tests are those of Debian's libpython3.11-testsuite that use libssl. Each has a bounded time and reports which libssl
its process mapped. Tests share processes for speed; what fails or hangs there is run again in a process of its own, and
that counts. A test passes when its outcome is the one it has on the system's libssl, or when expected-differences
lists it; a listed test that does not differ fails the run.
"""

import argparse
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "programs"))

from support.sides import SONAME, our_side, system_side  # noqa: E402

PYTHON = "/usr/bin/python3"
PACKAGE = "libpython3.11-testsuite"
MODULES = (
    "test.test_ssl",
    *(f"test.test_asyncio.test_{name}" for name in ("base_events", "events", "sendfile", "ssl", "sslproto", "streams", "unix_events")),
    *(f"test.test_{name}" for name in ("ftplib", "imaplib", "poplib", "httplib", "smtplib", "urllib2_localnet", "xmlrpc", "logging")),
)
# Which tests of these modules use libssl: found by watching which ones make an ssl.SSLContext.
TLS_PARTS = re.compile(r"test\.test_ssl\.|ssl|tls|https|logging\.HTTPHandlerTest", re.I)
EXPECTED = HERE / "expected-differences"
BROKEN = ("failed", "hung", "crashed", "not run")


@dataclass
class Outcome:
    """What became of one test on one library."""

    word: str
    """passed, skipped, failed, hung, crashed or "not run"."""
    why: str = ""
    seconds: float = 0.0
    libraries: tuple = ()
    """Paths of the libssl that the test's process had mapped at the test's end."""


def main():
    options = arguments()
    folder = Path(tempfile.mkdtemp(prefix="ferrossl-python-"))
    try:
        sides = {"system": system_side(), "ferrossl": our_side(options.library, options.way)}
        batches = [batch for module in MODULES if (batch := tls_parts(module, sides["system"], folder, options.only))]
        if options.list:
            print("\n".join(test for batch in batches for test in batch))
            return 0
        if not batches:
            sys.exit("no test has such a name")
        begin = time.monotonic()
        outcomes = run_all(batches, sides, folder, options)
        print(f"{sum(map(len, batches))} tests twice in {time.monotonic() - begin:.0f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report(batches, outcomes, sides, read_expected(), bool(options.only), options.show)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", help=f"folder that holds ferrossl's {SONAME}")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="a part of a test's id; * allowed")
    parser.add_argument("--way", choices=("path", "preload"), default="path", help="LD_LIBRARY_PATH or LD_PRELOAD")
    parser.add_argument("--seconds", type=float, default=60, help="longest time for one test (default: 60)")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="processes at a time")
    parser.add_argument("--list", action="store_true", help="name the tests and stop")
    parser.add_argument("--show", action="store_true", help="print what each differing test said")
    return parser.parse_args()


# ---- the tests ----


def tls_parts(module, side, folder, patterns):
    """The ids of a module's tests that use libssl."""
    with Worker(["list", module], side, folder) as worker:
        told = worker.next_line(60)
        if told is None:
            sys.exit(f"{module} cannot be loaded; is the package {PACKAGE} installed?\n{worker.words()}")
    return [test for test in told["list"] if TLS_PARTS.search(test) and wanted(test, patterns)]


def wanted(test, patterns):
    return not patterns or any(fnmatch(test, f"*{pattern}*") for pattern in patterns)


def read_expected():
    """Reasons for differences, by test id: lines `id reason`."""
    lines = [line for line in EXPECTED.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return dict(line.split(None, 1) for line in lines)


# ---- running them ----


class Worker:
    """A process of worker.py on one library, in a folder of its own, killed with all it started at the end."""

    def __init__(self, words, side, folder, stdin=""):
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.log = self.folder / "log"
        (self.folder / "stdin").write_text(stdin)
        (self.folder / "cwd").mkdir()
        reading, writing = os.pipe()
        with open(self.log, "wb") as log, open(self.folder / "stdin", "rb") as source:
            self.process = subprocess.Popen(
                [PYTHON, "-X", "faulthandler", HERE / "worker.py", str(writing), *words],
                stdin=source,
                stdout=log,
                stderr=log,
                pass_fds=[writing],
                cwd=self.folder / "cwd",
                env=environment(side, self.folder),
                start_new_session=True,
            )
        os.close(writing)
        self.lines = open(reading, "rb", buffering=0)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)
        self.process.wait()
        self.lines.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def next_line(self, seconds):
        """What the worker tells next; None when it has ended. TimeoutError when it tells nothing for so long."""
        end = time.monotonic() + seconds
        while b"\n" not in self.unread:
            ready, _, _ = select.select([self.lines], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError
            piece = self.lines.read(65536)
            if not piece:
                return None
            self.unread += piece
        line, self.unread = self.unread.split(b"\n", 1)
        return json.loads(line)

    def end(self, number):
        """Sends a signal to the worker and to what its tests started."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def where_it_hangs(self):
        """The stacks of all threads, which Python's faulthandler writes on SIGABRT."""
        self.end(signal.SIGABRT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        return self.words()

    def words(self):
        return self.log.read_text(errors="replace")[-4000:]


def environment(side, home):
    """The variables of a test's process: those of this library and nothing that a user has set."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(home), "TMPDIR": str(home / "cwd"), **side.environment()}


def run_all(batches, sides, folder, options):
    """Outcomes by (label of a library, test)."""
    outcomes = {}
    with ThreadPoolExecutor(options.jobs) as pool:
        work = [(label, batch) for batch in batches for label in sides]
        for (label, _), done in zip(work, pool.map(lambda item: run_batch(item[1], sides[item[0]], folder, options.seconds), work)):
            outcomes.update({(label, test): outcome for test, outcome in done.items()})
    # Alone also on the machine: what was only slow gets its chance.
    for (label, test), first in list(outcomes.items()):
        if first.word in BROKEN:
            outcomes[label, test] = run_batch([test], sides[label], folder, options.seconds)[test]
            if outcomes[label, test].word not in BROKEN:
                print(f"{test} on {label}: {first.word} beside others, {outcomes[label, test].word} alone")
    return outcomes


def run_batch(tests, side, folder, seconds):
    """Runs tests in one process; when a test hangs or takes the process down, the rest in a new one."""
    outcomes, left = {}, list(tests)
    while left:
        outcomes.update(run_process(left, side, folder, seconds))
        left = [test for test in left if test not in outcomes]
    return outcomes


def run_process(tests, side, folder, seconds):
    """Outcomes of the tests that one process came to, at least one; its last may have hung or crashed."""
    outcomes, running, begin = {}, None, time.monotonic()
    with Worker(["run"], side, folder, "\n".join(tests)) as worker:
        try:
            while (told := worker.next_line(seconds)) is not None:
                if "begin" in told:
                    running, begin = told["begin"], time.monotonic()
                else:
                    outcomes[running] = Outcome(told["outcome"], told["why"], time.monotonic() - begin, tuple(told["libssl"]))
                    running = None
        except TimeoutError:
            stacks = worker.where_it_hangs()
            outcomes[running or next(test for test in tests if test not in outcomes)] = Outcome("hung", stacks, seconds)
            return outcomes
        if running:
            code = worker.process.wait()
            outcomes[running] = Outcome("crashed", f"exit status {code}\n{worker.words()}", time.monotonic() - begin)
        elif not outcomes:
            # Not one test began: a fixture failed, or the module did not load.
            outcomes[tests[0]] = Outcome("not run", worker.words())
    return outcomes


# ---- the report ----


@dataclass
class Tally:
    """How many tests of a module had which outcome on one library."""

    counts: dict = field(default_factory=dict)

    def add(self, word):
        self.counts[word] = self.counts.get(word, 0) + 1

    def __str__(self):
        broken = sum(self.counts.get(word, 0) for word in BROKEN)
        return f"{self.counts.get('passed', 0):4} passed {broken:3} failed {self.counts.get('skipped', 0):3} skipped"


def report(batches, outcomes, sides, expected, partial, show):
    """Both columns, the differences, and the closing line."""
    tests = [test for batch in batches for test in batch]
    print_columns(batches, outcomes)
    problems = {test: problem for test in tests if (problem := judge(test, outcomes, sides, expected))}
    problems.update({module: "no test passes on the system's libssl" for module in silent_modules(batches, outcomes)})
    if not partial:
        problems.update({test: "listed as expected, but there is no such test" for test in expected if test not in tests})
    differing = [test for test in tests if differs(test, outcomes)]
    print(f"\n{'differences: test':90} {'system':8} {'ferrossl':8} why")
    for test in differing:
        reference, ours = outcomes["system", test], outcomes["ferrossl", test]
        print(f"{test:90} {reference.word:8} {ours.word:8} {expected.get(test, 'NOT EXPECTED')}")
        if show or test not in expected:
            print(indented(ours.why or reference.why))
    for test, problem in problems.items():
        print(f"failed: {test}: {problem}")
    print(f"{len(tests) - len(set(problems) & set(tests))} passed, {len(problems)} failed")
    return 1 if problems else 0


def print_columns(batches, outcomes):
    print(f"\n{'module':36} {'system':36} ferrossl")
    total = {label: Tally() for label in ("system", "ferrossl")}
    for batch in batches:
        own = {label: Tally() for label in total}
        for test in batch:
            for label, tally in own.items():
                tally.add(outcomes[label, test].word)
                total[label].add(outcomes[label, test].word)
        print(f"{module_of(batch[0]):36} {str(own['system']):36} {own['ferrossl']}")
    print(f"{'all':36} {str(total['system']):36} {total['ferrossl']}")


def module_of(test):
    return test.rsplit(".", 2)[0]


def silent_modules(batches, outcomes):
    """Modules that show nothing, because nothing in them works even on the reference."""
    words = {module_of(batch[0]): {outcomes["system", test].word for test in batch} for batch in batches}
    return [module for module, seen in words.items() if "passed" not in seen and seen & set(BROKEN)]


def differs(test, outcomes):
    return outcomes["system", test].word != outcomes["ferrossl", test].word


def judge(test, outcomes, sides, expected):
    """Why a test fails this run; empty when it does not."""
    for label, side in sides.items():
        outcome = outcomes[label, test]
        if outcome.libraries and outcome.libraries != (side.library,):
            return f"on {label}: ran on {' and '.join(outcome.libraries)}, not on {side.library}"
        if outcome.word == "passed" and not outcome.libraries:
            return f"on {label}: no libssl was loaded"
    if differs(test, outcomes) and test not in expected:
        return f"{outcomes['system', test].word} on the system's libssl, {outcomes['ferrossl', test].word} on ferrossl"
    if test in expected and not differs(test, outcomes):
        return "does not differ: take it out of expected-differences"
    return ""


def indented(text):
    return "\n".join("    " + line for line in text.strip().splitlines()[-40:])


if __name__ == "__main__":
    sys.exit(main())
