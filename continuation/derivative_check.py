"""Whether the derivatives that a problem gives are those of its residual."""

from typing import Any

import numpy as np
from scipy import sparse

from continuation import differences
from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.options import as_number, as_state
from continuation.problem import AnyProblem, require_problem
from continuation.scaling import largest

__all__ = ["check_derivatives", "doubt", "require_symmetric"]

DERIVATIVE_TOLERANCE = 1e-6
"""Largest relative disagreement between given and differenced derivatives that passes."""


GIVEN = 2
"""First derivatives that may be given: by the unknowns and by the parameter."""

BESIDE = 0.05
"""Distance of the places beside a point, in the lengths over which F changes."""

CORNER = 0.5
"""Slopes of F on both sides of a point that differ by more than this part of them are of two
pieces of F."""

NEARER = 0.25
"""Slopes on both sides of a point of one smooth piece come together as this distance."""

WRONG = 1e-3
"""Along one direction, a difference by more than this part of the terms is no rounding."""


ASYMMETRY = 1e-3
"""Derivatives that differ from those across the diagonal by more than this part of the largest in
their rows and columns are no rounding, nor errors of differences."""


def doubt(problem: AnyProblem, z: Array) -> str:
    """In words, that given derivatives are wrong at z = (x, p), (n + 1,); empty where they are not.

    They are compared with one difference of the residual, along a direction in which all unknowns
    change: good for a message where Newton fails, whatever the number of unknowns.
    """
    if len(problem.differenced) == GIVEN:
        return ""
    v = problem.lengths_at(z) * np.random.default_rng(0).uniform(0.5, 1.0, z.size)
    beside = [z + side * BESIDE * v for side in (0.0, -1.0, 1.0)]
    slopes = [_difference(problem, y, v) for y in beside]
    if _is_corner(problem, z, v, slopes[1:]):
        return ""  # across a corner of F its differences are no derivatives
    wrong = [_disagreement(problem, y, v, slope) for y, slope in zip(beside, slopes, strict=True)]
    equations = [i for i in wrong if i is not None]
    if not equations:
        return ""
    return (
        f"the derivatives given disagree with differences of the residual (equation "
        f"{equations[0]}): check_derivatives(problem, x, p) says which entry is wrong."
    )


def _is_corner(problem: AnyProblem, z: Array, v: Array, slopes: list[Array]) -> bool:
    """Whether slopes before and after a point differ, and no less where they are nearer to it."""
    nearer = [_difference(problem, z + side * NEARER * BESIDE * v, v) for side in (-1.0, 1.0)]
    gap, of_nearer = (np.abs(before - after) for before, after in (slopes, nearer))
    differ = gap > CORNER * (np.abs(slopes[0]) + np.abs(slopes[1]))
    return bool((differ & (of_nearer > CORNER * gap)).any())


def _difference(problem: AnyProblem, z: Array, v: Array) -> Array:
    """Derivative of F along v at z."""
    with np.errstate(all="ignore"):
        return differences.along(
            lambda h: np.asarray(problem.residual(z[:-1] + h * v[:-1], float(z[-1] + h * v[-1])))
        )


def _disagreement(problem: AnyProblem, z: Array, v: Array, expected: Array) -> int | None:
    """The equation that disagrees most with the slope of F along v, if any does."""
    with np.errstate(all="ignore"):
        matrix: Any = problem.full_jacobian(z)
        gap = np.abs(matrix @ v - expected)
        terms = np.ravel(abs(matrix) @ v) + np.abs(expected)
    if not (gap > WRONG * terms).any():
        return None
    return int(np.argmax(gap / np.where(terms > 0, terms, 1.0)))


def require_symmetric(jacobian: Any) -> None:
    """Raise `InvalidInputError` for a Jacobian, dense or sparse, that is by far not symmetric."""
    plain = np.ones(jacobian.shape[0])
    size = np.sqrt(np.max(largest(abs(jacobian), plain, plain), axis=0))
    gap = sparse.coo_array(abs(jacobian - jacobian.T))
    part = gap.data / (size[gap.row] * size[gap.col])
    if (part > ASYMMETRY).any():
        k = int(part.argmax())
        a, b = int(gap.row[k]), int(gap.col[k])
        raise InvalidInputError(
            f"symmetric=True, but dF[{a}]/dx[{b}] is {jacobian[a, b]:.6g} and dF[{b}]/dx[{a}] is "
            f"{jacobian[b, a]:.6g}. Leave symmetric out, or correct the equations."
        )


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
        Names the entry that disagrees most, with both values; or says why nothing can be compared.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem, check_derivatives
    >>> wrong = Problem(lambda x, p: p * x - x**3, jacobian=lambda x, p: np.diag(p - 2 * x**2))
    >>> try:
    ...     check_derivatives(wrong, [0.5], 1.0)
    ... except ValueError as error:
    ...     print(str(error).partition(" but")[0])
    jacobian[0, 0] is 0.5
    """
    require_problem(problem)
    x, p = as_state(x), as_number("the parameter p", p)
    problem.check(x, p)
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
