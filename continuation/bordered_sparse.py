"""Sparse Jacobians: bordered LU, a few eigenvalues by shift-invert, inertia from the pivots.

References
----------
.. [1] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 3.
"""

from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, SuperLU, eigs, eigsh, splu

from continuation.eigenvalues import spectrum as dense_spectrum
from continuation.linalg import KERNEL_TOLERANCE
from continuation.pencil import Pencil

__all__ = ["EIGENVALUES", "BorderedSparse", "SparseJacobian", "SparsePencil", "sparse_left_kernel"]

Array = np.ndarray

#: Eigenvalues nearest to zero kept per sample; more where a pair on the axis may be among them.
EIGENVALUES, WITH_PAIRS = 6, 24
#: Up to this many unknowns all eigenvalues are computed, as of a dense matrix: none is missed.
ALL = 256
#: Relative shift by which a Jacobian singular to the last bit is factorised all the same.
SHIFT = 1e-13
#: Of these each makes what is not null smaller by the square of its singular value.
SUBSPACE_ITERATIONS = 4


class SparseJacobian:
    """Stands where the dense tracer has an array J; assignment keeps the matrix."""

    def __init__(self, n: int, symmetric: bool) -> None:
        self.n = n
        self.count = n if n <= ALL else EIGENVALUES if symmetric else WITH_PAIRS
        self.matrix: Any = sparse.csc_matrix((n, n))

    def __setitem__(self, _: slice, value: Any) -> None:
        self.matrix = sparse.csc_matrix(value)

    def norm(self) -> float:
        """Frobenius norm."""
        d = self.matrix.data
        return float(np.sqrt(d @ d))

    def terms(self, x: Array) -> Array:
        """|J| |x|, the sum of the sizes of the terms of each row of J x."""
        return np.asarray(abs(self.matrix) @ np.abs(x))

    def spectrum(self, symmetric: bool, w: Array, wi: Array) -> float:
        """All eigenvalues into (w, wi), or those nearest to zero of a large matrix.

        Of a large symmetric one also the number of negative pivots, into wi[0].
        """
        if self.count == self.n:
            matrix = self.matrix.toarray()
            return dense_spectrum(matrix, symmetric, w, wi, np.zeros(0), np.zeros(0))
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
        """LU of the matrix, or of one next to it where it is singular."""
        try:
            return factorise(self.matrix, symmetric)
        except RuntimeError:  # exactly singular
            shift = SHIFT * self.norm() * sparse.eye(self.n, format="csc")
            return factorise(self.matrix + shift, symmetric)


class SparsePencil(SparseJacobian):
    """The same whose spectrum is that of the pencil (J, M); M may be singular."""

    def __init__(self, n: int, mass: Any, degrees: int) -> None:
        super().__init__(n, symmetric=False)
        self.mass = sparse.csc_matrix(mass)
        self.count = degrees if n <= ALL else min(WITH_PAIRS, degrees)

    def spectrum(self, symmetric: bool, w: Array, wi: Array) -> float:
        """All finite eigenvalues into (w, wi), or those nearest to zero of a large pencil."""
        if self.n <= ALL:
            pencil = Pencil.of(self.mass.toarray())
            pencil[:] = self.matrix.toarray()
            return pencil.spectrum(symmetric, w, wi)
        lu = self._factor(symmetric)
        # their inverses are the eigenvalues of J⁻¹M, in which infinite ones are zero
        inverse = LinearOperator(
            (self.n, self.n), lambda v: lu.solve(self.mass @ v.ravel()), dtype=float
        )
        start = np.cos(np.arange(self.n))
        values = 1.0 / eigs(inverse, w.size, v0=start, return_eigenvectors=False)
        w[:], wi[:] = values.real, values.imag
        return float(np.hypot(w, wi).min())


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


def sparse_left_kernel(matrix: Any, most: int) -> Array:
    """Orthonormal left null vectors (k, n) of a large sparse matrix whose entries are about 1.

    By subspace iteration with the inverse of MMᵀ, for a matrix shifted by what does not count.
    """
    n = matrix.shape[0]
    lu = splu(sparse.csc_matrix(matrix + SHIFT * sparse.identity(n, format="csc")))
    basis = np.random.default_rng(0).standard_normal((n, most))
    for _ in range(SUBSPACE_ITERATIONS):
        basis = linalg.qr(lu.solve(lu.solve(basis), "T"), mode="economic")[0]
    left, s, _ = linalg.svd(basis.T @ matrix, full_matrices=False)
    return np.asarray((basis @ left[:, s <= KERNEL_TOLERANCE]).T)


class BorderedSparse:
    """Stands where the dense tracer has the bordered matrix."""

    matrix: Any

    def assemble(self, jacobian: SparseJacobian, column: Array, row: Array) -> None:
        """[[J, column], [row]]."""
        j = jacobian.matrix
        left = sparse.vstack([j, sparse.csc_matrix(row[None, :-1])], format="csc")
        right = sparse.csc_matrix(np.append(column, row[-1])[:, None])
        self.matrix = sparse.hstack([left, right], format="csc")

    def scale(self, rows: Array, columns: Array) -> None:
        """Multiply rows and columns by these factors (n + 1,)."""
        left: Any = sparse.diags_array(rows)
        self.matrix = (left @ self.matrix @ sparse.diags_array(columns)).tocsc()

    def solve(self, right: Array) -> bool:
        """Solve in place; False where the matrix is exactly singular."""
        try:
            right[:] = splu(self.matrix).solve(right)
        except RuntimeError:
            return False
        return True
