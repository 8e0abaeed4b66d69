"""The reduced landscape R(w₁, w₂) = min_v L of two units on a grid, regular at the diagonal.

Off the diagonal the critical points with v₁, v₂ ≠ 0 are the roots of α_i = ⟨r, xφ'(w_i x)⟩.
Both vanish on the diagonal, and so fast that a naive search finds thousands of false cells
there. With divided differences φ[·] over the nodes w₁, w₂ and δ = w₂ − w₁ the equivalent pair

    A = ⟨r, φ[w₁,w₁,w₂] + φ[w₁,w₂,w₂]⟩ = (α₂ − α₁)/δ
    B = ⟨r, φ[w₁,w₁,w₂,w₂]⟩            = (α₁ + α₂)/δ²

is smooth and symmetric, hence a function of (w₁ + w₂)/2 and δ², with A = ⟨r, x²φ''⟩ and
B = ⟨r, x³φ'''⟩/6 at δ = 0. The fit uses the basis {φ(w₁x), φ[w₁,w₂]}, which stays independent.

This file is self-contained: Numba's disk cache does not see edits of imported helpers.
"""

from __future__ import annotations

import numpy as np

from symbolic.machine_code import cached_njit

REORDERING = {"reassoc", "contract", "nsz"}
"""Fast-math flags that let sums vectorise and change nothing else."""


@cached_njit(error_model="numpy", fastmath=REORDERING)
def dot(a, b):  # type: ignore[no-untyped-def]
    """Inner product that vectorises."""
    total = 0.0
    for k in range(a.size):
        total += a[k] * b[k]
    return total


@cached_njit(error_model="numpy", fastmath=REORDERING)
def remove(a, direction, amount, out, other):  # type: ignore[no-untyped-def]
    """Write a − amount · direction to out; return its products with itself and with another.

    No other vector may be `out` itself: the loop would not vectorise.
    """
    square = product = 0.0
    for k in range(a.size):
        left = a[k] - amount * direction[k]
        out[k] = left
        square += left * left
        product += left * other[k]
    return square, product


@cached_njit(error_model="numpy", fastmath=REORDERING)
def divide(upper, lower, gap, out, one):  # type: ignore[no-untyped-def]
    """Write the divided difference (upper − lower)/gap to out; return its product with `one`."""
    total = 0.0
    for k in range(out.size):
        out[k] = (upper[k] - lower[k]) / gap
        total += out[k] * one[k]
    return total


@cached_njit(error_model="numpy")
def reduced_field(features, target, w):  # type: ignore[no-untyped-def]
    """A and B on all pairs of nodes i ≤ j.

    Parameters
    ----------
    features : ndarray, shape (4, m, n)
        √ω x^k φ^(k)(w x).
    target : ndarray, shape (n,)
    w : ndarray, shape (m,)
        Increasing nodes.

    Returns
    -------
    ndarray, shape (2, m, m)
        A and B on and above the diagonal, nan below.
    """
    _, m, n = features.shape
    field = np.full((2, m, m), np.nan)
    first, rest, second, free = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    residual = np.empty(n)
    for i in range(m):
        phi, slope = features[0, i], features[1, i]
        scale = 1.0 / np.sqrt(dot(phi, phi))
        for k in range(n):
            first[k] = scale * phi[k]
        remove(target, first, dot(target, first), rest, first)
        for j in range(i, m):
            gap = w[j] - w[i]
            if j == i:
                second[:] = slope
                along = dot(second, first)
            else:
                along = divide(features[0, j], phi, gap, second, first)
            _, along = remove(second, first, along, free, first)
            size, along = remove(free, first, along, second, rest)
            _, along = remove(rest, second, along / size, free, first)
            _, along = remove(free, first, along, residual, second)
            _, here = remove(residual, second, along / size, free, slope)
            there = dot(free, features[1, j])
            if j == i:
                field[0, i, i] = -dot(free, features[2, i])
                field[1, i, i] = -dot(free, features[3, i]) / 6.0
            else:
                field[0, i, j] = (here - there) / gap
                field[1, i, j] = -(there + here) / (gap * gap)
    return field
