"""Where infinity goes under weight decay: each end that pulls becomes a point of finite weights.

At an end with a positive derivative L' in the normal coordinate, ½ρ|θ|² keeps the weights from
diverging: at a confluence ρ b²/D balances L_D D, at a linear end ½ρ c²/q balances L_q q, so that
the output weights are of order ρ^(−1/4). Ends with a negative derivative have no point beside them.
"""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape.branches.problems import scaled_problem
from continuation.landscape.infinity import CHARTED
from continuation.landscape.network import CHARTS, Loss, join_plain
from continuation.landscape.sets import ISOLATED, Assembler, CriticalSet
from continuation.newton_method import newton
from continuation.options import NewtonOptions

LONG = NewtonOptions(max_iterations=40)
"""From the law, the two large output weights are found along a curved valley."""


NEAR = 0.3
"""A point farther from the law than this part of its weights is another one."""


def from_infinity(loss: Loss, found: CriticalSet, weight_decay: float) -> CriticalSet:
    """The point that a set at infinity becomes under a small weight decay.

    Parameters
    ----------
    loss : Loss
    found : CriticalSet
        At infinity, of kind "confluence" or "linear", found without weight decay.
    weight_decay : float
        ρ > 0; the law is of leading order, so that Newton's method starts well where its normal
        coordinate, ~ √(ρ/L'), is small; `follow` goes on from there to larger ones.

    Returns
    -------
    CriticalSet
        Of index that of the limit model: attracting if the end was.

    Raises
    ------
    InvalidInputError
        For another set, or an end that repels: nothing comes from it.
    ConvergenceError
        Where Newton's method does not converge from the law.

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
    start = _by_law(loss, found, weight_decay)
    conditions = found.conditions.where("weight_decay", weight_decay)
    problem = loss.problem_under(conditions.without("weight_decay"), "weight_decay")
    scale = 1.0 / np.sqrt(np.abs(np.diag(problem.jacobian(start, weight_decay))))
    result = newton(scaled_problem(problem, scale), start / scale, weight_decay, LONG)
    moved = float(np.linalg.norm(result.x * scale - start))
    if not result.converged or moved > NEAR * float(np.linalg.norm(start)):
        raise ConvergenceError(
            f"{found.label}: no point found near its law at weight_decay = {weight_decay:g} "
            f"({result.message}); take a smaller one"
        )
    return Assembler(loss.under(conditions)).point(result.x * scale, ISOLATED)


def _by_law(loss: Loss, found: CriticalSet, decay: float) -> Array:
    """Weights (2H,) of leading order."""
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
    end, limit = CHARTED[found.subkind], found.end
    w, v = end.back(end.under_decay(limit, slope, decay))
    rest = [unit for unit in limit.units if not unit.meets]
    w = np.append(w, [unit.weight for unit in rest])
    v = np.append(v, [unit.coefficients[0] for unit in rest])
    return join_plain(w, v)
