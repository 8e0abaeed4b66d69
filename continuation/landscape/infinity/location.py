"""Where a branch passes an end at infinity: Newton's method on the end itself.

In the chart of a confluence or a linear end the branch crosses the hyperplane of the end at a
regular point; a step end is reached where its limit model is critical and the residual beside
x = 0 vanishes. Both are square systems for the coordinates of the end and the parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.landscape.infinity.chart_problem import STEEPEST, ChartLoss
from continuation.landscape.infinity.limit_model import LimitModel

System = Callable[[Array, float], tuple[Array, Array]]

NEAR_ENOUGH = 1e-10
"""Relative error of p* below which an end counts as located."""

FARTHEST = 0.1
"""Relative step in the parameter beyond which Newton's method was not near an end."""

NEWTON_STEPS = 30
NEWTON_TOLERANCE = 1e-14


@dataclass(frozen=True, eq=False)
class Passage:
    """Where a branch passes an end at infinity.

    Attributes
    ----------
    end : {"confluence", "linear", "step"}
    p : float
        Parameter p* of the arrival.
    error : float
        Estimate of the error of p*: the last Newton step, and the rounding of the equations.
    limit : LimitModel
        There.
    index : int
        It lies after the row of this index in its leg.
    becomes : {"virtual", "real", "end"}
        What follows along the branch; a step end is not passed.
    located : bool
        Newton's method converged.
    """

    end: str
    p: float
    error: float
    limit: LimitModel
    index: int
    becomes: str
    located: bool


def passage_at(of: ChartLoss, rows: Array, special: SpecialPoint) -> Passage:
    """The passage at a zero of the normal coordinate that was bracketed by these rows (m, k)."""
    z, p, error = locate_end(of, special.x, special.p)
    after = rows[min(special.index + 1, len(rows) - 1)]
    becomes = "real" if of.chart.is_real(after) else "virtual"
    located = error < NEAR_ENOUGH * (1.0 + abs(p))
    return Passage(of.chart.end.name, p, error, of.chart.limit(z), special.index, becomes, located)


def passage_at_step(of: ChartLoss, z: Array, p: float, index: int) -> Passage:
    """The arrival at a step end, from the last row (k,) of a branch and its index."""
    z, p, error = locate_step(of, z, p)
    located = error < NEAR_ENOUGH * (1.0 + abs(p))
    return Passage(of.chart.end.name, p, error, of.chart.limit(z), index, "end", located)


def locate_end(of: ChartLoss, z: Array, p: float) -> tuple[Array, float, float]:
    """The point of a branch on an end: ∇L = 0 in the chart with its normal coordinate at 0.

    Parameters
    ----------
    of : ChartLoss
        In the chart of a confluence or a linear end.
    z : ndarray, shape (k,)
        Near it.
    p : float

    Returns
    -------
    z : ndarray, shape (k,)
    p : float
        p*.
    error : float
        Estimate for p*; nan where Newton's method failed.
    """
    free = np.delete(np.arange(z.size), of.chart.normal)
    z = np.where(np.arange(z.size) == of.chart.normal, 0.0, z)

    def system(z: Array, p: float) -> tuple[Array, Array]:
        found = of.at(z, p)
        return found.gradient, np.column_stack([found.hessian[:, free], found.slope])

    return _newton(system, free, z, p)


def locate_step(of: ChartLoss, z: Array, p: float) -> tuple[Array, float, float]:
    """The point of a branch on a step end: its limit model critical, r = 0 beside x = 0.

    Arguments and results as for `locate_end`; ln w stands at a unit that is a step in doubles.
    """
    free = np.arange(1, z.size)
    z = np.array(z)
    z[0] = np.log(STEEPEST / of.nearest(p))

    def system(z: Array, p: float) -> tuple[Array, Array]:
        found = of.at(z, p)
        value, slopes, slope = of.beside_zero(z, p)
        matrix = np.column_stack([found.hessian[1:, 1:], found.slope[1:]])
        return (
            np.append(found.gradient[1:], value),
            np.vstack([matrix, np.append(slopes[1:], slope)]),
        )

    return _newton(system, free, z, p)


def _newton(
    system: System, free: NDArray[np.int64], z: Array, p: float
) -> tuple[Array, float, float]:
    """Newton's method in the free coordinates and p; rows and columns scaled to one.

    Not the engine's: the rounding of p that its last inverse gives is part of the result.
    """
    z, size = np.array(z), np.nan
    rounding = np.nan
    for _ in range(NEWTON_STEPS):
        value, matrix = system(z, p)
        if not (np.isfinite(matrix).all() and np.isfinite(value).all()):
            return z, p, np.nan
        column = np.abs(matrix).max(axis=0)
        row = (np.abs(matrix) / column).max(axis=1)
        inverse = np.linalg.pinv(matrix / column / row[:, None])
        change = -(inverse @ (value / row)) / column
        if not abs(change[-1]) <= FARTHEST * (1.0 + abs(p)):
            return z, p, np.nan
        z[free] += change[:-1]
        p += float(change[-1])
        size = abs(float(change[-1]))
        unit = np.finfo(float).eps * (np.abs(matrix) @ np.append(np.abs(z[free]), abs(p)))
        rounding = float((np.abs(inverse[-1]) @ (unit / row)) / column[-1])
        relative = np.abs(change[:-1]) / (np.abs(z[free]) + 1e-3 * np.abs(z[free]).max())
        if relative.max() < NEWTON_TOLERANCE and size < NEWTON_TOLERANCE * (1.0 + abs(p)):
            break
    return z, p, max(size, rounding)
