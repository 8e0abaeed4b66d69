"""Growth rates: what changes sign at an event, for flows and for maps alike."""

import numpy as np

from continuation.linalg import zero_tolerance
from continuation.problem import AnyProblem

__all__ = ["counts", "rates", "tolerances"]

Array = np.ndarray

FEW = 12


def rates(problem: AnyProblem, eigenvalues: Array) -> Array:
    """Real parts, or |multiplier| - 1 for a map; ascending along the last axis.

    Parameters
    ----------
    eigenvalues : (..., k) ndarray
        Of dF/dx.
    """
    if not problem.is_map:
        return np.asarray(eigenvalues.real)
    return np.sort(np.abs(1.0 + eigenvalues) - 1.0, axis=-1)


def counts(
    problem: AnyProblem, eigenvalues: Array, negative: Array, n: int, regular: Array
) -> Array:
    """Numbers of negative, zero and positive rates, shape (m, 3).

    Parameters
    ----------
    eigenvalues : (m, k) ndarray
    negative : (m,) ndarray
        Negative pivots where they were counted, else -1.
    n : int
        Number of unknowns; differs from k where only some eigenvalues are known.
    regular : (m,) ndarray of bool
        The Jacobian is known to be regular: no eigenvalue is zero, and each has its own scale.
    """
    r, tolerance = rates(problem, eigenvalues), tolerances(problem, eigenvalues)
    if regular.any() and not problem.is_map:
        own = zero_tolerance(1.0, eigenvalues.shape[1]) * np.abs(eigenvalues)
        tolerance = np.where(regular[:, None], own, tolerance)
    below, above = _row_sums(r < -tolerance), _row_sums(r > tolerance)
    zero = r.shape[1] - below - above
    if r.shape[1] < n:
        # of a few eigenvalues nearest to zero the positive ones are counted: others come and go
        below = np.where(negative >= 0, negative, n - zero - above)
    return np.column_stack([below, zero, n - below - zero])


def _row_sums(mask: Array) -> Array:
    """Number of true entries in each row; by columns where these are few, which is faster."""
    if mask.shape[1] > FEW:
        return np.asarray(mask.sum(axis=1))
    total = np.zeros(len(mask), dtype=np.int64)
    for column in mask.T:
        total += column
    return total


def tolerances(problem: AnyProblem, eigenvalues: Array) -> Array:
    """Largest rate taken for zero, sample by sample, shape (m, 1)."""
    if np.isrealobj(eigenvalues):  # ascending: the largest modulus stands at an end
        scale = np.maximum(np.abs(eigenvalues[:, :1]), np.abs(eigenvalues[:, -1:]))
    else:
        scale = np.abs(eigenvalues).max(axis=1, keepdims=True)
    unit = zero_tolerance(1.0, eigenvalues.shape[1])
    return np.asarray(unit * (scale + float(problem.is_map)))
