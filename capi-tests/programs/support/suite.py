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
    """Debian's package; several with spaces between, the program's own first."""
    does: str
    """What the cases show, for the table of programs."""
    cases: dict = field(default_factory=dict)
    missing: str = ""
    """Why the program cannot be run on this machine; it has no cases then."""

    @property
    def packages(self):
        return self.package.split()

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
        """What the server asks for and the client insists on, each met and not met."""
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
            gaps = self.gaps.get((f"{suite.program}/{name}", column), {})
            if column == REFERENCE:
                reference = facts
                if self.show:
                    print(f"{suite.program}/{name} on the system's libssl: {problem}{json.dumps(facts, indent=1, default=str)}")
            elif not problem and reference is None:
                problem = "no reference to compare with"
            if column == REFERENCE or problem:
                verdicts.append(Verdict(suite.program, name, column, problem, gaps.get("", "")))
            else:
                verdicts += _judge(suite.program, name, column, (reference, facts), gaps)
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


def _judge(program, case, column, sides, gaps):
    """The verdict about a case and, apart from it, one about each fact that is known to differ."""
    verdicts = []
    for word, reason in gaps.items():
        if word:
            parts = [{name: fact for name, fact in facts.items() if fact_word(name) == word} for facts in sides]
            verdicts.append(Verdict(program, f"{case}:{word}", column, _difference(*parts), reason))
    rest = [{name: fact for name, fact in facts.items() if fact_word(name) not in gaps} for facts in sides]
    return [Verdict(program, case, column, _difference(*rest), gaps.get("", "")), *verdicts]


def fact_word(name):
    """How known-gaps names a fact."""
    return name.replace(" ", "-")


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
    """Known gaps by case and column: reasons by fact, the empty word being the whole case. The file tells its form."""
    gaps = {}
    for line in Path(path).read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, columns_, reason = line.split(None, 2)
            case, _, fact = name.partition(":")
            for column in columns_.split(","):
                gaps.setdefault((case, column), {})[fact] = reason
    return gaps


def strange_gaps(gaps, suites):
    """Gaps of cases or columns that do not exist."""
    cases = {f"{suite.program}/{name}" for suite in suites for name in suite.cases}
    return sorted(f"{case} {column}" for case, column in gaps if case not in cases or column not in COLUMNS)
