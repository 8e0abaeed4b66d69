"""Switches as curves: where one side of an index-1 point leads to another target.

At a point of the plane a side is followed to its target, which is the one of before or not. The
curve between both is followed by predicting along its last direction and halving a bracket across
it; source and target are carried along by Newton's method, so that nothing is named anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.errors import MlpcontError
from continuation.landscape.branches import lifted_problem
from continuation.landscape.evolution import SCAN_RTOL, STEP_LIMIT, Sides, corrected, set_at
from continuation.landscape.flow import flow_to_limit
from continuation.landscape.graph import departures, match
from continuation.landscape.network import LossAlong
from continuation.landscape.plane.curves import PlaneCurve, finer, over_limits
from continuation.landscape.plane.domain import Plane
from continuation.landscape.plane.loci import SWITCH
from continuation.landscape.sets import CriticalSet

WIDTH = 2e-4
"""Last bracket across a curve, in units of the limits: what a figure and a region can show."""

SWINGS = 2.0
"""A spline through the middles of brackets is off by up to so many widths: it swings where two of
them are close."""

FIRST, LONGEST, SHORTEST = 0.02, 0.06, 0.004
"""Steps along the curve, in units of the limits."""

ASIDE = 0.3
"""First bracket across the curve, relative to the step."""

MOST_POINTS = 60
"""Of one direction of a curve."""

FARTHEST = 0.5
"""Newton's method may move a state by this much of its size over one step."""


@dataclass(frozen=True, eq=False)
class Watched:
    """One side of an index-1 point and the target that it has on one side of the curve.

    Attributes
    ----------
    source, target : CriticalSet
        Whose kinds, and ways to be followed, are those along the curve.
    states : pair of ndarray
        Of both, where they were last.
    direction : ndarray, shape (d,)
        From the source along this side.
    """

    source: CriticalSet
    target: CriticalSet
    states: tuple[Array, Array] = field(repr=False)
    direction: Array = field(repr=False)


@dataclass(frozen=True, eq=False)
class Seed:
    """A bracket on a line: at `inside` the side leads to the target, at `outside` elsewhere."""

    watched: Watched
    inside: Array
    outside: Array


def seeds_between(plane: Plane, sides: Sides, q: float, values: Array) -> Iterator[Seed]:
    """Switches between two events of a line, bracketed by neighbouring values."""
    table = [sides.targets(float(p)) for p in values]
    for side in table[0]:
        for k in range(len(values) - 1):
            before, after = table[k].get(side), table[k + 1].get(side)
            if before and after and before != after:
                p, further = float(values[k]), float(values[k + 1])
                watched = _watched(sides, side, before, p)
                yield Seed(watched, plane.point(p, q), plane.point(further, q))


def _watched(sides: Sides, side: tuple[str, int], target: str, p: float) -> Watched:
    label, sign = side
    source, goal = sides.strands[label], sides.strands[target]
    _, e = sides.orientation[label].nearest(p)
    states = (source.state(p), goal.state(p))
    return Watched(source.strand.set, goal.strand.set, states, (sign or 1) * e)


def switch_curve(plane: Plane, seed: Seed, deadline: Deadline) -> PlaneCurve | None:
    """The curve of a switch both ways from its bracket; None where the bracket is none."""
    start = _bisected(plane, seed.watched, *plane.to_square(np.array([seed.inside, seed.outside])))
    if start is None:
        return None
    across = plane.to_square(seed.outside) - plane.to_square(seed.inside)
    across /= np.linalg.norm(across)
    middle, watched = start
    halves = [
        _followed(
            plane, watched, middle, across, sign * np.array([-across[1], across[0]]), deadline
        )
        for sign in (1.0, -1.0)
    ]
    (forth, end), (back, begin) = halves
    points = plane.from_square(np.concatenate([back[::-1], middle[None], forth]))
    if len(points) < 2:
        return None
    text = f"{seed.watched.source.subkind} → {seed.watched.target.subkind}"
    points = over_limits(plane, finer(plane, points), (begin, end))
    return PlaneCurve(SWITCH, text, points, (), (begin, end), SWINGS * WIDTH)


def _followed(
    plane: Plane, watched: Watched, start: Array, across: Array, along: Array, deadline: Deadline
) -> tuple[Array, str]:
    """Points of the curve in one direction, and why it ends."""
    points: list[Array] = []
    at, step = start, FIRST
    while step >= SHORTEST and len(points) < MOST_POINTS and not deadline.passed:
        limit = _to_border(at, along)
        found = _next(plane, watched, at + min(step, limit) * along, across, min(step, limit))
        if found is None:
            step /= 2.0
            continue
        middle, watched = found
        along = (middle - at) / np.linalg.norm(middle - at)
        turned = np.array([along[1], -along[0]])
        across = turned if turned @ across > 0.0 else -turned
        points.append(middle)
        at, step = middle, min(1.4 * step, LONGEST)
        if not _within(at, 2.0 * WIDTH):
            return np.array(points), "limit"
    rows = np.array(points).reshape(-1, 2)
    if deadline.passed:
        return rows, deadline.reason
    return rows, "the source or the target ends" if step < SHORTEST else "steps"


def _to_border(at: Array, along: Array) -> float:
    """Distance to the border of the square in a direction, at least the width of a bracket."""
    with np.errstate(divide="ignore"):
        reach = np.where(along > 0.0, 1.0 - at, at) / np.abs(along)
    return max(float(reach.min()), WIDTH)


def _within(at: Array, margin: float) -> bool:
    return bool(((at > margin) & (at < 1.0 - margin)).all())


def _next(
    plane: Plane, watched: Watched, guess: Array, across: Array, step: float
) -> tuple[Array, Watched] | None:
    """The point of the curve near a guess: a bracket across is widened, then halved."""
    aside = ASIDE * step
    inside, outside = (np.clip(guess + s * aside * across, 0.0, 1.0) for s in (-1.0, 1.0))
    for _ in range(3):
        first, second = (_leads(plane, watched, z) for z in (inside, outside))
        if first is None or second is None:
            return None
        if first[0] and not second[0]:
            return _bisected(plane, watched, inside, outside)
        aside *= 2.0
        if first[0]:
            inside, outside = outside, np.clip(outside + aside * across, 0.0, 1.0)
        else:
            inside, outside = np.clip(inside - aside * across, 0.0, 1.0), inside
    return None


def _bisected(
    plane: Plane, watched: Watched, inside: Array, outside: Array
) -> tuple[Array, Watched] | None:
    """The middle of the last bracket, and the sets there."""
    while np.linalg.norm(outside - inside) > WIDTH:
        middle = 0.5 * (inside + outside)
        answer = _leads(plane, watched, middle)
        if answer is None:
            return None
        there, watched = answer
        inside, outside = (middle, outside) if there else (inside, middle)
    return 0.5 * (inside + outside), watched


def _leads(plane: Plane, watched: Watched, square: Array) -> tuple[bool, Watched] | None:
    """Whether the side leads to the target at a point; None where this cannot be said."""
    point = plane.from_square(square)
    p, q = float(point[plane.first]), float(point[1 - plane.first])
    along = plane.along(plane.first, q)
    try:
        moved = _moved(along, watched, p)
    except MlpcontError:
        return None
    if moved is None:
        return None
    source, target, watched = moved
    at = along.at(p)
    starts = departures(at, source)
    if source.index != 1 or not starts:
        return None
    way = [float((start.theta - source.weights) @ watched.direction) for start in starts]
    start = starts[int(np.argmax(way))]
    result = flow_to_limit(
        at, start.theta, rtol=SCAN_RTOL, step_limit=STEP_LIMIT, subspace=start.subspace
    )
    if not result.decided:
        return None
    e = start.theta - source.weights
    return match(result, [target]) is not None, replace(watched, direction=e / np.linalg.norm(e))


def _moved(
    along: LossAlong, watched: Watched, p: float
) -> tuple[CriticalSet, CriticalSet, Watched] | None:
    """Source and target at p, by Newton's method from where they were."""
    states: list[Array] = []
    for critical, state in zip((watched.source, watched.target), watched.states, strict=True):
        farthest = FARTHEST * (1.0 + float(np.linalg.norm(state)))
        found = corrected(lifted_problem(along, critical), state, p, farthest)
        if found is None:
            return None
        states.append(found)
    theta = lifted_problem(along, watched.source).describe(states[0], p)[0]
    source = replace(set_at(along, watched.source, states[0], p), theta=theta)
    target = set_at(along, watched.target, states[1], p)
    return source, target, replace(watched, states=(states[0], states[1]))
