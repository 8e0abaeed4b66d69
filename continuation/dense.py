"""Small dense linear algebra for compiled code: no LAPACK call, hence no slow compilation.

The matrices have the size of the weight vector (4 for two units without bias), where plain loops
are faster than LAPACK.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from symbolic.inner_code import inner_njit

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

PIVOT_TOLERANCE = 1e-13
"""A Cholesky pivot below this fraction of its diagonal entry counts as not positive; being
relative to the same row, it does not depend on the scaling of the weights."""

INVERSE_ITERATIONS = 8
"""Inverse iterations for the smallest eigenvalue: it is compared with thresholds only."""


@inner_njit(error_model="numpy")
def norm(x: Vector) -> float:
    """Euclidean norm."""
    s = 0.0
    for i in range(x.size):
        s += x[i] * x[i]
    return math.sqrt(s)


@inner_njit(error_model="numpy")
def assign(out: Vector, x: Vector) -> None:
    """Copy. (Assigning slices would compile NumPy's broadcasting with its messages: seconds.)"""
    for i in range(out.size):
        out[i] = x[i]


@inner_njit(error_model="numpy")
def add(out: Vector, factor: float, x: Vector) -> None:
    """Add a multiple of x to `out`."""
    for i in range(out.size):
        out[i] += factor * x[i]


@inner_njit(error_model="numpy")
def greater(a: float, b: float) -> float:
    """The greater of two numbers; NaN if one is NaN, which `max` may lose."""
    return a if a > b or a != a else b


@inner_njit(error_model="numpy")
def largest(x: Vector) -> float:
    """Largest absolute entry; NaN if one is NaN, which every comparison calls small."""
    best = 0.0
    for i in range(x.size):
        best = greater(best, abs(x[i]))
    return best


@inner_njit(error_model="numpy")
def apply(a: Matrix, x: Vector, out: Vector) -> None:
    """Matrix times vector into `out`."""
    for i in range(a.shape[0]):
        out[i] = 0.0
        for j in range(x.size):
            out[i] += a[i, j] * x[j]


@inner_njit(error_model="numpy")
def product(a: Matrix, b: Matrix, out: Matrix) -> None:
    """Matrix times matrix into `out`."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            out[i, j] = 0.0
            for k in range(b.shape[0]):
                out[i, j] += a[i, k] * b[k, j]


@inner_njit(error_model="numpy")
def lu_factor(a: Matrix, pivots: NDArray[np.int64]) -> None:
    """Replace `a` (d, d) by its LU factors with partial pivoting; row swaps go to `pivots`."""
    d = a.shape[0]
    for k in range(d):
        p = k
        for i in range(k + 1, d):
            if abs(a[i, k]) > abs(a[p, k]):
                p = i
        pivots[k] = p
        if p != k:
            for j in range(d):
                a[k, j], a[p, j] = a[p, j], a[k, j]
        for i in range(k + 1, d):
            a[i, k] /= a[k, k]
            for j in range(k + 1, d):
                a[i, j] -= a[i, k] * a[k, j]


@inner_njit(error_model="numpy")
def lu_solve(lu: Matrix, pivots: NDArray[np.int64], b: Vector) -> None:
    """Solve in place with the factors of `lu_factor`."""
    d = b.size
    for k in range(d):
        p = pivots[k]
        if p != k:
            b[k], b[p] = b[p], b[k]
    for i in range(d):
        for j in range(i):
            b[i] -= lu[i, j] * b[j]
    for i in range(d - 1, -1, -1):
        for j in range(i + 1, d):
            b[i] -= lu[i, j] * b[j]
        b[i] /= lu[i, i]


@inner_njit(error_model="numpy")
def cholesky(a: Matrix) -> bool:
    """Replace the lower triangle of `a` by its Cholesky factor; False unless `a` > 0."""
    d = a.shape[0]
    for k in range(d):
        diagonal = a[k, k]
        s = diagonal
        for j in range(k):
            s -= a[k, j] * a[k, j]
        # the negation also catches NaN
        if not (diagonal > 0.0 and s > PIVOT_TOLERANCE * diagonal):
            return False
        a[k, k] = math.sqrt(s)
        for i in range(k + 1, d):
            s = a[i, k]
            for j in range(k):
                s -= a[i, j] * a[k, j]
            a[i, k] = s / a[k, k]
    return True


@inner_njit(error_model="numpy")
def cholesky_solve(factor: Matrix, b: Vector) -> None:
    """Solve in place with the factor of `cholesky`."""
    d = b.size
    for i in range(d):
        for j in range(i):
            b[i] -= factor[i, j] * b[j]
        b[i] /= factor[i, i]
    for i in range(d - 1, -1, -1):
        for j in range(i + 1, d):
            b[i] -= factor[j, i] * b[j]
        b[i] /= factor[i, i]


@inner_njit(error_model="numpy")
def smallest_eigenvalue(factor: Matrix) -> float:
    """Smallest eigenvalue of a positive matrix from its Cholesky factor, by inverse iteration."""
    d = factor.shape[0]
    x = np.empty(d)
    for i in range(d):
        x[i] = 1.0 + 0.1 * i
    for _ in range(INVERSE_ITERATIONS):
        length = norm(x)
        for i in range(d):
            x[i] /= length
        cholesky_solve(factor, x)
    return 1.0 / norm(x)


@inner_njit(error_model="numpy")
def confine(g: Vector, a: Matrix, projector: Matrix) -> None:
    """Restrict a gradient and a Hessian to an invariant subspace, in place.

    `projector` (d, d) is the orthogonal projector P onto it, or an empty matrix for no
    restriction. The Hessian becomes P a P + α (1 − P) with α its largest diagonal entry, so that
    it is positive exactly if it is so within the subspace.
    """
    if projector.size == 0:
        return
    scale = 0.0
    for i in range(g.size):
        scale = greater(scale, abs(a[i, i]))
    half, whole = np.empty(a.shape), g.copy()
    product(projector, a, half)
    product(half, projector, a)
    apply(projector, whole, g)
    for i in range(g.size):
        for j in range(g.size):
            a[i, j] -= scale * projector[i, j]
        a[i, i] += scale


@inner_njit(error_model="numpy")
def exclude(g: Vector, a: Matrix, directions: Matrix) -> None:
    """Take orthonormal directions (r, d) out of a gradient and a Hessian, in place.

    The Hessian keeps a positive multiple of the identity on them, as in `confine`.
    """
    d = g.size
    scale = 0.0
    for i in range(d):
        scale = greater(scale, abs(a[i, i]))
    image = np.empty(d)
    for r in range(directions.shape[0]):
        u = directions[r]
        slope, curvature = 0.0, 0.0
        for i in range(d):
            image[i] = 0.0
            for j in range(d):
                image[i] += a[i, j] * u[j]
            curvature += image[i] * u[i]
            slope += g[i] * u[i]
        for i in range(d):
            g[i] -= slope * u[i]
            for j in range(d):
                a[i, j] += (curvature + scale) * u[i] * u[j] - image[i] * u[j] - u[i] * image[j]
