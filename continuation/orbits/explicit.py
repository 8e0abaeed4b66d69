"""M x' = F(x, p) with a regular M as x' = M⁻¹ F(x, p): what orbits in time are followed of."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.errors import InvalidInputError
from continuation.family import Family
from continuation.pencil import rank_of
from continuation.problem import AnyProblem
from continuation.user_functions import UserFunction

__all__ = ["explicit", "explicit_family"]

FUNCTIONS = ("residual", "jacobian", "dresidual_dp")
HIGHER = ("second_derivative", "third_derivative")
"""Functions of a problem whose values are multiplied by M⁻¹."""


def explicit(problem: AnyProblem) -> AnyProblem:
    """The same flow with the mass matrix solved for.

    Raises
    ------
    InvalidInputError
        Where M is singular: then some equations are no differential ones.
    """
    if problem.mass is None or not isinstance(problem, Problem):
        return problem
    n = problem.mass.shape[0]
    if rank_of(problem.mass) < n:
        raise InvalidInputError(
            "the mass matrix is singular: some equations are algebraic, and orbits of such systems "
            "are not followed. Solve these equations for as many unknowns, and put them into the "
            "others."
        )
    mass = problem.mass.toarray() if sparse.issparse(problem.mass) else problem.mass
    factors = linalg.lu_factor(mass)
    given = {name: getattr(problem, name) for name in FUNCTIONS}
    functions = {name: f.function for name, f in given.items() if isinstance(f, UserFunction)}
    functions |= {name: f for name in HIGHER if (f := getattr(problem, name)) is not None}
    solved: dict[str, Any] = dict.fromkeys(FUNCTIONS[1:])
    solved |= {name: _solved(f, factors) for name, f in functions.items()}
    return replace(problem, **solved, mass=None)


def explicit_family(family: Family | Problem) -> Family | Problem:
    """The same for a problem whose parameters have names, or a function q -> Problem."""
    if isinstance(family, AnyProblem):
        return explicit(family)  # type: ignore[return-value]
    return (lambda q: explicit(family(q))) if callable(family) else family


def _solved(function: Callable[..., Any], factors: Any) -> Callable[..., Any]:
    """M⁻¹ times the values of a function: vectors, matrices, or those of many points at once."""

    def value(*arguments: Any, **parameters: float) -> Array:
        found: Any = function(*arguments, **parameters)
        dense = np.asarray(found.toarray() if sparse.issparse(found) else found, dtype=float)
        rows = dense.reshape(len(dense), -1)
        if not np.isfinite(rows).all():
            return np.full(dense.shape, np.nan)
        return np.asarray(linalg.lu_solve(factors, rows)).reshape(dense.shape)

    return value
