"""Survey of branches through infinity and of zero noise: `python tests/benchmarks/infinity.py`.

Prints, over data sets of both presets, how many branches arrive, how well the arrivals are
located, how many come back, what a continuation in the weights shows instead of the chart, and
how many of the sets predicted at zero noise a search at σ = 1e-3 finds.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np

from continuation.arclength import trace_branch
from continuation.landscape import (
    Dataset,
    Loss,
    SetBranch,
    check_zero_noise,
    find_critical_sets,
    follow,
    zero_noise_sets,
)
from continuation.landscape.branches.follow import FOLLOWING
from continuation.landscape.branches.legs import passages_of
from symbolic import fukumizu_amari, overparameterised

NOISE = 0.2
LIMITS = (0.01, 1.0)


def passages(seeds: int) -> None:
    """Arrivals, errors and returns along the noise, and false special points in the weights."""
    found: Counter[str] = Counter()
    errors: list[float] = []
    false: list[int] = []
    start = time.perf_counter()
    for preset in (fukumizu_amari, overparameterised):
        for n in (30, 100):
            for seed in range(seeds):
                model = preset()
                loss = Loss(model, Dataset.sample(model, n, seed))
                for one in find_critical_sets(loss, noise=NOISE, regions=False):
                    if one.subkind == "isolated":
                        branch = follow(loss, one, "noise", LIMITS)
                        _count(loss, branch, found, errors, false)
    print(f"{time.perf_counter() - start:.0f} s for branches of {4 * seeds} data sets")
    for key, number in sorted(found.items()):
        print(f"  {key}: {number}")
    print(f"  largest error of an arrival: {max(errors, default=0.0):.1e}")
    print(f"  special points in the weights where the chart has none: {false}")


def _count(
    loss: Loss, branch: SetBranch, found: Counter[str], errors: list[float], false: list[int]
) -> None:
    for direction, end, legs in zip(
        branch.branches, branch.arrivals, branch.beyond or ((), ()), strict=False
    ):
        found["directions"] += 1
        if end is None:
            continue
        found[f"arrivals: {end}"] += 1
        for passage in passages_of(legs):
            found[f"passages: {passage.end}, then {passage.becomes}"] += 1
            found["located"] += passage.located
            errors.append(passage.error)
        if end == "confluence" and legs and legs[0].passages and not _special(legs[0].special):
            false.append(_in_weights(loss, direction.x[-1], direction.p, legs[0].passages[0].p))
        found[f"last leg: {legs[-1].stop_reason if legs else 'none'}"] += 1


def _special(points) -> int:  # type: ignore[no-untyped-def]
    return sum(s.kind not in ("limit", "target") for s in points)


def _in_weights(loss: Loss, theta: np.ndarray, p: np.ndarray, arrival: float) -> int:
    """Special points of the same branch traced in the weights from the arrival on."""
    direction = 1 if p[-1] > p[-2] else -1
    limits = (min(p[-1], arrival) - 0.1, max(p[-1], arrival) + 0.1)
    branch = trace_branch(loss.problem("noise"), theta, float(p[-1]), limits, direction, FOLLOWING)
    return _special(branch.special)


def zero_noise(seeds: int) -> None:
    """Predicted, found and matched sets, and what is missing."""
    total: Counter[str] = Counter()
    misses: list[str] = []
    start = time.perf_counter()
    for n in (20, 50, 200):
        for seed in range(seeds):
            model = overparameterised()
            loss = Loss(model, Dataset.sample(model, n, seed))
            check = check_zero_noise(loss)
            total["predicted"] += check.predicted
            total["found"] += check.found
            total["matched"] += check.matched
            total["Euler count 1"] += zero_noise_sets(loss).euler_count == 1
            misses += [f"n = {n}, seed {seed}: {text}" for text in check.missing]
            misses += [f"n = {n}, seed {seed}: not predicted: {text}" for text in check.extra]
    print(f"{time.perf_counter() - start:.0f} s for zero noise of {3 * seeds} data sets")
    print(f"  {dict(total)}")
    print(*(f"  {miss}" for miss in misses), sep="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="data sets of each kind")
    seeds = parser.parse_args().seeds
    passages(seeds)
    zero_noise(seeds)
