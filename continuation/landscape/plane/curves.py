"""Curves of the plane: a locus on a line followed in both parameters.

Folds and branch points are those of the equations of a set; what else vanishes is appended to
them. All are branches of an augmented problem, followed by the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from continuation.arclength import PLAIN_CHUNK, collect
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.callable_problem import Problem
from continuation.curve import Curve
from continuation.curves import trace_branch_point_curve, trace_fold_curve
from continuation.errors import ConvergenceError, MlpcontError
from continuation.family import Family
from continuation.landscape.branches import arrival_of, lifted_problem
from continuation.landscape.plane.domain import Plane
from continuation.landscape.plane.loci import FOLD, Locus, OfState
from continuation.options import NEWTON, StepOptions
from continuation.problem import AnyProblem
from continuation.run import Run
from continuation.start import at_solution
from continuation.tracer import Tracer

STEPS = StepOptions(initial=0.01, maximum=0.1, max_samples=120)
"""In units of the unknowns, and of the limits of the second parameter. Curves of the presets take
20 to 100 samples; one that runs off to infinity is not followed to the end of all steps."""

LONGEST_RAMP = 0.2
"""Steps along the size are at most this part of a sample, where one at a time comes in: longer ones
reach other curves."""

FINER = 8
"""Points of a curve between two samples, on a cubic spline through all."""

BEYOND = 1e-3
"""Curves that end at a limit are drawn this far over it, so that they cut the plane."""


@dataclass(frozen=True)
class PlanePoint:
    """A point of codimension two.

    Attributes
    ----------
    kind : str
        "cusp", … (see `continuation.kinds`), or "crossing".
    x, y : float
    text : str
        What meets there.
    """

    kind: str
    x: float
    y: float
    text: str = ""


@dataclass(frozen=True, eq=False)
class PlaneCurve:
    """A curve on which the landscape changes.

    Attributes
    ----------
    kind : str
        "fold", "branch point", "arrival" or "switch".
    text : str
        Of what.
    points : ndarray, shape (m, 2)
        (x, y), dense enough that straight lines between them are the curve to `error`.
    special : tuple of PlanePoint
        On it.
    ends : tuple of two str
        Why it ends, at the first and at the last point: "limit", or what stopped it.
    error : float
        Distance of that line from the curve, in units of the limits: of a switch twice the width
        of the last bracket, else of the spline through samples that Newton's method has solved.
    """

    kind: str
    text: str
    points: Array = field(repr=False)
    special: tuple[PlanePoint, ...]
    ends: tuple[str, str]
    error: float

    @property
    def name(self) -> str:
        """Kind and what it is of."""
        return f"{self.kind}: {self.text}"


def curve_through(plane: Plane, locus: Locus) -> PlaneCurve:
    """The curve through a locus, both ways.

    Raises
    ------
    ConvergenceError
        Where the engine cannot start there.
    """
    halves = [_half(plane, locus, direction) for direction in (+1, -1)]
    if not any(len(half.points) > 1 for half in halves):
        raise ConvergenceError(halves[0].end)
    return _joined(plane, locus, halves)


@dataclass(frozen=True, eq=False)
class _Half:
    points: Array
    special: tuple[PlanePoint, ...]
    end: str


def _half(plane: Plane, locus: Locus, direction: int) -> _Half:
    """One direction of a curve, its samples on a spline."""
    try:
        trace = _by_scalar if locus.scalar is not None else _by_equations
        pq, special, end = trace(plane, locus, direction)
    except MlpcontError as error:
        return _Half(plane.point(locus.p, locus.q)[None], (), f"stopped: {error}")
    swap = slice(None, None, 1 if plane.first == 0 else -1)
    return _Half(finer(plane, pq[:, swap]), special, end)


def _steps(plane: Plane) -> StepOptions:
    low, high = plane.limits[1 - plane.first]
    if plane.names[1 - plane.first] != "size" or plane.schedule:
        return STEPS
    longest = min(STEPS.maximum, LONGEST_RAMP / (high - low))
    samples = STEPS.max_samples + int(2.0 / longest)
    return replace(STEPS, initial=min(STEPS.initial, longest), maximum=longest, max_samples=samples)


def _by_equations(
    plane: Plane, locus: Locus, direction: int
) -> tuple[Array, tuple[PlanePoint, ...], str]:
    """Folds and branch points of the set's own equations."""
    family, second = _family(plane, locus), _Second.of(plane)
    t = second.share(locus.q)
    start = _special_point(family(t), locus)
    trace = trace_fold_curve if locus.kind == FOLD else trace_branch_point_curve
    within = plane.limits[plane.first]
    curve: Curve = trace(family, start, t, (0.0, 1.0), direction, _steps(plane), p_limits=within)
    special = tuple(
        PlanePoint(s.kind, *_place(plane, s.p, second.value(s.coefficients["q"])), locus.text)
        for s in curve.special
        if s.kind != FOLD and s.kind != "limit"
    )
    end = _reason(plane, locus, curve.branch, curve.x[-1])
    return np.column_stack([curve.p, second.value(curve.q)]), special, end


def _place(plane: Plane, p: float, q: float) -> tuple[float, float]:
    x, y = plane.point(p, q)
    return float(x), float(y)


def _by_scalar(
    plane: Plane, locus: Locus, direction: int
) -> tuple[Array, tuple[PlanePoint, ...], str]:
    """Zeros of a function along the solutions: one equation and one unknown more."""
    n, second = locus.state.size, _Second.of(plane)
    run = Run(
        _augmented(plane, locus), (0.0, 1.0), _steps(plane), NEWTON, singular=False,
        bounds={n: plane.limits[plane.first]},
    )  # fmt: skip
    start = np.append(locus.state, locus.p)
    tracer = Tracer(run, at_solution(run, start, second.share(locus.q), direction))
    branch = collect(tracer, tracer.segments(PLAIN_CHUNK), None)
    end = _reason(plane, locus, branch, branch.x[-1, :n])
    return np.column_stack([branch.x[:, n], second.value(branch.p)]), (), end


@dataclass(frozen=True)
class _Second:
    """The second parameter in units of its limits, so that steps fit any."""

    low: float
    width: float

    @classmethod
    def of(cls, plane: Plane) -> _Second:
        low, high = plane.limits[1 - plane.first]
        return cls(low, high - low)

    def share(self, q: float) -> float:
        return (q - self.low) / self.width

    def value(self, t: Any) -> Any:
        return self.low + self.width * t


def _augmented(plane: Plane, locus: Locus) -> Problem:
    """F(x, p; q) = 0 and g(x, p; q) = 0 for (x, p) along q, in units of its limits."""
    second = _Second.of(plane)

    @lru_cache(maxsize=KEPT)
    def at(t: float) -> tuple[AnyProblem, OfState]:
        along = plane.along(plane.first, second.value(t))
        scalar: Any = locus.scalar
        return lifted_problem(along, locus.set).problem, scalar(along, locus.set)

    def equations(z: Array, t: float) -> Array:
        problem, value = at(t)
        x, p = z[:-1], float(z[-1])
        return np.append(problem.residual(x, p), value(x, p))

    def derivatives(z: Array, t: float) -> Array:
        problem, value = at(t)
        x, p = z[:-1], float(z[-1])
        rows = np.column_stack([problem.jacobian(x, p), problem.dresidual_dp(x, p)])
        return np.vstack([rows, _slopes(value, z)])

    def residual(z: Array, t: float) -> Array:
        return _reflected(lambda s: equations(z, s), t)

    def jacobian(z: Array, t: float) -> Array:
        return _reflected(lambda s: derivatives(z, s), t)

    def by_second(z: Array, t: float) -> Array:
        change = residual(z, t + DIFFERENCE) - residual(z, t - DIFFERENCE)
        return np.asarray(change / (2.0 * DIFFERENCE))

    return Problem(residual, jacobian, by_second)


def _slopes(value: OfState, z: Array) -> Array:
    """Derivatives of a function of (x, p) by all of them, central differences."""
    slopes = np.empty_like(z)
    for k, h in enumerate(DIFFERENCE * np.maximum(LEAST, np.abs(z))):
        up, down = z.copy(), z.copy()
        up[k], down[k] = z[k] + h, z[k] - h
        slopes[k] = (value(up[:-1], float(up[-1])) - value(down[:-1], float(down[-1]))) / (2.0 * h)
    return slopes


DIFFERENCE = 1e-5
"""Of central differences, relative to the length over which a function changes: what is left,
1e-10, bends the tangent and slows Newton's method, but moves no solution."""

LEAST = 0.1
"""Length over which functions change in unknowns that are about zero."""

RUNS_TO = "runs to: "
"""Curves on which a unit of the set becomes a step or a line meet the arrival there at infinite
weights only: their equations are singular to rounding long before."""

KEPT = 16
"""Lines that are kept while a curve is followed: Newton's method comes back to them."""


def _family(plane: Plane, locus: Locus) -> Family:
    second = _Second.of(plane)

    def at(t: float) -> AnyProblem:
        return lifted_problem(plane.along(plane.first, second.value(t)), locus.set).problem

    return lambda t: at(t) if 0.0 <= t <= 1.0 else _beyond(at, t)


def _beyond(at: Family, t: float) -> Problem:
    """The problem at a share t outside [0, 1]."""
    return Problem(
        lambda x, p: _reflected(lambda s: at(s).residual(x, p), t),
        lambda x, p: _reflected(lambda s: at(s).jacobian(x, p), t),
        lambda x, p: _reflected(lambda s: at(s).dresidual_dp(x, p), t),
        symmetric=at(min(max(t, 0.0), 1.0)).symmetric,
    )


def _reflected(function: Callable[[float], Array], t: float) -> Array:
    """A function of the share t of the second parameter, outside [0, 1] its odd reflection.

    Out there a size or a noise may have no meaning; curves are followed over their limits without
    a corner, and end at them.
    """
    edge = min(max(t, 0.0), 1.0)
    return function(t) if t == edge else 2.0 * function(edge) - function(2.0 * edge - t)


def _special_point(problem: AnyProblem, locus: Locus) -> SpecialPoint:
    """A locus as the engine's curves start from it."""
    z = np.append(locus.state, locus.p)
    right = np.linalg.svd(problem.jacobian(locus.state, locus.p))[2][-1]
    kind = FOLD if locus.kind == FOLD else "pitchfork"
    return SpecialPoint(
        kind, locus.state, locus.p, np.append(right, 0.0), right[:, None], right[:, None], {},
        True, "met on a line", np.array([z, z]), 0,
    )  # fmt: skip


def _reason(plane: Plane, locus: Locus, branch: Branch, state: Array) -> str:
    """Why a curve ends in a state (k,), in few words."""
    if branch.stop_reason in ("limit", "bound"):
        return "limit"
    where = None if plane.decays else arrival_of(plane.loss, locus.set)
    end = where(state) if where is not None and branch.stop_reason == "no progress" else None
    return branch.stop_reason if end is None else f"{RUNS_TO}{end}"


def finer(plane: Plane, points: Array) -> Array:
    """A curve through samples (m, 2), with more points and its ends over the limits."""
    points = np.asarray(points, dtype=np.float64)
    square = plane.to_square(points)
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(square, axis=0), axis=1))])
    keep = np.concatenate([[True], np.diff(length) > 0.0])
    if keep.sum() < 3:
        return points[keep]
    spline = CubicSpline(length[keep], square[keep])
    at = np.unique(np.concatenate(
        [np.linspace(a, b, FINER, endpoint=False) for a, b in zip(
            length[keep][:-1], length[keep][1:], strict=True)] + [length[-1:]]
    ))  # fmt: skip
    return plane.from_square(thinned(spline(at), THINNED))


def thinned(points: Array, within: float) -> Array:
    """A polyline (m, 2) without the vertices that lie this near to what is left.

    References
    ----------
    D. Douglas, T. Peucker, *Cartographica* 10 (1973) 112.
    """
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    pieces = [(0, len(points) - 1)]
    while pieces:
        a, b = pieces.pop()
        if b - a < 2:
            continue
        gaps = distances(points[a + 1 : b], points[[a, b]])
        if gaps.max() > within:
            middle = a + 1 + int(np.argmax(gaps))
            kept[middle] = True
            pieces += [(a, middle), (middle, b)]
    return points[kept]


THINNED = 5e-6
"""Half of what a polyline may be off."""


def _joined(plane: Plane, locus: Locus, halves: Sequence[_Half]) -> PlaneCurve:
    forth, back = halves
    points = np.concatenate([back.points[:0:-1], forth.points])
    special = tuple(dict.fromkeys((*back.special, *forth.special)))
    ends = (back.end, forth.end)
    return PlaneCurve(
        locus.kind, locus.text, over_limits(plane, points, ends), special, ends, TRACED
    )


TRACED = 3e-5
"""Distance of the polyline of a traced curve from it, in units of the limits: of the spline, 1e-5
at worst in the presets, and of what is left out of it."""


def over_limits(plane: Plane, points: Array, ends: tuple[str, str]) -> Array:
    """The same with ends that are at a limit moved a little over it."""
    square = plane.to_square(points)
    for end, reason in ((0, ends[0]), (-1, ends[1])):
        if reason == "limit":
            outward = np.where(square[end] > 1.0 - BEYOND, 1.0, 0.0) - np.where(
                square[end] < BEYOND, 1.0, 0.0
            )
            more = (square[end] + BEYOND * outward)[None]
            square = np.concatenate([more, square] if end == 0 else [square, more])
    return plane.from_square(square)


def passes_through(plane: Plane, curve: PlaneCurve, point: Array, within: float) -> bool:
    """Whether a curve comes as near to a point (2,) as this, in units of the limits."""
    square = plane.to_square(curve.points)
    return bool(distances(plane.to_square(point)[None], square)[0] <= within)


def distances(square: Array, curve: Array) -> Array:
    """Distance of points (m, 2) from a polyline (k, 2), shape (m,); infinite from no pieces."""
    if len(curve) < 2:
        return np.full(len(square), np.inf)
    return np.linalg.norm(square - feet(square, curve), axis=1)


def feet(square: Array, curve: Array) -> Array:
    """The points of a polyline (k, 2) that are nearest to points (m, 2), shape (m, 2)."""
    start, way = curve[:-1], np.diff(curve, axis=0)
    length = np.maximum((way**2).sum(axis=1), TINY)
    found = np.empty((len(square), 2))
    for k, at in enumerate(square):
        t = np.clip(((at - start) * way).sum(axis=1) / length, 0.0, 1.0)
        there = start + t[:, None] * way
        found[k] = there[int(np.argmin(((there - at) ** 2).sum(axis=1)))]
    return found


TINY = 1e-300
"""Instead of the length of a piece without any."""


def is_like(curve: PlaneCurve, kind: str, text: str) -> bool:
    """Whether a curve may be the one of an event: a fold is one of all networks that it is in."""
    return curve.kind == kind and (kind == FOLD or curve.text == text)


def without_known(
    plane: Plane, curve: PlaneCurve, known: Sequence[PlaneCurve], at: Array, within: float
) -> PlaneCurve:
    """The part of a curve around a point (2,) of it that is on no other curve of its kind.

    A curve that was given up comes to be met again on another line.
    """
    square = plane.to_square(curve.points)
    free = np.ones(len(square), dtype=bool)
    for other in known:
        if is_like(other, curve.kind, curve.text):
            free &= distances(square, plane.to_square(other.points)) > within
    middle = int(np.argmin(np.linalg.norm(square - plane.to_square(at), axis=1)))
    taken = np.flatnonzero(~free)
    low = int(taken[taken < middle].max(initial=0))
    high = int(taken[taken > middle].min(initial=len(square) - 1))
    ends = (
        curve.ends[0] if low == 0 else ON_KNOWN,
        curve.ends[1] if high == len(square) - 1 else ON_KNOWN,
    )
    return replace(curve, points=curve.points[low : high + 1], ends=ends)


ON_KNOWN = "on another part of the curve"


def named(curves: Sequence[PlaneCurve]) -> Iterator[PlaneCurve]:
    """The curves with a number where several have one name."""
    counts: dict[str, int] = {}
    for curve in curves:
        counts[curve.name] = counts.get(curve.name, 0) + 1
        number = counts[curve.name]
        yield curve if number == 1 else replace(curve, text=f"{curve.text} ({number})")
