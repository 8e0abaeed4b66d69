"""Real balls [m ± r]: exact from floats, outward to floats.

References
----------
F. Johansson, *IEEE Trans. Computers* 66 (2017) 1281: Arb.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, ctx, fmpq

PRECISION = 80
"""Bits of every midpoint: sums of 10⁴ terms keep more than the 53 bits of a double."""


def working_precision() -> Any:
    """Context in which balls are rounded to `PRECISION` bits."""
    return ctx.workprec(PRECISION)


def exact(value: float | Fraction | arb) -> arb:
    """The ball of radius zero around a double (or the tightest one around a fraction)."""
    if isinstance(value, Fraction):
        return arb(fmpq(value.numerator, value.denominator))
    return value if isinstance(value, arb) else arb(float(value))


def upper(ball: arb) -> float:
    """A double that no number of the ball exceeds; inf where the ball is not finite."""
    if not ball.is_finite():
        return math.inf
    return math.nextafter(float(ball.upper()), math.inf)


def lower(ball: arb) -> float:
    """A double that no number of the ball falls below; -inf where the ball is not finite."""
    return -upper(-ball)


def magnitude(ball: arb) -> float:
    """A double that |x| does not exceed for any x in the ball."""
    return max(upper(ball), -lower(ball))


def box(centre: Sequence[float], radius: float | Sequence[float]) -> list[arb]:
    """The balls [m_i ± r_i]; one radius serves all."""
    radii = [radius] * len(centre) if isinstance(radius, float | int) else list(radius)
    return [arb(float(m), float(r)) for m, r in zip(centre, radii, strict=True)]


def midpoints(matrix: arb_mat) -> list[list[float]]:
    """Midpoints of a matrix of balls, rounded to doubles; rows."""
    return [[float(entry.mid()) for entry in row] for row in matrix.tolist()]


def is_finite(matrix: arb_mat) -> bool:
    """Whether every entry is finite."""
    return all(entry.is_finite() for entry in matrix.entries())


def norm(balls: Sequence[arb]) -> arb:
    """The Euclidean norm."""
    return sum((ball * ball for ball in balls), arb(0)).nonnegative_part().sqrt()
