"""Inertia, kernels and bordered systems, with tolerances relative to the scale of the matrix.

References
----------
.. [1] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 3.
"""

from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import splu

__all__ = [
    "adjugate_vectors",
    "bordered_solve",
    "bordered_solve_both",
    "eigenvectors",
    "inertia",
    "is_regular",
    "kernel",
    "shifted",
    "solve",
    "zero_tolerance",
]

Array = np.ndarray

MACHINE = float(np.finfo(float).eps)
#: An eigenvalue is zero below this many roundings of the largest entry per unknown.
ZERO_ROUNDINGS = 256
#: A diagonal entry above this part of its column is pivot enough: a border as pivot would fill
#: the factors. The digits that a growth by its inverse costs come back by one refinement.
PIVOT = 1e-6
#: A row with more entries than this times the root of their number is full (as in AMD, by
#: P. Amestoy, T. Davis and I. Duff, SIAM J. Matrix Anal. Appl. 17 (1996) 886).
LONG_ROW = 10.0
#: A singular value below this part of the largest belongs to the kernel at a located point.
KERNEL_TOLERANCE = 1e-7
#: Inverse iterations for a null vector, and the part of the largest entry by which it is shifted.
INVERSE_ITERATIONS, KERNEL_SHIFT = 6, 1e-14
#: Sparse matrices of so few rows are solved as dense ones, which no structure makes singular.
SMALL = 64


def zero_tolerance(scale: float, n: int) -> float:
    """Largest modulus at which an eigenvalue of an n x n matrix of that norm is taken for zero."""
    return float(ZERO_ROUNDINGS * MACHINE * n * scale)


def inertia(eigenvalues: Array, scale: float | None = None) -> tuple[int, int, int]:
    """Numbers of negative, zero and positive eigenvalues (real parts).

    Parameters
    ----------
    eigenvalues : (n,) array_like
    scale : float, optional
        Norm of the matrix; the largest modulus where not given.
    """
    w = np.real(eigenvalues)
    size = float(np.abs(eigenvalues).max(initial=0.0)) if scale is None else scale
    tolerance = zero_tolerance(size, w.size)
    negative, positive = int((w < -tolerance).sum()), int((w > tolerance).sum())
    return negative, w.size - negative - positive, positive


def kernel(matrix: Array, dimension: int | None = None) -> tuple[Array, Array]:
    """Orthonormal bases of the right and of the left kernel.

    Parameters
    ----------
    matrix : (m, n) ndarray
    dimension : int, optional
        Of the left kernel; from the singular values where not given.

    Returns
    -------
    (n, k + n - m) ndarray, (m, k) ndarray
    """
    u, s, vt = linalg.svd(matrix)
    m, n = matrix.shape
    k = dimension
    if k is None:
        k = int((s <= KERNEL_TOLERANCE * max(s[0], np.finfo(float).tiny)).sum())
    rank = min(m, n) - k
    return vt[rank:].T, u[:, rank:]


def is_regular(
    matrix: Any, tolerance: float = KERNEL_TOLERANCE, scale: float | None = None
) -> bool:
    """Whether all singular values of a dense matrix exceed the tolerance; of a sparse one, False.

    Parameters
    ----------
    matrix : (m, n) ndarray or scipy.sparse
    tolerance : float
    scale : float, optional
        What the tolerance is a part of; the largest singular value where not given.
    """
    if sparse.issparse(matrix):
        return False
    s = linalg.svdvals(matrix)
    return bool(s[-1] > tolerance * (s[0] if scale is None else scale))


def shifted(matrix: Any, value: complex, mass: Any) -> Any:
    """Difference of a matrix and a multiple of the mass matrix, both dense or both sparse."""
    if sparse.issparse(matrix):
        return sparse.csc_matrix(matrix - value * mass)
    return np.asarray(matrix) - value * mass


def solve(matrix: Any, right: Array) -> Array:
    """Solve a dense or sparse system, real or complex."""
    if sparse.issparse(matrix):
        dtype = np.result_type(matrix.dtype, right.dtype)
        lu: Any = splu(sparse.csc_matrix(matrix, dtype=dtype))
        return np.asarray(lu.solve(right.astype(dtype)))
    # NumPy's solver: a nearly singular system is no reason for a warning
    return np.asarray(np.linalg.solve(matrix, right))


def eigenvectors(matrix: Any, value: complex, mass: Any) -> tuple[Array, Array]:
    """Right and left eigenvector (n,) for a known eigenvalue of a pencil: null vectors."""
    m = shifted(matrix, value, mass)
    is_sparse: bool = sparse.issparse(m)
    if not is_sparse:
        u, _, vh = linalg.svd(m)
        return vh[-1].conj(), u[:, -1]
    size = float(abs(m).max()) or 1.0
    lu: Any = splu(sparse.csc_matrix(m + KERNEL_SHIFT * size * sparse.eye(m.shape[0])))
    right = left = np.cos(np.arange(m.shape[0])).astype(m.dtype)
    for _ in range(INVERSE_ITERATIONS):
        # inverse iteration with MᴴM and MMᴴ, as the singular vectors have it
        right = lu.solve(lu.solve(right, "H"))
        left = lu.solve(lu.solve(left), "H")
        right, left = right / np.linalg.norm(right), left / np.linalg.norm(left)
    return right, left


def adjugate_vectors(matrix: Array) -> tuple[Array, Array]:
    """Right and left null vector (n,), φ and ψ, so that φψᵀ is a positive multiple of the adjugate.

    That is smooth in the matrix, also where φ and ψ are orthogonal.
    """
    u, _, vt = linalg.svd(matrix)
    return vt[-1], np.sign(linalg.det(u) * linalg.det(vt)) * u[:, -1]


def bordered_solve(matrix: Any, b: Array, c: Array, right: Array) -> Array:
    """Solve [[M, b], [cᵀ, 0]] y = right, for a dense or sparse M.

    Parameters
    ----------
    matrix : (m, n) ndarray or sparse
    b : (m, k) ndarray
    c : (n, l) ndarray
    right : (m + l, r) ndarray
    """
    full = _bordered(matrix, b, c)
    if not isinstance(full, np.ndarray):
        lu = _Factorised(full) if b.shape[1] else splu(full)  # without b nothing can fill it
        return np.asarray(lu.solve(right))
    # NumPy's solver: a nearly singular system is met on purpose and no reason for a warning
    return np.asarray(np.linalg.solve(full, right))


def bordered_solve_both(
    matrix: Any, b: Array, c: Array, right: Array, left: Array
) -> tuple[Array, Array]:
    """The same, and the transposed system for `left`, (n + k, r); a sparse M factorised once."""
    full = _bordered(matrix, b, c)
    if not isinstance(full, np.ndarray):
        lu = _Factorised(full)
        return np.asarray(lu.solve(right)), np.asarray(lu.solve(left, "T"))
    return np.asarray(np.linalg.solve(full, right)), np.asarray(np.linalg.solve(full.T, left))


class _Factorised:
    """Sparse LU whose full rows and columns come last, where they fill nothing."""

    def __init__(self, full: Any) -> None:
        self.full = full
        self.order = _borders_last(full)
        self.lu: Any = splu(
            full[self.order][:, self.order],
            permc_spec="NATURAL",
            diag_pivot_thresh=PIVOT,
            options={"SymmetricMode": True},
        )

    def solve(self, right: Array, trans: str = "N") -> Array:
        """Solution for the columns of `right`; with "T" of the transposed system."""
        matrix = self.full.T if trans == "T" else self.full
        solution = self._solve(right, trans)
        return solution + self._solve(right - matrix @ solution, trans)

    def _solve(self, right: Array, trans: str) -> Array:
        solution = np.empty(right.shape, dtype=np.result_type(right.dtype, self.full.dtype))
        solution[self.order] = self.lu.solve(right[self.order].astype(solution.dtype), trans)
        return solution


def _borders_last(full: Any) -> Array:
    """Order of elimination: minimum degree, then full rows and columns, which it cannot handle."""
    pattern = sparse.csc_matrix(abs(full) + abs(full.T))
    long = np.diff(pattern.indptr) > LONG_ROW * np.sqrt(full.shape[0])
    core = pattern[~long][:, ~long]
    # Any nonsingular matrix of this pattern tells its order; a dominant diagonal makes it one.
    dominant = core + sparse.diags(1.0 + np.ravel(core.sum(axis=0)))
    degree = splu(dominant.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
    return np.append(np.flatnonzero(~long)[np.argsort(degree.perm_c)], np.flatnonzero(long))


def _bordered(matrix: Any, b: Array, c: Array) -> Any:
    if sparse.issparse(matrix) and matrix.shape[0] <= SMALL:
        matrix = matrix.toarray()
    if sparse.issparse(matrix):
        blocks: Any = [[matrix, sparse.csc_matrix(b)], [sparse.csc_matrix(c.T), None]]
        full: Any = sparse.bmat(blocks)
        return full.tocsc()
    return np.block([[matrix, b], [c.T, np.zeros((c.shape[1], b.shape[1]))]])
