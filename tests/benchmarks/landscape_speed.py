"""Seconds of one data set: sets, regions, graph, three units, flows; beside an earlier version.

    python tests/benchmarks/landscape_speed.py [--before CHECKOUT] [--rounds 3] [--seeds 8]
                                               [--output tests/benchmarks/landscape_speed.md]

Processor seconds on one core, n = 100, σ = 0.1, caches warm; of each data set the least of all
rounds, and of these the median. `--before` measures another checkout of the repository, round by
round in turn with this one, so that both see the same machine. The second table says which stages
the time of a data set goes to: a stack sampled every millisecond of processor time.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from continuation.landscape import (
    Dataset,
    Loss,
    connect,
    estimate_basins,
    find_critical_sets,
    flows_to_limits,
)
from continuation.landscape.basins.estimate import BASIN_RTOL
from symbolic import PRESETS, three_units

HERE = Path(__file__)
NAMES = ("fukumizu_amari", "overparameterised")
SAMPLES, NOISE = 100, 0.1
STARTS, WIDE_SEEDS, BASIN_SEEDS = 600, 2, 2
EVERY = 1e-3

ROWS = {
    "sets with regions": ("ms", 30.0),
    "sets without regions": ("ms", None),
    "graph": ("ms", 60.0),
    "three units, sets with regions": ("ms", 1500.0),
    "flows decided": ("a second", 3000.0),
    "estimate_basins(n=1000)": ("starts a second", 1500.0),
    "10⁴ data sets, sets and graph": ("minutes", 6.0),
}
"""Unit and goal of each number."""

INTRODUCTION = (
    "# Speed of the landscape of one data set",
    "",
    "`python tests/benchmarks/landscape_speed.py --before CHECKOUT` prints these tables: processor",
    "time of one core, n = 100, σ = 0.1, both two-unit presets, caches warm; medians over data",
    "sets of the least of all rounds, both versions in turn. The goals are for a quiet machine;",
    "this one had {load:.0f} busy processes on {cores} cores, which lengthens all numbers.",
    "",
)

STAGES = {
    "sets": {
        "table of single units": ("unit_table.py", "of"),
        "cells and Newton from them": ("limit_points.py", "critical_weights"),
        "fits of the limit points": ("limit_points.py", "at"),
        "silent units": ("critical_models.py", "silent_weights"),
        "polish": ("exhaustive.py", "_polished"),
        "error bounds": ("error_bounds.py", None),
        "other building of sets": ("assembly.py", None),
        "straight region branches": ("straight.py", None),
        "traced region branches": ("follow.py", "traced"),
        "other evidence of regions": ("regions.py", None),
    },
    "graph": {
        "integration and decision": ("gradient_flow.py", "_integrate"),
        "starts on unstable manifolds": ("departures.py", None),
        "targets": ("targets.py", None),
        "closest approaches": ("passing.py", None),
        "other exploration of spheres": ("exploration.py", None),
    },
}
"""Stages by the file and function (None: any) that a stack passes; the first that fits counts."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--before", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--json", action="store_true", help="one round, for the comparison")
    options = parser.parse_args()
    if options.json:
        print(json.dumps(measured(options.seeds)))
        return
    trees = [HERE.parent.parent.parent, *([options.before] if options.before else [])]
    rounds = [[elsewhere(tree, options.seeds) for tree in trees] for _ in range(options.rounds)]
    numbers = [summary([one[k] for one in rounds]) for k in range(len(trees))]
    text = "\n".join([*table(numbers), "", *shares(options.seeds)])
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def elsewhere(tree: Path, seeds: int) -> dict[str, list[float]]:
    """One round in a process of its own, with the code of a checkout."""
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(tree)}
    command = [sys.executable, str(HERE), "--json", "--seeds", str(seeds)]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | one, cwd=tree
    )
    return json.loads(done.stdout.splitlines()[-1])


def measured(seeds: int) -> dict[str, list[float]]:
    """Processor seconds of each data set, by what is measured; of flows those of one start."""
    out: dict[str, list[float]] = {name: [] for name in ROWS}
    for name in NAMES:
        model = PRESETS[name]()
        for seed in range(seeds):
            loss = Loss(model, Dataset.sample(model, SAMPLES, seed))
            search = partial(find_critical_sets, loss, noise=NOISE)
            sets = search()
            if seed == 0:
                warm(loss, sets)
            out["sets with regions"].append(seconds(search))
            out["sets without regions"].append(seconds(partial(search, regions=False)))
            out["graph"].append(seconds(partial(connect, loss, sets, noise=NOISE)))
            if seed < BASIN_SEEDS:
                starts = np.random.default_rng(seed).standard_normal((STARTS, 4))
                flows = partial(flows_to_limits, loss.at(noise=NOISE), starts, rtol=BASIN_RTOL)
                out["flows decided"].append(seconds(flows) / STARTS)
                basins = partial(estimate_basins, loss, noise=NOISE, n=1000)
                out["estimate_basins(n=1000)"].append(seconds(basins) / 1000)
    out["10⁴ data sets, sets and graph"] = [
        a + b for a, b in zip(out["sets with regions"], out["graph"], strict=True)
    ]
    for seed in range(WIDE_SEEDS + 1):
        loss = Loss(three_units(), Dataset.sample(three_units(), SAMPLES, seed))
        out["three units, sets with regions"].append(
            seconds(partial(find_critical_sets, loss, noise=NOISE))
        )
    del out["three units, sets with regions"][0]  # the first compiles
    return out


def warm(loss: Loss, sets) -> None:
    """Compile, or load, what is measured."""
    connect(loss, sets, noise=NOISE)
    estimate_basins(loss, noise=NOISE, n=10, sets=sets)


def seconds(task: Callable[[], object]) -> float:
    """Processor time of one run."""
    begin = time.process_time()
    task()
    return time.process_time() - begin


def summary(rounds: list[dict[str, list[float]]]) -> dict[str, float]:
    """Medians over data sets of the least of all rounds, in the units of `ROWS`."""
    out = {}
    for name, (unit, _) in ROWS.items():
        least = np.min([one[name] for one in rounds], axis=0)
        typical = float(np.median(least))
        if unit == "ms":
            out[name] = 1e3 * typical
        elif unit == "minutes":
            out[name] = 1e4 * float(least.mean()) / 60.0
        else:
            out[name] = 1.0 / float(least.mean())
    return out


def table(numbers: list[dict[str, float]]) -> list[str]:
    """Now, before if measured, and what was aimed at."""
    before = len(numbers) > 1
    machine = {"load": os.getloadavg()[1], "cores": os.cpu_count()}
    head = ["one data set, H = 2, n = 100", "unit", *["before"] * before, "now", "goal"]
    lines = [line.format(**machine) for line in INTRODUCTION]
    lines.append(f"| {' | '.join(head)} |")
    lines.append("| --- | --- |" + " --: |" * (2 + before))
    for name, (unit, goal) in ROWS.items():
        columns = [f"{one[name]:.3g}" for one in reversed(numbers)]
        lines.append(
            f"| {name} | {unit} | {' | '.join(columns)} | {'' if goal is None else f'{goal:g}'} |"
        )
    return lines


def shares(seeds: int) -> list[str]:
    """Where the time of sets and graph goes."""
    model = PRESETS[NAMES[0]]()
    losses = [Loss(model, Dataset.sample(model, SAMPLES, seed)) for seed in range(seeds)]
    sets = [find_critical_sets(loss, noise=NOISE) for loss in losses]
    connect(losses[0], sets[0], noise=NOISE)
    tasks = {
        "sets": [partial(find_critical_sets, loss, noise=NOISE) for loss in losses],
        "graph": [
            partial(connect, loss, found, noise=NOISE)
            for loss, found in zip(losses, sets, strict=True)
        ],
    }
    lines = [f"| stage ({NAMES[0]}, {seeds} data sets) | share of the time |", "| --- | --: |"]
    for name, some in tasks.items():
        counts = sampled(some, STAGES[name])
        total = sum(counts.values())
        lines += [
            f"| {name}: {stage} | {100.0 * counts[stage] / total:.0f} % |"
            for stage in (*STAGES[name], "the rest")
        ]
    return lines


def sampled(tasks: list[Callable[[], object]], stages) -> Counter[str]:
    """How many samples of the stack fall into each stage."""
    counts: Counter[str] = Counter()

    def look(_signal, frame) -> None:
        passed = set()
        while frame is not None:
            passed.add((Path(frame.f_code.co_filename).name, frame.f_code.co_name))
            frame = frame.f_back
        files = {file for file, _ in passed}
        for stage, (file, function) in stages.items():
            if (file, function) in passed or (function is None and file in files):
                counts[stage] += 1
                return
        counts["the rest"] += 1

    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    for task in tasks:
        task()
    signal.setitimer(signal.ITIMER_PROF, 0.0)
    return counts


if __name__ == "__main__":
    main()
