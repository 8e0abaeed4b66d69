"""Events of a landscape that is followed through a parameter: what changes its list of sets.

Births and deaths (folds, arrivals at infinity or at a line, branches that could not be followed
further) are ends of strands; at a branch point the inertia of strands changes while they live on.
What happens at one parameter value is one event.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.errors import ConvergenceError
from continuation.landscape.evolution.strands import Strand, StrandAt, character

SAME_VALUE = 1e-7
"""Events closer than this, relative to the range of the parameter, are one event: folds of a
network and of its embeddings are located apart by rounding, 1e-10 or better."""

ARRIVAL_GAP = 0.05
"""A branch that has come close to an end at infinity is no longer followed; it arrives where the
normal derivative of that end vanishes, if this lies ahead by less than this share of the range."""

SAME_FUNCTION = 0.1
"""A branch arrives at a set whose network function differs from its own by less than this, in
units of the target's root mean square."""

FLICKER = 1e-5
"""Distance of two changes of sign, relative to the strand, below which they are rounding."""

BISECTIONS = 60
"""Halvings of a bracket, down to rounding."""


@dataclass(frozen=True)
class Event:
    """A change of the graph at one value of the parameter.

    Attributes
    ----------
    kind : {"fold", "arrival", "branch point", "switch", "stopped"}
        "fold": two strands are born or die together; "arrival": a strand ends (or begins) at
        infinity or at a line; "branch point": the inertia of living strands changes, or a strand
        meets its image under a symmetry; "switch":
        a connection changes its target at a saddle-saddle connection; "stopped": a strand ends
        because its continuation did, which is no statement about the landscape.
    p : float
        Value of the parameter.
    bracket : (float, float)
        All sets are followed up to the first and from the second value on.
    error : float
        Bound of the error of p; infinite where it was not located.
    born, died, changed : tuple of str
        Labels of strands; in a switch, `changed` holds the source of the connection.
    text : str
        What happens, for people.
    """

    kind: str
    p: float
    bracket: tuple[float, float]
    error: float
    born: tuple[str, ...] = ()
    died: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    text: str = ""

    @property
    def located(self) -> bool:
        """Whether p is known to 1e-8."""
        return self.error <= 1e-8


def branch_events(followed: Sequence[StrandAt], limits: tuple[float, float]) -> tuple[Event, ...]:
    """All events of the strands, in order of the parameter; those at one value are one.

    Parameters
    ----------
    followed : sequence of StrandAt
    limits : (float, float)
        Of the parameter.
    """
    width = limits[1] - limits[0]
    changes = [(event, at) for at in followed for event in _changes(at)]
    places = [(event, at) for event, at in changes if not at.strand.set.is_point]
    ends = [
        _arrived(event, places, at, width) if event.kind in ("arrival", "stopped") else event
        for at in followed
        for event in _ends(at.strand)
    ]
    ordered = sorted([*ends, *(event for event, _ in changes)], key=lambda event: event.p)
    merged: list[Event] = []
    for event in ordered:
        if merged and event.p - merged[-1].p <= SAME_VALUE * width:
            merged[-1] = _joined(merged[-1], event)
        else:
            merged.append(event)
    return tuple(replace(e, text=describe(e)) for e in map(_mirrored, merged))


def _mirrored(event: Event) -> Event:
    """A strand that turns by itself meets its own image under a symmetry: a pitchfork."""
    alone = event.kind == "fold" and len(event.born) + len(event.died) == 1
    return replace(event, kind="branch point") if alone else event


def _ends(strand: Strand) -> list[Event]:
    events = []
    for end, name in ((strand.lower, "born"), (strand.upper, "died")):
        if end.kind != "limit":
            error = _rounding(end.p) if end.located else np.inf
            labels = {name: (strand.label,)}
            events.append(Event(end.kind, end.p, (end.p, end.p), error, **labels, text=end.text))
    return events


def _rounding(p: float) -> float:
    """Error of a value located by Newton's method on the augmented system."""
    return 1e-10 * (1.0 + abs(p))


def _changes(at: StrandAt) -> list[Event]:
    """Changes of the inertia or of a normal derivative along a strand."""
    strand = at.strand
    events = []
    for k, after in _brackets(strand):
        low, high = _change(at, k, after)
        middle, error = 0.5 * (low + high), 0.5 * (high - low) + _rounding(low)
        events.append(Event("branch point", middle, (low, high), error, changed=(strand.label,)))
    return events


def _brackets(strand: Strand) -> list[tuple[int, int]]:
    """Rows between which the signs change for good.

    Where a weight runs to infinity a curvature may vanish exponentially, and its sign is rounding:
    changes close to each other are one, or none if they undo each other.
    """
    rows = itertools.pairwise(_determined(strand.signs))
    found: list[tuple[int, int]] = []
    shortest = FLICKER * float(strand.p[-1] - strand.p[0])
    for k, after in rows:
        if (strand.signs[k] == strand.signs[after]).all():
            continue
        if found and strand.p[k] - strand.p[found[-1][1]] < shortest:
            k = found.pop()[0]
        found.append((k, after))
    return [(k, after) for k, after in found if (strand.signs[k] != strand.signs[after]).any()]


def _determined(signs: NDArray[np.int64]) -> list[int]:
    """Rows whose inertia has no more zeros than the strand's kind: the others are rounding."""
    nullity = signs[:, 1]
    usual = (nullity == nullity.min()) & (signs[:, 3:] != 0).all(axis=1)
    return [int(k) for k in np.flatnonzero(usual)]


def _change(at: StrandAt, row: int, after: int) -> tuple[float, float]:
    """Where the character changes: at a singular point, else where bisection puts it."""
    strand = at.strand
    low, high = strand.p[row], strand.p[after]
    inside = strand.singular[(strand.singular >= low) & (strand.singular <= high)]
    if inside.size == 1:
        return float(inside[0]), float(inside[0])
    return _bisected(at, row, after)


def _bisected(at: StrandAt, row: int, after: int) -> tuple[float, float]:
    """The values between which the character changes, to rounding where the branch allows it."""
    strand = at.strand
    low, high = float(strand.p[row]), float(strand.p[after])
    before = strand.signs[row]
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        try:
            same = (character(at.describe(middle)) == before).all()
        except ConvergenceError:  # the branch point itself; the bracket says how far we came
            break
        low, high = (middle, high) if same else (low, middle)
    return low, high


def _arrived(
    event: Event, places: Sequence[tuple[Event, StrandAt]], at: StrandAt, width: float
) -> Event:
    """A loose end moved to the branch point of the set that the branch arrives at, if any."""
    near = [(_function_distance(event, at, place, there), place) for place, there in places
            if _is_ahead(event, place, width)]  # fmt: skip
    distance, place = min(near, key=lambda pair: pair[0], default=(np.inf, event))
    if not distance < SAME_FUNCTION:
        return event
    bracket = (min(event.p, place.p), max(event.p, place.p))
    kind = place.changed[0]
    return replace(event, kind="arrival", p=place.p, bracket=bracket, error=place.error, text=kind)


def _is_ahead(end: Event, place: Event, width: float) -> bool:
    """Whether a branch point lies within reach, where the branch goes."""
    distance = place.p - end.p if end.died else end.p - place.p
    return bool(-SAME_VALUE * width <= distance <= ARRIVAL_GAP * width)


def _function_distance(end: Event, at: StrandAt, place: Event, there: StrandAt) -> float:
    """Distance of the network functions, relative to the target's root mean square."""
    data = at.along.loss_at(end.p).data
    scale = float(np.sqrt(np.mean(data.target**2)))
    row = 0 if end.born else -1
    mine = outputs_at(at.strand, row, data.x)
    inside = float(np.clip(end.p, there.strand.p[0], there.strand.p[-1]))
    k = int(np.argmin(np.abs(there.strand.p - inside)))
    return float(np.sqrt(np.mean((mine - outputs_at(there.strand, k, data.x)) ** 2))) / scale


def outputs_at(strand: Strand, row: int, x: ArrayLike) -> NDArray[np.float64]:
    """Network function at a row of a strand, at infinity its limit."""
    found = strand.set
    if found.limit is not None:
        return replace(found, limit=found.limit.at(strand.state[row])).outputs(x)
    return replace(found, theta=strand.theta[row]).outputs(x)


def _joined(a: Event, b: Event) -> Event:
    """Two events at one value."""
    first = min(a, b, key=lambda event: _RANK.index(event.kind))
    return Event(
        first.kind,
        first.p,
        (min(a.bracket[0], b.bracket[0]), max(a.bracket[1], b.bracket[1])),
        first.error,
        a.born + b.born,
        a.died + b.died,
        tuple(dict.fromkeys(a.changed + b.changed)),
        first.text,
    )


_RANK = ("arrival", "fold", "branch point", "switch", "stopped")
"""Which kind an event has in which several things happen."""


def describe(event: Event) -> str:
    """One line for people."""
    parts = []
    if event.born:
        parts.append(f"{_list(event.born)} born")
    if event.died:
        arrive = "arrives" if len(event.died) == 1 else "arrive"
        verb = {"arrival": f"{arrive} at {event.text}", "stopped": f"lost ({event.text})"}
        parts.append(f"{_list(event.died)} {verb.get(event.kind, 'die')}")
    if event.changed:
        parts.append(f"index of {_list(event.changed)} changes")
    return "; ".join(parts)


def _list(labels: tuple[str, ...]) -> str:
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)
