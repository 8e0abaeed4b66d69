"""From many starts to critical points, with the exact Hessian; compiled once for all models.

A third seeker, of the roots of the reduced loss, is in `reduced_seeker`. Two seekers share the
damped step. The minimiser solves (H + μ I) s = −g with μ large enough for
a Cholesky factorisation and watches the loss; the seeker of saddles is Levenberg-Marquardt on
∇L = 0, (H² + μ² I) s = −H g, and watches |∇L|. Plain Newton steps finish both; a point counts
only if they contract to rounding, which no flat valley and no escape to infinity allows.

References
----------
D. W. Marquardt, *J. SIAM* 11 (1963) 431.
J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., §§3.4, 10.3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numba import types
from numpy.typing import NDArray

from continuation import dense
from continuation.arrays import Array
from continuation.compilation import KERNEL_SIGNATURE, compiled_for_all_models, in_loops
from continuation.dense import cholesky, cholesky_solve, largest, lu_factor, lu_solve
from continuation.landscape.network import LossAt

MINIMUM, ANY_INDEX = 0, 1
"""What a seeker looks for."""

STEPS = 200
"""Steps of a seeker. One that still wanders then runs to infinity or along a flat valley."""

CLOSE_STEP = 1e-4
"""Relative step at which plain Newton takes over."""

NEWTON_STEPS = 12
CONVERGED = 1e-10
"""Relative last Newton step of a converged, nondegenerate point."""

LARGEST_WEIGHT, FARTHER = 1e3, 10.0
"""Runs that go further out, and so many times further than they began, are left to infinity."""


def seek(at: LossAt, starts: Array, target: int) -> tuple[Array, NDArray[np.bool_]]:
    """Run a seeker from every start.

    Parameters
    ----------
    at : LossAt
    starts : ndarray, shape (k, d)
    target : int
        `MINIMUM` or `ANY_INDEX`.

    Returns
    -------
    ends : ndarray, shape (k, d)
    found : ndarray of bool, shape (k,)
        Whether the end is a critical point, to rounding, with a regular Hessian.
    """
    return run_from(compiled_seeker(), at, starts, target, STEPS)


def polish(at: LossAt, theta: Array) -> Array | None:
    """Newton's method to rounding; None unless it contracts to a regular critical point."""
    (end,), (found,) = run_from(compiled_seeker(), at, np.array([theta]), ANY_INDEX, 0)
    return end if found else None


def run_from(
    seeker: Callable[..., None], at: LossAt, starts: Array, first: int, second: int
) -> tuple[Array, NDArray[np.bool_]]:
    """Run a compiled seeker of `SEEKER` from every start (k, d), with its two numbers.

    Returns
    -------
    ends : ndarray, shape (k, d)
    arrived : ndarray of bool, shape (k,)
    """
    ends = np.array(starts, dtype=np.float64, order="C")
    arrived = np.zeros(len(ends), dtype=np.bool_)
    seeker(
        at.kernels.evaluate, at.p, at.constants, at.data, at.work, ends, arrived, first, second
    )  # fmt: skip
    return ends, arrived


@in_loops
def damped_step(gradient, hessian, damping, target, scratch, step):  # type: ignore[no-untyped-def]
    """Fill the step of either seeker; False where the damped matrix is not positive."""
    d = gradient.size
    for i in range(d):
        step[i] = -gradient[i]
        for j in range(d):
            scratch[i, j] = hessian[i, j]
    if target == 1:
        for i in range(d):
            step[i] = 0.0
            for j in range(d):
                step[i] -= hessian[i, j] * gradient[j]
                scratch[i, j] = 0.0
                for k in range(d):
                    scratch[i, j] += hessian[i, k] * hessian[k, j]
    for i in range(d):
        scratch[i, i] += damping * damping if target == 1 else damping
    if not cholesky(scratch):
        return False
    cholesky_solve(scratch, step)
    return True


@in_loops
def finish(kernel, p, constants, data, work, theta, gradient, hessian, slope):  # type: ignore[no-untyped-def]
    """Newton's method from a close point; whether it contracts to rounding.

    Compiled for batches of starts, which the engine's takes one by one.
    """
    before = np.inf
    step, pivots = np.empty_like(theta), np.empty(theta.size, np.int64)
    for _ in range(NEWTON_STEPS):
        kernel(theta, p, constants, data, work, gradient, hessian, slope)
        step[:] = -gradient
        lu_factor(hessian, pivots)
        lu_solve(hessian, pivots, step)
        change = largest(step) / (1.0 + largest(theta))
        if not change < 0.1:  # not a number where the Hessian is singular
            return False
        theta += step
        if change < 1e-15 or (before < CONVERGED and change > 0.5 * before):
            return True
        before = change
    return before < CONVERGED


@in_loops
def seek_one(kernel, p, constants, data, work, theta, target, steps):  # type: ignore[no-untyped-def]
    """Move theta (d,) to a critical point by damped steps; whether one was reached."""
    d = theta.size
    gradient, slope, step, trial = np.empty(d), np.empty(d), np.empty(d), np.empty(d)
    hessian, scratch = np.empty((d, d)), np.empty((d, d))
    new_gradient, new_hessian = np.empty(d), np.empty((d, d))
    value = kernel(theta, p, constants, data, work, gradient, hessian, slope)
    merit = value if target == 0 else gradient @ gradient
    scale, farthest = np.abs(hessian).max(), max(LARGEST_WEIGHT, FARTHER * largest(theta))
    damping = 1e-2 * scale
    for _ in range(steps):
        if not damping < 1e8 * scale:
            break
        if not damped_step(gradient, hessian, damping, target, scratch, step):
            damping = 4.0 * damping + 1e-10 * scale
            continue
        trial[:] = theta + step
        if not largest(trial) < farthest:
            return False
        value = kernel(trial, p, constants, data, work, new_gradient, new_hessian, slope)
        new_merit = value if target == 0 else new_gradient @ new_gradient
        if not new_merit < merit:
            if largest(step) < CLOSE_STEP * (1.0 + largest(theta)):
                break
            damping *= 4.0
            continue
        theta[:], gradient[:], hessian[:, :] = trial, new_gradient, new_hessian
        merit = new_merit
        scale = np.abs(hessian).max()
        close = largest(step) < CLOSE_STEP * (1.0 + largest(theta))
        if close and damping < 1e-6 * scale:
            break
        damping *= 0.2
    return finish(kernel, p, constants, data, work, theta, gradient, hessian, slope)


def _seek_all(kernel, p, constants, data, work, ends, found, target, steps):  # type: ignore[no-untyped-def]
    for k in range(ends.shape[0]):
        found[k] = seek_one(kernel, p, constants, data, work, ends[k], target, steps)


_VECTOR, _MATRIX = types.Array(types.float64, 1, "C"), types.Array(types.float64, 2, "C")
SEEKER = types.void(
    types.FunctionType(KERNEL_SIGNATURE), types.float64, _VECTOR, _MATRIX, _MATRIX,
    _MATRIX, types.Array(types.boolean, 1, "C"), types.int64, types.int64,
)  # fmt: skip
"""Kernel and its arguments, the weights to move (k, d), whether each has arrived (k,), and two
numbers of the seeker's own."""


@cache
def compiled_seeker() -> Callable[..., None]:
    """`_seek_all`, compiled on first use and cached on disk, one compilation for every model."""
    return compiled_for_all_models(_seek_all, SEEKER, (dense,), "the search")
