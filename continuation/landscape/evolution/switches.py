"""Switches: where a connection changes its target because it meets another saddle.

Between two branch events the critical sets stay the same, so that the target of one side of an
index-1 point can change at one kind of event only: its unstable manifold runs into another
saddle B, along a saddle-saddle connection, and leaves B to the other side from there on. The side
on which an orbit leaves B is decided by the target; its distance from B's stable manifold is
proportional to p − p*, so that p* is found by bisection on decided targets, each one trajectory.

The error has three parts: the last bracket, the tolerance of the integration, found by locating
p* at two tolerances, and the start on the quadratic approximation of the unstable manifold, whose
error decays on the way out (see `departures`).

See docs/theory.md, Gradient flow.

References
----------
A. R. Champneys and Yu. A. Kuznetsov, Int. J. Bifurcation Chaos 4 (1994) 785: heteroclinic
connections of saddles have codimension one, where the parameter unfolds them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from continuation.landscape.basins import Gazetteer
from continuation.landscape.evolution.sides import SCAN_RTOL, UNKNOWN, Side, Sides
from continuation.landscape.flow import FlowResult
from continuation.landscape.sets import CriticalSet

RTOL, COARSER_RTOL = 1e-9, 1e-8
"""Tolerances at which it is located; their difference estimates the error of the first."""

WIDTH = 2e-10
"""Last bracket, relative to 1 + |p|."""

MARGIN = 1e-6
"""First bracket of a finer tolerance around the result of the coarser one, relative to 1 + |p|;
it is widened until the targets differ."""


@dataclass(frozen=True)
class Switch:
    """A saddle-saddle connection at which one side of an index-1 point changes its target.

    Attributes
    ----------
    source : str
        Label of the index-1 point.
    side : {1, -1, 0}
        Along its oriented unstable direction; 0: both sides, which are images of each other.
    before, after : str
        Targets below and above p.
    saddle : str
        Where the connection leads at p; empty if no set was recognised.
    p, error : float
    bracket : (float, float)
        At the finer tolerance.
    coarser : float
        p at the coarser tolerance.
    speed : float
        Least |∇L| near the saddle on the orbits at the bracket; it falls with the bracket.
    status : str
        "located", or why not and what to do.
    """

    source: str
    side: int
    before: str
    after: str
    saddle: str
    p: float
    error: float
    bracket: tuple[float, float]
    coarser: float
    speed: float
    status: str


def switches_between(sides: Sides, values: Sequence[float]) -> tuple[list[Switch], list[str]]:
    """All switches between two events, as far as neighbouring values show different targets.

    Parameters
    ----------
    sides : Sides
    values : sequence of float
        Increasing, between the events. Two switches of one side between neighbouring values
        that undo each other are not seen.

    Returns
    -------
    switches : list of Switch
    notes : list of str
        Sides whose target was not decided.
    """
    table = [sides.targets(p) for p in values]
    switches: list[Switch] = []
    doubts: Counter[str] = Counter()
    for side in table[0]:
        known = [(p, row[side]) for p, row in zip(values, table, strict=True) if row.get(side)]
        doubts[side[0]] += len(values) - len(known)
        for (low, before), (high, after) in itertools.pairwise(known):
            if before != after:
                switches += _located_between(sides, side, (low, before), (high, after))
    span = f"between {values[0]:.6g} and {values[-1]:.6g}"
    notes = [
        f"{count} flows from {source} {span} were not decided or ended in none of the sets"
        for source, count in doubts.items()
        if count
    ]
    return switches, notes


def _located_between(
    sides: Sides, side: Side, low: tuple[float, str], high: tuple[float, str]
) -> list[Switch]:
    """All switches in one bracket: the first away from its lower target, and so on."""
    found: list[Switch] = []
    (start, before), (end, last) = low, high
    while before != last and len(found) < 8:
        switch = locate(sides, side, before, (start, end))
        found.append(switch)
        if not switch.after or switch.after == before:
            break
        start, before = switch.bracket[1], switch.after
    return found


def locate(sides: Sides, side: Side, before: str, bracket: tuple[float, float]) -> Switch:
    """The switch away from a target, by bisection at three tolerances.

    Parameters
    ----------
    sides : Sides
    side : Side
    before : str
        Target at the lower end.
    bracket : (float, float)
        With another target at the upper end.
    """
    scale = 1.0 + abs(bracket[1])
    coarse = _bisected(_differs(sides, side, before, SCAN_RTOL), bracket, 0.1 * MARGIN * scale)
    results = []
    for rtol in (COARSER_RTOL, RTOL):
        decide = _differs(sides, side, before, rtol)
        around = _widened(decide, coarse, bracket, MARGIN * scale)
        results.append(None if around is None else _bisected(decide, around, WIDTH * scale))
    return _switch(sides, side, before, coarse, results)


def _switch(
    sides: Sides,
    side: Side,
    before: str,
    coarse: tuple[float, float],
    results: Sequence[tuple[float, float] | None],
) -> Switch:
    coarser, finer = results
    low, high = finer or coarse
    p = 0.5 * (low + high)
    second = np.nan if coarser is None else 0.5 * (coarser[0] + coarser[1])
    error = abs(p - second) + 0.5 * (high - low) if finer and coarser else np.inf
    after, result = sides.target(high, side, RTOL)
    _, below = sides.target(low, side, RTOL)
    saddle, speed = _passed(sides, side[0], high, [r for r in (result, below) if r is not None])
    status = "located" if error <= 1e-8 else f"known to {error:.1g} only; lower the tolerances"
    return Switch(
        side[0], side[1], before, after, saddle, p, float(error), (low, high), float(second),
        speed, status,
    )  # fmt: skip


Decide = Callable[[float], bool | None]
"""Whether the target differs from the lower one at a value; None where it is not decided."""


def _differs(sides: Sides, side: Side, before: str, rtol: float) -> Decide:
    def decide(p: float) -> bool | None:
        target = sides.target(p, side, rtol, (before,))[0]
        return None if target == UNKNOWN else target != before

    return decide


def _bisected(decide: Decide, bracket: tuple[float, float], width: float) -> tuple[float, float]:
    """Halve a bracket, false at its lower and true at its upper end, down to a width.

    Next to the connection an orbit comes so close to the saddle that its gradient vanishes
    within rounding. Where nothing is decided in the middle, other places are tried; the bracket
    stays wider where nothing is decided there either.
    """
    low, high = bracket
    while high - low > width:
        for share in (0.5, 0.2, 0.8):
            place = low + share * (high - low)
            differs = decide(place)
            if differs is not None:
                low, high = (low, place) if differs else (place, high)
                break
        else:
            break
    return low, high


def _widened(
    decide: Decide,
    around: tuple[float, float],
    within: tuple[float, float],
    margin: float,
) -> tuple[float, float] | None:
    """A bracket at another tolerance; None if the change is not near."""
    for _ in range(4):
        low, high = max(around[0] - margin, within[0]), min(around[1] + margin, within[1])
        if decide(low) is False and decide(high):
            return low, high
        margin *= 8.0
    return None


def _passed(
    sides: Sides, source: str, p: float, results: Sequence[FlowResult]
) -> tuple[str, float]:
    """The set that the orbits pass most slowly on the way, and the speed there."""
    places = Gazetteer.of(sides.along.at(p), sides.sets(p))
    passages = sorted((q for r in results for q in r.passages), key=lambda q: q.speed)
    for passage in passages:
        found = places.nearest(passage.theta)
        if found is not None and found.label != source and _can_be_passed(found):
            return found.label, passage.speed
    return "", float("nan")


def _can_be_passed(found: CriticalSet) -> bool:
    """Whether some of the set repels; a line that attracts on one piece repels on others."""
    return found.is_line or not found.attracting
