#!/usr/bin/env python3
"""Compiles the OpenSSL parts of curl, nginx and Apache, unmodified from Debian's source packages, against our headers.

usage: sources.py FOLDER [--cc CC]

The packages are fetched with `apt-get source` into FOLDER, which has package lists of its own: the system's are left as
they are. Only syntax is checked (-fsyntax-only). Needs network, dpkg-dev, and apache2-dev for
Apache's own configuration.
"""
import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def release():
    return re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), flags=re.M).group(1)


class Apt:
    """apt-get with lists of its own: the machine's sources, but for source packages."""

    def __init__(self, folder):
        self.folder = folder
        for part in ("lists/partial", "cache/archives/partial", "sources.list.d"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for path in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*.list"), *Path("/etc/apt/sources.list.d").glob("*.sources")]:
            if path.is_file():
                text = re.sub(r"^Types:.*$", "Types: deb-src", path.read_text(), flags=re.M)
                (folder / "sources.list.d" / path.name).write_text(re.sub(r"^deb(?=\s)", "deb-src", text, flags=re.M))
        self.options = ["-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={folder / 'sources.list.d'}",
                        "-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'cache'}"]

    def run(self, *arguments):
        """Runs apt-get; returns what it says when it fails, nothing when it succeeds."""
        result = subprocess.run(["apt-get", "-q", *self.options, *arguments], cwd=self.folder, capture_output=True, text=True)
        return (result.stderr or result.stdout).strip() if result.returncode != 0 else ""

    def source(self, package):
        """The unpacked source of a package."""
        found = sorted(path for path in self.folder.glob(f"{package}-[0-9]*") if path.is_dir())
        if not found:
            # A mirror may lack the newest, which comes from the security archive; the release's own will do.
            problem = self.run("source", package) and self.run("source", f"{package}/{release()}")
            if problem:
                sys.exit(f"apt-get source {package}: {problem}")
            found = sorted(path for path in self.folder.glob(f"{package}-[0-9]*") if path.is_dir())
        return found[-1]


def configure(folder, command, marker):
    """Runs a package's own configure script, once: the sources need its config.h."""
    if (folder / marker).exists():
        return
    print(f"configuring {folder.name}", flush=True)
    result = subprocess.run(command, cwd=folder, shell=True, capture_output=True, text=True)
    if result.returncode != 0 or not (folder / marker).exists():
        sys.exit(f"{folder.name}: configure fails: {(result.stderr or result.stdout)[-2000:]}")


def curl(apt):
    folder = apt.source("curl")
    configure(folder, "./configure --with-openssl --disable-dependency-tracking", "lib/curl_config.h")
    return [(folder / "lib/vtls/openssl.c", ["-DHAVE_CONFIG_H", "-DBUILDING_LIBCURL", f"-I{folder}/include", f"-I{folder}/lib"])]


def nginx(apt):
    folder = apt.source("nginx")
    configure(folder, "./configure --with-http_ssl_module --with-stream --with-stream_ssl_module --with-mail --with-mail_ssl_module "
                      "--with-http_v2_module --without-http_rewrite_module --without-http_gzip_module", "objs/ngx_auto_config.h")
    modules = ["core", "event", "event/modules", "os/unix", "http", "http/modules", "http/v2", "stream", "mail"]
    flags = ["-Iobjs", *(f"-Isrc/{module}" for module in modules)]
    files = ["src/event/ngx_event_openssl.c", "src/event/ngx_event_openssl_stapling.c", "src/http/modules/ngx_http_ssl_module.c",
             "src/stream/ngx_stream_ssl_module.c", "src/mail/ngx_mail_ssl_module.c"]
    return [(folder / file, flags) for file in files]


def apache(apt):
    folder = apt.source("apache2")
    installed = Path("/usr/include/apache2")
    if not (installed / "ap_config_auto.h").exists():
        sys.exit("Apache's configuration is not there: install apache2-dev")
    flags = [f"-I{installed}", *(f"-I{folder}/{part}" for part in ["modules/ssl", "modules/md", "modules/generators", "server"])]
    flags += subprocess.run(["apr-1-config", "--cppflags", "--includes"], capture_output=True, text=True, check=True).stdout.split()
    return [(file, ["-DHAVE_OPENSSL", *flags]) for file in sorted((folder / "modules/ssl").glob("*.c"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    options = parser.parse_args()
    apt = Apt(options.folder.resolve())
    problem = apt.run("update")
    if problem:
        sys.exit(f"apt-get update: {problem}")
    passed = failed = 0
    for package in (curl, nginx, apache):
        for file, flags in package(apt):
            command = [*options.cc.split(), f"-I{ROOT / 'include'}", "-fsyntax-only", "-w", *flags, str(file)]
            root = next(parent for parent in file.parents if parent.parent == apt.folder)
            result = subprocess.run(command, cwd=root, capture_output=True, text=True)
            used = subprocess.run([*command[:-1], "-M", str(file)], cwd=root, capture_output=True, text=True).stdout
            ours = str(ROOT / "include/openssl/ssl.h") in used
            if result.returncode == 0 and ours:
                passed += 1
                print(f"ok   {file.relative_to(apt.folder)}", flush=True)
            else:
                failed += 1
                print(f"FAIL {file.relative_to(apt.folder)}" + ("" if ours else " (does not include our ssl.h)"), flush=True)
                print("\n".join("    " + line for line in result.stderr.splitlines()[:20]))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
