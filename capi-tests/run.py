#!/usr/bin/env python3
"""Runs the C tests on the system's libssl and on ours and compares what they print.

Each capi-tests/*.c is one program. The same binary runs on both libraries (LD_LIBRARY_PATH decides); standard output
and exit code must be equal, but for the differences listed in known-gaps. README.md beside this file says how to write
a test and what each option is for.
"""

import argparse
import collections
import concurrent.futures
import difflib
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WARNINGS = ["-std=gnu11", "-D_GNU_SOURCE", "-DOPENSSL_SUPPRESS_DEPRECATED=", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-fno-omit-frame-pointer"]
SYSTEM_DIRS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/usr/lib"]


class Outcome(collections.namedtuple("Outcome", "output code errors report peer_report")):
    """What one run of a test program gave: standard output, exit code, standard error, the libraries it mapped."""

    def answer(self):
        return self.output, self.code


def system_libdir():
    """The folder of the system's libssl.so.3, found without the dynamic loader's environment."""
    for folder in SYSTEM_DIRS:
        if os.path.exists(os.path.join(folder, "libssl.so.3")):
            return folder
    sys.exit("no libssl.so.3 of the system found")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tests", nargs="*", help="names of tests (without .c); a part of a name in slashes, /part/, matches anywhere")
    parser.add_argument("--lib", default=str(ROOT / "build" / "lib"), help="folder of our libssl.so.3 (default: build/lib)")
    parser.add_argument("--headers", help="compile against the headers in this folder instead of the system's")
    parser.add_argument("--build", default=str(ROOT / "build" / "capi-tests"), help="folder for binaries and certificates")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one run (default: 60; valgrind gets ten times as much)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="runs at the same time")
    parser.add_argument("--reference-only", action="store_true", help="run on the system's libssl only, twice, outputs must be equal")
    parser.add_argument("--valgrind", action="store_true", help="run ours under valgrind memcheck")
    parser.add_argument("--asan", action="store_true", help="build the tests with AddressSanitizer and run them on ours")
    parser.add_argument("--soak", type=int, default=0, metavar="TIMES", help="let the tests of threads do this many times as much")
    parser.add_argument("--show", action="store_true", help="print the output of the reference")
    parser.add_argument("--print-gaps", action="store_true", help="print the unknown differences as lines for known-gaps")
    parser.add_argument("--compile-only", action="store_true", help="stop after compiling")
    return parser.parse_args()


# ---- building ----


def selected(names):
    """The sources of the tests that were asked for."""
    sources = sorted(HERE.glob("*.c"))
    if not names:
        return sources
    chosen = []
    for name in names:
        if name.startswith("/") and name.endswith("/"):
            matches = [source for source in sources if name.strip("/") in source.stem]
        else:
            matches = [source for source in sources if source.stem == Path(name).stem]
        if not matches:
            sys.exit(f"no test named {name}")
        chosen += [source for source in matches if source not in chosen]
    return chosen


def compile_test(source, options, folder):
    """Compiles one test; returns the binary and the compiler's messages (empty if all is well)."""
    binary = folder / source.stem
    command = shlex.split(os.environ.get("CC", "cc")) + WARNINGS
    if options.asan:
        command += ["-fsanitize=address"]
    if options.headers:
        command += ["-I", options.headers]
    inputs = [source, *HERE.glob("*.h"), Path(__file__)]
    stamp = folder / (source.stem + ".cmd")
    text = shlex.join(command)
    if binary.exists() and stamp.exists() and stamp.read_text() == text and not options.headers:
        if all(path.stat().st_mtime < binary.stat().st_mtime for path in inputs):
            return binary, ""
    # linked with the system's library, also when ours is missing: which one is used is decided at run time.
    # --no-as-needed: a test that only uses dlsym still has to load libssl the normal way
    command += ["-o", str(binary), str(source), "-Wl,--no-as-needed", f"-L{system_libdir()}", "-lssl", "-lcrypto", "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return binary, done.stderr
    stamp.write_text(text)
    return binary, done.stderr


def make_pki(folder):
    """Makes the certificates; returns their folder."""
    out = folder / "pki"
    script = HERE / "pki.sh"
    stamp = out / ".made-by"
    if stamp.exists() and stamp.read_text() == script.read_text():
        return out
    done = subprocess.run(["bash", str(script), str(out)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"pki.sh failed:\n{done.stdout}{done.stderr}")
    stamp.write_text(script.read_text())
    return out


# ---- running ----


def run_program(command, environment, timeout, folder):
    """Runs a program in a process group of its own, which is gone when this returns."""
    report = Path(tempfile.mkstemp(dir=folder, prefix="report-")[1])
    peer_report = Path(tempfile.mkstemp(dir=folder, prefix="peer-report-")[1])
    environment = {**environment, "CAPI_LIBSSL_REPORT": str(report), "CAPI_PEER_REPORT": str(peer_report)}
    with tempfile.TemporaryDirectory(dir=folder) as workdir:
        with subprocess.Popen(command, env=environment, cwd=workdir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True) as process:
            try:
                output, errors = process.communicate(timeout=timeout)
                code = process.returncode
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                output, errors = process.communicate()
                code = f"timeout after {timeout:g} s"
            finally:
                try:  # a peer that is left over
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
    texts = [path.read_text(errors="replace") for path in (report, peer_report)]
    report.unlink()
    peer_report.unlink()
    return Outcome(output.decode(errors="backslashreplace"), code, errors.decode(errors="backslashreplace"), *texts)


def library_problem(report, libdir, who):
    """Says what is wrong if the process did not run on the libssl of `libdir`, and on no other."""
    expected = os.path.realpath(os.path.join(libdir, "libssl.so.3"))
    mapped = {os.path.realpath(line[len("libssl "):]) for line in report.splitlines() if line.startswith("libssl ")}
    if not report.startswith("start"):
        return f"{who} did not report its libraries"
    if mapped != {expected}:
        return f"{who} ran on {sorted(mapped)} instead of {expected}"
    return ""


class Runner:
    """Runs tests on chosen libraries."""

    def __init__(self, options, folder, pki):
        self.options, self.folder, self.pki = options, folder, pki

    def run(self, binary, libdir, peer_libdir, valgrind=False):
        """One run; returns the outcome and a list of problems that are not differences of output."""
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("LD_", "SSL_", "OPENSSL_", "CAPI_", "ASAN_", "LSAN_"))}
        environment |= {"LD_LIBRARY_PATH": libdir, "CAPI_PEER_LIBDIR": peer_libdir, "CAPI_PKI": str(self.pki), "CAPI_ROOT": str(ROOT), "LC_ALL": "C", "TZ": "UTC"}
        command, timeout = [str(binary)], self.options.timeout
        # for tests that must know which answers to excuse, such as null_arguments: never for changing what is asked
        environment["CAPI_ON"] = "reference" if libdir == system_libdir() else "ours"
        log = None
        if self.options.valgrind:
            # long transfers are cut short, on both libraries
            environment["CAPI_SHORT"] = "1"
        if self.options.soak:
            environment["CAPI_SOAK"] = str(self.options.soak)
        if self.options.asan:
            environment["ASAN_OPTIONS"] = "abort_on_error=0:exitcode=77:detect_leaks=1"
            environment["LSAN_OPTIONS"] = f"suppressions={HERE / 'leaks.supp'}:print_suppressions=0"
        if valgrind:
            log = Path(tempfile.mkstemp(dir=self.folder, prefix="valgrind-", suffix=".xml")[1])
            command = ["valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
                       "--num-callers=40", f"--suppressions={HERE / 'valgrind.supp'}", "--child-silent-after-fork=yes",
                       "--xml=yes", f"--xml-file={log}", "--error-limit=no"] + command
            timeout *= 10
        outcome = run_program(command, environment, timeout, self.folder)
        problems = [library_problem(outcome.report, libdir, "the test")]
        if outcome.peer_report:
            problems.append(library_problem(outcome.peer_report, peer_libdir, "the peer"))
        if self.options.asan and "libasan " not in outcome.report:
            problems.append("AddressSanitizer is not in the process")
        if valgrind:
            problems += valgrind_problems(log, os.path.realpath(libdir))
            log.unlink()
        return outcome, [problem for problem in problems if problem]


def valgrind_problems(log, libdir):
    """The errors and leaks of a valgrind run that are ours: definite leaks, and errors with our library in the stack."""
    import xml.etree.ElementTree as tree

    try:
        root = tree.parse(log).getroot()
    except tree.ParseError as error:
        return [f"valgrind's report cannot be read: {error}"]
    problems = []
    for error in root.iter("error"):
        kind = error.findtext("kind", "")
        text = error.findtext("what") or error.findtext("xwhat/text") or kind
        frames = [(frame.findtext("obj", ""), frame.findtext("fn", "?"), frame.findtext("file", ""), frame.findtext("line", ""))
                  for frame in error.iter("frame")]
        ours = any(os.path.realpath(obj).startswith(libdir + os.sep) for obj, *_ in frames)
        if ours or kind.startswith("Leak_Definitely"):
            stack = "\n".join(f"      {os.path.basename(obj)}: {fn} {file}:{line}" for obj, fn, file, line in frames[:16])
            problems.append(f"valgrind: {text}\n{stack}")
    return problems


# ---- comparing ----


def read_gaps():
    """The expected differences: test name -> counted lines, each beginning with - (reference) or + (ours)."""
    gaps = collections.defaultdict(collections.Counter)
    path = HERE / "known-gaps"
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"([A-Za-z0-9_]+): ([-+].*)", line)
        if not match:
            sys.exit(f"known-gaps:{number}: neither a comment nor 'test: -line' nor 'test: +line'")
        if not (HERE / (match.group(1) + ".c")).exists():
            sys.exit(f"known-gaps:{number}: there is no test {match.group(1)}")
        gaps[match.group(1)][match.group(2)] += 1
    return gaps


def lines_of(outcome):
    return outcome.output.splitlines() + [f"exit code {outcome.code}"]


def aligned(old, new):
    """The two lists side by side: (' ', line), ('-', only in the old), ('+', only in the new), with as many equal lines as possible.

    difflib does not promise the last part, and the lines of known-gaps must be the ones that really differ.
    """
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    left, right = old[start:len(old) - end], new[start:len(new) - end]
    if len(left) * len(right) > 4_000_000:
        # two outputs this far apart are not compared with a list of gaps: a library that is missing half of it
        middle = [("-", line) for line in left] + [("+", line) for line in right]
        return [(" ", line) for line in old[:start]] + middle + [(" ", line) for line in old[len(old) - end:]]
    # longest[i][j]: length of the longest common subsequence of left[i:] and right[j:]
    longest = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        row, below = longest[i], longest[i + 1]
        for j in range(len(right) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if left[i] == right[j] else max(below[j], row[j + 1])
    result, i, j = [(" ", line) for line in old[:start]], 0, 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right) and left[i] == right[j]:
            result.append((" ", left[i]))
            i, j = i + 1, j + 1
        elif j == len(right) or (i < len(left) and longest[i + 1][j] >= longest[i][j + 1]):
            result.append(("-", left[i]))
            i += 1
        else:
            result.append(("+", right[j]))
            j += 1
    return result + [(" ", line) for line in old[len(old) - end:]]


def shown(pairs, known, around=3):
    """The lines whose difference is not known, with a few around them and the section they are in; known ones near them have a ~."""
    left, marks = collections.Counter(known), []
    for sign, line in pairs:
        marks.append(" " if sign == " " else "~" if left[sign + line] > 0 else sign)
        left[sign + line] -= 1
    near = {at + step for at, mark in enumerate(marks) if mark in "+-" for step in range(-around, around + 1)}
    lines, section, printed = [], "", None
    for at, (sign, line) in enumerate(pairs):
        if line.startswith("== "):
            section = line
        if at not in near:
            continue
        if printed != at - 1 and line != section:
            lines.append(f"@@ {section or 'start'}")
        printed = at
        lines.append(f"{'~' if marks[at] == '~' else ' '}{sign}{line}")
    return lines


def compare(reference, ours, known, label):
    """The counted lines that differ, and the problems: differences that are not known."""
    pairs = aligned(lines_of(reference), lines_of(ours))
    found, problems = collections.Counter(sign + line for sign, line in pairs if sign != " "), []
    if found - known:
        problems.append(f"- reference  + {label}  ~ known\n" + indent(shown(pairs, known)))
        if ours.errors.strip():
            problems.append("standard error:\n" + indent(ours.errors.strip().splitlines()[-30:]))
    return found, problems


def starts_peers(source):
    """Whether a test has roles of its own, in its file or in a header that belongs to it."""
    text = source.read_text()
    headers = [HERE / name for name in re.findall(r'#include "(.*)"', text) if name != "peer.h"]
    return any(re.search(r"\bremote_start\b", part) for part in [text] + [header.read_text() for header in headers if header.exists()])


def run_test(source, binary, runner, gaps):
    """All runs of one test; returns (name of the run, problems) for each."""
    options, name = runner.options, source.stem
    system, ours = system_libdir(), os.path.realpath(options.lib)
    uses_peer = starts_peers(source)
    reference, problems = runner.run(binary, system, system)
    results = []
    if options.show:
        print(f"---- {name}\n{reference.output}---- exit code {reference.code}", flush=True)
    if isinstance(reference.code, str) or reference.code != 0:
        problems.append(f"ends with {reference.code} on the system's libssl\n" + indent(reference.output.splitlines()[-12:] + reference.errors.splitlines()[-20:]))
    if options.reference_only:
        again, more = runner.run(binary, system, system)
        problems += [problem for problem in more if problem not in problems]
        if again.answer() != reference.answer():
            problems.append("two runs on the reference differ\n" + indent(difflib.unified_diff(lines_of(reference), lines_of(again), "first", "second", lineterm="", n=2)))
        return [(name, problems)]
    if problems:
        return [(name + " on the reference", problems)]
    runs = [("", ours, system)]
    if uses_peer and not options.valgrind:
        runs = [(" (ours against the system)", ours, system), (" (ours against ours)", ours, ours), (" (the system against ours)", system, ours)]
    known, seen = gaps.get(name, collections.Counter()), collections.Counter()
    for suffix, libdir, peer_libdir in runs:
        outcome, problems = runner.run(binary, libdir, peer_libdir, valgrind=options.valgrind)
        if options.asan and "ERROR: " in outcome.errors and "Sanitizer" in outcome.errors:
            problems.append("AddressSanitizer:\n" + indent(outcome.errors.splitlines()[:60]))
        found, differences = compare(reference, outcome, known, "ours" + suffix)
        seen |= found
        if options.print_gaps:
            print("".join(f"{name}: {line}\n" for line in (found - known).elements()), end="")
        results.append((name + suffix, problems + differences))
    # A line of the peer can only differ in the runs where the peer is ours, so a gap must show in one of the runs. Under the
    # sanitizer some tests print less: whether a gap has closed is seen without it.
    results[0][1].extend(f"known gap has closed, take it out of known-gaps: {name}: {line}" for line in (known - seen).elements()
                         if not options.asan and not (uses_peer and options.valgrind))
    return results


def indent(lines):
    return "\n".join("      " + line for line in lines)


def main():
    options = parse_arguments()
    folder = Path(options.build).resolve() / ("asan" if options.asan else "plain")
    folder.mkdir(parents=True, exist_ok=True)
    if not options.reference_only and not options.compile_only and not os.path.exists(os.path.join(options.lib, "libssl.so.3")):
        sys.exit(f"no libssl.so.3 in {options.lib}: build it first, or use --reference-only")
    sources = selected(options.tests)
    passed, failed = 0, []

    def report(name, problems):
        nonlocal passed
        if problems:
            failed.append(name)
            print(f"FAIL {name}")
            for problem in problems:
                print("    " + problem)
        else:
            passed += 1
            print(f"ok   {name}")
        sys.stdout.flush()

    with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        built = list(pool.map(lambda source: compile_test(source, options, folder), sources))
        for source, (_, messages) in zip(sources, built):
            if messages:
                report(source.stem + " (compiling)", [messages])
            elif options.compile_only:
                report(source.stem + " (compiling)", [])
        if not options.compile_only:
            pki, gaps = make_pki(folder.parent), read_gaps()
            runner = Runner(options, folder, pki)
            waiting = [pool.submit(run_test, source, binary, runner, gaps)
                       for source, (binary, messages) in zip(sources, built) if not messages]
            for future in waiting:
                for name, problems in future.result():
                    report(name, problems)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
