"""The curve g(q) = tanh(√q x)/√q, its derivatives and divided differences, with proven bounds.

Two units span the same functions as g(q₁) and g[q₁, q₂], q = w², also where the weights meet or
vanish. g is a Stieltjes function of q,

    tanh(√z)/√z = Σ_k 2/(z + c_k),   c_k = ((2k − 1)π/2)²,

so that (−1)^m g[q₀, …, q_m] is positive and falls in every argument: its exact range over a box
is that between two corners. By the formula of Hermite and Genocchi a divided difference is a
mean of g^(m)/m!, which is convex up to its sign: hence bounds where a quotient would cancel.

All quantities are given without their sign: D_m(q) = |g^(m)(q)|/m!.

References
----------
D. V. Widder, *The Laplace Transform*, Princeton 1941, ch. VIII (Stieltjes functions).
C. de Boor, *Surveys in Approximation Theory* 1 (2005) 46: divided differences.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from flint import arb, ctx

from continuation.arrays import Array
from symbolic.machine_code import cached_njit

FIRST_POLE = (math.pi / 2.0) ** 2
"""c₁, a bound of the derivatives: D_{m+1}(z) ≤ D_m(z)/(z + c₁). Used for cell sizes only."""

ORDERS = 4
"""D₀ … D₃ are tabulated: divided differences of four arguments need no more."""

DEGREE = 15
"""Of the Taylor polynomials. On a cell with |t| ≤ (z₀ + c₁)/17 the remainder of D₃ is less than
Σ_{i>15} C(i + 3, 3) 17^-i < 3e-17 of its value."""

CELLS_PER_OCTAVE = 8
LAST_OCTAVE = 60
"""Cells cover z + c₁ from 2 to 2⁶⁰, each an eighth of [2^e, 2^(e+1)): relative half-width 1/17."""

BUILDING_BITS = 600
"""Precision of the table: the recurrence loses about four bits for each order near z = 0."""

VALUE_ERROR = 2.0**-46
"""Relative error of a tabulated D_m: the rounding of z amounts to (m + 1) ulps at most, since
z D_{m+1}/D_m lies in [0, 1], that of Horner's scheme to a few, that of the power of x to seven;
in all less than 40 ulps = 2^-47.7. The factor left is a margin, which tests measure."""


@cache
def taylor_table() -> Array:
    """Coefficients of D_m about the centres of the cells, shape (cells, ORDERS, DEGREE + 1).

    In t = (z − z₀)/(z₀ + c₁): D_m = Σ_i C(m + i, m) D_{m+i}(z₀) (−t (z₀ + c₁))^i.
    """
    with ctx.workprec(BUILDING_BITS):
        rows = [_cell(k) for k in range(CELLS_PER_OCTAVE * (LAST_OCTAVE - 1))]
    return np.array(rows)


def centre_of(cell: int) -> float:
    """z₀ + c₁ of a cell."""
    octave, part = divmod(cell, CELLS_PER_OCTAVE)
    return math.ldexp(1.0 + (part + 0.5) / CELLS_PER_OCTAVE, octave + 1)


def _cell(cell: int) -> list[list[float]]:
    reach = centre_of(cell)
    series = stieltjes_series(arb(reach) - arb(FIRST_POLE), ORDERS + DEGREE)
    scaled = [(-1) ** i * c * arb(reach) ** i for i, c in enumerate(series)]
    rows = []
    for m in range(ORDERS):
        row = [math.comb(m + i, m) * scaled[m + i] / arb(reach) ** m for i in range(DEGREE + 1)]
        rows.append([float((-1) ** i * c) for i, c in enumerate(row)])
    return rows


def stieltjes_series(z: arb, terms: int) -> list[arb]:
    """Taylor coefficients at z ≠ 0 of h = tanh(√z)/√z by its equation 2z h' = 1 − h − z h²."""
    root = abs(z).sqrt()
    h = [root.tanh() / root if z > 0 else root.tan() / root]
    for k in range(terms - 1):
        square = sum((h[i] * h[k - i] for i in range(k + 1)), arb(0))
        before = sum((h[i] * h[k - 1 - i] for i in range(k)), arb(0))
        right = (1 if k == 0 else 0) - (2 * k + 1) * h[k] - z * square - before
        h.append(right / (2 * z * (k + 1)))
    return h


@cached_njit(purpose="proofs", error_model="numpy")
def fill_line(q: float, x: Array, table: Array, out: Array) -> None:
    """D_m(q) for m < 4 and every sample, into `out` (4, n); relative error `VALUE_ERROR`.

    Parameters
    ----------
    q : float
        Not negative.
    x : ndarray, shape (n,)
        Positive.
    table : ndarray
        Of `taylor_table`.
    """
    for j in range(x.size):
        square = x[j] * x[j]
        z = q * square
        mantissa, exponent = math.frexp(z + FIRST_POLE)
        part = int((mantissa - 0.5) * (2 * CELLS_PER_OCTAVE))
        cell = (exponent - 2) * CELLS_PER_OCTAVE + part
        centre = math.ldexp(1.0 + (part + 0.5) / CELLS_PER_OCTAVE, exponent - 1)
        t = (z - (centre - FIRST_POLE)) / centre
        power = x[j]
        for m in range(ORDERS):
            value = table[cell, m, DEGREE]
            for i in range(DEGREE - 1, -1, -1):
                value = value * t + table[cell, m, i]
            out[m, j] = value * power
            power *= square


def lines(q: Array, x: Array) -> Array:
    """D_m(q) for several q; shape (k, 4, n)."""
    q, x = np.ascontiguousarray(q, dtype=np.float64), np.ascontiguousarray(x, dtype=np.float64)
    out = np.empty((q.size, ORDERS, x.size))
    for k in range(q.size):
        fill_line(float(q[k]), x, taylor_table(), out[k])
    return out


@cached_njit(purpose="proofs", error_model="numpy")
def enclose_differences(
    first: Array, second: Array, q1: float, q2: float, low: Array, high: Array
) -> None:
    """Enclosures of |g[12]|, |g[112]|, |g[122]|, |g[1112]|, |g[1122]|, |g[1222]| at one pair.

    Quotients of differences, cut off by what convexity gives: the value at the larger q from
    below, the mean over the arguments from above.

    Parameters
    ----------
    first, second : ndarray, shape (4, n)
        Lines at q₁ and q₂ (`fill_line`).
    low, high : ndarray, shape (6, n)
        Filled.
    """
    e = VALUE_ERROR
    n = first.shape[1]
    lower, upper = 1.0 - 2.0 * e, 1.0 + 2.0 * e
    last = second if q2 >= q1 else first
    for j in range(n):
        low[0, j], high[0, j] = lower * last[1, j], upper * 0.5 * (first[1, j] + second[1, j])
        p, q = first[2, j], second[2, j]
        low[1, j], high[1, j] = lower * last[2, j], upper * (2.0 * p + q) / 3.0
        low[2, j], high[2, j] = lower * last[2, j], upper * (p + 2.0 * q) / 3.0
        p, q = first[3, j], second[3, j]
        low[3, j], high[3, j] = lower * last[3, j], upper * (3.0 * p + q) / 4.0
        low[4, j], high[4, j] = lower * last[3, j], upper * (p + q) / 2.0
        low[5, j], high[5, j] = lower * last[3, j], upper * (p + 3.0 * q) / 4.0
    if q1 == q2:
        return
    step = 1.0 / (q2 - q1)
    size = abs(step)
    for j in range(n):
        a, b = first[0, j], second[0, j]
        v12 = (a - b) * step
        e12 = e * (a + b) * size
        a, b = first[1, j], second[1, j]
        v112, e112 = (a - v12) * step, (e * (a + v12) + e12) * size
        v122, e122 = (v12 - b) * step, (e * (b + v12) + e12) * size
        a, b = first[2, j], second[2, j]
        v1112, e1112 = (a - v112) * step, (e * (a + abs(v112)) + e112) * size
        v1122 = (v112 - v122) * step
        e1122 = (e * (abs(v112) + abs(v122)) + e112 + e122) * size
        v1222, e1222 = (v122 - b) * step, (e * (b + abs(v122)) + e122) * size
        low[0, j], high[0, j] = max(low[0, j], v12 - e12), min(high[0, j], v12 + e12)
        low[1, j], high[1, j] = max(low[1, j], v112 - e112), min(high[1, j], v112 + e112)
        low[2, j], high[2, j] = max(low[2, j], v122 - e122), min(high[2, j], v122 + e122)
        low[3, j], high[3, j] = max(low[3, j], v1112 - e1112), min(high[3, j], v1112 + e1112)
        low[4, j], high[4, j] = max(low[4, j], v1122 - e1122), min(high[4, j], v1122 + e1122)
        low[5, j], high[5, j] = max(low[5, j], v1222 - e1222), min(high[5, j], v1222 + e1222)
