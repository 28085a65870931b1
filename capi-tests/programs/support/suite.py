"""A program's cases, run on four pairs of libraries and compared with what the system's own pair did."""

import difflib
import json
import shutil
import subprocess
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from support.process import Failure
from support.trial import Trial
from support.trust import TRUST

REFERENCE = "system"
COLUMNS = (REFERENCE, "server", "client", "both")
"""Who is on ferrossl. Each program meets both ways of substitution as a server and as a client."""


def columns(system, ours_by_path, ours_by_preload):
    """The pair (server's side, client's side) of each column."""
    return {
        REFERENCE: (system, system),
        "server": (ours_by_path, system),
        "client": (system, ours_by_preload),
        "both": (ours_by_preload, ours_by_path),
    }


@dataclass
class Suite:
    """The cases of one program."""

    program: str
    package: str
    does: str
    """What the cases show, for the table at the end."""
    cases: dict = field(default_factory=dict)

    def case(self, name):
        """Decorator: registers a function from a trial to the facts that must be the same on all pairs."""

        def register(function):
            self.cases[name] = function
            return function

        return register

    def trust_table(self, exchange, *, checks_names=True, without=()):
        """Registers every row of TRUST. `exchange(trial, ask)` gives facts with `done`, whether data came through.

        `without` names rows for which the programs have no setting; `checks_names` tells whether the client looks at
        host names at all.
        """
        for ask in TRUST:
            if ask.name not in without:
                self.cases[f"trust/{ask.name}"] = _judged(exchange, ask, ask.refused and (checks_names or not ask.names))

def package_version(package):
    """Version of an installed Debian package."""
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False)
    return shown.stdout or "?"


def _judged(exchange, ask, refused):
    def run(trial):
        facts = exchange(trial, ask)
        trial.require(
            facts["done"] != refused,
            f"{'refusal' if refused else 'success'} expected, got {_lines(facts)}",
        )
        return facts

    return run


def _lines(facts):
    return "".join(f"\n      {name}: {value}" for name, value in facts.items())


@dataclass
class Verdict:
    """What became of one case on one column."""

    program: str
    case: str
    column: str
    problem: str = ""
    gap: str = ""
    """Why a failure was expected, from the file of known gaps."""

    @property
    def passed(self):
        return bool(self.problem) == bool(self.gap)


class Runner:
    """Runs cases and remembers the verdicts."""

    def __init__(self, world, pairs, directory, gaps, keep, show):
        self.world, self.pairs, self.directory, self.gaps = world, pairs, directory, gaps
        self.keep, self.show = keep, show

    def run(self, suite, name, number):
        """One case on every column: its verdicts and how long it took."""
        begin, verdicts, reference = time.monotonic(), [], None
        for column, sides in self.pairs.items():
            facts, problem = self._trial(suite.cases[name], self.directory / f"{number}-{column}", sides)
            if column == REFERENCE:
                reference = facts
                if self.show:
                    print(f"{suite.program}/{name} on the system's libssl: {problem}{json.dumps(facts, indent=1, default=str)}")
            elif not problem:
                problem = "no reference to compare with" if reference is None else _difference(reference, facts)
            gap = self.gaps.get((f"{suite.program}/{name}", column), "")
            verdicts.append(Verdict(suite.program, name, column, problem, gap))
        return verdicts, time.monotonic() - begin

    def _trial(self, case, directory, sides):
        trial = Trial(self.world, directory, *sides)
        facts, problem = None, ""
        try:
            facts = trial.same_everywhere(case(trial))
        except Failure as failure:
            problem = str(failure)
        except Exception:  # a mistake in a case must not take the other cases down
            problem = traceback.format_exc()
        complaints = trial.close()
        problem = "\n      ".join(([problem] if problem else []) + complaints)
        if not self.keep:
            shutil.rmtree(directory, ignore_errors=True)
        return (None if problem else facts), problem


def _difference(reference, facts):
    """Where the facts of a pair differ from those of the system's own pair; empty when they do not."""
    if reference == facts:
        return ""
    return "\n      ".join(["differs from the system's libssl (-):", *_differing(reference, facts)])


def _differing(expected, seen):
    """Lines with the differing parts only."""
    if isinstance(expected, dict) and isinstance(seen, dict):
        lines = []
        for name in {**expected, **seen}:
            if (name in expected) != (name in seen) or expected.get(name) != seen.get(name):
                lines += [f"{name}:", *("  " + line for line in _differing(expected.get(name), seen.get(name)))]
        return lines
    if isinstance(expected, list) and isinstance(seen, list):
        left, right = list(map(str, expected)), list(map(str, seen))
        return [line for line in difflib.ndiff(left, right) if line[0] in "-+"]
    return [f"- {expected}", f"+ {seen}"]


def read_gaps(path):
    """Known gaps: lines of `program/case column reason`."""
    gaps = {}
    for line in Path(path).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            case, column, reason = line.split(None, 2)
            gaps[case, column] = reason
    return gaps
