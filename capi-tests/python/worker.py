"""Runs tests of CPython's suite in this process and reports each as a line of JSON, for run.py.

    worker.py FD list MODULE...      the ids of all tests
    worker.py FD run < IDS           runs the tests named on standard input, one id a line

Lines go to file descriptor FD: {"list": [id...]}, or for each test {"begin": id} and {"end": id, "outcome": ..., "why": ...,
"libssl": [paths mapped]}. Standard output and standard error are the tests' own.
"""

import json
import os
import sys
import unittest

from test import support


class Channel:
    """The way to run.py."""

    def __init__(self, descriptor):
        self.file = os.fdopen(descriptor, "w", encoding="utf-8")

    def tell(self, **facts):
        self.file.write(json.dumps(facts) + "\n")
        self.file.flush()


def mapped():
    """Paths of the libssl in this process: the proof of what the test ran on."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        paths = {line.split(None, 5)[5].strip() for line in maps if "/libssl" in line}
    return sorted(paths)


class Reporter(unittest.TestResult):
    """Tells of each test when it begins and when it has ended."""

    def __init__(self, channel):
        super().__init__()
        self.channel, self.outcome, self.why = channel, None, ""

    def startTest(self, test):
        super().startTest(test)
        self.outcome, self.why = "passed", ""
        self.channel.tell(begin=test.id())

    def stopTest(self, test):
        super().stopTest(test)
        self.channel.tell(end=test.id(), outcome=self.outcome, why=self.why, libssl=mapped())
        self.outcome = None

    def _worst(self, test, outcome, why):
        if self.outcome is None:
            # A fixture of a module or a class, outside every test: run.py misses the ends of its tests.
            print(f"{test}: {outcome}: {why}", file=sys.stderr)
        elif self.outcome != "failed":
            self.outcome, self.why = outcome, why

    def addError(self, test, err):
        super().addError(test, err)
        self._worst(test, "failed", self._exc_info_to_string(err, test))

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._worst(test, "failed", f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._worst(test, "skipped", reason)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._worst(test, "failed", "succeeded unexpectedly")


def flat(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flat(item)
        else:
            yield item


def main():
    descriptor, action, *names = sys.argv[1:]
    channel = Channel(int(descriptor))
    # As `python3 -m test` without -u: tests that want the network, or much time, are skipped.
    support.use_resources = ()
    suite = unittest.defaultTestLoader.loadTestsFromNames(names if action == "list" else sys.stdin.read().split())
    if action == "list":
        channel.tell(list=[test.id() for test in flat(suite)])
    else:
        suite.run(Reporter(channel))


if __name__ == "__main__":
    main()
