"""Several solutions at one parameter, by deflation: found ones are taken out of Newton's reach.

References
----------
.. [1] P. Farrell, Á. Birkisson, S. Funke, *SIAM J. Sci. Comput.* 37 (2015) A2026.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.sparse.linalg import spsolve

from continuation.fitting import PLAIN_RANGE
from continuation.newton_method import newton
from continuation.options import NEWTON, NewtonOptions, as_number, as_states
from continuation.problem import AnyProblem, require_problem
from continuation.scaling import InUnits, Units
from continuation.workspace import Workspace

__all__ = ["find_solutions", "guesses"]

Array = np.ndarray

#: Exponent and shift of the deflation operator |x - y|^-POWER + SHIFT.
POWER, SHIFT = 2, 1.0
#: Deflated iterations; longest step relative to 1 + |x|.
ITERATIONS, LONGEST = 60, 1.0
#: Random starts besides those around known solutions.
SPREAD_STARTS = 8
#: Solutions nearer than this, relative to 1 + |x|, are one.
SAME = 1e-6


def find_solutions(
    problem: AnyProblem,
    p: float,
    starts: Sequence[Array],
    known: Sequence[Array] = (),
    newton_options: NewtonOptions = NEWTON,
) -> list[Array]:
    """Solutions of F(x, p) = 0 other than the known ones.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    p : float
    starts : sequence of (n,) array_like
        From each, deflated Newton is repeated until it finds nothing new.
    known : sequence of (n,) array_like
        Solutions to stay away from.

    Returns
    -------
    list of (n,) ndarray
        In the order found.

    Examples
    --------
    >>> from continuation import Problem, find_solutions
    >>> problem = Problem(lambda x, p: p * x - x**3)
    >>> found = find_solutions(problem, 4.0, starts=[[0.1], [3.0], [-3.0]])
    >>> sorted(round(float(x[0]), 9) for x in found)
    [-2.0, 0.0, 2.0]
    """
    require_problem(problem)
    p = as_number("the parameter p", p)
    states, found = as_states("starts", starts), list[Array]()
    deflated = as_states("known", known, states[0].size if states else None)
    for start in states:
        inside = _in_units_of(problem, start, p, newton_options)
        while (x := _next(inside, p, start, deflated, newton_options)) is not None:
            found.append(x)
            deflated.append(x)
    return found


def _in_units_of(problem: AnyProblem, x: Array, p: float, options: NewtonOptions) -> InUnits:
    """The problem in units that fit a start, so that lengths mean the same in all unknowns."""
    units = Workspace(problem, x, p, options).units
    return InUnits(problem, Units(np.append(units.columns[:-1], 1.0), units.rows))


def guesses(known: Sequence[Array], dimension: int) -> list[Array]:
    """Starts around and away from known solutions; the same ones every time.

    Parameters
    ----------
    known : sequence of (n,) ndarray
    dimension : int
        n.
    """
    random = np.random.default_rng(0)
    largest = np.abs(known).max(axis=0) if len(known) else np.zeros(dimension)
    size = largest + np.where((largest == 0) | _plain(largest), 1.0, largest)
    around = [x + 0.1 * size * random.standard_normal(dimension) for x in known]
    return around + [size * v for v in random.standard_normal((SPREAD_STARTS, dimension))]


def _plain(size: Array) -> Array:
    return (size >= PLAIN_RANGE[0]) & (size <= PLAIN_RANGE[1])


def _next(
    inside: InUnits, p: float, start: Array, known: list[Array], options: NewtonOptions
) -> Array | None:
    unit = inside.units.columns[:-1]
    others = [y / unit for y in known]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # divergence is no news
        x = _deflated_newton(inside, p, start / unit, others)
    if x is None:
        return None
    result = newton(inside.problem, x * unit, p, options)
    return result.x if result.converged and _is_new(result.x / unit, others) else None


def _deflated_newton(problem: AnyProblem, p: float, x: Array, known: list[Array]) -> Array | None:
    """Newton on M(x) F(x), M the product of the deflation operators, by Sherman and Morrison.

    Not the engine's: its steps are lengthened away from known solutions, and only where it has
    come to rest does the engine's correct the plain F.
    """
    for _ in range(ITERATIONS):
        step = _newton_step(problem, x, p)
        if step is None:
            return None
        slope = sum((float(_log_slope(x, y) @ step) for y in known), 0.0)
        factor = 1.0 / (1.0 - slope) if slope != 1.0 else 1.0
        length = float(np.linalg.norm(step)) * abs(factor)
        size = 1.0 + float(np.linalg.norm(x))
        x = x + step * factor * min(1.0, LONGEST * size / max(length, 1e-300))
        if float(np.linalg.norm(step)) <= SAME * size:
            return x
    return None


def _newton_step(problem: AnyProblem, x: Array, p: float) -> Array | None:
    f = problem.residual(x, p)
    j: Any = problem.jacobian(x, p)
    if not np.isfinite(f).all():
        return None
    try:
        is_sparse: bool = sparse.issparse(j)
        step = spsolve(j.tocsc(), -f) if is_sparse else linalg.solve(j, -f)
    except (linalg.LinAlgError, ValueError):
        return None
    return step if np.isfinite(step).all() else None


def _log_slope(x: Array, y: Array) -> Array:
    """Gradient of log(|x - y|^-POWER + SHIFT)."""
    d = x - y
    r2 = max(float(d @ d), 1e-300)
    m = r2 ** (-POWER / 2)
    return np.asarray(-POWER * (m / (m + SHIFT)) * d / r2)


def _is_new(x: Array, known: list[Array]) -> bool:
    return all(np.linalg.norm(x - y) > SAME * (1 + np.linalg.norm(x)) for y in known)
