"""Units and pairs of units in coordinates in which their ends at infinity are regular points.

A block is a part of the network function: its coordinates z, its values on inputs x, and the
exact first and second derivatives by z. All of it is for φ = tanh.

- `Unit`: v φ(w x) in (w, v).
- `ClosePair`: two units in (w, D, a, b), w the mean of their input weights, D the square of the
  difference. D = 0 is the confluence a φ(w x) + b x φ'(w x); D < 0 a conjugate pair.
- `SmallUnit`: one unit in (q, c) with q = w² and c = w v. q = 0 is the linear end c x; q < 0 a
  unit with imaginary weights, c tan(κx)/κ.
- `SteepUnit`: one unit in (ln w, s), which goes to s sign(x) as w → ∞.

References
----------
The closed form of the pair follows from tanh u ± tanh v = sinh(u ± v)/(cosh u cosh v).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from continuation.arrays import Array

Values = tuple[Array, Array, Array]
"""Values (m,), first (k, m) and second derivatives (k, k, m) of a block on m inputs."""

SERIES_RADIUS = 1.0
"""|z| below which sinh √z/√z and its derivatives are summed: outside, their closed forms lose no
more than two digits."""

SERIES_TERMS = 14
"""Terms of that series: the next one is 1/31! of the first."""

TANGENT_RADIUS = 0.5
"""|t| below which tanh √t/√t is summed; its nearest pole lies at t = −π²/4."""

TANGENT_TERMS = 28
"""Terms of that series: they fall by 0.5·4/π² each, to 1e-19 of the first."""


LARGEST_LOG = 300.0
"""|ln w| from which a steep unit is a step, or zero, in doubles whatever its inputs: w and 1/w
stay finite where differences or a predictor reach far."""


class Block(Protocol):
    """A part of the network function in coordinates of its own."""

    @property
    def names(self) -> tuple[str, ...]:
        """Coordinates, in order."""
        ...

    def values(self, z: Array, x: Array) -> Values:
        """Values and derivatives at coordinates z (k,) on inputs x (m,)."""
        ...


@dataclass(frozen=True)
class Unit:
    """v φ(w x) in its weights (w, v)."""

    names = ("w", "v")

    def values(self, z: Array, x: Array) -> Values:
        """See `Block`."""
        w, v = z
        t = np.tanh(w * x)
        slope = x * (1.0 - t * t)
        bends = np.zeros((2, 2, x.size))
        bends[0, 0] = -2.0 * v * x * t * slope
        bends[0, 1] = bends[1, 0] = slope
        return v * t, np.array([v * slope, t]), bends


@dataclass(frozen=True)
class ClosePair:
    """f = (a sinh c + 2 b x s)/(cosh c + C) with c = 2wx, z = D x², C = cosh √z, s = sinh √z/√z."""

    names = ("w", "D", "a", "b")

    def values(self, z: Array, x: Array) -> Values:
        """See `Block`; every quotient is taken after scaling by e^{−max(|c|, √z)}."""
        w, square, a, b = z
        numerators, denominator = _pair_fractions(float(w), float(square), x)
        first, second = (_quotient(n, denominator) for n in numerators)
        jacobian = np.array([
            a * first["w"] + b * second["w"],
            a * first["D"] + b * second["D"],
            first[""],
            second[""],
        ])  # fmt: skip
        bends = np.zeros((4, 4, x.size))
        for i, j, name in ((0, 0, "ww"), (0, 1, "wD"), (1, 1, "DD")):
            bends[i, j] = bends[j, i] = a * first[name] + b * second[name]
        for k, feature in ((2, first), (3, second)):
            for i, name in ((0, "w"), (1, "D")):
                bends[i, k] = bends[k, i] = feature[name]
        return a * first[""] + b * second[""], jacobian, bends


@dataclass(frozen=True)
class SmallUnit:
    """c x τ(q x²) with τ(t) = tanh √t/√t, which solves τ + 2tτ' + tτ² = 1."""

    names = ("q", "c")

    def values(self, z: Array, x: Array) -> Values:
        """See `Block`."""
        q, c = z
        value, slope, bend = _tangent_quotient(q * x * x)
        cube = x**3
        bends = np.zeros((2, 2, x.size))
        bends[0, 0] = c * cube * x * x * bend
        bends[0, 1] = bends[1, 0] = cube * slope
        return c * x * value, np.array([c * cube * slope, x * value]), bends


@dataclass(frozen=True)
class SteepUnit:
    """s tanh(w x) in (ln w, s)."""

    names = ("ln w", "s")

    def values(self, z: Array, x: Array) -> Values:
        """See `Block`; sech² is taken from e^{−2w|x|}, which does not cancel."""
        w, s = float(np.exp(np.clip(z[0], -LARGEST_LOG, LARGEST_LOG))), z[1]
        decay = np.exp(-2.0 * w * np.abs(x))
        t = np.sign(x) * (1.0 - decay) / (1.0 + decay)
        slope = w * x * 4.0 * decay / (1.0 + decay) ** 2
        bends = np.zeros((2, 2, x.size))
        bends[0, 0] = s * slope * (1.0 - 2.0 * w * x * t)
        bends[0, 1] = bends[1, 0] = slope
        return s * t, np.array([s * slope, t]), bends


def _pair_fractions(w: float, square: float, x: Array) -> tuple[list[dict[str, Array]], Array]:
    """Numerators of both features with derivatives, and [q, q_w, q_D, q_ww, q_DD]; scaled."""
    c, z = 2.0 * w * x, square * x * x
    cosine, sine, slope, bend, growth = _even_functions(z)
    largest = np.maximum(np.abs(c), growth)
    shrink = np.exp(growth - largest)
    cosine, sine, slope, bend = (shrink * f for f in (cosine, sine, slope, bend))
    up, down = np.exp(np.abs(c) - largest), np.exp(-np.abs(c) - largest)
    cosh = (up + down) / 2.0
    sinh = np.sign(c) * np.where(
        np.abs(c) < 1.0,
        np.sinh(np.minimum(np.abs(c), 1.0)) * np.exp(-largest),
        (up - down) / 2.0,
    )
    x2 = x * x
    denominator = np.array([
        cosh + cosine, 2.0 * x * sinh, x2 * sine / 2.0, 4.0 * x2 * cosh, x2 * x2 * slope / 2.0
    ])  # fmt: skip
    zero = np.zeros_like(x)
    first = {"": sinh, "w": 2.0 * x * cosh, "D": zero, "ww": 4.0 * x2 * sinh, "DD": zero}
    second = {"": 2.0 * x * sine, "w": zero, "D": 2.0 * x * x2 * slope, "ww": zero,
              "DD": 2.0 * x * x2 * x2 * bend}  # fmt: skip
    return [first, second], denominator


def _quotient(n: dict[str, Array], denominator: Array) -> dict[str, Array]:
    """n/q and its derivatives up to order two by (w, D)."""
    q, qw, qd, qww, qdd = denominator
    f = n[""] / q
    fw, fd = (n["w"] - f * qw) / q, (n["D"] - f * qd) / q
    return {
        "": f,
        "w": fw,
        "D": fd,
        "ww": (n["ww"] - 2.0 * fw * qw - f * qww) / q,
        "wD": -(fw * qd + fd * qw) / q,
        "DD": (n["DD"] - 2.0 * fd * qd - f * qdd) / q,
    }


def _even_functions(z: Array) -> tuple[Array, Array, Array, Array, Array]:
    """C, s, s', s'' times e^{−growth}, and growth = √max(z, 0); entire functions of z."""
    growth = np.sqrt(np.maximum(z, 0.0))
    root, decay = np.sqrt(np.abs(z)), np.exp(-2.0 * growth)
    away = np.where(np.abs(z) < SERIES_RADIUS, 1.0, z)
    far = np.sqrt(np.abs(away))
    cosine = np.where(z > 0.0, (1.0 + decay) / 2.0, np.cos(root))
    sine = np.where(away > 0.0, (1.0 - np.exp(-2.0 * far)) / 2.0, np.sin(far)) / far
    slope = (cosine - sine) / (2.0 * away)
    bend = (sine - 6.0 * slope) / (4.0 * away)
    near = np.abs(z) < SERIES_RADIUS
    small, shrink = np.where(near, z, 0.0), np.exp(-growth)
    summed = [shrink * np.polynomial.polynomial.polyval(small, c) for c in _sine_series()]
    sine, slope, bend = (
        np.where(near, a, b) for a, b in zip(summed, (sine, slope, bend), strict=True)
    )
    return cosine, sine, slope, bend, growth


@lru_cache(maxsize=1)
def _sine_series() -> tuple[Array, Array, Array]:
    """Coefficients of sinh √z/√z and of its first two derivatives."""
    ratios = [1.0, *(1.0 / (2 * k * (2 * k + 1)) for k in range(1, SERIES_TERMS))]
    return _with_derivatives(np.array(np.cumprod(ratios), dtype=np.float64))


def _tangent_quotient(t: Array) -> tuple[Array, Array, Array]:
    """τ, τ', τ'' of τ(t) = tanh √t/√t (tan √−t/√−t where t < 0)."""
    near = np.abs(t) < TANGENT_RADIUS
    away = np.where(near, 1.0, t)
    root = np.sqrt(np.abs(away))
    value = np.where(away > 0.0, np.tanh(root), np.tan(root)) / root
    slope = (1.0 - value - away * value**2) / (2.0 * away)
    bend = -(value**2 + 2.0 * away * value * slope + 3.0 * slope) / (2.0 * away)
    small = np.where(near, t, 0.0)
    summed = [np.polynomial.polynomial.polyval(small, c) for c in _tangent_series()]
    closed = (value, slope, bend)
    return tuple(np.where(near, a, b) for a, b in zip(summed, closed, strict=True))  # type: ignore[return-value]


@lru_cache(maxsize=1)
def _tangent_series() -> tuple[Array, Array, Array]:
    """Coefficients of τ and of its first two derivatives, from its differential equation."""
    c = np.zeros(TANGENT_TERMS)
    c[0] = 1.0
    for k in range(1, TANGENT_TERMS):
        c[k] = -(c[:k] @ c[:k][::-1]) / (2 * k + 1)
    return _with_derivatives(c)


def _with_derivatives(c: Array) -> tuple[Array, Array, Array]:
    derivative = np.polynomial.polynomial.polyder
    return np.asarray(c), np.asarray(derivative(c)), np.asarray(derivative(c, 2))
