"""Time per continuation step, here and in other programs, on one branch.

    python tests/benchmarks/engine_peers.py [--peer-python PATH] [--output TABLE.md]

prints what stands under "How fast" in the README, in a few minutes: whole branches, too
(`bench_branch.py`).

The branch: the theoretical optimum of `fukumizu_amari` (two tanh units, four unknowns) followed in
the noise σ, n = 100 and 10⁴ samples, the same data, the same fixed step, eigenvalues and the
detection of folds and branch points on. AUTO-07p solves its own Fortran equations with analytic
Jacobian (`engine_auto.f90`, `auto_peer.py`). The Python peers run in the interpreter given by
--peer-python, with the analytic Jacobian where they take one. What is not installed is said to be
so. Least processor time of several runs, turn by turn, less that of a run of one step: the time of
a further step. One BLAS thread.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy import sparse

from continuation import Problem, StepOptions, newton, trace_branch
from continuation.landscape import Dataset, Loss
from symbolic import fukumizu_amari

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.auto_peer import (
    AUTO_BUILDS,
    HERE,
    ONE_THREAD,
    auto_seconds,
    build_auto,
    header,
    write_case,
)
from tests.benchmarks.bench_branch import TEACHER, turn_by_turn, whole_branches

START, DS = 0.1, 5e-4
REPEATS = 8
AUTO = f"""DS={DS}, DSMIN={DS}, DSMAX={DS}, IADS=0
RL0=-10, RL1=10
"""
#: Steps timed, by number of samples: here and AUTO, NumPy, slow peers.
STEPS = {100: (2000, 400, 60), 10_000: (400, 100, 20)}


@dataclass(frozen=True)
class Row:
    """One program at one number of samples; seconds per step, None where not installed."""

    name: str
    samples: int
    per_step: float | None


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peer-python", default=sys.executable)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read when NumPy is loaded: start again
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    parts = (
        header,
        lambda: table([row for n in STEPS for row in measured(n, options.peer_python)]),
        whole_branches,
        others,
    )
    text = ""
    for part in parts:
        lines = "\n".join(part()) + "\n"
        print(lines, flush=True)
        text += lines + "\n"
    if options.output:
        options.output.write_text(text.rstrip() + "\n", encoding="utf-8")


def measured(n: int, peer_python: str) -> list[Row]:
    """All programs on n samples."""
    model = fukumizu_amari()
    data = Dataset.sample(model, n=n, seed=0)
    problem = Loss(model, data).problem("noise")
    start = newton(problem, newton(problem, TEACHER, 0.0).x, START).x
    _, medium, slow = STEPS[n]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_case(folder, data, start, START)
        runs: dict[str, Callable[[int], float]] = {
            "mlpcont": lambda steps: here(problem, start, steps)
        }
        for label, flags in AUTO_BUILDS.items():
            program = build_auto(folder, flags)
            if program is not None:
                runs[label] = lambda steps, program=program: auto_seconds(program, AUTO, steps)
        rows = further_steps(runs, n)
        for peer, label, steps in (
            ("numpy", "NumPy, 60 lines", medium),
            ("pycont", "pycont-lite", slow),
            ("bice", "bice", slow),
        ):
            rows.append(Row(label, n, python_peer(peer_python, peer, folder, steps)))
    return rows


def further_steps(runs: dict[str, Callable[[int], float]], n: int) -> list[Row]:
    """Seconds of a step beyond the first, of this engine and of AUTO's builds."""
    steps = STEPS[n][0]
    pairs = {(name, k): partial(run, k) for name, run in runs.items() for k in (1, steps)}
    best = turn_by_turn(pairs, REPEATS)
    return [
        Row(name, n, (best[name, steps] - best[name, 1]) / (steps - 1) if name in runs else None)
        for name in ("mlpcont", *AUTO_BUILDS)
    ]


def here(problem: object, start: np.ndarray, steps: int) -> float:
    """Processor seconds of a branch of so many steps."""
    step = StepOptions(initial=DS, maximum=DS, max_samples=steps + 1)
    begin = time.process_time()
    branch = trace_branch(problem, start, START, (-10, 10), step=step)
    seconds = time.process_time() - begin
    assert len(branch) == steps + 1
    return seconds


def python_peer(python: str, name: str, folder: Path, steps: int) -> float | None:
    """Seconds per step of one Python peer, or None."""
    command = [python, str(HERE / "engine_python_peers.py"), name, str(folder), str(DS), str(steps)]
    times: list[float | None] = []
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        result = json.loads(done.stdout.splitlines()[-1])
        times.append(result["seconds"] / max(result["steps"], 1))
    return best(times)


def best(times: list[float | None]) -> float | None:
    """The least of those that were measured."""
    return min((t for t in times if t is not None), default=None)


def table(rows: list[Row]) -> list[str]:
    """Markdown: microseconds a step, and how many times this engine's."""
    lines = ["| program | n = 100, µs a step | | n = 10⁴, µs a step | |", "|---|--:|--:|--:|--:|"]
    by_name: dict[str, dict[int, float | None]] = {}
    for row in rows:
        by_name.setdefault(row.name, {})[row.samples] = row.per_step
    own = by_name["mlpcont"]
    for name, times in by_name.items():
        cells = [cell for n in STEPS for cell in _cells(times[n], own[n])]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cells(seconds: float | None, own: float | None) -> tuple[str, str]:
    if seconds is None or own is None:
        return "not installed", ""
    return f"{seconds * 1e6:.3g}", f"{seconds / own:.1f} ×"


def others() -> list[str]:
    """Plain callables, sparse unknowns, start-up."""
    symmetric, general = plain_overhead(True), plain_overhead(False)
    seconds, share = bratu(10_000, 20)
    large, large_share = bratu(100_000, 6)
    return [
        f"- Plain Python callables, 4 unknowns: {symmetric * 1e6:.0f} µs a step above the "
        f"callables ({general * 1e6:.0f} µs where the Jacobian is not symmetric).",
        f"- Bratu's problem, 10⁴ sparse unknowns: {seconds * 1e3:.0f} ms a step, of which "
        f"{share:.0%} are sparse factorisations, solves and eigenvalues; 10⁵ unknowns: "
        f"{large * 1e3:.0f} ms, {large_share:.0%}.",
        f"- A second process is ready to trace in {second_process():.1f} s, imports included: "
        "nothing is compiled.",
    ]


def plain_overhead(symmetric: bool) -> float:
    """Seconds per step above the cost of the callables."""
    diagonal = np.diag([1.0, 2.0, 3.0, 4.0])

    def residual(x: np.ndarray, p: float) -> np.ndarray:
        return diagonal @ x - p * np.sin(x) - 0.1

    def jacobian(x: np.ndarray, p: float) -> np.ndarray:
        return diagonal - np.diag(p * np.cos(x))

    def by_p(x: np.ndarray, _: float) -> np.ndarray:
        return -np.sin(x)

    problem = Problem(residual, jacobian, by_p, symmetric=symmetric)
    step = StepOptions(initial=5e-3, maximum=5e-3, max_samples=1500)
    times = []
    for _ in range(REPEATS):
        begin = time.process_time()
        branch = trace_branch(problem, np.full(4, 0.1), 0.1, (0, 20), step=step)
        total = time.process_time() - begin
        begin = time.process_time()
        for _ in range(branch.evaluations):
            residual(branch.x[0], 0.1), jacobian(branch.x[0], 0.1), by_p(branch.x[0], 0.1)
        times.append((total - (time.process_time() - begin)) / len(branch))
    return min(times)


def bratu(n: int, steps: int) -> tuple[float, float]:
    """Seconds per step and the share of sparse linear algebra."""
    import cProfile
    import pstats

    h = 1 / (n + 1)
    stencil = [np.ones(n - 1), -2 * np.ones(n), np.ones(n - 1)]
    laplacian = sparse.diags_array(stencil, offsets=[-1, 0, 1], format="csc") / h**2
    problem = Problem(
        lambda u, p: laplacian @ u + p * np.exp(u),
        lambda u, p: sparse.csc_matrix(laplacian + sparse.diags_array(p * np.exp(u))),
        lambda u, p: np.exp(u),
        symmetric=True,
    )
    profile = cProfile.Profile(time.process_time)
    begin = time.process_time()
    profile.enable()
    step = StepOptions(initial=0.1, maximum=0.5, max_samples=steps)
    branch = trace_branch(problem, np.zeros(n), 0.0, (-1, 4), step=step)
    profile.disable()
    seconds = time.process_time() - begin
    entries = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    linear = sum(
        entry[3]
        for (path, _, function), entry in entries.items()
        if path.endswith("bordered_sparse.py") and function in ("solve", "spectrum")
    )
    return seconds / len(branch), linear / seconds


def second_process() -> float:
    """Seconds from the start of a fresh interpreter to the end of a short branch."""
    code = (
        "from symbolic import fukumizu_amari\n"
        "from continuation import newton, trace_branch\n"
        "from continuation.landscape import Dataset, Loss\n"
        "m = fukumizu_amari()\n"
        "p = Loss(m, Dataset.sample(m, n=100, seed=0)).problem('noise')\n"
        "trace_branch(p, newton(p, [1.0, 4.0, 2.0, -1.0], 0.0).x, 0.0, (0.0, 0.05))\n"
    )
    seconds = 0.0
    for _ in range(2):  # the first fills the caches, if they are empty
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=HERE.parent.parent)
        seconds = time.perf_counter() - begin
    return seconds


if __name__ == "__main__":
    main()
