"""Critical sets, graphs and decided trajectories: time, correctness, growth with the data.

    python tests/benchmarks/bench_landscape.py [--trajectories 600] [--largest 6] [--wide]
                                               [--peer-python PATH] [--output TABLE.md]

Two-unit presets, noise 0.1, one core; times are processor times. Trajectories start from N(0, 1)
weights. Their limits are compared with those of the same starts at a tolerance of 1e-9, and for
some of them with SciPy's BDF at 1e-8 up to t = 1e8: the loss there must not be below the decided
limit's, and the network functions must agree. `--largest 6` goes to 10⁶ samples, `--wide` adds
eight units;
`--peer-python` adds the table of `compare_topsearch.py`.
"""

import argparse
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
from auto_peer import ONE_THREAD, header
from scipy.integrate import solve_ivp

from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    find_critical_sets,
    flows_to_limits,
)
from continuation.landscape.basins.estimate import BASIN_RTOL
from continuation.landscape.graph.targets import match
from symbolic import PRESETS

HERE = Path(__file__).parent
NAMES = ("fukumizu_amari", "overparameterised")
SAMPLES, NOISE, SEEDS = 100, 0.1, 8
REFERENCE_RTOL = 1e-9
#: Trajectories that BDF follows, its tolerance for the check and for the timing, and the time.
CHECKED, CHECK_RTOL, TIMED_RTOL, END = 40, 1e-8, 1e-4, 1e8
#: Largest difference of network functions: escapes at t = 1e8 are still on their way.
ALIKE = 0.03
WIDE = 8


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--trajectories", type=int, default=600)
    parser.add_argument("--largest", type=int, default=6)
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--peer-python")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read when NumPy is loaded: start again
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ONE_THREAD)
    parts = [
        header(),
        searches(),
        trajectories(options.trajectories),
        growth(options.largest),
        wide() if options.wide else [],
        peer(options.peer_python),
    ]
    text = "\n".join(line for part in parts for line in ([*part, ""] if part else []))
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


def searches() -> list[str]:
    """Sets and graph of one data set; best of three, over several data sets."""
    lines = [
        f"| preset (n = {SAMPLES}, {SEEDS} data sets) | sets: median, slowest (s) | "
        "graph: median, slowest (s) | Euler count confirms |",
        "|---|--:|--:|--:|",
    ]
    for name in NAMES:
        model = PRESETS[name]()
        times, confirmed = [], 0
        for seed in range(SEEDS):
            loss = Loss(model, Dataset.sample(model, SAMPLES, seed))
            sets = find_critical_sets(loss, noise=NOISE)
            confirmed += sets.complete
            times.append(
                (
                    best(partial(find_critical_sets, loss, noise=NOISE)),
                    best(partial(connect, loss, sets, noise=NOISE)),
                )
            )
        (s, g), (slow_s, slow_g) = np.median(times, axis=0), np.max(times, axis=0)
        lines.append(
            f"| {name} | {s:.3f}, {slow_s:.3f} | {g:.3f}, {slow_g:.3f} | {confirmed} of {SEEDS} |"
        )
    return lines


def best(task, repeats: int = 3) -> float:
    """Least of several processor times; a busy machine slows some."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        task()
        times.append(time.process_time() - begin)
    return min(times)


def trajectories(count: int) -> list[str]:
    """Decided trajectories per second, undecided and wrong ones, and BDF beside."""
    lines = [
        f"| preset ({count} trajectories, n = {SAMPLES}) | a second | undecided | wrong | "
        f"at 1e-9 undecided | against BDF wrong (of {CHECKED}) | SciPy BDF to t = 1e8, a second |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name in NAMES:
        model = PRESETS[name]()
        loss = Loss(model, Dataset.sample(model, SAMPLES, 0))
        at, sets = loss.at(noise=NOISE), find_critical_sets(loss, noise=NOISE)
        starts = np.random.default_rng(0).standard_normal((count, 4))
        seconds = best(partial(flows_to_limits, at, starts, rtol=BASIN_RTOL))
        results = flows_to_limits(at, starts, rtol=BASIN_RTOL)
        tight = flows_to_limits(at, starts, rtol=REFERENCE_RTOL)
        found, expected = ([label(r, sets) for r in rows] for rows in (results, tight))
        pairs = [(a, b) for a, b in zip(found, expected, strict=True) if a and b]
        wrong = sum(a != b for a, b in pairs)
        checked = sum(
            not confirmed(at, start, result)
            for start, result in list(zip(starts, results, strict=True))[:CHECKED]
        )
        rate = CHECKED / best(partial(all_bdf, at, starts[:CHECKED]), 1)
        lines.append(
            f"| {name} | {count / seconds:.0f} | {found.count('')} | {wrong} | "
            f"{expected.count('')} | {checked} | {rate:.0f} |"
        )
    return lines


def label(result, sets) -> str:
    """Label of a limit; empty where it was not decided."""
    found = match(result, sets)
    if found is not None:
        return found.label
    open_end = result.status == "undecided" or result.subkind == "unresolved"
    return "" if open_end else "not listed"


def bdf(at, start: np.ndarray, rtol: float) -> np.ndarray:
    """Weights at the end of SciPy's integration with the compiled gradient and Hessian."""
    return solve_ivp(
        lambda _, theta: -at.gradient(theta),
        (0.0, END),
        start,
        method="BDF",
        jac=lambda _, theta: -at.hessian(theta),
        rtol=rtol,
        atol=1e-3 * rtol,
    ).y[:, -1]


def all_bdf(at, starts: np.ndarray) -> list[np.ndarray]:
    """Ends of several of them at the tolerance of the timing."""
    return [bdf(at, start, TIMED_RTOL) for start in starts]


def confirmed(at, start: np.ndarray, result) -> bool:
    """Whether an independent integration agrees with a decided limit (or none was decided)."""
    if result.status == "undecided" or result.subkind == "unresolved":
        return True
    end = bdf(at, start, CHECK_RTOL)
    x = at.data[0]
    if result.limit is None:
        limit = network(at, result.theta)
    else:
        limit = result.limit.outputs(at.model, x)
    gap = np.abs(network(at, end) - limit).max()
    return bool(at.value(end) >= result.loss - 1e-7 and gap < ALIKE)


def network(at, theta: np.ndarray) -> np.ndarray:
    """Outputs on the samples."""
    out = np.empty(at.data.shape[1])
    at.kernels.network(np.ascontiguousarray(theta), np.ascontiguousarray(at.data[0]), out)
    return out


def growth(largest: int) -> list[str]:
    """Time against the number of samples."""
    lines = [
        "| samples (fukumizu_amari) | loss, gradient, Hessian (ns/sample) | "
        "a trajectory (µs/sample) | all sets (s) | (µs/sample) | Euler count confirms |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    model = PRESETS[NAMES[0]]()
    starts = np.random.default_rng(0).standard_normal((4, 4))
    for n in (10**k for k in range(2, largest + 1)):
        loss = Loss(model, Dataset.sample(model, n, 0))
        at = loss.at(noise=NOISE)
        at.evaluate(starts[0])
        kernel = best(partial(at.evaluate, starts[0]), 5)
        flow = best(partial(flows_to_limits, at, starts, rtol=BASIN_RTOL), 1) / len(starts)
        begin = time.process_time()
        sets = find_critical_sets(loss, noise=NOISE, regions=False)
        search = time.process_time() - begin
        lines.append(
            f"| {n} | {1e9 * kernel / n:.2f} | {1e6 * flow / n:.2f} | {search:.3g} | "
            f"{1e6 * search / n:.3g} | {'yes' if sets.complete else 'no'} |"
        )
        print(lines[-1], file=sys.stderr)
    return lines


def wide() -> list[str]:
    """Eight units: sets and graph."""
    model = PRESETS["overparameterised"]().with_hidden(WIDE)
    loss = Loss(model, Dataset.sample(model, SAMPLES, 0))
    begin = time.process_time()
    sets = find_critical_sets(loss, noise=NOISE, regions=False)
    middle = time.process_time()
    graph = connect(loss, sets, noise=NOISE)
    end = time.process_time()
    return [
        f"- {WIDE} units, n = {SAMPLES}: {len(sets)} sets in {middle - begin:.0f} s, "
        f"{graph.nx.number_of_edges()} connections in {end - middle:.0f} s."
    ]


def peer(python: str | None) -> list[str]:
    """The table of `compare_topsearch.py`."""
    if python is None:
        return []
    command = [sys.executable, str(HERE / "compare_topsearch.py"), "--peer-python", python]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent.parent)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent.parent))
    main()
