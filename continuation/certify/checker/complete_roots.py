"""The checker's functions of one input weight: their stated zeros are all there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from flint import arb, arb_mat

from continuation.certify.checker.curve import Curve, hull, inner, row
from continuation.certify.checker.points import Claim
from continuation.certify.checker.refusal import Refused, require

Function = Callable[[float, float], tuple[arb, arb]]
"""(a, b) ↦ value at (a + b)/2 (as a double), slope over [a, b]."""


def check_roots(data: Curve, claim: Claim, low: arb, high: arb) -> None:
    """All stated zeros, and no others, for q between two ends."""
    ends = float(low.lower()), math.nextafter(float(high.upper()), math.inf)
    ends = max(0.0, math.nextafter(ends[0], -math.inf)), ends[1]
    _check_zeros("silent units", _silent(data), claim["silent"], *ends)
    _check_zeros("working units", _working(data), claim["working"], *ends)
    require(len(claim["beside"]) == len(claim["working"]), "silent units are not all stated")
    for star, rows in zip(claim["working"], claim["beside"], strict=True):
        _check_zeros("units beside a working one", _beside(data, star), rows, *ends)


def _check_zeros(
    name: str, function: Function, stated: Sequence[Sequence[float]], low: float, high: float
) -> None:
    """The stated intervals hold one simple zero each, and there are no others."""
    place = low
    for a, b in sorted((a, b) for a, b in stated):
        require(low <= a <= b <= high, f"{name}: an interval is out of range")
        c, d = _neighbourhood(name, function, a, b, low, high)
        require(c >= place, f"{name}: two intervals share a zero")
        before, after = function(a, a)[0], function(b, b)[0]
        require(before * after < 0, f"{name}: no zero in a stated interval")
        _require_none(name, function, place, c)
        place = d
    _require_none(name, function, place, high)


def _neighbourhood(
    name: str, function: Function, a: float, b: float, low: float, high: float
) -> tuple[float, float]:
    """An interval around [a, b] on which the function is monotone."""
    reach = 0.01 * (high - low)
    for _ in range(60):
        c, d = max(low, a - reach), min(high, b + reach)
        if not function(c, d)[1].contains(0):
            return c, d
        reach /= 2
    raise Refused(f"{name}: a stated zero is not simple")


def _require_none(name: str, function: Function, low: float, high: float) -> None:
    stack = [(low, high, 0)] if low < high else []
    while stack:
        a, b, depth = stack.pop()
        value, slope = function(a, b)
        c = 0.5 * (a + b)
        reach = arb(0, max(b - c, c - a) * (1 + 1e-15))
        if (value + slope * reach).contains(0):
            require(depth < 50, f"{name}: a zero is not stated near w = {math.sqrt(c):.6g}")
            stack += [(a, c, depth + 1), (c, b, depth + 1)]


def _tables(data: Curve, a: float, b: float) -> tuple[list[arb_mat], list[arb_mat]]:
    first, middle, last = data.line(a), data.line(0.5 * (a + b)), data.line(b)
    box = [hull(p, q) for p, q in zip(first, last, strict=True)]
    return [row(c) for c in middle[:3]], [row(c) for c in box[:3]]


def _silent(data: Curve) -> Function:
    y = data.y.transpose()

    def function(a: float, b: float) -> tuple[arb, arb]:
        centre, box = _tables(data, a, b)
        return inner(y, centre[0]), -inner(y, box[1])

    return function


def _working(data: Curve) -> Function:
    """⟨y, g⟩⟨g, g'⟩ − ⟨y, g'⟩⟨g, g⟩ with the slope by the rule of products."""
    y = data.y.transpose()

    def function(a: float, b: float) -> tuple[arb, arb]:
        (g, d, _), (gg, dd, ss) = _tables(data, a, b)
        value = inner(y, g) * inner(g, d) - inner(y, d) * inner(g, g)
        slope = -inner(y, dd) * inner(gg, dd)
        slope -= inner(y, gg) * (inner(dd, dd) + 2 * inner(gg, ss))
        slope += 2 * inner(y, ss) * inner(gg, gg) + 2 * inner(y, dd) * inner(gg, dd)
        return value, slope

    return function


def _beside(data: Curve, star: Sequence[float]) -> Function:
    a, b = star
    g = row(hull(data.line(a)[0], data.line(b)[0]))
    y = data.y.transpose()
    r = g * (inner(y, g) / inner(g, g)) - y

    def function(low: float, high: float) -> tuple[arb, arb]:
        c = 0.5 * (low + high)
        value = hull(data.differences(c, a)[2], data.differences(c, b)[2])
        slope = hull(data.differences(low, a)[4], data.differences(high, b)[4])
        return inner(r, row(value)), -inner(r, row(slope))

    return function
