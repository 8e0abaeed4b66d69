"""From many starts to genuine critical points, with the output weights always fitted.

Of the reduced loss R(u) = min_v L, u = (w, [c]) the input parameters, the seeker solves

    F_a = D_a ∂R/∂u_a / v_k = 0,   k the unit of u_a,

by Levenberg and Marquardt's method on |F|², with steps in ln w (D = |w|) and in c. Without the
factor v_k, silent units are no roots. The derivatives follow from the full Hessian by the Schur
complement S = H_uu − H_uv H_vv⁻¹ H_vu and dv/du = −H_vv⁻¹ H_vu. Where two units meet, F vanishes
whether there is a root or not; a factor that grows there (deflation) keeps the seeker away. There
are half as many unknowns as in θ and no flat valleys of traded output weights, so that saddles of
nearly equal units, which seekers in θ meet once in thousands of runs, are met often.

References
----------
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: variable projection.
D. W. Marquardt, *J. SIAM* 11 (1963) 431.
P. Farrell, Á. Birkisson, S. Funke, *SIAM J. Sci. Comput.* 37 (2015) A2026: deflation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from continuation import dense
from continuation.arrays import Array
from continuation.compilation import compiled_for_all_models, in_loops
from continuation.dense import cholesky, cholesky_solve, greater
from continuation.landscape.network import Layout, LossAt, input_place, unit_of_input, weights
from continuation.landscape.search.seekers import SEEKER, run_from

STEPS = 60
"""Steps of the seeker; those that arrive need 10 to 20."""

LONGEST = 0.7
"""Longest step in ln w: a factor of two."""

RIDGE = 1e-14
"""Relative ridge of the fit, against units that have become equal."""

CLOSE = 1e-7
"""|step| at which the root is left to Newton's method on ∇L."""

APART = 0.3
"""τ: units closer than this, in ln w and c, are pushed apart."""

STEEPEST = 1e3
"""Input weights beyond this are left to infinity."""


def seek_reduced(at: LossAt, starts: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Run the seeker from every start.

    Parameters
    ----------
    at : LossAt
        A perceptron with free output weights.
    starts : ndarray, shape (k, d)
        Only their input parameters matter.

    Returns
    -------
    ends : ndarray, shape (k, d)
        With fitted output weights.
    close : ndarray of bool, shape (k,)
        Whether the steps have become small; `polish` decides whether there is a point.
    """
    layout = Layout.of(at.model)
    return run_from(compiled_reduced_seeker(), at, starts, layout.hidden, layout.linear)


@in_loops
def output_factor(hessian, inner, factor):  # type: ignore[no-untyped-def]
    """Cholesky factor of H_vv with its ridge."""
    m = hessian.shape[0] - inner
    trace = 0.0
    for i in range(m):
        trace += hessian[inner + i, inner + i]
    for i in range(m):
        for j in range(m):
            factor[i, j] = hessian[inner + i, inner + j]
        factor[i, i] += RIDGE * trace
    return cholesky(factor)


@in_loops
def fit_outputs(kernel, p, constants, data, work, theta, inner, gradient, hessian, slope, factor):  # type: ignore[no-untyped-def]
    """Fit the output side of theta; leave gradient, Hessian and factor of H_vv there."""
    for _ in range(2):  # once more, for the rounding of large weights
        kernel(theta, p, constants, data, work, gradient, hessian, slope)
        if not output_factor(hessian, inner, factor):
            return False
        step = gradient[inner:].copy()
        cholesky_solve(factor, step)
        for i in range(step.size):
            theta[inner + i] -= step[i]
    kernel(theta, p, constants, data, work, gradient, hessian, slope)
    return True


@in_loops
def part_units(theta, hidden, inner, value, jacobian):  # type: ignore[no-untyped-def]
    """Multiply F by Π (1 + τ²/q), q the squared distance of two units; the factor.

    Where two units meet, the fit makes F vanish like q everywhere, not at roots only.
    """
    factor, slope = 1.0, np.zeros(inner)
    for i in range(hidden):
        for j in range(i + 1, hidden):
            along = np.log(abs(theta[i] / theta[j]))
            flip = 1.0 if theta[i] * theta[j] > 0.0 else -1.0
            c_i, c_j = input_place(hidden, 1, i), input_place(hidden, 1, j)
            across = theta[c_i] - flip * theta[c_j] if inner > hidden else 0.0
            q = along * along + across * across
            if q == 0.0:
                return np.inf
            factor *= 1.0 + APART * APART / q
            fall = -2.0 * APART * APART / (q * (q + APART * APART))
            slope[i] += fall * along
            slope[j] -= fall * along
            if inner > hidden:
                slope[c_i] += fall * across
                slope[c_j] -= fall * flip * across
    for a in range(inner):
        for b in range(inner):
            jacobian[a, b] = factor * (jacobian[a, b] + value[a] * slope[b])
        value[a] *= factor
    return factor


@in_loops
def roots_and_slopes(theta, gradient, hessian, factor, hidden, inner, value, jacobian):  # type: ignore[no-untyped-def]
    """Fill F (inner,) and its Jacobian (inner, inner) in (ln w, c); |F|², inf if undefined."""
    m = theta.size - inner
    response = np.empty((m, inner))
    column = np.empty(m)
    for b in range(inner):
        for i in range(m):
            column[i] = hessian[inner + i, b]
        cholesky_solve(factor, column)
        for i in range(m):
            response[i, b] = -column[i]
    total = 0.0
    for a in range(inner):
        unit = unit_of_input(hidden, a)
        v = theta[inner + unit]
        if v == 0.0:
            return np.inf
        scale = abs(theta[a]) if a < hidden else 1.0
        value[a] = scale * gradient[a] / v
        total += value[a] * value[a]
        for b in range(inner):
            reduced = hessian[a, b]
            for i in range(m):
                reduced += hessian[a, inner + i] * response[i, b]
            width = abs(theta[b]) if b < hidden else 1.0
            share = response[unit, b] / v
            jacobian[a, b] = scale * (reduced - gradient[a] * share) * width / v
        if a < hidden:
            jacobian[a, a] += value[a]
    parted = part_units(theta, hidden, inner, value, jacobian)
    total *= parted * parted
    return total if np.isfinite(total) else np.inf


@in_loops
def marquardt_step(value, jacobian, damping, matrix, step):  # type: ignore[no-untyped-def]
    """Solve (JᵀJ + μ diag) s = −JᵀF; False where it is singular."""
    m = value.size
    for i in range(m):
        step[i] = 0.0
        for k in range(m):
            step[i] -= jacobian[k, i] * value[k]
        for j in range(m):
            matrix[i, j] = 0.0
            for k in range(m):
                matrix[i, j] += jacobian[k, i] * jacobian[k, j]
    for i in range(m):
        matrix[i, i] = matrix[i, i] * (1.0 + damping) + 1e-300
    if not cholesky(matrix):
        return False
    cholesky_solve(matrix, step)
    longest = 0.0
    for i in range(m):
        longest = greater(longest, abs(step[i]))
    if not np.isfinite(longest):
        return False
    if longest > LONGEST:
        for i in range(m):
            step[i] *= LONGEST / longest
    return True


@in_loops
def seek_one(kernel, p, constants, data, work, theta, hidden, inner):  # type: ignore[no-untyped-def]
    """Move theta (d,) to a root of F; whether the steps have become small.

    Damped after Levenberg and Marquardt, compiled for batches of starts: not the engine's Newton.
    """
    d = theta.size
    gradient, hessian, slope = np.empty(d), np.empty((d, d)), np.empty(d)
    factor, matrix = np.empty((d - inner, d - inner)), np.empty((inner, inner))
    value, jacobian, step = np.empty(inner), np.empty((inner, inner)), np.empty(inner)
    new_value, new_jacobian, trial = np.empty(inner), np.empty((inner, inner)), theta.copy()
    if not fit_outputs(
        kernel, p, constants, data, work, theta, inner, gradient, hessian, slope, factor
    ):
        return False
    merit = roots_and_slopes(theta, gradient, hessian, factor, hidden, inner, value, jacobian)
    damping = 1e-2
    for _ in range(STEPS):
        if not (merit < np.inf and damping < 1e10):
            return False
        if not marquardt_step(value, jacobian, damping, matrix, step):
            damping = 8.0 * damping
            continue
        size = 0.0
        for a in range(inner):
            size = greater(size, abs(step[a]))
            trial[a] = theta[a] * np.exp(step[a]) if a < hidden else theta[a] + step[a]
            if abs(trial[a]) > STEEPEST:
                return False
        trial[inner:] = theta[inner:]
        new_merit = np.inf
        if fit_outputs(
            kernel, p, constants, data, work, trial, inner, gradient, hessian, slope, factor
        ):
            new_merit = roots_and_slopes(
                trial, gradient, hessian, factor, hidden, inner, new_value, new_jacobian
            )
        if new_merit < merit:
            theta[:], value[:], jacobian[:, :] = trial, new_value, new_jacobian
            merit = new_merit
            damping = max(1e-12, 0.1 * damping)
            if size < CLOSE:
                return True
        elif size < CLOSE:
            return True
        else:
            damping *= 5.0
    return False


def _seek_all(kernel, p, constants, data, work, ends, close, hidden, inner):  # type: ignore[no-untyped-def]
    for k in range(ends.shape[0]):
        close[k] = seek_one(kernel, p, constants, data, work, ends[k], hidden, inner)


@cache
def compiled_reduced_seeker() -> Callable[..., None]:
    """`_seek_all`, compiled on first use and cached on disk, one compilation for every model."""
    return compiled_for_all_models(_seek_all, SEEKER, (dense, weights), "the search")
