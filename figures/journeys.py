"""Trajectories of one data set from random weights: the regions that they pass and end in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from continuation.ensemble import Case
from continuation.landscape import flows_to_limits
from continuation.landscape.basins import Gazetteer, regions_of, route
from continuation.landscape.flow import FlowResult
from continuation.landscape.sets import CriticalSets
from figures.shares import Bounds

ITINERARY, PASSAGE, ARRIVAL = "itinerary", "passage", "arrival"
"""Shares of initial weights: that pass plateau and near-optimal sets in this order and end in the
overfitting region; that pass them and end in any attractor; that end in the overfitting region."""

SCALES = (1.0, 0.1, 0.01)
"""Standard deviations of the initial weights."""

STARTS = 8
"""Initial weights of each scale for a data set: its search costs as much as thirty trajectories."""


def journeys(case: Case, sets: CriticalSets, scale: float) -> dict[str, Bounds]:
    """Shares of the initial weights from N(0, scale²) on one data set."""
    places = Gazetteer.of(case.loss.at(**case.given), sets)
    results = flows(case, scale)
    ways = [regions_of(route(places, result)) for result in results]
    passed = np.array([passes(way) for way in ways])[:, None]
    arrived = np.array([arrives(way[-1]) for way in ways])
    ended = np.array([(float(result.decided), 1.0) for result in results])
    return {
        ITINERARY: mean(passed * arrived),
        PASSAGE: mean(passed * ended),
        ARRIVAL: mean(arrived),
    }


def flows(case: Case, scale: float) -> tuple[FlowResult, ...]:
    """To their limits, from the same directions at every scale."""
    generator = np.random.default_rng([case.seed, STARTS])
    unit = generator.standard_normal((STARTS, case.loss.model.dimension))
    return flows_to_limits(case.loss.at(**case.given), scale * unit)


def passes(regions: Sequence[str]) -> float:
    """Whether a near-optimal set comes after a plateau."""
    if "plateau" not in regions:
        return 0.0
    return float("near-optimal" in regions[regions.index("plateau") :])


def arrives(region: str) -> Bounds:
    """Whether an end is in the overfitting region; ends without a label may be."""
    return float(region == "overfitting"), float(region in ("overfitting", "unlabelled"))


def mean(rows: ArrayLike) -> Bounds:
    """Of bounds, of one start each."""
    least, most = np.asarray(rows, dtype=np.float64).mean(axis=0)
    return float(least), float(most)
