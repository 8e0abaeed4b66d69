"""Signs of the eigenvalues of a symmetric matrix by congruence (Sylvester's law)."""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array

ZERO_EIGENVALUE = 1e-11
"""Eigenvalues of the scaled Hessian (unit diagonal) below this are zero: rounding is 1e-15, and
a nondegenerate point as flat as this would lie within 1e-22 of a fold in the parameter."""

SMALL_DIAGONAL = 1e-8
"""Diagonal entries below this share of their row give no scale; the row does."""


SMALLEST = 1e-150
"""Entries of a vector that must be positive, relative to its largest."""

POWERS = 8
"""Products after which the bound of `spectral_bound` is right to some percent."""


def spectral_bound(matrix: Array) -> float:
    """Bound of the 2-norm of a symmetric matrix (d, d) without negative entries.

    max_i (A x)_i / x_i for positive x (Collatz and Wielandt), with x near the eigenvector.
    """
    x, bound = np.ones(len(matrix)), np.inf
    for _ in range(POWERS):
        image = matrix @ x
        bound = min(bound, float((image / x).max(initial=0.0)))
        if not 0.0 < bound < np.inf:
            break
        x = np.maximum(image / image.max(), SMALLEST)
    return bound


def scaled_inertia(hessian: Array, blur: Array | None = None) -> tuple[int, int, int]:
    """Numbers of negative, zero and positive eigenvalues, after a diagonal congruence.

    The congruence keeps the signs (Sylvester) and removes the scales of the weights, which
    differ by many orders near infinity.

    Parameters
    ----------
    hessian : ndarray, shape (d, d)
    blur : ndarray, shape (d, d), optional
        Bounds of the errors of its entries: eigenvalues count as zero that these could make so
        (Weyl).
    """
    scales, zero = _scales(hessian), ZERO_EIGENVALUE
    values = np.linalg.eigvalsh(hessian / scales)
    if blur is not None:
        zero = max(zero, spectral_bound(blur / scales))
    negative, positive = int((values < -zero).sum()), int((values > zero).sum())
    return negative, values.size - negative - positive, positive


def same_inertia(hessians: Array) -> bool:
    """Whether matrices (m, d, d) have the same signs of eigenvalues, none of them zero."""
    values = np.linalg.eigvalsh(hessians / _scales(hessians))
    negative = (values < 0.0).sum(axis=1)
    return bool((np.abs(values) > ZERO_EIGENVALUE).all() and (negative == negative[0]).all())


def _scales(hessian: Array) -> Array:
    """Sizes s_i s_j of the entries of matrices (..., d, d), by their diagonals or rows."""
    diagonal = np.abs(np.diagonal(hessian, axis1=-2, axis2=-1))
    rows = np.abs(hessian).max(axis=-1, initial=0.0)
    scale = np.sqrt(np.where(diagonal > SMALL_DIAGONAL * rows, diagonal, rows))
    scale = np.where(scale > 0.0, scale, 1.0)
    return np.asarray(scale[..., :, None] * scale[..., None, :])
