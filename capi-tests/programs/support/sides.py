"""Which libssl a program runs on, and the proof from /proc that it does."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

SONAME = "libssl.so.3"
_MAPPED = re.compile(r"\s(/\S*/libssl\.so[^/]*)$")


@dataclass(frozen=True)
class Side:
    """One libssl, and how a program is made to use it."""

    label: str
    library: str
    """Real path of the file that must be mapped."""
    way: str = ""
    """"", "path" (LD_LIBRARY_PATH) or "preload" (LD_PRELOAD)."""

    def environment(self):
        """The variables that substitute this library."""
        if self.way == "path":
            return {"LD_LIBRARY_PATH": os.path.dirname(self.library)}
        if self.way == "preload":
            return {"LD_PRELOAD": self.library}
        return {}

    def __str__(self):
        return {"": self.label, "path": f"{self.label} (LD_LIBRARY_PATH)", "preload": f"{self.label} (LD_PRELOAD)"}[self.way]


def system_library():
    """The libssl that the loader takes when nothing is substituted."""
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    machine = {"x86_64": "x86-64", "aarch64": "AArch64"}.get(os.uname().machine, "")
    for line in listing.splitlines():
        if line.strip().startswith(SONAME + " ") and machine in line:
            return os.path.realpath(line.rsplit("=> ", 1)[1])
    raise SystemExit(f"no {SONAME} in the loader's cache; is the package libssl3 installed?")


def system_side():
    """Nothing substituted."""
    return Side("system", system_library())


def our_side(directory, way):
    """The library in `directory`, substituted by `way`."""
    library = Path(directory).resolve() / SONAME
    if not library.exists():
        raise SystemExit(f"{library} does not exist; run 'make' first")
    if os.path.samefile(library, system_library()):
        raise SystemExit(f"{library} is the system's library itself: nothing would be shown")
    return Side("ferrossl", os.path.realpath(library), way)


def mapped_libraries(pid):
    """Paths of every libssl mapped by a process; empty when there is none or the process has gone."""
    try:
        maps = Path(f"/proc/{pid}/maps").read_text(errors="replace")
    except OSError:
        return set()
    return {found.group(1) for found in map(_MAPPED.search, maps.splitlines()) if found}


def descendants(pid):
    """A process and everything started below it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path(f"/proc/{entry}/stat").read_text(errors="replace")
            except OSError:
                continue
            parent = int(stat.rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(entry))
    family, queue = [], [pid]
    while queue:
        member = queue.pop()
        family.append(member)
        queue.extend(children.get(member, []))
    return family
