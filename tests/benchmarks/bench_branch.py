"""Time of whole branches: start, steps, eigenvalues, special points and the end included.

The branch of the theoretical optimum of `fukumizu_amari` (two tanh units, n = 100) from σ = 0.1 to
1, for several data sets, with the default step control; the fixed cost is the time of a branch of
one step. AUTO-07p follows the same branches with the same bounds on the step and ends exactly at 1
too (UZSTOP). Least processor time of several runs, turn by turn; of AUTO by its own clock, and the
processor time beyond that of a process of one step. Part of `engine_peers.py`.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from continuation import StepOptions, newton, trace_branch
from continuation.landscape import Dataset, Loss
from symbolic import fukumizu_amari
from tests.benchmarks.auto_peer import AUTO_BUILDS, auto_clock, auto_seconds, build_auto, write_case

Name = TypeVar("Name", str, tuple[str, int])
TEACHER = np.array([1.0, 4.0, 2.0, -1.0])
SEEDS = (1, 3, 4, 7, 8)
START, END = 0.1, 1.0
ROUNDS, REPEATS = 10, 20
STEPS = 10_000
STEP = StepOptions()
AUTO = f"""DS={STEP.initial}, DSMIN=1e-9, DSMAX={STEP.maximum}, IADS=1
RL0=0.05, RL1=2, UZSTOP={{1: {END}}}
"""


def whole_branches() -> list[str]:
    """A Markdown table, one row for each data set."""
    auto = [f"{label}: its clock; beyond one step, ms" for label in AUTO_BUILDS]
    names = ["data set", "samples", "fixed cost, ms", "whole branch, ms", *auto]
    lines = [f"| {' | '.join(names)} |", "|" + "--:|" * len(names)]
    return lines + [f"| {' | '.join(_row(seed))} |" for seed in SEEDS]


def _row(seed: int) -> list[str]:
    """One data set."""
    data = Dataset.sample(fukumizu_amari(), n=100, seed=seed)
    problem = Loss(fukumizu_amari(), data).problem("noise")
    start = newton(problem, newton(problem, TEACHER, 0.0).x, START).x
    branch = trace_branch(problem, start, START, (0.05, END))
    assert branch.stop_reason == "limit"
    near = START + 0.05 * STEP.initial
    runs: dict[str, Callable[[], float]] = {
        "fixed": lambda: _several(lambda: trace_branch(problem, start, START, (0.05, near))),
        "whole": lambda: _several(lambda: trace_branch(problem, start, START, (0.05, END))),
    }
    with tempfile.TemporaryDirectory() as name:
        write_case(Path(name), data, start, START)
        for label, flags in AUTO_BUILDS.items():
            program = build_auto(Path(name), flags)
            if program is not None:
                runs[f"{label}, clock"] = partial(auto_clock, program, AUTO, STEPS)
                runs[label] = partial(auto_seconds, program, AUTO, STEPS)
                runs[f"{label}, begun"] = partial(auto_seconds, program, AUTO, 1)
        best = turn_by_turn(runs, ROUNDS)
    cells = [
        str(seed),
        str(len(branch)),
        f"{best['fixed'] * 1e3:.2f}",
        f"{best['whole'] * 1e3:.2f}",
    ]
    return cells + [_cell(best, label) for label in AUTO_BUILDS]


def _cell(best: dict[str, float], label: str) -> str:
    """Milliseconds of AUTO, by its clock and beyond the first step, and how many times ours."""
    if label not in best:
        return "not installed"
    several = best[f"{label}, clock"], best[label] - best[f"{label}, begun"]
    return "; ".join(f"{t * 1e3:.3g} ({t / best['whole']:.1f} ×)" for t in several)


def turn_by_turn(runs: dict[Name, Callable[[], float]], rounds: int) -> dict[Name, float]:
    """Least seconds of each run; a busy machine disturbs all of them alike."""
    times: dict[Name, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(run())
    return {name: min(several) for name, several in times.items()}


def _several(run: Callable[[], object]) -> float:
    """Least processor seconds of a few runs."""
    times = []
    for _ in range(REPEATS):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times)
