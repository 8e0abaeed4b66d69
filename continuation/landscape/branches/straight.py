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

import math
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import types

from continuation import dense
from continuation.arrays import Array
from continuation.compilation import (
    MATRIX,
    VECTOR,
    address_of,
    compiled_for_all_models,
    in_loops,
    kernel_at,
)
from continuation.compiled_problem import CompiledProblem
from continuation.congruence import same_inertia
from continuation.dense import greater, lu_factor, lu_solve
from continuation.landscape.branches.problems import lifted_problem
from continuation.landscape.branches.ranges import arrival_of
from continuation.landscape.network import LossAlong
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

MOST_SAMPLES = 256
"""Samples of a branch that goes down a hundredfold: a dozen; one of more turns or nearly so."""


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
    problem, n = lifted.problem, lifted.state.size
    if not isinstance(problem, CompiledProblem):
        return None
    rows = np.empty((MOST_SAMPLES, 1 + 2 * n + n * n))
    count = _compiled_descent()(
        address_of(problem.kernel), problem.constants, problem.data, problem.work,
        np.array(lifted.state), found.conditions.noise, np.sort(stops)[::-1].copy(), rows,
    )  # fmt: skip
    samples = rows[:count]
    if count == 0 or not same_inertia(samples[:, 1 + 2 * n :].reshape(count, n, n)):
        return None
    noise, state = samples[:, 0].copy(), samples[:, 1 : 1 + n].copy()
    if arrival is not None and len(set(map(arrival, state))) > 1:
        return None
    return noise, state


def _descend(kernel, constants, data, work, x, noise, stops, samples):  # type: ignore[no-untyped-def]
    """Fill `samples` (m, 1 + 2k + k²) from `noise` to the lowest stop: how many, 0 if not straight.

    Each is a noise, the solution x (k,) there, dx/dp (k,) and the Hessian row by row.
    """
    loss = (kernel_at(kernel), constants, data, work)
    count, ratio, p, farthest = 0, RATIO, noise, FARTHEST_START
    for stop in stops:
        while count == 0 or samples[count - 1, 0] > stop:
            if count == samples.shape[0]:
                return 0
            if count > 0:
                p, farthest = max(stop, ratio * samples[count - 1, 0]), FARTHEST
                _predict(samples, count, p, x)
            if _corrected(loss, x, p, farthest, samples[count]) and _is_straight(samples, count, x):
                ratio = max(LONGEST, ratio**1.5) if count > 0 else ratio
                count += 1
            elif count == 0 or ratio > SHORTEST:
                return 0
            else:
                ratio = math.sqrt(ratio)
    return count


@in_loops
def _predict(samples: Array, count: int, p: float, x: Array) -> None:
    """Put x at p: along the tangent of one sample, or the cubic through two with theirs."""
    here, last, n = samples[count - 1], samples[max(count - 2, 0)], x.size
    h = here[0] - last[0]
    s = (p - last[0]) / h if count > 1 else 0.0
    for i in range(1, n + 1):
        if count == 1:
            x[i - 1] = here[i] + (p - here[0]) * here[n + i]
            continue
        bend = (here[i] - last[i]) / h
        turn = (s - 1.0) * (here[n + i] + last[n + i] - 2.0 * bend)
        x[i - 1] = last[i] + h * s * last[n + i] + h * s**2 * (bend - last[n + i] + turn)


@in_loops
def _is_straight(samples: Array, count: int, x: Array) -> bool:
    """Whether a sample lies where the tangents there and at the one before it say."""
    here, there, n = samples[max(count - 1, 0)], samples[count], x.size
    largest, bent = 0.0, 0.0
    for i in range(1, n + 1):
        moved, size = there[i] - here[i], 1.0 + abs(here[i])
        left = moved - 0.5 * (there[0] - here[0]) * (here[n + i] + there[n + i])
        largest, bent = greater(largest, abs(moved) / size), greater(bent, abs(left) / size)
    return bent <= BENT * largest + ROUNDING


@in_loops
def _corrected(loss: Any, x: Array, p: float, farthest: float, sample: Array) -> bool:
    """Newton's method at one noise: the kernel gives what the tangent needs in the same call.

    That, and the contraction asked of every step, the corrector of the engine does not offer.
    """
    kernel, constants, data, work = loss
    n, before = x.size, farthest / CONTRACTION
    both, hessian = np.empty((2, n)), np.empty((n, n))
    step, slope = both[0], both[1]
    pivots = np.empty(n, np.int64)
    for _ in range(NEWTON_STEPS):
        kernel(x, p, constants, data, work, step, hessian, slope)
        for i in range(n):
            for j in range(n):
                sample[1 + 2 * n + i * n + j] = hessian[i, j]
        lu_factor(hessian, pivots)
        for k in range(2):
            lu_solve(hessian, pivots, both[k])
        size = 0.0
        for i in range(n):
            size = greater(size, abs(step[i]) / (1.0 + abs(x[i])))
        rounded = size <= ROUNDING and size > CONTRACTION * before
        if size <= CONVERGED or rounded:
            sample[0] = p
            for i in range(n):
                sample[1 + i], sample[1 + n + i] = x[i], -slope[i]
            return True
        if not size <= CONTRACTION * before:
            return False
        for i in range(n):
            x[i] -= step[i]
        before = size
    return False


_SIGNATURE = types.int64(
    types.int64, VECTOR, MATRIX, MATRIX, VECTOR, types.float64, VECTOR, MATRIX
)  # fmt: skip


@cache
def _compiled_descent() -> Callable[..., int]:
    """`_descend`, compiled on first use and cached on disk, one compilation for every problem."""
    return compiled_for_all_models(_descend, _SIGNATURE, (dense, sys.modules[__name__]), "branches")
