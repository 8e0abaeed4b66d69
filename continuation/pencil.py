r"""Stability of M x' = F(x, p): the finite eigenvalues of the pencil (J, M).

With M = U₁ S V₁ᵀ of rank r, and J in the bases (U₁, U₀), (V₁, V₀) of range and kernel,

    Uᵀ J V = [[A, B], [C, D]],    eigenvalues of S⁻¹ (A - B D⁻¹ C),

where the constraints of an equation of index 1 make D regular. Multiplying an algebraic equation by
a number multiplies rows of C and D alike and changes nothing.

References
----------
.. [1] P. Kunkel, V. Mehrmann, *Differential-Algebraic Equations*, EMS 2006, ch. 2.
"""

from typing import Any

import numpy as np
from scipy import linalg
from scipy.linalg import lapack

from continuation.arrays import Array
from continuation.errors import InvalidInputError

__all__ = ["Pencil", "checked_mass", "rank_of"]

RANK = 1e-12
"""A singular value of M below this part of the largest is zero: M is given, not computed."""

_Base: Any = np.ndarray


class Pencil(_Base):
    """A Jacobian (n, n) whose spectrum is that of a pencil; otherwise an array like any other."""

    bases: tuple[Array, Array, Array]
    rank: int

    @classmethod
    def of(cls, mass: Array) -> "Pencil":
        """Zeros, to be filled with Jacobians."""
        u, s, vt = linalg.svd(mass)
        pencil: Any = np.zeros(mass.shape).view(cls)
        pencil.bases, pencil.rank = (u, s, vt.T), rank_of(mass)
        return pencil

    def norm(self) -> float:
        """Frobenius norm."""
        return float(np.linalg.norm(np.asarray(self)))

    def terms(self, x: Array) -> Array:
        """|J| |x|, the sum of the sizes of the terms of each row of J x."""
        return np.asarray(np.abs(np.asarray(self)) @ np.abs(x))

    def reduced(self) -> Array:
        """S⁻¹ (A - B D⁻¹ C), shape (r, r)."""
        (u, s, v), r = self.bases, self.rank
        j = u.T @ np.asarray(self) @ v
        eliminated = linalg.solve(j[r:, r:], j[r:, :r], check_finite=False) if r < len(j) else None
        schur = j[:r, :r] if eliminated is None else j[:r, :r] - j[:r, r:] @ eliminated
        return np.asarray(schur / s[:r, None])

    def spectrum(self, symmetric: bool, w: Array, wi: Array) -> float:
        """Finite eigenvalues into (w, wi); the smallest singular value of the Jacobian."""
        w[:], wi[:] = lapack.dgeev(self.reduced(), compute_vl=0, compute_vr=0)[:2]
        return float(np.linalg.svd(np.asarray(self), compute_uv=False)[-1])


def rank_of(mass: Array) -> int:
    """Number of differential equations among M x' = F."""
    s = np.linalg.svd(mass, compute_uv=False)
    return int((s > RANK * s[0]).sum())


def checked_mass(mass: Any, symmetric: bool, is_map: bool) -> Array | None:
    """A mass matrix, or an error that says what is wrong with it."""
    if mass is None:
        return None
    m = np.asarray(mass)
    if m.dtype.kind not in "iuf" or m.ndim not in (1, 2) or not np.isfinite(m).all():
        raise InvalidInputError(
            f"mass must be a finite matrix (n, n), or its diagonal (n,); got {mass!r}."
        )
    m = np.array(np.diag(m) if m.ndim == 1 else m, dtype=np.float64)
    if m.shape[0] != m.shape[1] or not m.any():
        raise InvalidInputError(f"mass must be square and not zero, got shape {m.shape}.")
    if symmetric or is_map:
        raise InvalidInputError("mass goes with x' = F only: leave out symmetric and is_map.")
    return m
