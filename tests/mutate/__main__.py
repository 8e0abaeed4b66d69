"""`python -m tests.mutate LIST [--only TEXT]`: apply each mutant to a copy and run its tests."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutate import certify, engine

ROOT = Path(__file__).parent.parent.parent
LISTS = {"certify": certify, "engine": engine}
"""Name of a list: its module, with MUTANTS, tests_of and PRELOADED."""

COPIED = ("continuation", "symbolic", "tests", "setup.cfg", "pyproject.toml")
TIME_LIMIT = 600
"""Seconds; a mutant that makes the tests run for ever is noticed, too."""


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.mutate")
    parser.add_argument("list", choices=LISTS)
    parser.add_argument("--only", nargs="*", default=[""], help="mutants of files with these words")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        sys.exit(run(LISTS[options.list], options.only))
    with tempfile.TemporaryDirectory() as folder:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, Path(folder) / name, ignore=ignored)
            else:
                shutil.copy(source, folder)
        environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "tests.mutate", options.list, "--inside"]
        command += ["--only", *options.only]
        sys.exit(subprocess.run(command, cwd=folder, env=environment, check=False).returncode)


def run(module, only):
    """All mutants of a list, in a copy of the repository; 0 if every one ends as it should."""
    for name in module.PRELOADED:  # what is not mutated is imported once, before each fork
        __import__(name)
    wrong = 0
    chosen = [m for m in module.MUTANTS if any(word in m.file for word in only)]
    if outcome(sorted({test for m in chosen for test in module.tests_of(m.file)})):
        print("the tests fail before anything is changed")
        return 2
    for number, mutant in enumerate(chosen):
        start = time.perf_counter()
        noticed = with_mutant(mutant, module.tests_of(mutant.file))
        right = noticed != bool(mutant.equivalent)
        wrong += not right
        word = "noticed" if noticed else "equivalent" if mutant.equivalent else "SURVIVES"
        if noticed and mutant.equivalent:
            word = "NOTICED, but said to be equivalent"
        change = f"{mutant.before!r} -> {mutant.after!r}"
        spent = time.perf_counter() - start
        print(f"{number + 1:3d} {word:10s} {spent:5.1f} s {mutant.file}: {change}", flush=True)
    killed = sum(not m.equivalent for m in chosen) - wrong
    print(f"{len(chosen)} mutants: {killed} noticed, {wrong} wrong")
    return int(wrong > 0)


def with_mutant(mutant, tests):
    path = Path(mutant.file)
    text = path.read_text(encoding="utf-8")
    assert text.count(mutant.before) == 1, f"{mutant.file}: {mutant.before!r} is not there once"
    path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
    try:
        return outcome(tests) != 0
    finally:
        path.write_text(text, encoding="utf-8")


def outcome(tests):
    """Exit code of pytest in a fork of this process."""
    child = os.fork()
    if child == 0:
        import pytest

        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        options = ["-x", "-q", "-p", "no:cacheprovider", "-n0", "--noconftest"]
        os._exit(int(pytest.main([*options, *tests])))
    limit = time.monotonic() + TIME_LIMIT
    while time.monotonic() < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return 1


if __name__ == "__main__":
    main()
