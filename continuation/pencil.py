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
from scipy import linalg, sparse
from scipy.linalg import lapack
from scipy.sparse.linalg import splu

from continuation.arrays import Array
from continuation.errors import InvalidInputError

__all__ = ["Pencil", "checked_mass", "rank_of"]

RANK = 1e-12
"""A singular value of M below this part of the largest is zero: M is given, not computed."""

PLAIN_DIMENSION = 512
"""A mass of so many rows is a dense matrix where it is given as a diagonal, and its rank is told by
singular values where factors do not tell it."""

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


def rank_of(mass: Any) -> int:
    """Number of differential equations among M x' = F, for a dense or sparse M."""
    if sparse.issparse(mass):
        rank = _rank_of_rows(mass)
        if rank:
            return rank
        mass = mass.toarray()
    s = np.linalg.svd(mass, compute_uv=False)
    return int((s > RANK * s[0]).sum())


def _rank_of_rows(mass: Any) -> int:
    """Number of rows and columns that are not zero, if they are a regular matrix; else zero."""
    m = sparse.csr_matrix(mass)
    rows, columns = (np.flatnonzero(np.ravel(abs(m).sum(axis=a))) for a in (1, 0))
    if rows.size != columns.size:
        return 0
    try:
        pivots = np.abs(splu(m[rows][:, columns].tocsc()).U.diagonal())
    except RuntimeError:  # exactly singular
        return 0
    return int(rows.size) if pivots.min() > RANK * pivots.max() else 0


def checked_mass(mass: Any, symmetric: bool, is_map: bool) -> Any:
    """A mass matrix, dense or sparse, or an error that says what is wrong with it."""
    if mass is None:
        return None
    is_sparse: bool = sparse.issparse(mass)
    m: Any = sparse.csc_matrix(mass) if is_sparse else np.asarray(mass)
    entries = m.data if is_sparse else m
    if m.dtype.kind not in "iuf" or m.ndim not in (1, 2) or not np.isfinite(entries).all():
        raise InvalidInputError(
            f"mass must be a finite matrix (n, n), or its diagonal (n,); got {mass!r}."
        )
    if m.ndim == 1:
        m = sparse.diags_array(m, format="csc") if m.size > PLAIN_DIMENSION else np.diag(m)
    if m.shape[0] != m.shape[1] or not np.any(entries):
        raise InvalidInputError(f"mass must be square and not zero, got shape {m.shape}.")
    if symmetric or is_map:
        raise InvalidInputError("mass goes with x' = F only: leave out symmetric and is_map.")
    return m.astype(np.float64)
