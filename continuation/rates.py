"""Growth rates: what changes sign at an event, for flows and for maps alike."""

import numpy as np

from .linalg import zero_tolerance
from .problem import AnyProblem

__all__ = ["counts", "rates"]

Array = np.ndarray


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


def counts(problem: AnyProblem, eigenvalues: Array, negative: Array, n: int) -> Array:
    """Numbers of negative, zero and positive rates, shape (m, 3).

    Parameters
    ----------
    eigenvalues : (m, k) ndarray
    negative : (m,) ndarray
        Negative pivots where they were counted, else -1.
    n : int
        Number of unknowns; differs from k where only some eigenvalues are known.
    """
    r = rates(problem, eigenvalues)
    scale = np.abs(eigenvalues).max(axis=1, keepdims=True, initial=0.0)
    tolerance = zero_tolerance(1.0, r.shape[1]) * (scale + float(problem.is_map))
    below, above = (r < -tolerance).sum(axis=1), (r > tolerance).sum(axis=1)
    zero = r.shape[1] - below - above
    below = np.where(negative >= 0, negative, below)
    return np.column_stack([below, zero, n - below - zero])
