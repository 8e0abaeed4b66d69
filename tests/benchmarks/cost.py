"""How cost grows with samples, units, data sets and workers: the page `docs/cost.md`.

    python tests/benchmarks/cost.py [--largest 6] [--data-sets 64] [--output docs/cost.md]

Processor seconds of one core, caches warm, σ = 0.1; of the ensembles also the time by the clock,
which other work on the machine lengthens. A slope is the exponent a of cost ~ xᵃ between a row and
the one before.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from continuation.ensemble import ensemble, grid
from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    find_critical_sets,
    flows_to_limits,
)
from continuation.landscape.basins.estimate import BASIN_RTOL
from continuation.workers import process_pool
from symbolic import fukumizu_amari

NOISE, SEED = 0.1, 0
FLOWS, REPEATS = 20, 3
WIDTHS = (1, 2, 3)
WORKERS = (1, 2)

INTRODUCTION = """# What a landscape costs

Measured by `python tests/benchmarks/cost.py`: processor seconds of one core with compiled kernels
at hand, preset `fukumizu_amari`, σ = 0.1. A slope is the exponent a of cost ~ xᵃ from the row
above. Where the machine did other work meanwhile (the load is named below), processor seconds are
up to twice those of a quiet one; slopes hardly change.
"""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--largest", type=int, default=6, help="power of ten of the most samples")
    parser.add_argument("--data-sets", type=int, default=64)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    parts = [
        INTRODUCTION,
        *by_samples(options.largest),
        *by_units(),
        *by_data_sets(options.data_sets),
    ]
    text = "\n".join(parts)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def by_samples(largest: int) -> list[str]:
    """One kernel, all sets, one flow, against n."""
    names = ("loss, gradient, Hessian", "all sets", "regions", "one decided flow")
    rows = []
    for n in (10**k for k in range(2, largest + 1)):
        loss = Loss(fukumizu_amari(), Dataset.sample(fukumizu_amari(), n, SEED))
        at = loss.at(noise=NOISE)
        starts = np.random.default_rng(0).standard_normal((FLOWS if n <= 10**4 else 4, 4))
        at.evaluate(starts[0])
        flows_to_limits(at, starts[:1], rtol=BASIN_RTOL)
        search = partial(find_critical_sets, loss, noise=NOISE)
        times = REPEATS if n <= 10**4 else 1
        search(regions=False)
        bare = least(partial(search, regions=False), times)
        rows.append(
            (
                n,
                least(partial(at.evaluate, starts[0]), 200 if n <= 10**4 else 3),
                bare,
                max(least(search, times) - bare, 0.0),
                least(partial(flows_to_limits, at, starts, rtol=BASIN_RTOL), 1) / len(starts),
            )
        )
    text = (
        "Searches compress what they know of more than some thousand samples, so that they grow "
        "more slowly than the data; flows see every sample at every step."
    )
    return ["## Samples", "", *table("n", names, rows), "", text, ""]


def by_units() -> list[str]:
    """Sets and graph, against H."""
    rows = []
    for hidden in WIDTHS:
        model = fukumizu_amari().with_hidden(hidden)
        loss = Loss(model, Dataset.sample(model, 100, SEED))
        search = partial(find_critical_sets, loss, noise=NOISE)
        sets = search()
        draw = partial(connect, loss, sets, noise=NOISE)
        draw()
        rows.append((hidden, least(search), least(draw, 1), len(sets)))
    names = ("sets with regions", "graph", "sets")
    text = (
        "Every unit more multiplies the cells of the exhaustive search by the nodes of its grid "
        "over H, and the sets by two or three. Four take some 20 s; five and more are searched "
        "from repeated starts, within a budget."
    )
    return ["## Units", "", *table("H", names, rows, counts=1), "", text, ""]


def by_data_sets(most: int) -> list[str]:
    """The ensemble question "sets", against data sets and workers."""
    rows = []
    for workers in WORKERS:
        with process_pool(workers) as pool:
            asked("fukumizu_amari", 1, pool)  # the workers load their kernels
            for data_sets in sorted({max(1, most // 4), most}):
                clock = asked("fukumizu_amari", data_sets, pool)
                rows.append(
                    f"| {workers} | {data_sets} | {clock:.2f} | {clock / data_sets * 1e3:.0f} |"
                )
    head = ["| workers | data sets | s by the clock | ms a data set |", "| --: | --: | --: | --: |"]
    load = os.getloadavg()[0]
    text = (
        "Data sets are independent: cost is proportional to their number, and workers share it. By "
        f"the clock, on {os.cpu_count()} cores with a load of {load:.1f} while this was measured."
    )
    return ["## Data sets and workers", "", *head, *rows, "", text, ""]


def asked(preset: str, data_sets: int, executor) -> float:
    """Seconds by the clock for one ensemble."""
    begin = time.perf_counter()
    settings = grid([preset], n=100, noise=NOISE)
    ensemble("sets", settings, data_sets=data_sets, executor=executor)
    return time.perf_counter() - begin


def least(task: Callable[[], object], repeats: int = REPEATS) -> float:
    """Least processor time of several runs."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        task()
        times.append(time.process_time() - begin)
    return min(times)


def table(
    variable: str, names: Sequence[str], rows: Sequence[tuple[float, ...]], counts: int = 0
) -> list[str]:
    """Costs with their slopes; the last `counts` columns are plain numbers."""
    timed = len(names) - counts
    head = [f"{name} (s) | slope" for name in names[:timed]] + list(names[timed:])
    lines = [f"| {variable} | {' | '.join(head)} |"]
    lines.append("| --: |" + " --: |" * (2 * timed + counts))
    for k, row in enumerate(rows):
        cells = [f"{row[0]:g}"]
        for j in range(1, timed + 1):
            cells.append(f"{row[j]:.3g}")
            cells.append(slope(rows[k - 1], row, j) if k else "")
        cells += [f"{value:g}" for value in row[timed + 1 :]]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def slope(before: tuple[float, ...], row: tuple[float, ...], j: int) -> str:
    """Exponent between two rows."""
    if not (before[j] > 0.0 and row[j] > 0.0):
        return ""
    return f"{np.log(row[j] / before[j]) / np.log(row[0] / before[0]):.2f}"


if __name__ == "__main__":
    if any(os.environ.get(name) != "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")):
        raise SystemExit("set OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1: one core is measured")
    main()
