"""How much memory is needed: the section "Memory" of `docs/benchmarks.md`.

    python tests/benchmarks/memory.py [--n 1000000 10000000] [--figures]

Peak of the resident memory of a process of its own for each number of samples, command of README.md
and figure, as the operating system counts it, Python and the imported packages included.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"

STREAM = """
import sys, time
import numpy as np
from continuation.landscape import Dataset, Loss, find_critical_sets
from symbolic import fukumizu_amari

def timed(name, task):
    start = time.process_time()
    found = task()
    print(f"{name}: {time.process_time() - start:.3g} s", flush=True)
    return found

model, question = fukumizu_amari(), {"noise": 0.1}
warm = Loss(model, Dataset.sample(model, 100, 0))
warm.evaluate(np.ones(4))
find_critical_sets(warm, **question, regions=False)
loss = timed("drawn", lambda: Loss(model, Dataset.sample(model, int(sys.argv[1]), 0)))
timed("loss, gradient, Hessian", lambda: loss.evaluate(np.ones(4), **question))
sets = timed("all sets", lambda: find_critical_sets(loss, **question, regions=False))
slope = max(np.abs(loss.gradient(s.theta, **question)).max() for s in sets if s.kind == "point")
print(len(sets), f"sets, largest derivative at points {slope:.1g};", sets.notes[0])
"""
"""What is asked of many samples, after the same of few, which compiles the kernels."""

PER_MEGABYTE = 1024.0 if sys.platform == "linux" else 1024.0**2
"""What the operating system counts in: kilobytes, elsewhere bytes."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--n", type=int, nargs="*", default=[10**6, 10**7], help="samples")
    parser.add_argument("--figures", action="store_true", help="every figure, quick (minutes)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:  # later commands read what earlier ones wrote
        for name, arguments in tasks(options.n, options.figures):
            peak, said = peak_of([sys.executable, *arguments], folder)
            print(f"| {name} | {peak:.0f} MB |", *said, sep="\n", flush=True)


def tasks(samples: list[int], figures: bool) -> Iterator[tuple[str, list[str]]]:
    """Names and arguments of Python."""
    for n in samples:
        yield f"n = {n:g}", ["-c", STREAM, str(n)]
    for command in README.read_text(encoding="utf-8").splitlines():
        if command.startswith(("python -m continuation ", "python -m figures ")):
            yield f"`{command}`", shlex.split(command)[1:]
    if figures:
        from figures.job import NAMES

        for figure in NAMES:
            yield (
                f"figure `{figure}`",
                ["-m", "figures", "--only", figure, "--quick", "--jobs", "1"],
            )


def peak_of(command: list[str], folder: str) -> tuple[float, list[str]]:
    """Megabytes of a process, and the lines that a script of ours printed."""
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as running:
        lines = running.stdout.read().splitlines()
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {running.returncode}")
    return usage.ru_maxrss / PER_MEGABYTE, lines if "-c" in command else []


if __name__ == "__main__":
    main()
