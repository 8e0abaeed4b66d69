"""Sparse Jacobians: bordered LU, a few eigenvalues by shift-invert, inertia from the pivots.

References
----------
.. [1] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 3.
"""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, SuperLU, eigs, eigsh, splu

__all__ = ["EIGENVALUES", "BorderedSparse", "SparseJacobian"]

Array = np.ndarray

#: Eigenvalues nearest to zero kept per sample.
EIGENVALUES = 6
#: Relative shift by which a Jacobian singular to the last bit is factorised all the same.
SHIFT = 1e-13


class SparseJacobian:
    """Stands where the dense tracer has an array J; assignment keeps the matrix."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.count = min(EIGENVALUES, n - 2)
        self.matrix: Any = sparse.csc_matrix((n, n))

    def __setitem__(self, _: slice, value: Any) -> None:
        self.matrix = sparse.csc_matrix(value)

    def norm(self) -> float:
        """Frobenius norm."""
        d = self.matrix.data
        return float(np.sqrt(d @ d))

    def spectrum(self, symmetric: bool, w: Array, wi: Array) -> float:
        """Eigenvalues nearest to zero into (w, wi); with symmetry, negative pivots into wi[0]."""
        lu = self._factor(symmetric)
        inverse = LinearOperator((self.n, self.n), lu.solve, dtype=float)
        start = np.cos(np.arange(self.n))  # any fixed vector: results must not depend on chance
        if symmetric:
            w[:] = eigsh(
                self.matrix, w.size, sigma=0.0, OPinv=inverse, v0=start, return_eigenvectors=False
            )
            # Sylvester: with diagonal pivots, J = L D L^T and sign D is the inertia of J
            wi[0] = np.count_nonzero(lu.U.diagonal() < 0.0)
        else:
            values = eigs(
                self.matrix, w.size, sigma=0.0, OPinv=inverse, v0=start, return_eigenvectors=False
            )
            w[:], wi[:] = values.real, values.imag
        return float(np.hypot(w, 0.0 if symmetric else wi).min())

    def _factor(self, symmetric: bool) -> SuperLU:
        try:
            return factorise(self.matrix, symmetric)
        except RuntimeError:  # exactly singular
            shift = SHIFT * self.norm() * sparse.eye(self.n, format="csc")
            return factorise(self.matrix + shift, symmetric)


def factorise(matrix: Any, symmetric: bool) -> SuperLU:
    """Sparse LU; with diagonal pivots where the matrix is symmetric."""
    if not symmetric:
        return splu(matrix)
    return splu(
        matrix,
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


class BorderedSparse:
    """Stands where the dense tracer has the bordered matrix."""

    matrix: Any

    def assemble(self, jacobian: SparseJacobian, column: Array, row: Array) -> None:
        """[[J, column], [row]]."""
        j = jacobian.matrix
        left = sparse.vstack([j, sparse.csc_matrix(row[None, :-1])], format="csc")
        right = sparse.csc_matrix(np.append(column, row[-1])[:, None])
        self.matrix = sparse.hstack([left, right], format="csc")

    def solve(self, right: Array) -> bool:
        """Solve in place; False where the matrix is exactly singular."""
        try:
            right[:] = splu(self.matrix).solve(right)
        except RuntimeError:
            return False
        return True
