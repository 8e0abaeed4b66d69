"""Fixed points of maps x ↦ G(x, p): flips, Neimark-Sacker points, orbits of period two.

References
----------
.. [1] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 4, 9.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.callable_problem import Problem
from continuation.errors import InvalidInputError
from continuation.leaving import switch_branch
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions
from continuation.problem import AnyProblem

__all__ = ["gradient_descent", "map_problem", "period_two", "switch_to_period_two"]

Derivative = Callable[..., Array]
Iterate = Callable[[AnyProblem, int, Array, float], Array]


def map_problem(
    step: Callable[[Array, float], Array],
    jacobian: Derivative | None = None,
    dstep_dp: Derivative | None = None,
    symmetric: bool = False,
    states: Sequence[str] = (),
    parameters: Mapping[str, float] | None = None,
    free: str | None = None,
) -> Problem:
    """Fixed points of a map as a problem: F(x, p) = G(x, p) - x.

    Parameters
    ----------
    step : callable
        G(x, p) -> (n,); with `parameters` G(x, **parameters).
    jacobian, dstep_dp : callable, optional
        dG/dx -> (n, n) and dG/dp -> (n,).
    symmetric : bool
        dG/dx is symmetric.
    states, parameters, free
        As for `Problem`.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import map_problem, trace_branch
    >>> logistic = map_problem(lambda x, r: r * x * (1 - x))
    >>> branch = trace_branch(logistic, [1 / 3], 1.5, p_limits=(1.5, 3.5))
    >>> [(point.kind, round(point.p, 9)) for point in branch.special if point.kind == "flip"]
    [('flip', 3.0)]
    """

    def residual(x: Array, *p: float, **values: float) -> Array:
        return np.asarray(step(x, *p, **values)) - x

    def shifted(given: Derivative) -> Derivative:
        return lambda x, *p, **values: np.asarray(given(x, *p, **values)) - np.eye(x.size)

    return Problem(
        residual, jacobian and shifted(jacobian), dstep_dp, symmetric, is_map=True,
        states=states, parameters=parameters, free=free,
    )  # fmt: skip


def period_k(problem: AnyProblem, k: int) -> Problem:
    """Fixed points of the k-th iterate: orbits whose period divides k.

    Parameters
    ----------
    problem : Problem
        Of a map.
    k : int
        At least 1.

    Examples
    --------
    >>> from continuation import map_problem, newton, period_k
    >>> logistic = map_problem(lambda x, r: r * x * (1 - x))
    >>> thrice = period_k(logistic, 3)
    >>> newton(thrice, [0.16], 3.84).converged
    True
    """
    if not problem.is_map:
        raise InvalidInputError("orbits of a period need a map: build the problem by map_problem.")
    if not isinstance(k, int) or k < 1:
        raise InvalidInputError(f"the period must be a positive integer, got {k!r}.")
    names = problem.parameters if isinstance(problem, Problem) else None

    def of(function: Iterate) -> Derivative:
        if isinstance(problem, Problem) and names is not None:
            free = problem.meaning.parameter
            return lambda x, **values: function(problem.at(**values), k, x, values[free])
        return lambda x, p: function(problem, k, x, p)

    return Problem(
        of(_returned), of(_return_jacobian), of(_return_by_parameter), is_map=True,
        states=problem.meaning.states, free=problem.meaning.parameter, parameters=names,
    )  # fmt: skip


def _orbit(problem: AnyProblem, k: int, x: Array, p: float) -> list[Array]:
    points = [x]
    for _ in range(k):
        points.append(points[-1] + problem.residual(points[-1], p))
    return points


def _returned(problem: AnyProblem, k: int, x: Array, p: float) -> Array:
    return np.asarray(_orbit(problem, k, x, p)[-1] - x)


def _return_jacobian(problem: AnyProblem, k: int, x: Array, p: float) -> Array:
    one = np.eye(x.size)
    product = one
    for y in _orbit(problem, k, x, p)[:-1]:
        product = (one + problem.jacobian(y, p)) @ product
    return np.asarray(product - one)


def _return_by_parameter(problem: AnyProblem, k: int, x: Array, p: float) -> Array:
    one, carried = np.eye(x.size), np.zeros(x.size)
    for y in _orbit(problem, k, x, p)[:-1]:
        carried = (one + problem.jacobian(y, p)) @ carried + problem.dresidual_dp(y, p)
    return np.asarray(carried)


def period_two(problem: AnyProblem) -> Problem:
    """Fixed points of the second iterate: orbits of period two, and the fixed points themselves.

    Examples
    --------
    >>> from continuation import map_problem, newton, period_two
    >>> logistic = map_problem(lambda x, r: r * x * (1 - x))
    >>> newton(period_two(logistic), [0.8], 3.2).x
    array([0.79945549])
    """
    return period_k(problem, 2)


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

    Examples
    --------
    >>> from continuation import map_problem, switch_to_period_two, trace_branch
    >>> logistic = map_problem(lambda x, r: r * x * (1 - x))
    >>> branch = trace_branch(logistic, [1 / 3], 1.5, p_limits=(1.5, 3.5))
    >>> [flip] = [point for point in branch.special if point.kind == "flip"]
    >>> doubled = switch_to_period_two(logistic, flip, p_limits=(3, 3.5))
    >>> [(point.kind, round(point.p, 6)) for point in doubled.special]
    [('flip', 3.44949), ('limit', 3.5)]
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

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem, gradient_descent, trace_branch
    >>> slope = Problem(lambda x, p: 3 * x, lambda x, p: np.array([[3.0]]), symmetric=True)
    >>> branch = trace_branch(gradient_descent(slope, 0.0), [0.0], 0.1, p_limits=(0.1, 1))
    >>> [(point.kind, round(point.p, 9)) for point in branch.special if point.kind == "flip"]
    [('flip', 0.666666667)]
    """

    def residual(x: Array, eta: float) -> Array:
        return -eta * problem.residual(x, p)

    def jacobian(x: Array, eta: float) -> Array:
        return np.asarray(-eta * problem.jacobian(x, p))

    def by_eta(x: Array, _: float) -> Array:
        return np.asarray(-problem.residual(x, p))

    return Problem(residual, jacobian, by_eta, symmetric=problem.symmetric, is_map=True)
