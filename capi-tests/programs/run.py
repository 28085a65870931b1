#!/usr/bin/python3
"""Runs unmodified Debian programs on ferrossl and on the system's libssl, and compares.

    run.py LIBRARY_FOLDER [--only PROGRAM[/CASE]]... [--write FILE] [--jobs N] [--keep] [--list]

Every case runs on four pairs of libraries: both on the system's (the reference), the server on ferrossl, the client on
ferrossl, both on ferrossl. What a case sees (exit codes, messages, checksums, what the programs log about the
connection) must equal the reference, and /proc/PID/maps must show that each process used the library it should.

A run of all cases compares docs/programs.md with what it saw. `--write` writes that file; with `--only PROGRAM`, the
parts of these programs.
"""

import argparse
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from fnmatch import fnmatch
from pathlib import Path

from support import table
from support.process import kill_all
from support.sides import SONAME, our_side, system_side
from support.suite import COLUMNS, Runner, columns, package_version, read_gaps, strange_gaps
from support.trial import World, make_bulk

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "programs.md"


def main():
    options = arguments()
    suites = find_suites()
    work = [(suite, name) for suite in suites for name in suite.cases if wanted(f"{suite.program}/{name}", options.only)]
    if options.list:
        print("\n".join(f"{suite.program}/{name}" for suite, name in work))
        return 0
    if not work:
        sys.exit("no case has such a name")
    gaps = read_gaps(HERE / "known-gaps")
    if strange := strange_gaps(gaps, suites):
        sys.exit(f"known-gaps names what does not exist: {', '.join(strange)}")
    folder = Path(tempfile.mkdtemp(prefix="ferrossl-"))
    folder.chmod(0o755)
    break_off_on_signals(folder)
    try:
        runner = Runner(prepare(folder), sides(folder, options.library), folder, gaps, options.keep, options.show)
        verdicts = run_all(runner, work, options.jobs)
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    bad = report(suites, verdicts)
    return document(suites, verdicts, options) or bad


def find_suites():
    """The suite of every file in cases/. A program's cases may be in several files that add to one suite."""
    suites = {}
    for name in sorted(path.stem for path in (HERE / "cases").glob("*_cases.py")):
        suite = importlib.import_module(f"cases.{name}").SUITE
        if suites.setdefault(suite.program, suite) is not suite:
            sys.exit(f"cases/{name}.py makes a second suite for {suite.program}")
    return list(suites.values())


def break_off_on_signals(folder):
    """Leaves no servers and no files behind when the run is interrupted."""

    def leave(number, _):
        kill_all()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", help=f"folder that holds ferrossl's {SONAME}")
    parser.add_argument("--only", action="append", default=[], metavar="PATTERN", help="program or program/case; * allowed")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="cases at a time")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder with all logs")
    parser.add_argument("--show", action="store_true", help="show what each case saw on the system's libssl")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table of programs, docs/programs.md")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    return parser.parse_args()


def wanted(case, patterns):
    return not patterns or any(fnmatch(case, pattern) or case.startswith(pattern + "/") for pattern in patterns)


def prepare(folder):
    """Certificates, the big file, a place for a database template."""
    pki = folder / "pki"
    subprocess.run([HERE.parent / "pki.sh", pki], check=True, stdin=subprocess.DEVNULL)
    for path in [pki, *pki.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # throw-away keys, read by servers of several users
    bulk = folder / "bulk"
    return World(pki, bulk, make_bulk(bulk), folder / "cluster")


def sides(folder, library):
    """The four pairs. Programs use a copy: a server that runs as another user may not be able to enter the checkout."""
    copy = folder / "lib"
    copy.mkdir()
    shutil.copy(Path(library) / SONAME, copy / SONAME)
    pairs = columns(system_side(), our_side(copy, "path"), our_side(copy, "preload"))
    assert tuple(pairs) == COLUMNS
    return pairs


def run_all(runner, work, jobs):
    """Runs the cases, a few at a time, telling about each as it ends. What failed is run again alone, and that counts.

    Programs that look at clocks and at who comes first differ on a busy machine; libraries that differ do so each time.
    """
    verdicts, failed, begin = [], [], time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        tasks = {pool.submit(runner.run, suite, name, number): (suite, name) for number, (suite, name) in enumerate(work)}
        for task in as_completed(tasks):
            suite, name = tasks[task]
            done, seconds = task.result()
            tell(suite.program, name, done, seconds)
            if all(verdict.passed for verdict in done):
                verdicts += done
            else:
                failed.append((suite, name))
    for number, (suite, name) in enumerate(failed, len(work)):
        print("again, alone: ", end="")
        done, seconds = runner.run(suite, name, number)
        tell(suite.program, name, done, seconds)
        verdicts += done
        if all(verdict.passed for verdict in done):
            print(f"    {suite.program}/{name} failed at first, among other cases; if that happens often, mend the case")
    print(f"{len(work)} cases in {time.monotonic() - begin:.0f} s, {len(failed)} of them twice")
    return verdicts


def tell(program, name, verdicts, seconds):
    words = [f"{v.column}{v.case[len(name):]} {('gap' if v.gap else 'ok') if v.passed else 'FAILED'}" for v in verdicts]
    print(f"{program + '/' + name:52} {', '.join(words)}  ({seconds:.1f} s)", flush=True)
    for verdict in verdicts:
        if not verdict.passed:
            print(f"    {verdict.column}{verdict.case[len(name):]}: {verdict.problem or 'passes now: take it out of known-gaps (' + verdict.gap + ')'}", flush=True)


def report(suites, verdicts):
    """The table of programs and the closing line."""
    print(f"\n{'program':11} {'version':28} {'system':>9} {'ferrossl':>9}  what")
    for suite in suites:
        own = [v for v in verdicts if v.program == suite.program]
        if own:
            reference = [v.passed for v in own if v.column == COLUMNS[0]]
            ours = [v.passed for v in own if v.column != COLUMNS[0]]
            shown = [f"{sum(group)}/{len(group)}" for group in (reference, ours)]
            print(f"{suite.program:11} {package_version(suite.packages[0]):28} {shown[0]:>9} {shown[1]:>9}  {suite.does}")
    for suite in suites:
        if suite.missing:
            print(f"{suite.program:11} skipped: {suite.missing}")
    failed = [v for v in verdicts if not v.passed]
    for verdict in failed:
        print(f"failed: {verdict.program}/{verdict.case} [{verdict.column}]")
    print(f"{len(verdicts) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def document(suites, verdicts, options):
    """Writes the table of programs or, after a run of all cases, compares it: 1 when it is not up to date."""
    ran = {(v.program, v.case) for v in verdicts}
    whole = [suite for suite in suites if all((suite.program, name) in ran for name in suite.cases)]
    parts = table.entries(whole, verdicts)
    if options.write:
        table.write(options.write, parts, {suite.program for suite in suites})
        print(f"{options.write}: wrote {', '.join(parts) or 'nothing'}")
    elif len(whole) == len(suites):
        stale = table.stale(PAGE, parts, {suite.program for suite in suites if suite.missing})
        if stale:
            print("\n".join(["docs/programs.md is out of date; run 'make programs-table':", *stale]))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
