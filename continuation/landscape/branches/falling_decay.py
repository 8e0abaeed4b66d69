"""Branches to zero noise under weight decay, which falls with the square of the noise.

A prior of fixed width asks for ρ ~ σ²: what noise and decay want of the weights stays in proportion
on the way, and at its end there is neither.
"""

from __future__ import annotations

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.callable_problem import Problem
from continuation.landscape.branches.course import CORRECTOR
from continuation.landscape.network import Conditions, Loss, LossAt
from continuation.landscape.sets import CriticalSet
from continuation.newton_method import newton
from continuation.options import StepOptions

BELOW = 0.999
"""Of the noise at which a branch met its images, where what they merge into is followed on."""


def conditions_at(found: CriticalSet, noise: float) -> Conditions:
    """Those of a set's branch at another noise."""
    start = found.conditions
    decay = start.weight_decay * (noise / start.noise) ** 2 if start.decays else 0.0
    return start.where("noise", noise).where("weight_decay", decay)


def with_falling_decay(
    loss: Loss,
    found: CriticalSet,
    limits: tuple[float, float],
    levels: tuple[float, ...],
    step: StepOptions,
) -> tuple[list[tuple[Array, Array]], Branch]:
    """The branch of a point towards zero noise.

    Where it meets its own images in a pitchfork, as when a unit dies, what they merge into is
    followed on.

    Parameters
    ----------
    loss : Loss
    found : CriticalSet
        Under weight decay, at a noise > 0.
    limits : (float, float)
        Of the noise.
    levels : tuple of float
        Noises at which there are to be targets.
    step : StepOptions

    Returns
    -------
    before : list of (noise, state)
        Shapes (m,) and (m, k): the branches down to each merger, the first one from the set.
    last : Branch
    """

    def at(noise: float) -> LossAt:
        return loss.under(conditions_at(found, noise))

    problem = Problem(
        lambda x, noise: at(noise).gradient(x),
        lambda x, noise: at(noise).hessian(x),
        symmetric=True,
    )
    theta, start, pieces = found.weights, found.conditions.noise, list[tuple[Array, Array]]()
    while True:
        targets = tuple(level for level in levels if level < start)
        branch = trace_branch(problem, theta, start, limits, -1, step, CORRECTOR, targets=targets)
        merger = next((s for s in branch.special if _merges(branch, s)), None)
        if merger is None or not limits[0] < BELOW * merger.p:
            return pieces, branch
        following = newton(problem, merger.x, BELOW * merger.p)
        if not following.converged:
            return pieces, branch
        rows = slice(merger.index + 1)
        pieces.append((branch.p[rows], branch.x[rows]))
        theta, start = following.x, BELOW * merger.p


def _merges(branch: Branch, point: SpecialPoint) -> bool:
    """Whether the branch turns back, as its own image, at a point that is no fold."""
    beside = branch.p[point.index : point.index + 2]
    return point.kind == "pitchfork" and point.located and bool((beside > point.p).all())
