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
def remove(a, direction, amount, out):  # type: ignore[no-untyped-def]
    """Write a − amount · direction to out."""
    for k in range(a.size):
        out[k] = a[k] - amount * direction[k]


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
    first, rest, second, residual = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for i in range(m):
        phi, slope = features[0, i], features[1, i]
        scale = 1.0 / np.sqrt(dot(phi, phi))
        for k in range(n):
            first[k] = scale * phi[k]
        remove(target, first, dot(target, first), rest)
        for j in range(i, m):
            if j == i:
                second[:] = slope
            else:
                gap = w[j] - w[i]
                for k in range(n):
                    second[k] = (features[0, j, k] - phi[k]) / gap
            remove(second, first, dot(second, first), second)
            remove(second, first, dot(second, first), second)
            remove(rest, second, dot(rest, second) / dot(second, second), residual)
            remove(residual, first, dot(residual, first), residual)
            remove(residual, second, dot(residual, second) / dot(second, second), residual)
            if j == i:
                field[0, i, i] = -dot(residual, features[2, i])
                field[1, i, i] = -dot(residual, features[3, i]) / 6.0
            else:
                here, there = -dot(residual, slope), -dot(residual, features[1, j])
                field[0, i, j] = (there - here) / gap
                field[1, i, j] = (there + here) / (gap * gap)
    return field
