"""Which sets does a trajectory pass slowly, and in which order?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from continuation.arrays import Array
from continuation.landscape.flow import FlowResult, Passage, Trajectory
from continuation.landscape.graph import UNDECIDED, match, region_at, weight_distance
from continuation.landscape.network import LossAt
from continuation.landscape.sets import CriticalSet

NEAR = 0.1
"""A passage belongs to a set when the network functions differ by less than this fraction of
the target's root mean square."""
ALIKE = 1.5
"""Sets whose functions are as near as the nearest up to this factor (all embeddings of one
smaller network have one function) are told apart by the distance of the weights."""


@dataclass(frozen=True)
class Stop:
    """One station of an itinerary.

    Attributes
    ----------
    label, region : str
        Of the critical set; for the end of an undecided trajectory "undecided", of an optimiser's
        also "diverged" or "period 2". Pieces of a line that do not attract have a region of their
        own, see `region_at`.
    t : float
        Time of the slowest moment, or of the decision at the end.
    speed : float
        |∇L| there; 0 at the end.
    """

    label: str
    region: str
    t: float
    speed: float


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Critical sets with their network functions on the data, to look positions up in.

    Attributes
    ----------
    at : LossAt
    sets : sequence of CriticalSet
    x : ndarray, shape (n,)
        Inputs of the samples that count.
    outputs : ndarray, shape (number of sets, n)
    weights : ndarray, shape (n,)
        ω of the samples, Σ ω = 1.
    scale : float
        Root mean square of the target.
    """

    at: LossAt = field(repr=False)
    sets: Sequence[CriticalSet]
    x: Array = field(repr=False)
    outputs: Array = field(repr=False)
    weights: Array = field(repr=False)
    scale: float

    @classmethod
    def of(cls, at: LossAt, sets: Sequence[CriticalSet]) -> Gazetteer:
        """Evaluate all sets on the samples that count in this loss."""
        seen = at.weights > 0.0
        x, target, weights = at.x[seen], at.targets[seen], at.weights[seen]
        rows = [found.outputs(x) for found in sets]
        outputs = np.array(rows) if rows else np.empty((0, len(x)))
        size = weights @ (target**2).reshape(len(x), -1).sum(axis=1)
        return cls(at, sets, x, outputs, weights, float(np.sqrt(size)))

    def nearest(self, theta: Array) -> CriticalSet | None:
        """The set that θ is slow at: near in function, then nearest in weights."""
        if not self.sets:
            return None
        squares = (self.outputs - self.at.kernels.outputs(theta, self.x)) ** 2
        sums = squares.reshape(len(self.sets), len(self.x), -1).sum(axis=2)
        gaps = np.sqrt(sums @ self.weights)
        best = float(gaps.min())
        if best > NEAR * self.scale:
            return None
        alike = [self.sets[int(k)] for k in np.flatnonzero(gaps <= ALIKE * best + 1e-9)]
        if len(alike) == 1:
            return alike[0]
        return min(alike, key=lambda found: weight_distance(found, theta))


def itinerary(
    at: LossAt, trajectory: Trajectory | FlowResult, sets: Sequence[CriticalSet]
) -> tuple[Stop, ...]:
    """The critical sets that a trajectory passes slowly, and the one it ends in.

    Slow moments are local minima of the speed |∇L|; each is looked up by the distance of the
    network functions, then of the weights. Moments near no set are left out, and repeated stops
    at one set, or one piece of a line, are one stop.

    Parameters
    ----------
    at : LossAt
        The loss of the flow.
    trajectory : Trajectory or FlowResult
    sets : sequence of CriticalSet
        With regions, as from `find_critical_sets`.

    Returns
    -------
    tuple of Stop
        In order of time.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, itinerary, trajectory
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> at = loss.at(noise=0.1)
    >>> [stop.label for stop in itinerary(at, trajectory(at, [0.01, 0.01]), sets)]
    ['origin 1', 'isolated 1']
    """
    result = trajectory.result if isinstance(trajectory, Trajectory) else trajectory
    return route(Gazetteer.of(at, sets), result)


def route(places: Gazetteer, result: FlowResult) -> tuple[Stop, ...]:
    """`itinerary` with the sets looked up beforehand, for many trajectories of one loss."""
    stops: list[Stop] = []
    for passage in result.passages:
        found = places.nearest(passage.theta)
        if found is not None:
            _append(stops, _stop(found, passage))
    end = match(result, places.sets)
    undecided = result.subkind or UNDECIDED  # of optimisers "diverged" or "period 2"
    label, region = (undecided, "unlabelled") if end is None else (end.label, end.region)
    if result.status != UNDECIDED and end is None:
        label = f"{result.subkind}, not among the sets"
    if stops and (stops[-1].label, stops[-1].region) == (label, region):
        stops.pop()
    return (*stops, Stop(label, region, result.duration, 0.0))


def _stop(found: CriticalSet, passage: Passage) -> Stop:
    return Stop(found.label, region_at(found, passage.theta), passage.t, passage.speed)


def _append(stops: list[Stop], stop: Stop) -> None:
    """Add a stop, unless it is a further one at the same part of the same set."""
    if not stops or (stops[-1].label, stops[-1].region) != (stop.label, stop.region):
        stops.append(stop)


def regions_of(stops: Sequence[Stop]) -> tuple[str, ...]:
    """Regions in order, repeated ones once."""
    regions: list[str] = []
    for stop in stops:
        if not regions or regions[-1] != stop.region:
            regions.append(stop.region)
    return tuple(regions)
