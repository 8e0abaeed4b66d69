"""The edge of stability: from which step on does gradient descent leave a minimum, and whereto?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape.network import Loss
from continuation.landscape.sets import CriticalSet, shared_conditions
from continuation.maps import gradient_descent

AROUND = 0.5
"""The branch of the fixed point runs from 1 − 0.5 to 1 + 0.5 times the step of the flip."""


@dataclass(frozen=True, eq=False)
class StabilityEdge:
    """Where gradient descent loses a minimum.

    Attributes
    ----------
    found : CriticalSet
    sharpness : float
        λ_max of the Hessian.
    step : float
        η = 2/λ_max: the minimum attracts for smaller steps only.
    flip : SpecialPoint
        The flip of the map θ ↦ θ − η ∇L(θ), located on its own defining system.
    direction : ndarray, shape (d,)
        Eigenvector of λ_max, along which the iterates alternate.
    """

    found: CriticalSet
    sharpness: float
    step: float
    flip: SpecialPoint = field(repr=False)
    direction: Array = field(repr=False)

    @property
    def supercritical(self) -> bool:
        """Whether stable orbits of period two take over beyond the edge; else it jumps away."""
        return bool(self.flip.coefficients["cubic"] > 0.0)


def edge_of_stability(
    loss: Loss,
    found: CriticalSet,
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
) -> StabilityEdge:
    """Locate the flip at which gradient descent loses a minimum.

    Parameters
    ----------
    loss : Loss
    found : CriticalSet
        An attracting point.
    noise, size, weight_decay : float, optional
        Parameters of the loss. Omitted: those that the set was found at.

    Raises
    ------
    InvalidInputError
        A set that is no attracting point, or was found at other parameters.
    ConvergenceError
        Where the flip cannot be located.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, edge_of_stability, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> edge = edge_of_stability(loss, sets[0])
    >>> round(edge.step * edge.sharpness, 12)
    2.0
    """
    if not (found.is_point and found.attracting):
        raise InvalidInputError(
            f"{found.label or found.subkind} is no attracting point: the edge of stability is that "
            "of a minimum"
        )
    conditions = shared_conditions(
        loss.data, (found,), noise=noise, size=size, weight_decay=weight_decay
    )
    at = loss.under(conditions)
    values, vectors = np.linalg.eigh(at.hessian(found.weights))
    step = 2.0 / float(values[-1])
    problem = loss.problem_under(conditions, "weight_decay")  # a parameter of every loss
    branch = trace_branch(
        gradient_descent(problem, conditions.weight_decay),
        found.weights,
        (1.0 - AROUND) * step,
        p_limits=((1.0 - AROUND) * step, (1.0 + AROUND) * step),
    )
    flips = [point for point in branch.special if point.kind == "flip"]
    if not flips:
        raise ConvergenceError(f"no flip near the step {step:.6g}: {branch.stop_reason}")
    flip = min(flips, key=lambda point: abs(point.p - step))
    return StabilityEdge(found, float(values[-1]), step, flip, vectors[:, -1])
