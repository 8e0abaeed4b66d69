"""Time of whole branches: start, steps, eigenvalues, special points and the end included.

    python tests/benchmarks/bench_branch.py

The branch of the theoretical optimum of `fukumizu_amari` (two tanh units, n = 100) from σ = 0.1 to
1, for several data sets, with the default step control; the fixed cost is the time of a branch of
one step. AUTO-07p follows the same branches with the same bounds on the step and ends exactly at 1
too (UZSTOP); its time is by its own clock. Best of several runs, turn by turn; one BLAS thread.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from continuation import StepOptions, newton, trace_branch
from continuation.landscape import Dataset, Loss
from symbolic import fukumizu_amari
from tests.benchmarks.engine_peers import (
    AUTO_BUILDS,
    ONE_THREAD,
    TEACHER,
    auto_time,
    build_auto,
    header,
)

SEEDS = (1, 3, 4, 7, 8)
START, END = 0.1, 1.0
REPEATS = 300
AUTO_REPEATS = 20
STEP = StepOptions()
AUTO = f"""NDIM=4, IPS=1, IRS=0, ILP=1
ICP=[1]
NTST=10, NCOL=4, IAD=0, ISP=2, ISW=1, IPLT=0, NBC=0, NINT=0
NMX=10000, NPR=1000000, MXBF=0, IID=0, ITMX=8, ITNW=7, NWTN=3, JAC=1
EPSL=1e-10, EPSU=1e-10, EPSS=1e-8
DS={STEP.initial}, DSMIN=1e-9, DSMAX={STEP.maximum}, IADS=1
RL0=0.05, RL1=2, UZSTOP={{1: {END}}}
"""


def main() -> None:
    """Measure, print."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read when NumPy is loaded: start again
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    names = ["data set", "samples", "fixed, ms", "whole, ms", *AUTO_BUILDS]
    print("\n".join([*header(), "", " | ".join(names)]))
    for seed in SEEDS:
        print(" | ".join(row(seed)))


def row(seed: int) -> list[str]:
    """One data set."""
    data = Dataset.sample(fukumizu_amari(), n=100, seed=seed)
    problem = Loss(fukumizu_amari(), data).problem("noise")
    start = newton(problem, newton(problem, TEACHER, 0.0).x, START).x
    branch = trace_branch(problem, start, START, (0.05, END))
    assert branch.stop_reason == "limit"
    near = START + 0.05 * STEP.initial
    fixed = best(lambda: trace_branch(problem, start, START, (0.05, near)))
    whole = best(lambda: trace_branch(problem, start, START, (0.05, END)))
    cells = [str(seed), str(len(branch)), f"{fixed * 1e3:.3f}", f"{whole * 1e3:.3f}"]
    return cells + [cell(seconds, whole) for seconds in auto(data, start)]


def cell(seconds: float | None, own: float) -> str:
    """Milliseconds, and how many times this engine's."""
    return "not installed" if seconds is None else f"{seconds * 1e3:.3g} ({seconds / own:.1f} ×)"


def auto(data: Dataset, start: np.ndarray) -> list[float | None]:
    """Seconds of AUTO's builds for the same branch."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns = np.column_stack([data.x, data.target, data.noise])
        np.savetxt(
            folder / "samples.txt", columns, fmt="%.17g", header=str(len(columns)), comments=""
        )
        np.savetxt(folder / "start.txt", np.append(start, START)[None], fmt="%.17g")
        times: list[float | None] = []
        for flags in AUTO_BUILDS.values():
            program = build_auto(folder, flags)
            several = [auto_time(program, AUTO) for _ in range(AUTO_REPEATS)] if program else []
            times.append(min(several, default=None))
        return times


def best(run: Callable[[], object]) -> float:
    """Least seconds of many runs."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


if __name__ == "__main__":
    main()
