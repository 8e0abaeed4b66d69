"""At random points of a plane: does a fresh search and graph agree with the region there?

    python -m tests.benchmarks.plane_agreement PRESET [--points 200] [--seed 0] [--lines 6]

Prints the share of points at which the sets (kind, index, nullity), and at which the whole form of
the graph (with the edges out of points of index 1) agree, and for every other point what differs
and how far the nearest curve is, in units of the limits.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np

from continuation.landscape import Dataset, Loss, PlaneDiagram, plane_diagram
from continuation.landscape.plane import Plane, alike, form_of, fresh_graph
from continuation.landscape.plane.curves import distances
from symbolic import PRESETS

SCHEDULE = (20, 30, 50, 100)
LIMITS = ((20.0, 100.0), (0.05, 0.5))


def main() -> None:
    """One preset."""
    asked = arguments()
    model = PRESETS[asked.preset]()
    loss = Loss(model, Dataset.sample(model, SCHEDULE[-1], asked.seed))
    begin = time.process_time()
    found = plane_diagram(
        loss, "size", "noise", LIMITS, schedule=SCHEDULE, lines=asked.lines,
        resolution=asked.resolution, regions=False, seconds=asked.seconds,
    )  # fmt: skip
    print(found, f"{time.process_time() - begin:.1f} s of processor time")
    for curve in found.curves:
        print(f"  {curve.name}: {' … '.join(curve.ends)}")
    for note in found.notes:
        print(f"  • {note}")
    compare(Plane(loss, "size", "noise", LIMITS, schedule=SCHEDULE), found, asked.points)


def compare(plane: Plane, found: PlaneDiagram, count: int) -> None:
    """Fresh graphs at random points."""
    rng = np.random.default_rng(12345)
    sets = forms = asked = 0
    for square in rng.uniform(size=(count, 2)):
        x, y = map(float, plane.from_square(square))
        region = found.region_at(x, y)
        if region.graph is None:
            continue
        asked += 1
        fresh = fresh_graph(plane, (x, y), 0)
        missing, more = differences(kinds(region.graph), kinds(fresh))
        sets += not missing and not more
        same = alike(region.graph, fresh)
        forms += same
        if not same:
            gap = min(distances(square[None], plane.to_square(c.points))[0] for c in found.curves)
            what = f"sets: −{missing} +{more}" if missing or more else "edges differ"
            print(f"  ({x:.4g}, {y:.4g}) in region {region.number}, {gap:.1e} from a curve: {what}")
    print(f"{asked} of {count} points in regions with a graph")
    print(f"sets agree at {sets} ({100 * sets / asked:.1f} %), graphs at {forms} "
          f"({100 * forms / asked:.1f} %)", flush=True)  # fmt: skip


def kinds(graph) -> Counter:
    """Sets by kind, index and nullity."""
    return Counter(kind for _, kind in form_of(graph).nodes(data="kind"))


def differences(known: Counter, fresh: Counter) -> tuple[list, list]:
    """What the fresh graph lacks, and what it has besides."""
    return list((known - fresh).elements()), list((fresh - known).elements())


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("preset", choices=list(PRESETS))
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lines", type=int, default=6)
    parser.add_argument("--resolution", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=600.0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
