"""Evolutions of many data sets: what happens, how well it is located, and what it takes.

Run: python tests/benchmarks/bench_evolution.py [number of data sets per preset]

For every data set the graph is followed over the noise. At random values between events it is
compared with the graph that `connect` finds there from a new search; on both sides of every switch,
10⁻⁷ away, the target is computed anew at a tenth of the tolerance.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import replace

import numpy as np

from continuation.landscape import Dataset, Evolution, Loss, connect, evolve, find_critical_sets
from continuation.landscape.evolution.sides import Sides
from continuation.landscape.evolution.strands import StrandAt, living
from continuation.landscape.network import LossAlong
from continuation.landscape.sets import same_set
from symbolic import PRESETS

NAMES = ("fukumizu_amari", "overparameterised")
SAMPLES = 60
LIMITS = (0.05, 0.6)
VALUES = 3


def graphs_agree(loss: Loss, found: Evolution, p: float) -> bool:
    """Whether nodes, attractors and index-1 edges at p are those computed there."""
    along = LossAlong(loss, "noise")
    there = list(living([StrandAt(along, s) for s in found.strands], p))
    named = []
    for s in find_critical_sets(loss, noise=p, regions=False):
        label = next((t.label for t in there if same_set(s, t)), s.label + " (new)")
        named.append(replace(s, label=label))
    direct, stored = connect(loss, named, noise=p), found.graph(p)

    def sides(graph: object) -> list[tuple[str, str]]:
        rows = graph.rows()  # type: ignore[attr-defined]
        return sorted((r["source"], r["target"]) for r in rows if r["departure"] == "side")

    same = set(direct.attractors) == set(stored.attractors)
    return same and sides(direct) == sides(stored)


def switches_confirmed(loss: Loss, found: Evolution) -> int:
    """Number of switches with the right targets 10⁻⁷ below and above."""
    along = LossAlong(loss, "noise")
    strands = [StrandAt(along, s) for s in found.strands]
    count = 0
    for s in found.switches:
        at = Sides.of(along, strands, s.p)
        ends = [at.target(s.p + d, (s.source, s.side), 1e-10)[0] for d in (-1e-7, 1e-7)]
        count += ends == [s.before, s.after]
    return count


def main(count: int) -> None:
    """Print one line a data set, and totals."""
    kinds: Counter[str] = Counter()
    agree, tried, confirmed, total, errors, seconds = 0, 0, 0, 0, [0.0], []
    for name in NAMES:
        model = PRESETS[name]()
        for seed in range(count):
            loss = Loss(model, Dataset.sample(model, SAMPLES, seed))
            start = time.process_time()
            found = evolve(loss, "noise", LIMITS)
            seconds.append(time.process_time() - start)
            kinds.update(event.kind for event in found.events)
            rng = np.random.default_rng(seed)
            values = [
                i.lower + rng.uniform(0.05, 0.95) * (i.upper - i.lower)
                for i in rng.choice(np.array(found.intervals, dtype=object), VALUES)
            ]
            good = [graphs_agree(loss, found, p) for p in values]
            agree, tried = agree + sum(good), tried + len(good)
            confirmed, total = (
                confirmed + switches_confirmed(loss, found),
                total + len(found.switches),
            )
            errors += [s.error for s in found.switches]
            wrong = [f"{p:.6f}" for p, ok in zip(values, good, strict=True) if not ok]
            print(
                f"{name} {seed}: {found}, {seconds[-1]:.1f} s, differs at {wrong or 'none'}",
                flush=True,
            )
    print(dict(kinds))
    print(f"graphs equal at {agree} of {tried} random values")
    print(
        f"switches confirmed at p ± 1e-7: {confirmed} of {total}; largest error {max(errors):.1e}"
    )
    print(f"process seconds: median {np.median(seconds):.1f}, largest {max(seconds):.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
