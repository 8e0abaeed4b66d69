"""A bordered system and its residual in the units of a run, where its equations have some.

Two bodies as in `step_arrays`; an empty `rows` means that nothing is scaled.
"""

import math

import numpy as np

from continuation.compilation import dual
from continuation.step_arrays import magnitude, rounding_scale

__all__ = ["equilibrate", "residual_in_units", "restore", "rounding_in_units"]


def equilibrate(B, R, rows, weight):  # type: ignore[no-untyped-def]
    """Bring a bordered system into the units of the run, where its equations have some."""
    if rows.size:
        left, right = np.append(rows, 1.0), 1.0 / np.sqrt(weight)
        if type(B) is not np.ndarray:
            B.scale(left, right)
        else:
            B *= left[:, None]
            B *= right
        R[:-1, 0] *= rows


@dual(equilibrate)
def _equilibrate(B, R, rows, weight):  # type: ignore[no-untyped-def]
    n = rows.size
    if n > 0:
        for j in range(n + 1):
            unit = 1.0 / math.sqrt(weight[j])
            for i in range(n):
                B[i, j] *= rows[i] * unit
            B[n, j] *= unit
        for i in range(n):
            R[i, 0] *= rows[i]


def restore(R, rows, weight):  # type: ignore[no-untyped-def]
    """Bring the solution of such a system back."""
    if rows.size:
        R /= np.sqrt(weight)[:, None]


@dual(restore)
def _restore(R, rows, weight):  # type: ignore[no-untyped-def]
    if rows.size > 0:
        for i in range(weight.size):
            unit = 1.0 / math.sqrt(weight[i])
            R[i, 0] *= unit
            R[i, 1] *= unit


def residual_in_units(F, rows):  # type: ignore[no-untyped-def]
    """Norm of F in the units of the run."""
    return magnitude(F * rows) if rows.size else magnitude(F)


@dual(residual_in_units)
def _residual_in_units(F, rows):  # type: ignore[no-untyped-def]
    if rows.size == 0:
        return magnitude(F)
    s = 0.0
    for i in range(F.size):
        s += (rows[i] * F[i]) * (rows[i] * F[i])
    return math.sqrt(s)


def rounding_in_units(J, Fp, y, rows):  # type: ignore[no-untyped-def]
    """The same as `rounding_scale`, in the units of the run: equation by equation."""
    if not rows.size:
        return rounding_scale(J, Fp, y)
    n = Fp.size
    x = np.abs(y[:n])
    terms = np.abs(J).dot(x) if type(J) is np.ndarray else J.terms(x)
    return magnitude(rows * (terms + np.abs(Fp) * abs(y[n])))


@dual(rounding_in_units)
def _rounding_in_units(J, Fp, y, rows):  # type: ignore[no-untyped-def]
    if rows.size == 0:
        return rounding_scale(J, Fp, y)
    n = Fp.size
    s = 0.0
    for i in range(n):
        terms = abs(Fp[i]) * abs(y[n])
        for j in range(n):
            terms += abs(J[i, j]) * abs(y[j])
        s += (rows[i] * terms) * (rows[i] * terms)
    return math.sqrt(s)
