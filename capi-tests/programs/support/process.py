"""Programs under test: started, proved to use the right libssl, and stopped by their own process id."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from support.sides import descendants, mapped_libraries

CRASH = re.compile(r"exited on signal|exit signal (?!Terminated)|terminated by signal|Segmentation fault|panicked at|AddressSanitizer")


class Failure(Exception):
    """What makes a trial fail, in words for the person who reads the run."""


def wait_until(what, condition, seconds=20.0, interval=0.01):
    """Polls `condition` until it is true; fails naming `what` otherwise."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(interval)


_started = []


def kill_all():
    """Ends every program that was started and still runs: for a run that is broken off."""
    for process in _started:
        if process.running():
            process.kill()


class Process:
    """One program on one side, its output in files beside each other.

    `stdin` is a file, or bytes that `feed` writes into a pipe (no more than a pipe holds), or nothing.
    """

    def __init__(self, name, argv, side, directory, stdin=None, env=None, user=None):
        self.name, self.argv, self.side = name, [str(word) for word in argv], side
        self.out_path, self.err_path = directory / f"{name}.out", directory / f"{name}.err"
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(directory),
            **side.environment(),
            **(env or {}),
        }
        owner = {"user": user, "group": user, "extra_groups": []} if user else {}
        self.libraries = {}
        """Which libssl it and its children were seen to map, by process id."""
        self.input = stdin if isinstance(stdin, bytes) else None
        with (
            open(self.out_path, "wb") as out,
            open(self.err_path, "wb") as err,
            open(stdin if isinstance(stdin, Path) else os.devnull, "rb") as file,
        ):
            source = subprocess.PIPE if self.input is not None else file
            # A session of its own: signals for the whole program reach nobody else.
            self.popen = subprocess.Popen(
                self.argv,
                stdin=source,
                stdout=out,
                stderr=err,
                env=environment,
                cwd=directory,
                start_new_session=True,
                **owner,
            )
        _started.append(self)

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def out(self):
        return self.out_path.read_bytes()

    def err(self):
        return self.err_path.read_text(errors="replace")

    def prove(self, seconds=20.0):
        """Waits until the program has its libssl, and fails when that, or a child's, is another one than its side's."""
        wait_until(
            f"{self.name} maps a libssl (exit status {self.popen.poll()}; {self.err().strip()[-400:]})",
            lambda: mapped_libraries(self.pid) or not self.running(),
            seconds,
            0.002,
        )
        seen = {pid: mapped_libraries(pid) for pid in descendants(self.pid)}
        if not seen.get(self.pid):
            raise Failure(f"{self.name} ended before its libssl could be seen: {self.err().strip()[-600:]}")
        self.libraries = seen
        for pid, libraries in seen.items():
            if libraries - {self.side.library}:
                raise Failure(f"{self.name} (pid {pid}) should use {self.side.library}, uses {' and '.join(sorted(libraries))}")

    def feed(self):
        """Writes what standard input was given and closes it."""
        if self.popen.stdin:
            try:
                self.popen.stdin.write(self.input)
                self.popen.stdin.close()
            except BrokenPipeError:
                pass

    def wait(self, seconds):
        """Exit status; a program that outstays its time is killed and that fails the trial."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            tail = self.out()[-300:].decode(errors="replace") + self.err()[-600:]
            raise Failure(f"{self.name} did not end within {seconds:.0f} s; last words: {tail.strip()}") from None

    def signal_group(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, number=signal.SIGTERM, seconds=10.0):
        """Ends the program as its manual says; returns its exit status."""
        if self.popen.stdin and not self.popen.stdin.closed:
            self.popen.stdin.close()
        if self.running():
            self.popen.send_signal(number)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.popen.returncode

    def kill(self):
        """The last resort: this program and what it started, by their ids."""
        family = descendants(self.pid) if self.running() else []
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.popen.wait()

    def crashed(self):
        """A sentence when the program died of a signal nobody sent or says that a part of it did; else None."""
        code = self.popen.returncode
        if code is not None and code < 0 and -code not in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGQUIT):
            return f"{self.name} died of {signal.Signals(-code).name}"
        return crash_in(self.name, self.err())


def crash_in(name, text):
    """A sentence when a log tells of a crash, else None."""
    found = CRASH.search(text)
    if not found:
        return None
    start = text.rfind("\n", 0, found.start()) + 1
    return f"{name}: {text[start:].splitlines()[0]}"


def read_text(path):
    """A log's text; empty when the program never wrote it."""
    path = Path(path)
    return path.read_text(errors="replace") if path.exists() else ""
