"""All zeros of functions of one input weight, isolated with proof: the one-unit part of a list.

One unit alone is critical where A = ⟨y, g⟩ vanishes (a silent unit) or where
N = ⟨y, g'⟩⟨g, g⟩ − ⟨y, g⟩⟨g, g'⟩ does (a working unit). Beside a working unit at q*, with residual
r, a unit is silent where ⟨r, g(q)⟩ vanishes, which is (q − q*)² ⟨r, g[q, q*, q*]⟩.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from continuation.arrays import Array
from continuation.certify.enclosures import VALUE_ERROR, enclose_differences, lines

ROUNDING = 2.0**-48
"""Relative error that covers a dozen roundings."""

DEPTH = 44
"""Halvings after which an interval is given up."""

MOST_INTERVALS = 20_000
"""Intervals open at once after which no more are halved: the function may vanish identically."""

PARTS = 256
"""First division of the range."""


class Range(NamedTuple):
    """Numbers or arrays as midpoint and radius; operators enclose, rounding included."""

    mid: Array
    rad: Array

    def __add__(self, other: Range) -> Range:  # type: ignore[override]
        size = np.abs(self.mid) + np.abs(other.mid)
        return Range(self.mid + other.mid, (self.rad + other.rad + ROUNDING * size) * WIDER)

    def __neg__(self) -> Range:
        return Range(-self.mid, self.rad)

    def times(self, other: Range) -> Range:
        """Product."""
        a, b = np.abs(self.mid), np.abs(other.mid)
        radius = a * other.rad + self.rad * (b + other.rad) + ROUNDING * a * b
        return Range(self.mid * other.mid, radius * WIDER)

    def dot(self, other: Range) -> Range:
        """Sum of products along the last axis."""
        p = self.times(other)
        rounding = (p.mid.shape[-1] + 8) * 2.0**-52 * np.abs(p.mid).sum(axis=-1)
        return Range(p.mid.sum(axis=-1), (p.rad.sum(axis=-1) + rounding) * WIDER)

    @property
    def magnitude(self) -> Array:
        """Upper bound of the modulus."""
        return (np.abs(self.mid) + self.rad) * WIDER

    @property
    def sign(self) -> Array:
        """The sign where it is certain, else 0."""
        return np.where(np.abs(self.mid) > self.rad * WIDER, np.sign(self.mid), 0.0)


WIDER = 1.0 + 1e-9
"""Radii are sums of up to 10⁶ rounded non-negative terms: 10⁶ ulps are 2.2e-10."""

Function = Callable[[Array, Array], tuple[Range, Range]]
"""(low, high) (k,) ↦ value at the midpoint of the doubles and slope over the interval."""


@dataclass(frozen=True, eq=False)
class Isolation:
    """Zeros of a function on a range.

    Attributes
    ----------
    intervals : ndarray, shape (k, 2)
        Each holds exactly one zero, a simple one, not at its ends; increasing.
    undecided : ndarray, shape (m, 2)
        Intervals in which nothing was proved.
    """

    intervals: Array
    undecided: Array = field(repr=False)


def isolate(function: Function, low: float, high: float) -> Isolation:
    """Isolate all zeros by bisection, mean value form and the sign of the slope."""
    ends = low + (high - low) * np.arange(PARTS + 1) / PARTS
    ends[-1] = high
    a, b = ends[:-1], ends[1:]
    found: list[Array] = []
    for _ in range(DEPTH):
        if a.size == 0 or a.size > MOST_INTERVALS:
            break
        value, slope = function(a, b)
        reach = np.maximum(b - 0.5 * (a + b), 0.5 * (a + b) - a) * WIDER
        empty = np.abs(value.mid) > (value.rad + slope.magnitude * reach) * WIDER
        at_a, at_b = function(a, a)[0].sign, function(b, b)[0].sign
        monotone = (slope.sign != 0.0) & (at_a * at_b != 0.0)
        single = monotone & (at_a != at_b) & ~empty
        found.append(np.column_stack([a[single], b[single]]))
        rest = ~(empty | monotone)
        a, b = a[rest], b[rest]
        c = 0.5 * (a + b)
        a, b = np.concatenate([a, c]), np.concatenate([c, b])
    intervals = np.concatenate(found)
    return Isolation(intervals[np.argsort(intervals[:, 0])], np.column_stack([a, b]))


def sharpened(function: Function, interval: Array) -> Array:
    """The interval of one simple zero, halved until the value's sign is lost in its error."""
    a, b = float(interval[0]), float(interval[1])
    left = _sign(function, a)
    for _ in range(HALVINGS):
        c = 0.5 * (a + b)
        here = _sign(function, c)
        if here == 0.0 or not a < c < b:
            break
        a, b = (c, b) if here == left else (a, c)
    return _newton(function, a, b)


HALVINGS = 60


def _sign(function: Function, q: float) -> float:
    return float(function(np.array([q]), np.array([q]))[0].sign[0])


def _newton(function: Function, a: float, b: float) -> Array:
    """One step of Newton's method in intervals: sharper than a sign that is lost at c."""
    value, slope = function(np.array([a]), np.array([b]))
    c, size = 0.5 * (a + b), abs(slope.mid[0]) - slope.rad[0]
    if not size > 0.0:
        return np.array([a, b])
    step = value.mid[0] / slope.mid[0]
    error = (value.rad[0] + abs(step) * slope.rad[0]) / size * WIDER
    error += ROUNDING * (abs(c) + abs(step))
    return np.array([max(a, c - step - error), min(b, c - step + error)])


@dataclass(frozen=True, eq=False)
class OneUnit:
    """The functions of one input weight for given data.

    Attributes
    ----------
    x : ndarray, shape (n,)
    y : Range, shape (n,)
    """

    x: Array = field(repr=False)
    y: Range = field(repr=False)

    def silent(self, low: Array, high: Array) -> tuple[Range, Range]:
        """A = ⟨y, g⟩ and its slope."""
        centre, box = self._tabulated(low, high)
        return self.y.dot(centre[0]), -self.y.dot(box[1])

    def working(self, low: Array, high: Array) -> tuple[Range, Range]:
        """N = ⟨y, g'⟩⟨g, g⟩ − ⟨y, g⟩⟨g, g'⟩ and its slope."""
        (g, first, _), (gb, fb, sb) = self._tabulated(low, high)
        value = self.y.dot(g).times(g.dot(first)) + -self.y.dot(first).times(g.dot(g))
        slope_e = -(fb.dot(fb) + _twice(gb.dot(sb)))
        slope = self.y.dot(fb).times(gb.dot(fb)) + self.y.dot(gb).times(slope_e)
        return value, slope + _twice(self.y.dot(sb).times(gb.dot(gb)))

    def residual(self, interval: Array) -> Range:
        """The residual α g − y of the working unit in an interval."""
        a, b = interval[None, 0], interval[None, 1]
        _, (g, _, _) = self._tabulated(a, b)
        over, under = self.y.dot(g), g.dot(g)
        alpha = over.mid / under.mid
        size = np.abs(under.mid) - under.rad
        error = (over.rad + np.abs(alpha) * under.rad) / size * WIDER + ROUNDING * np.abs(alpha)
        r = Range(alpha[:, None], error[:, None]).times(g) + -self.y
        return Range(r.mid[0], r.rad[0])

    def beside(self, interval: Array) -> Function:
        """⟨r, g[q, q*, q*]⟩ and its slope for the working unit in an interval."""
        r = self.residual(interval)
        at = lines(interval, self.x)

        def function(low: Array, high: Array) -> tuple[Range, Range]:
            middle = 0.5 * (low + high)
            value = _differences(
                lines(middle, self.x), middle, lines(middle, self.x), middle, at, interval, 2
            )
            slope = _differences(
                lines(low, self.x), low, lines(high, self.x), high, at, interval, 4
            )
            return value.dot(r), -slope.dot(r)

        return function

    def _tabulated(self, low: Array, high: Array) -> tuple[list[Range], list[Range]]:
        """D₀, D₁, D₂ at the midpoints, and over the intervals; each (k, n)."""
        middle, top, bottom = (lines(q, self.x) for q in (0.5 * (low + high), low, high))
        centre = [Range(middle[:, m], 2.0 * VALUE_ERROR * middle[:, m]) for m in range(3)]
        box = [_hull(bottom[:, m], top[:, m]) for m in range(3)]
        return centre, box


def _twice(a: Range) -> Range:
    return Range(2.0 * a.mid, 2.0 * a.rad)


def _hull(low: Array, high: Array) -> Range:
    radius = 0.5 * (high - low) + 4.0 * VALUE_ERROR * high
    return Range(0.5 * (low + high), radius)


def _differences(
    top: Array, low: Array, bottom: Array, high: Array, at: Array, star: Array, which: int
) -> Range:
    """Range of a divided difference over [low, high] × star, from its two extreme corners."""
    n = top.shape[-1]
    unused, ends = np.empty((6, n)), np.empty((2, low.size, 6, n))
    for k in range(low.size):
        enclose_differences(bottom[k], at[1], high[k], star[1], ends[0, k], unused)
        enclose_differences(top[k], at[0], low[k], star[0], unused, ends[1, k])
    return _hull(ends[0, :, which], ends[1, :, which])
