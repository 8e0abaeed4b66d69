"""The sets that are listed against the zeros that there are: every one on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.certify.provers.boxes_search import MOST_POINTS
from continuation.landscape.network import split_plain
from continuation.landscape.sets import (
    DEAD_UNIT,
    ISOLATED,
    ORIGIN,
    SILENT_UNIT,
    SPLIT_LINE,
    CriticalSet,
)

MATCHING = 1e-6
"""Relative distance at which a listed weight belongs to an isolated root."""


@dataclass(frozen=True, eq=False)
class Roots:
    """Everything that depends on one input weight.

    Attributes
    ----------
    working, silent : ndarray, shape (k, 2)
        Intervals of q = w² with one working, silent unit.
    beside : tuple of ndarray
        For each working unit the intervals of units that are silent beside it.
    undecided : tuple of str
        Functions whose zeros could not all be isolated.
    """

    working: Array
    silent: Array
    beside: tuple[Array, ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True)
class Listed:
    """The listed sets by kind: their input weights in the box, in increasing order.

    Attributes
    ----------
    pairs : isolated points (w₁, w₂)
    lines, silent, dead_working, dead_silent : weights of the single unit
    beside : (w of the working unit, w of the silent one)
    silent_pairs : (w₁, w₂)
    origins : one entry for each listed origin
    """

    pairs: list[tuple[float, float]] = field(default_factory=list)
    lines: list[float] = field(default_factory=list)
    silent: list[float] = field(default_factory=list)
    dead_working: list[float] = field(default_factory=list)
    dead_silent: list[float] = field(default_factory=list)
    beside: list[tuple[float, float]] = field(default_factory=list)
    silent_pairs: list[tuple[float, float]] = field(default_factory=list)
    origins: list[float] = field(default_factory=list)


def sort_sets(sets: Iterable[CriticalSet], low: float, high: float) -> tuple[Listed, str]:
    """The listed sets by kind, and what cannot be sorted."""
    listed = Listed()
    for found in sets:
        if found.at_infinity:
            continue
        if found.theta is None:
            return listed, f"{found.label} has no weights"
        w, v = split_plain(found.theta)
        w = np.abs(w)
        nonzero = w[w > 0.0]
        if (nonzero < low).any() or (nonzero > high).any() or (low > 0.0 and nonzero.size < 2):
            continue
        order = np.argsort(w)
        if found.subkind not in PLACES:
            return listed, f"{found.label}: {found.subkind} is not known here"
        working = found.base is not None and found.base.size > 0 and float(found.base[1]) != 0.0
        units = _Units(float(w[order[0]]), float(w[order[1]]), v[order], working)
        name, weights = PLACES[found.subkind](units)
        getattr(listed, name).append(weights)
    if len(listed.pairs) > MOST_POINTS:
        return listed, f"more than {MOST_POINTS} isolated points are listed"
    return listed, ""


@dataclass(frozen=True, eq=False)
class _Units:
    """The two units of a listed set, by their input weights.

    Attributes
    ----------
    first, second : float
        |w|, increasing.
    outputs : ndarray, shape (2,)
    over_working : bool
        Whether it lies over a network of one unit that works.
    """

    first: float
    second: float
    outputs: Array
    over_working: bool


def _silent(units: _Units) -> tuple[str, Any]:
    first, second = units.first, units.second
    if units.outputs.any():
        return "beside", (second, first) if units.outputs[1] != 0.0 else (first, second)
    return ("silent", second) if first == second else ("silent_pairs", (first, second))


PLACES: Mapping[str, Callable[[_Units], tuple[str, Any]]] = {
    ISOLATED: lambda units: ("pairs", (units.first, units.second)),
    SPLIT_LINE: lambda units: ("lines", units.second),
    ORIGIN: lambda _: ("origins", 0.0),
    DEAD_UNIT: lambda units: (
        "dead_working" if units.over_working else "dead_silent", units.second,
    ),
    SILENT_UNIT: _silent,
}  # fmt: skip
"""By kind of set: the list of `Listed` in which it stands, and its input weights there."""


def difference(listed: Listed, roots: Roots, low: float) -> str:
    """Where the list differs from the isolated roots; "" where it does not."""
    working, silent = [tuple(r) for r in roots.working], [tuple(r) for r in roots.silent]
    pairs = [(a, b) for i, a in enumerate(silent) for b in silent[i + 1 :]]
    beside = [(a, tuple(b)) for a, row in zip(working, roots.beside, strict=True) for b in row]
    wanted: list[tuple[str, list[Any], list[Any]]] = [
        (SPLIT_LINE, [(q,) for q in working], [(w,) for w in listed.lines]),
        ("pair of silent units", [(q,) for q in silent], [(w,) for w in listed.silent]),
        ("pair of silent units", pairs, listed.silent_pairs),
        (SILENT_UNIT, beside, listed.beside),
    ]
    if low == 0.0:
        wanted += [
            (ORIGIN, [()], [() for _ in listed.origins]),
            (DEAD_UNIT, [(q,) for q in working], [(w,) for w in listed.dead_working]),
            (DEAD_UNIT, [(q,) for q in silent], [(w,) for w in listed.dead_silent]),
        ]
    for name, expected, given in wanted:
        fault = _match(name, expected, given)
        if fault:
            return fault
    return ""


def _match(name: str, expected: Sequence[Any], given: Sequence[Any]) -> str:
    rest = list(given)
    for root in expected:
        near = [g for g in rest if all(_near(q, w) for q, w in zip(root, g, strict=True))]
        if not near:
            where = ", ".join(f"{np.sqrt(q[0]):.6g}" for q in root)
            return f"a {name} at w = {where} is not in the list"
        rest.remove(near[0])
    if rest:
        where = ", ".join(f"{w:.6g}" for w in rest[0])
        return f"the listed {name} at w = {where} is none, or listed twice"
    return ""


def _near(interval: tuple[float, float], w: float) -> bool:
    return bool(
        np.sqrt(interval[0]) * (1.0 - MATCHING) <= w <= np.sqrt(interval[1]) * (1.0 + MATCHING)
    )
