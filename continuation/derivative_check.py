"""Whether the derivatives that a problem gives are those of its residual."""

from typing import Any

import numpy as np
from scipy import sparse

from continuation import differences
from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.problem import AnyProblem

__all__ = ["check_derivatives"]

DERIVATIVE_TOLERANCE = 1e-6
"""Largest relative disagreement between given and differenced derivatives that passes."""


def check_derivatives(problem: AnyProblem, x: Array, p: float) -> None:
    """Compare the derivatives a problem gives with differences of its residual.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x : (n,) array_like
    p : float

    Raises
    ------
    InvalidInputError
        Names the entry that disagrees most, with both values.
    """
    x = np.array(x, dtype=float)
    given: Any = problem.full_jacobian(np.append(x, p))
    is_sparse: bool = sparse.issparse(given)
    if is_sparse:
        given = given.toarray()
    z = np.append(x, p)
    expected = differences.jacobian(
        lambda z: np.asarray(problem.residual(z[:-1], float(z[-1]))), z, problem.lengths_at(z)
    )
    gap = np.abs(given - expected)
    i, j = np.unravel_index(int(gap.argmax()), gap.shape)
    if gap[i, j] > DERIVATIVE_TOLERANCE * max(1.0, float(np.abs(expected).max())):
        by = "dresidual_dp" if j == x.size else "jacobian"
        entry = f"[{i}]" if j == x.size else f"[{i}, {j}]"
        raise InvalidInputError(
            f"{by}{entry} is {given[i, j]:.6g} but differences of the residual give "
            f"{expected[i, j]:.6g}. Correct it, or leave it out: differences are then used."
        )
