"""Signs of the eigenvalues of a Hessian by congruence (Sylvester's law)."""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array

ZERO_EIGENVALUE = 1e-11
"""Eigenvalues of the scaled Hessian (unit diagonal) below this are zero: rounding is 1e-15, and
a nondegenerate point as flat as this would lie within 1e-22 of a fold in the parameter."""

SMALL_DIAGONAL = 1e-8
"""Diagonal entries below this share of their row give no scale; the row does."""


def scaled_inertia(hessian: Array) -> tuple[int, int, int]:
    """Numbers of negative, zero and positive eigenvalues, after a diagonal congruence.

    The congruence keeps the signs (Sylvester) and removes the scales of the weights, which
    differ by many orders near infinity.
    """
    diagonal, rows = np.abs(np.diag(hessian)), np.abs(hessian).max(axis=1, initial=0.0)
    scale = np.sqrt(np.where(diagonal > SMALL_DIAGONAL * rows, diagonal, rows))
    scale = np.where(scale > 0.0, scale, 1.0)
    values = np.linalg.eigvalsh(hessian / np.outer(scale, scale))
    negative = int((values < -ZERO_EIGENVALUE).sum())
    positive = int((values > ZERO_EIGENVALUE).sum())
    return negative, values.size - negative - positive, positive
