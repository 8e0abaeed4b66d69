"""`python -m tests.mutate LIST [--only TEXT] [--numbers 1-20]`: change a copy, run tests."""

import argparse
import compileall
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.mutate import certify, engine, flows, landscape, provers, systems, tracing

ROOT = Path(__file__).parent.parent.parent
LISTS = {
    "engine": engine,
    "tracing": tracing,
    "systems": systems,
    "landscape": landscape,
    "flows": flows,
    "provers": provers,
    "certify": certify,
}
"""Name of a list: its module, with MUTANTS."""

LIBRARIES = (
    "sympy", "flint", "numba", "numpy", "scipy.optimize", "scipy.stats", "scipy.interpolate",
    "scipy.sparse.csgraph", "networkx", "xarray", "h5netcdf", "hypothesis", "mpmath", "pytest",
    "symbolic.model",
)  # fmt: skip
"""Imported once, before each fork: no list changes them."""

UNCHANGED = {"certify": ("continuation.landscape",)}
"""Name of a list: parts of the product that it leaves alone, likewise."""

COPIED = ("continuation", "symbolic", "tests", "setup.cfg", "pyproject.toml")
LONGER = 2.0
MORE_SECONDS = 60.0
"""Of the processor: what a mutant may take beyond so many times what the tests take unchanged, to
be compiled. One that makes them run for ever is noticed, too, but said to be noticed by time."""


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.mutate")
    parser.add_argument("list", choices=LISTS)
    parser.add_argument("--only", nargs="*", default=[""], help="mutants of files with these words")
    parser.add_argument("--numbers", default="1-999", help="of the list, such as 3,20-40")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        for name in (*LIBRARIES, *UNCHANGED.get(options.list, ())):
            __import__(name)
        sys.exit(run(chosen(options)))
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, Path(folder) / name, ignore=ignored)
            else:
                shutil.copy(source, folder)
        compileall.compile_dir(folder, quiet=2)
        environment = {**os.environ, "PYTHONPATH": folder}
        command = [sys.executable, "-m", "tests.mutate", options.list, "--inside"]
        command += ["--numbers", options.numbers, "--only", *options.only]
        sys.exit(subprocess.run(command, cwd=folder, env=environment, check=False).returncode)


def chosen(options):
    """Numbers and mutants asked for."""
    ends = [part.split("-") for part in options.numbers.split(",")]
    wanted = {k for end in ends for k in range(int(end[0]), int(end[-1]) + 1)}
    numbered = [(k, m) for k, m in enumerate(LISTS[options.list].MUTANTS, 1) if k in wanted]
    return [(k, m) for k, m in numbered if any(word in m.file for word in options.only)]


def run(numbered):
    """Mutants of a list, in a copy of the repository; 0 if every one ends as it should."""
    counted, limits = Counter(), {}
    for number, mutant in numbered:
        if mutant.tests not in limits:
            before = spent()
            if noticed(mutant.tests, math.inf):
                print(f"{' '.join(mutant.tests)}: they fail before anything is changed")
                return 2
            limits[mutant.tests] = LONGER * (spent() - before) + MORE_SECONDS
        start = time.perf_counter()
        word = verdict(mutant, with_mutant(mutant, limits[mutant.tests]))
        counted[word] += 1
        change = f"{mutant.before!r} -> {mutant.after!r}"
        seconds = time.perf_counter() - start
        print(f"{number:3d} {word:18s} {seconds:5.1f} s {mutant.file}: {change}", flush=True)
    print(f"{len(numbered)} mutants:", ", ".join(f"{n} {word}" for word, n in counted.items()))
    return int(bool(counted[SURVIVES] + counted[NOT_EQUIVALENT]))


SURVIVES, NOT_EQUIVALENT = "SURVIVES", "NOTICED, but said to be equivalent"


def verdict(mutant, ended):
    """What is said of a mutant that its tests have noticed so, or not ("")."""
    if ended:
        return NOT_EQUIVALENT if mutant.equivalent else ended
    return "equivalent" if mutant.equivalent else SURVIVES


def spent():
    """Seconds of the processor that the forks have taken so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def with_mutant(mutant, seconds):
    """How its tests notice it, within so many seconds of the processor."""
    path = Path(mutant.file)
    text, before = path.read_text(encoding="utf-8"), path.stat()
    assert text.count(mutant.before) == 1, f"{mutant.file}: {mutant.before!r} is not there once"
    path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        return noticed(mutant.tests, seconds)
    finally:
        path.write_text(text, encoding="utf-8")
        # what is compiled of the file is known by this time
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def noticed(tests, seconds):
    """How some of the tests fail, or take longer, in a fork of this process; "" if none does.

    Raises
    ------
    RuntimeError
        Where they could not be run, which says nothing of the code.
    """
    child = os.fork()
    if child == 0:
        run_tests(tests, seconds)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code > BROKEN:
        raise RuntimeError(f"pytest ends with {code}: {' '.join(tests)}")
    return ENDS.get(code, "noticed")  # negative where the system has ended it for its memory


BROKEN = 2
"""Exit code of pytest where tests cannot be loaded: the changed code cannot. Above, it is not the
code that is wrong."""

ENDS = {0: "", BROKEN: "noticed on loading", -signal.SIGXCPU: "noticed by time"}
"""What is said of exit codes, where it is not just that a test fails."""


OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-n0", "-m", "", "--assert=plain")
"""Slow tests as well; nobody reads why they fail."""


def run_tests(tests, seconds):
    import pytest

    if seconds < math.inf:
        most = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), most))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = 70
    try:
        code = int(pytest.main([*OPTIONS, *tests]))
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
