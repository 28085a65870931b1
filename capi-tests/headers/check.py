#!/usr/bin/env python3
"""Checks include/openssl/*.h: up to date, compiling alone, and meaning the same as the system's libssl headers.

usage: check.py GENERATED-FOLDER [--census DIR] [--cc CC] [--cxx CXX]

GENERATED-FOLDER holds freshly generated headers. The census (../shared/census beside the repository, or --census, or
$CENSUS) is optional; what needs it is skipped, and said to be.
"""
import argparse
import csv
import filecmp
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "capi-tests"))
import run  # noqa: E402, the tests' runner: its compiler flags
INCLUDE = ROOT / "include"
HEADERS = sorted(path.stem for path in (ROOT / "include/generator").glob("*.h.in"))
STRICT = ["-Wall", "-Wextra", "-Werror"]
# As run.py compiles the tests.
TEST = [*run.WARNINGS, "-O0"]
DIALECTS = [("c", "c99"), ("c", "c17"), ("c++", "c++11"), ("c++", "c++20")]
MANY = 12
# Here and not in the system's headers by intent, or not comparable: each with its reason.
NOT_COMPARED = {
    "SSL_CTX_disable_ct": "the system's calls a function that does not exist",
    "SSL_disable_ct": "the system's calls a function that does not exist",
    "SSL_CTX_set_tmp_rsa_callback": "the system's loops over the callback; both do nothing",
    "SSL_set_tmp_rsa_callback": "the system's loops over the callback; both do nothing",
    "SSL_COMP_free_compression_methods": "the system's is a loop that does nothing",
}


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, what, problems):
        """One check: it holds when there are no problems."""
        problems = list(problems)
        if problems:
            self.failed += 1
            print(f"FAIL {what}")
            for problem in problems[:MANY]:
                print("    " + problem)
            if len(problems) > MANY:
                print(f"    and {len(problems) - MANY} more")
        else:
            self.passed += 1
            print(f"ok   {what}")
        sys.stdout.flush()


class Compiler:
    def __init__(self, options):
        self.names = {"c": options.cc, "c++": options.cxx}

    def run(self, text, *flags, language="c", ours=True):
        include = [f"-I{INCLUDE}"] if ours else []
        return subprocess.run([*self.names[language].split(), *include, *flags, "-x", language, "-"], input=text,
                              capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})

    def problems(self, text, *flags, **rest):
        """The lines of the compiler's messages that name an error, nothing when it compiles."""
        result = self.run(text, "-fsyntax-only", *flags, **rest)
        if result.returncode == 0:
            return []
        return [line for line in result.stderr.splitlines() if "error" in line] or [result.stderr]

    def preprocess(self, text, *flags, ours=True):
        result = self.run(text, "-E", "-P", *flags, ours=ours)
        if result.returncode != 0:
            raise SystemExit(f"the preprocessor fails: {result.stderr[:500]}")
        return result.stdout


def includes(names):
    return "".join(f"#include <openssl/{name}>\n" for name in names)


def check_drift(report, generated):
    problems = []
    for name in HEADERS:
        committed, fresh = INCLUDE / "openssl" / name, generated / name
        if not committed.exists():
            problems.append(f"include/openssl/{name} is not there")
        elif not filecmp.cmp(committed, fresh, shallow=False):
            problems.append(f"include/openssl/{name} is out of date: run make headers")
    problems += [f"include/openssl/{path.name} has no frame in include/generator/" for path in (INCLUDE / "openssl").glob("*")
                 if path.name not in HEADERS]
    report.check("the headers are as generated", problems)


def check_alone(report, compiler):
    """Each header as the first thing in a file, and all in the reverse of the usual order."""
    for language, dialect in DIALECTS:
        problems = []
        for names in [[name] for name in HEADERS] + [HEADERS[::-1], HEADERS]:
            text = includes(names) + "int main(void) { return 0; }\n"
            problems += compiler.problems(text, *STRICT, "-pedantic", f"-std={dialect}", language=language)
        report.check(f"each header compiles alone and in any order ({dialect})", problems)


def check_tests(report, compiler):
    tests = sorted((ROOT / "capi-tests").glob("*.c"))
    problems = [f"{test.name}: {problem}" for test in tests
                for problem in compiler.problems(f'#include "{test}"\n', *TEST, f"-I{test.parent}")]
    report.check(f"the {len(tests)} C tests compile against our headers", problems)
    problems = [f"{test.name}: {problem}" for test in tests
                for problem in compiler.problems(f'#include "{test}"\n', *TEST, f"-I{test.parent}", ours=False)]
    report.check("and against the system's", problems)


def macros(compiler, ours):
    """The macros of the libssl headers: name -> parameter list, None for one without parameters."""
    names = HEADERS if ours else [name for name in HEADERS if system_header(compiler, name)]
    defined = {}
    for line in compiler.run(includes(names), "-E", "-dD", ours=ours).stdout.splitlines():
        marker = re.match(r'# \d+ "(.*)"', line)
        if marker:
            inside = os.path.basename(marker.group(1)) in names
        match = re.match(r"#define (\w+)(\(([^)]*)\))? ?(.*)", line)
        if match and inside and match.group(4):
            defined[match.group(1)] = match.group(3) if match.group(2) else None
    return defined


def system_header(compiler, name):
    return not compiler.problems(includes([name]), ours=False)


# Prints any macro of a number or a string in one form.
SHOW = """
#include <stdio.h>
#define KIND(x) _Generic((x), int: 'i', unsigned: 'u', long: 'l', unsigned long: 'm', char *: 's', const char *: 's', default: '?')
#define SHOW(x) show(#x, KIND(x), (unsigned long)(x))
static void show(const char *name, char kind, unsigned long value)
{
    if (kind == 's')
        printf("%s \\"%s\\"\\n", name, (const char *)value);
    else
        printf("%s %c %lu\\n", name, kind, value);
}
"""


def values(compiler, names, ours, folder):
    """What a program says that prints each of these macros."""
    text = includes(["ssl.h", *HEADERS] if ours else [name for name in HEADERS if system_header(compiler, name)]) + SHOW
    text += "int main(void)\n{\n" + "".join(f"    SHOW({name});\n" for name in names) + "    return 0;\n}\n"
    program = folder / ("ours" if ours else "system")
    result = compiler.run(text, "-w", "-o", str(program), ours=ours)
    if result.returncode != 0:
        raise SystemExit(f"the program that prints constants does not compile:\n{result.stderr[:2000]}")
    return dict(line.split(" ", 1) for line in subprocess.run([program], capture_output=True, text=True).stdout.splitlines())


def constants_of(compiler, defined, ours):
    """The macros among these that are expressions without a call: numbers and strings."""
    plain = [name for name, parameters in defined.items() if parameters is None]
    text = includes(["ssl.h"] + [name for name in HEADERS if ours or system_header(compiler, name)])
    text += "".join(f"@ {name} = {name}\n" for name in plain)
    constants = []
    for name, line in zip(plain, re.findall(r"^@.*? = (.*)$", compiler.preprocess(text, ours=ours), flags=re.M), strict=True):
        if re.fullmatch(r'("(\\.|[^"])*"|[-+*/~|&()<>\s]|0[xX][0-9a-fA-F]+[uUlL]*|\d+[uUlL]*|uint64_t)+', line):
            constants.append(name)
    return constants


def check_constants(report, compiler, ours, system, folder):
    both = sorted(set(constants_of(compiler, system, False)) & set(ours))
    left, right = values(compiler, both, False, folder), values(compiler, both, True, folder)
    report.check(f"{len(both)} numbers and strings have value and type of the system's",
                 [f"{name}: {left[name]} in the system's header, {right.get(name)} in ours" for name in both if left[name] != right.get(name)])


def normal(expansion):
    """An expansion without casts, spaces and parentheses, with numbers in one form."""
    text = re.sub(r"\(\s*void\s*\(\s*\*\s*\)\s*\(\s*void\s*\)\s*\)", "", expansion)
    text = re.sub(r"\(\s*(const\s+)?(struct\s+)?\w+\s*\*+\s*\)(?=\s*[\w(])", "", text)
    text = re.sub(r"\(\s*\(\s*void\s*\*\s*\)\s*0\s*\)|\(\s*void\s*\*\s*\)\s*0|__null", "0", text)
    text = re.sub(r"\bstruct stack_st_\w+ \*", "", text)
    text = re.sub(r"1 ? ?\? ?\(?(\w+)\)? ?: ?\(?[^)]*\)?0", r"\1", text)
    text = text.replace("ssl_macro_holds", "")
    text = re.sub(r"[\s()]", "", text)
    return re.sub(r"0[xX]([0-9a-fA-F]+)[uUlL]*|\b(\d+)[uUlL]+\b", lambda m: str(int(m.group(1), 16)) if m.group(1) else m.group(2), text)


def expansions(compiler, names, defined, ours):
    text = includes(["ssl.h"] + [name for name in HEADERS if ours or system_header(compiler, name)])
    for name in names:
        parameters = defined[name]
        letters = ", ".join(f"arg_{chr(97 + index)}" for index, _ in enumerate(parameters.split(","))) if parameters else ""
        text += f"@ {name}" + (f"({letters})" if parameters is not None else "") + "\n"
    lines = [line[2:] for line in compiler.preprocess(text, ours=ours).splitlines() if line.startswith("@ ")]
    return dict(zip(names, (normal(line) for line in lines), strict=True))


def check_macros(report, compiler, ours, system):
    constants = set(constants_of(compiler, system, False))
    names = sorted(name for name in system if name not in constants and not re.match(r"(sk|ossl)_|OPENSSL_\w+_H$|HEADER_", name))
    missing = [name for name in names if name not in ours and not declared(compiler, name)]
    report.check(f"every macro of the system's headers is there ({len(names)} calls, {len(constants)} constants)",
                 missing + [name for name in constants if name not in ours])
    both = [name for name in names if name in ours and name not in NOT_COMPARED]
    left, right = expansions(compiler, both, system, False), expansions(compiler, both, ours, True)
    report.check(f"{len(both)} macros expand to what the system's do",
                 [f"{name}: {left[name]} in the system's header, {right[name]} in ours" for name in both if left[name] != right[name]])


def declared(compiler, name):
    return not compiler.problems(includes(HEADERS) + f"void *at(void) {{ return (void *)&{name}; }}\n", "-w")


def check_stacks(report, compiler):
    """The typed stacks: the calls that the system's header has exist here too, whether as macros or as functions."""
    calls = sorted(set(re.findall(r"#define (sk_(?:SSL_CIPHER|SSL_COMP|SRTP_PROTECTION_PROFILE)_\w+)",
                                  compiler.run(includes(["ssl.h"]), "-E", "-dD", ours=False).stdout)))
    report.check(f"{len(calls)} calls on stacks are there", [name for name in calls if not declared(compiler, name)])


def check_declarations(report, compiler):
    """Every declaration of the system's <openssl/ssl.h> repeated after ours: the compiler refuses what conflicts."""
    text = compiler.run(includes(["ssl.h"]), "-E", "-P", ours=False).stdout
    names = re.findall(r"^\s+(\w+);", (INCLUDE / "libssl.map").read_text(), flags=re.M)
    statements = {}
    for statement in re.findall(r"[^;{}]*\([^;{}]*(?=;)", text):
        for name in re.findall(r"\b(\w+)\s*\(", statement):
            if name in set(names) and not re.search(r"\breturn\b|=", statement):
                statements.setdefault(name, " ".join(statement.split()) + ";")
    repeated = includes(["ssl.h"]) + "\n".join(statements.values()) + "\n"
    report.check(f"{len(statements)} prototypes agree with the system's header", compiler.problems(repeated, "-w"))


def check_census(report, compiler, census, ours):
    if not (census / "abi.csv").exists():
        print("skip the census: there is none beside this repository")
        return
    with (census / "abi.csv").open(newline="") as file:
        prototypes = [row["prototype"] for row in csv.DictReader(file) if row["in_3_5"] == "1"]
    report.check(f"{len(prototypes)} prototypes agree with the census",
                 compiler.problems(includes(["ssl.h"]) + ";\n".join(prototypes) + ";\n", "-w"))
    with (census / "macros.csv").open(newline="") as file:
        names = [row["macro"] for row in csv.DictReader(file) if row["macro"]]
    report.check(f"{len(names)} macros of the census are there", [name for name in names if name not in ours])
    with (census / "constants.csv").open(newline="") as file:
        rows = [(row["name"], row["value_3_5"] or row["value_3_0"]) for row in csv.DictReader(file)]
    asserts = "".join(f'_Static_assert((uint64_t)({name}) == (uint64_t)({value}LL), "{name}");\n' for name, value in rows)
    report.check(f"{len(rows)} constants have the census's value", compiler.problems(includes(HEADERS) + asserts, "-w"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("generated", type=Path)
    parser.add_argument("--census", default=os.environ.get("CENSUS", ROOT.parent / "shared/census"), type=Path)
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--cxx", default=os.environ.get("CXX", "c++"))
    options = parser.parse_args()
    report, compiler = Report(), Compiler(options)
    check_drift(report, options.generated)
    if report.failed and not all((INCLUDE / "openssl" / name).exists() for name in HEADERS):
        print("the rest is not looked at: headers are missing")
        print(f"{report.passed} passed, {report.failed} failed")
        return 1
    check_alone(report, compiler)
    check_tests(report, compiler)
    ours, system = macros(compiler, True), macros(compiler, False)
    with tempfile.TemporaryDirectory() as folder:
        check_constants(report, compiler, ours, system, Path(folder))
    check_macros(report, compiler, ours, system)
    check_stacks(report, compiler)
    check_declarations(report, compiler)
    check_census(report, compiler, options.census, ours)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
