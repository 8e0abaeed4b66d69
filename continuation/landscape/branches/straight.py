"""Branches that lead down in the noise without a turn: Newton's method at one noise after another.

Most sets reach the lowest noise on a branch with no fold and nothing singular on it. There the
noise itself can be the parameter, and some eight samples do, each a few calls of the kernel: less
than a run of the tracer takes to begin. Whatever looks otherwise (a step that fails however short,
a Hessian that changes its signs, an arrival at an end) gives None, and the tracer decides.

References
----------
E. L. Allgower and K. Georg, *Numerical Continuation Methods*, Springer 1990, §2.2: the embedding
method, and where it fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.compiled_problem import CompiledProblem
from continuation.landscape.branches.problems import lifted_problem
from continuation.landscape.branches.ranges import arrival_of
from continuation.landscape.network import LossAlong, same_inertia
from continuation.landscape.sets import CriticalSet

RATIO, LONGEST, SHORTEST = 0.7, 0.25, 0.998
"""Ratio of successive noises: the first one, and those of the longest and the shortest steps."""

CONTRACTION, NEWTON_STEPS = 0.25, 6
"""Every Newton step is at most this part of the one before, and there are at most so many."""

FARTHEST, FARTHEST_START = 0.1, 1e-3
"""Relative Newton step from a prediction, and from the set, beyond which nothing is tried."""

CONVERGED, ROUNDING = 1e-13, 1e-9
"""Newton step, relative to 1 + |x|, that ends the iteration; one that no longer contracts ends it
below the second number, where rounding is all that is left."""

BENT = 0.1
"""Part of a step by which it may differ from what the tangents at its ends say (trapezoidal rule):
1e-3 is usual, 0.03 for pairs born at zero noise, whose weights go like its root."""


@dataclass(frozen=True, eq=False)
class _Sample:
    """A solution at one noise, with dx/dp and the Hessian."""

    p: float
    x: Array
    slope: Array
    hessian: Array


def straight_branch(
    along: LossAlong, found: CriticalSet, stops: Sequence[float]
) -> tuple[Array, Array] | None:
    """Samples of the branch of a set from its noise down to the lowest of some, all among them.

    Parameters
    ----------
    along : LossAlong
        Along the noise.
    found : CriticalSet
    stops : sequence of float
        Below the noise of the set.

    Returns
    -------
    (noise, state) or None
        Shapes (m,) and (m, k), as of `SetBranch`; None where the branch is not straight.

    Raises
    ------
    InvalidInputError
        As `lifted_problem`.
    """
    lifted, arrival = lifted_problem(along, found), arrival_of(along.loss, found)
    if not isinstance(lifted.problem, CompiledProblem):
        return None
    samples = _down(lifted.problem, lifted.state, found.conditions.noise, stops)
    if samples is None or not same_inertia(np.array([s.hessian for s in samples])):
        return None
    if arrival is not None and len({arrival(s.x) for s in samples}) > 1:
        return None
    return np.array([s.p for s in samples]), np.array([s.x for s in samples])


def _down(
    problem: CompiledProblem, x: Array, p: float, stops: Sequence[float]
) -> list[_Sample] | None:
    here, ratio = _corrected(problem, x, p, FARTHEST_START), RATIO
    if here is None:
        return None
    samples = [here]
    for stop in sorted(stops, reverse=True):
        while here.p > stop:
            there = _step(problem, samples[-2:], max(stop, ratio * here.p))
            if there is not None:
                here, ratio = there, max(LONGEST, ratio**1.5)
                samples.append(here)
            elif ratio > SHORTEST:
                return None
            else:
                ratio = float(np.sqrt(ratio))
    return samples


def _step(problem: CompiledProblem, before: Sequence[_Sample], p: float) -> _Sample | None:
    """The next sample; None where Newton does not contract to it or it is not straight ahead."""
    here = before[-1]
    length = p - here.p
    there = _corrected(problem, _predicted(before, p), p, FARTHEST)
    if there is None:
        return None
    moved, size = there.x - here.x, 1.0 + np.abs(here.x)
    left = moved - 0.5 * length * (here.slope + there.slope)
    bent = np.abs(left / size).max() > BENT * np.abs(moved / size).max() + ROUNDING
    return None if bent else there


def _predicted(before: Sequence[_Sample], p: float) -> Array:
    """Along the tangent of one sample, or the cubic through two with theirs."""
    *_, here = before
    if len(before) < 2:
        return here.x + (p - here.p) * here.slope
    last, h = before[0], here.p - before[0].p
    s = (p - last.p) / h
    bend = (here.x - last.x) / h
    return (
        last.x
        + h * s * last.slope
        + h * s**2 * (bend - last.slope)
        + h * s**2 * (s - 1.0) * (here.slope + last.slope - 2.0 * bend)
    )


def _corrected(problem: CompiledProblem, x: Array, p: float, farthest: float) -> _Sample | None:
    """Newton's method at one noise: the kernel gives what the tangent needs in the same call.

    That, and the contraction asked of every step, the corrector of the engine does not offer.
    """
    before = farthest / CONTRACTION
    for _ in range(NEWTON_STEPS):
        _, gradient, hessian, by_noise = problem.evaluate(x, p)
        try:
            step, slope = np.linalg.solve(hessian, np.array([gradient, by_noise]).T).T
        except np.linalg.LinAlgError:
            return None
        size = float(np.abs(step / (1.0 + np.abs(x))).max())
        rounded = size <= ROUNDING and size > CONTRACTION * before
        if size <= CONVERGED or rounded:
            return _Sample(p, x, -slope, hessian)
        if not size <= CONTRACTION * before:
            return None
        x, before = x - step, size
    return None
