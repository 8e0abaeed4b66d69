"""Newton on the system that defines a special point, started where a test function has its root."""

from dataclasses import replace

import numpy as np
from scipy import linalg

from continuation.branch import SpecialPoint
from continuation.callable_problem import Problem
from continuation.locate import Path
from continuation.newton_method import newton
from continuation.options import NewtonOptions
from continuation.scaling import Units

__all__ = ["SOLVED", "WITHIN", "polished"]

Array = np.ndarray

#: Newton may move an event by this part of its bracket.
MAX_SHIFT = 0.5
#: In units that fit, equations are solved where this is left of them: from a double root Newton
#: can only move away.
SOLVED = 1e-9
#: Where Newton's steps have converged, rounding leaves no more than this; a system that is less
#: solved has no root there.
WITHIN = 1e-7
POLISH = NewtonOptions(step_tolerance=1e-12, max_iterations=12)


def polished(
    path: Path, point: SpecialPoint, system: Problem, start: Array, status: str, units: Units
) -> SpecialPoint | None:
    """The solution of an augmented system near `start`, or None where it is none of this event.

    Parameters
    ----------
    path : Path
    point : SpecialPoint
    system : Problem
        In y = (x, p, further unknowns), in the given units.
    start : ndarray
        Where Newton starts, in these units.
    status : str
        What to say of the result.
    units : Units

    Returns
    -------
    SpecialPoint or None
        With its residual, and the last of further unknowns as coefficient "unknown".
    """
    solution = _solution(path, point, system, start, units)
    if solution is None:
        return None
    n = point.x.size
    z = units.outside(solution[: n + 1])
    extra = {"unknown": float(solution[-1])} if solution.size > n + 1 else {}
    return replace(
        point, x=z[:-1], p=float(z[-1]), coefficients=extra, status=status, located=True,
        residual=_largest(system, solution),
    )  # fmt: skip


def _solution(
    path: Path, point: SpecialPoint, system: Problem, start: Array, units: Units
) -> Array | None:
    system = replace(system, conserved=np.zeros((0, start.size)))  # none is looked for
    before = _largest(system, start)
    solved = start if before <= SOLVED else None
    try:
        result = newton(system, start, 0.0, POLISH, 1.0)
    except (linalg.LinAlgError, RuntimeError):
        return solved
    w, n = path.workspace, point.x.size
    moved = w.norm(units.outside(result.x[: n + 1] - start[: n + 1]))
    extent = w.norm(point.bracket[1] - point.bracket[0])
    after = _largest(system, result.x)
    is_root = result.converged and after <= WITHIN
    if not is_root or moved > MAX_SHIFT * extent:
        return solved
    return start if solved is not None and before < after else result.x


def _largest(system: Problem, y: Array) -> float:
    """Largest entry of the equations of an augmented system at y."""
    return float(np.abs(system.residual(y, 0.0)).max())
