"""Frames: all critical sets at one value of the parameter, as the slider shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.landscape import CriticalSet, Evolution, FlowGraph, Interval, Loss
from continuation.landscape.evolution import Strand
from continuation.landscape.graph import UNDECIDED
from continuation.landscape.infinity import LimitModel
from figures.explore.plain import Document, number, numbers, rows
from figures.explore.spots import Plane, Spot
from figures.plots import height_of

FRAMES = 81
"""Evenly spread over the limits; the value at which each graph was computed is added."""

UNKNOWN = "unlabelled"
"""Region of a set where no graph is known, within the bracket of an event."""


@dataclass(frozen=True)
class Seen:
    """A critical set at one value of the parameter.

    Attributes
    ----------
    label : str
    spot : Spot
    loss : float
    index : int
    region : str
    attracting : bool
    """

    label: str
    spot: Spot
    loss: float
    index: int
    region: str
    attracting: bool

    @classmethod
    def of(cls, found: CriticalSet, x: Array) -> Seen:
        """A critical set with its function on inputs x."""
        spot = Spot.of(found, x)
        return cls(found.label, spot, found.loss, found.index, found.region, bool(found.attracting))


@dataclass(frozen=True)
class Frame:
    """What the slider shows at one place.

    Attributes
    ----------
    p : float
        Value of the parameter.
    interval : int or None
        Number of the graph that holds there; None where none is known.
    seen : tuple of Seen
    """

    p: float
    interval: int | None
    seen: tuple[Seen, ...]

    def document(self, order: Mapping[str, int], plane: Plane) -> Document:
        """Plain values, a column for each number; sets by their place in `order`."""
        places = [plane.place(one.spot) for one in self.seen]
        loss = np.array([one.loss for one in self.seen])
        return {
            "p": number(self.p),
            "interval": self.interval,
            "set": [order[one.label] for one in self.seen],
            "x": numbers([x for x, _ in places]),
            "y": numbers([y for _, y in places]),
            "loss": numbers(loss, 12),
            "height": numbers(height_of(loss)),
            "index": [one.index for one in self.seen],
            "region": [one.region for one in self.seen],
            "attracting": [one.attracting for one in self.seen],
            "where": [one.spot.text for one in self.seen],
            "f": rows((one.spot.outputs for one in self.seen), 4),
        }


def evolution_frames(evolution: Evolution, loss: Loss, x: Array) -> Iterator[Frame]:
    """Frames over the limits of an evolution: strands between their rows, graphs by interval.

    Parameters
    ----------
    evolution : Evolution
    loss : Loss
    x : ndarray
        Inputs on which network functions are shown.
    """
    even = np.linspace(*evolution.limits, FRAMES).tolist()
    for p in sorted({*even, *(interval.at for interval in evolution.intervals)}):
        k = interval_at(evolution.intervals, p)
        nodes = {} if k is None else dict(evolution.intervals[k].graph.nx.nodes(data=True))
        alive = [s for s in evolution.strands if s.lives_at(p) and (k is None or s.label in nodes)]
        seen = [_on_strand(strand, p, nodes.get(strand.label), x) for strand in alive]
        known = {strand.label for strand in evolution.strands}
        flown = () if k is None else flown_to(loss, evolution.intervals[k].graph, known, x)
        yield Frame(p, k, (*seen, *flown))


def interval_at(intervals: Sequence[Interval], p: float) -> int | None:
    """Number of the interval around p; of two that touch there the upper one."""
    around = (k for k, i in enumerate(intervals) if i.lower <= p <= i.upper)
    return max(around, default=None)


def interpolated(p: float, at: Array, table: Array) -> Array:
    """Row at p of a table (m, k) with a row for each of the increasing values `at` (m,)."""
    return np.array([np.interp(p, at, column) for column in table.T])


def _on_strand(strand: Strand, p: float, node: Mapping[str, Any] | None, x: Array) -> Seen:
    loss = float(np.interp(p, strand.p, strand.loss))
    spot = _spot(strand, p, x)
    if node is None:
        nearest = int(np.argmin(np.abs(strand.p - p)))
        return Seen(strand.label, spot, loss, int(strand.signs[nearest, 0]), UNKNOWN, False)
    return Seen(
        strand.label, spot, loss, int(node["index"]), node["region"], bool(node["attracting"])
    )


def _spot(strand: Strand, p: float, x: Array) -> Spot:
    found = strand.set
    row = interpolated(p, strand.p, strand.theta if found.limit is None else strand.state)
    outputs = np.ravel(found.outputs_at(row[None], x))
    if found.limit is not None:
        return Spot(outputs, None, found.limit.at(row))
    return Spot(outputs, row)


def flown_to(loss: Loss, graph: FlowGraph, known: Set[str], x: Array) -> Iterator[Seen]:
    """Sets that only flows have met; they are known where the graph was computed."""
    for label, node in graph.nx.nodes(data=True):
        if label not in known and label != UNDECIDED:
            numbers_of = (float(node["loss"]), int(node["index"]))
            attracts = bool(node["attracting"])
            yield Seen(label, node_spot(loss, node, x), *numbers_of, node["region"], attracts)


def node_spot(loss: Loss, node: Mapping[str, Any], x: Array) -> Spot:
    """Where the node of a graph is, by the attributes that a stored graph has."""
    if "limit" in node:
        limit = LimitModel.from_dict(json.loads(node["limit"]))
        return Spot(np.ravel(limit.outputs(loss.model, x)), None, limit)
    theta = np.array(json.loads(node["theta"]), dtype=np.float64)
    return Spot(np.ravel(loss.predict(theta, x)), theta)


def all_spots(frames: Iterable[Frame]) -> Iterator[Spot]:
    """The spots of all frames."""
    return (one.spot for frame in frames for one in frame.seen)
