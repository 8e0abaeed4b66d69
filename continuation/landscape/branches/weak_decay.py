"""Where infinity goes under weight decay: each end that pulls becomes a point of finite weights.

At an end with a positive derivative L' in the normal coordinate, ½ρ|θ|² keeps the weights from
diverging: at a confluence ρ b²/D balances L_D D, at a linear end ½ρ c²/q balances L_q q, so that
the output weights are of order ρ^(−1/4). Ends with a negative derivative have no point beside them.
The law is of leading order in the normal coordinate: a point at a larger ρ is reached from one at
which that is small, step by step in log ρ.
"""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape.branches.balance import scaled_problem
from continuation.landscape.infinity import CHARTED, ChartedEnd, LimitModel
from continuation.landscape.network import CHARTS, Loss, join_plain, split_plain
from continuation.landscape.sets import ISOLATED, Assembler, CriticalSet
from continuation.newton_method import newton
from continuation.options import NewtonOptions
from continuation.problem import AnyProblem

LONG = NewtonOptions(max_iterations=40)
"""From the law, the two large output weights are found along a curved valley."""


NEAR = 0.3
"""A point farther from the law than this part of its weights is another one."""

BESIDE = 1e-2
"""Normal coordinate at which the law is taken, as a part of where it is of the size of the weights
of the limit model: it is off by about as much there."""

FIRST, LONGEST, SHORTEST = 1.0, 2.0, 1e-4
"""Steps in log ρ."""

DEAD = 1e-6
"""Weights of a unit that is none: it has met its image under the symmetry, at zero."""

STRAIGHT = 0.1
"""A step is shorter where the point leaves its tangent by this part of its weights."""


def from_infinity(loss: Loss, found: CriticalSet, weight_decay: float) -> CriticalSet:
    """The point that a set at infinity becomes under a small weight decay.

    Parameters
    ----------
    loss : Loss
    found : CriticalSet
        At infinity, of kind "confluence" or "linear", found without weight decay.
    weight_decay : float
        ρ > 0. Where the normal coordinate of the law, ~ √(ρ/L'), is not small there, the point is
        followed from a smaller ρ.

    Returns
    -------
    CriticalSet
        At small ρ of the index of the limit model: attracting if the end was.

    Raises
    ------
    InvalidInputError
        For another set, or an end that repels: nothing comes from it.
    ConvergenceError
        Where no point is found by the law, or where it meets another one in a fold, or a
        unit of it dies, at a smaller ρ.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, from_infinity
    >>> from symbolic import overparameterised
    >>> model = overparameterised()
    >>> loss = Loss(model, Dataset.sample(model, n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> end = next(found for found in sets if found.subkind == "confluence")
    >>> point = from_infinity(loss, end, weight_decay=1e-9)
    >>> end.index, point.kind, point.index
    (0, 'point', 0)
    """
    end, limit, slope = _pulling(loss, found, weight_decay)
    first = min(weight_decay, _small_decay(end, limit, slope))
    conditions = found.conditions.where("weight_decay", weight_decay)
    problem = loss.problem_under(conditions.without("weight_decay"), "weight_decay")
    start = _by_law(end, limit, slope, first)
    theta = _corrected(problem, start, first, NEAR)
    if theta is None:
        raise ConvergenceError(
            f"{found.label}: no point found near its law at weight_decay = {first:g}; "
            "take a smaller one"
        )
    theta, reached = _followed(problem, theta, first, weight_decay)
    if reached < weight_decay:
        raise ConvergenceError(
            f"{found.label}: the point that comes from it cannot be followed beyond weight_decay = "
            f"{reached:.6g}, as where it meets another one in a fold or a unit of it dies; "
            "take a smaller one"
        )
    return Assembler(loss.under(conditions)).point(theta, ISOLATED)


def _corrected(problem: AnyProblem, start: Array, decay: float, near: float) -> Array | None:
    """The point near a start, by Newton's method in units of its curvatures."""
    scale = 1.0 / np.sqrt(np.abs(np.diag(problem.jacobian(start, decay))))
    result = newton(scaled_problem(problem, scale), start / scale, decay, LONG)
    theta = np.asarray(result.x * scale)
    moved = float(np.linalg.norm(theta - start))
    good = result.converged and moved <= near * float(np.linalg.norm(start))
    return theta if good else None


def _followed(problem: AnyProblem, theta: Array, decay: float, to: float) -> tuple[Array, float]:
    """The point at a larger ρ, or the last one on the way; the ρ that was reached."""
    step = FIRST
    while decay < to and step > SHORTEST:
        following = min(to, decay * float(np.exp(step)))
        slope = np.linalg.solve(problem.jacobian(theta, decay), problem.dresidual_dp(theta, decay))
        ahead = theta - decay * np.log(following / decay) * slope
        moved = _corrected(problem, ahead, following, STRAIGHT)
        if moved is None or _is_dead(moved):
            step /= 2.0
            continue
        theta, decay, step = moved, following, min(1.5 * step, LONGEST)
    return theta, decay


def _is_dead(theta: Array) -> bool:
    """Whether a unit has neither input nor output: Newton's method has left the branch."""
    return bool(np.hypot(*split_plain(theta)).min() < DEAD)


def _small_decay(end: ChartedEnd, limit: LimitModel, slope: float) -> float:
    """ρ at which the law's normal coordinate, ~ √ρ, is small beside the weights of the limit."""
    weight = min((unit.weight for unit in limit.units), default=1.0)
    normal = BESIDE * min(weight**2, 0.25)
    return float((normal / end.under_decay(limit, slope, 1.0)[end.normal]) ** 2)


def _pulling(loss: Loss, found: CriticalSet, decay: float) -> tuple[ChartedEnd, LimitModel, float]:
    """The chart of an end that pulls, its limit model and normal derivative."""
    CHARTS.require(loss.model)
    if not found.at_infinity or found.subkind not in CHARTED:
        raise InvalidInputError(f"{found.label} is no end with a chart: {', '.join(CHARTED)}")
    if found.conditions.decays or not decay > 0.0:
        raise InvalidInputError(
            "a set found without weight decay, and weight_decay > 0, are needed"
        )
    (slope,) = found.normal_derivatives
    if not slope > 0.0:
        raise InvalidInputError(f"{found.label} repels: under weight decay nothing comes from it")
    return CHARTED[found.subkind], found.end, slope


def _by_law(end: ChartedEnd, limit: LimitModel, slope: float, decay: float) -> Array:
    """Weights (2H,) of leading order."""
    w, v = end.back(end.under_decay(limit, slope, decay))
    rest = [unit for unit in limit.units if not unit.meets]
    w = np.append(w, [unit.weight for unit in rest])
    v = np.append(v, [unit.coefficients[0] for unit in rest])
    return join_plain(w, v)
