"""Many one-dimensional roots at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from continuation.arrays import Array

REFINEMENTS = 60
"""Illinois steps; superlinear, so this many are needed only by roots at the rounding level."""

STEP_TOLERANCE = 2e-15
"""Relative step at which a root counts as found: a few units in the last place."""


def roots_between(function: Callable[[Array], Array], grid: Array, values: Array) -> Array:
    """All sign changes of a function on a grid, refined together.

    Parameters
    ----------
    function : callable
        (k,) ↦ (k,), vectorised.
    grid : ndarray, shape (m,)
        Increasing.
    values : ndarray, shape (m,)
        The function on the grid.

    Returns
    -------
    ndarray, shape (k,)
        Roots in increasing order, by the Illinois variant of regula falsi (Dowell and
        Jarratt, *BIT* 11 (1971) 168).
    """
    finite = np.isfinite(values[:-1]) & np.isfinite(values[1:])
    left = np.flatnonzero(finite & (np.sign(values[:-1]) * np.sign(values[1:]) < 0))
    a, b = grid[left].copy(), grid[left + 1].copy()
    fa, fb = values[left].copy(), values[left + 1].copy()
    for _ in range(REFINEMENTS):
        if left.size == 0:
            break
        rise = np.where(fb == fa, 1.0, fb - fa)
        c = np.clip(b - fb * (b - a) / rise, np.minimum(a, b), np.maximum(a, b))
        fc = function(c)
        crossed = np.sign(fc) * np.sign(fb) <= 0.0
        settled = (np.abs(c - b) <= STEP_TOLERANCE * np.abs(c)) | (fc == 0.0)
        a, fa = np.where(crossed, b, a), np.where(crossed, fb, fa / 2.0)
        b, fb = c, fc
        if settled.all():
            break
    return np.sort(b)
