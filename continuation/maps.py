"""Fixed points of maps x ↦ G(x, p): flips, Neimark-Sacker points, orbits of period two.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 4, 9.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from continuation.branch import Branch, SpecialPoint
from continuation.errors import InvalidInputError
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions
from continuation.problem import AnyProblem, Problem
from continuation.switching import switch_branch

__all__ = ["gradient_descent", "map_problem", "period_two", "switch_to_period_two"]

Array = np.ndarray


def map_problem(
    step: Callable[[Array, float], Array],
    jacobian: Callable[[Array, float], Array] | None = None,
    dstep_dp: Callable[[Array, float], Array] | None = None,
    symmetric: bool = False,
) -> Problem:
    """Fixed points of a map as a problem: F(x, p) = G(x, p) - x.

    Parameters
    ----------
    step : callable
        G(x, p) -> (n,).
    jacobian, dstep_dp : callable, optional
        dG/dx -> (n, n) and dG/dp -> (n,).
    symmetric : bool
        dG/dx is symmetric.
    """

    def residual(x: Array, p: float) -> Array:
        return np.asarray(step(x, p)) - x

    def shifted(x: Array, p: float) -> Array:
        assert jacobian is not None
        return np.asarray(jacobian(x, p)) - np.eye(x.size)

    return Problem(
        residual, None if jacobian is None else shifted, dstep_dp, symmetric, is_map=True
    )


def period_two(problem: AnyProblem) -> Problem:
    """Fixed points of the second iterate: orbits of period two, and the fixed points themselves."""
    if not problem.is_map:
        raise InvalidInputError("period_two needs a map: build the problem by map_problem.")

    def images(x: Array, p: float) -> tuple[Array, Array]:
        y = x + problem.residual(x, p)
        return y, y + problem.residual(y, p)

    def jacobian(x: Array, p: float) -> Array:
        one = np.eye(x.size)
        first = one + problem.jacobian(x, p)
        return np.asarray((one + problem.jacobian(images(x, p)[0], p)) @ first - one)

    def by_parameter(x: Array, p: float) -> Array:
        y = images(x, p)[0]
        carried = (np.eye(x.size) + problem.jacobian(y, p)) @ problem.dresidual_dp(x, p)
        return np.asarray(carried + problem.dresidual_dp(y, p))

    return Problem(lambda x, p: images(x, p)[1] - x, jacobian, by_parameter, is_map=True)


def switch_to_period_two(
    problem: AnyProblem,
    flip: SpecialPoint,
    p_limits: tuple[float, float] = (-np.inf, np.inf),
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
) -> Branch:
    """The branch of period-two orbits that leaves at a flip.

    Parameters
    ----------
    problem : Problem
        Of a map.
    flip : SpecialPoint
        Of kind "flip".

    Returns
    -------
    Branch
        Of `period_two(problem)`: one of the two points of each orbit.
    """
    if flip.kind != "flip":
        raise InvalidInputError(f"expected a flip, got a special point of kind {flip.kind!r}.")
    doubled = replace(flip, kind="pitchfork")
    return switch_branch(period_two(problem), doubled, p_limits, step, newton)[0]


def gradient_descent(problem: AnyProblem, p: float) -> Problem:
    """The map θ ↦ θ - η ∇L(θ) with the step size η as parameter.

    A minimum loses stability in a flip where η times the largest eigenvalue of the Hessian is 2.

    Parameters
    ----------
    problem : Problem or CompiledProblem
        Whose residual is ∇L.
    p : float
        Value of the parameter of that problem.
    """

    def residual(x: Array, eta: float) -> Array:
        return -eta * problem.residual(x, p)

    def jacobian(x: Array, eta: float) -> Array:
        return np.asarray(-eta * problem.jacobian(x, p))

    def by_eta(x: Array, _: float) -> Array:
        return np.asarray(-problem.residual(x, p))

    return Problem(residual, jacobian, by_eta, symmetric=problem.symmetric, is_map=True)
