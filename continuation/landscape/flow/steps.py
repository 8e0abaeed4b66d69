"""One step for θ' = −∇L(θ): of the stiff integrator Rodas4 with the exact Hessian, or explicit.

On the first part of its way, from random weights or out of a saddle, a flow changes at the rate of
the largest eigenvalue of the Hessian. There accuracy alone bounds the steps, and an explicit one of
order 8, of twelve gradients, goes as far as a dozen of Rodas4, of five and a Hessian each.

References
----------
E. Hairer and G. Wanner, *Solving Ordinary Differential Equations II*, 2nd ed. (1996), IV.7 and
IV.10 (method RODAS): six stages, order 4 with an embedded method of order 3, stiffly accurate.
E. Hairer, S. P. Nørsett and G. Wanner, *Solving Ordinary Differential Equations I*, 2nd ed. (1993),
II.5 and II.10: method DOP853 of Dormand and Prince, with error estimates of orders 5 and 3.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import DOP853

from continuation.dense import Matrix, Vector, apply, assign, greater, lu_factor, lu_solve
from continuation.landscape.network import INPUT_ROW
from symbolic.inner_code import inner_njit

GAMMA = 0.25
STAGES = 6

STAGE_WEIGHTS = np.zeros((STAGES, STAGES))
STAGE_WEIGHTS[1, :1] = (1.544,)
STAGE_WEIGHTS[2, :2] = (0.9466785280815826, 0.2557011698983284)
STAGE_WEIGHTS[3, :3] = (3.314825187068521, 2.896124015972201, 0.9986419139977817)
STAGE_WEIGHTS[4, :4] = (
    1.221224509226641,
    6.019134481288629,
    12.53708332932087,
    -0.6878860361058950,
)
STAGE_WEIGHTS[5, :5] = (*STAGE_WEIGHTS[4, :4], 1.0)

SLOPE_WEIGHTS = np.zeros((STAGES, STAGES))
SLOPE_WEIGHTS[1, :1] = (-5.6688,)
SLOPE_WEIGHTS[2, :2] = (-2.430093356833875, -0.2063599157091915)
SLOPE_WEIGHTS[3, :3] = (-0.1073529058151375, -9.594562251023355, -20.47028614809616)
SLOPE_WEIGHTS[4, :4] = (
    7.496443313967647,
    -10.24680431464352,
    -33.99990352819905,
    11.70890893206160,
)
SLOPE_WEIGHTS[5, :5] = (
    8.083246795921522,
    -7.981132988064893,
    -31.52159432874371,
    16.31930543123136,
    -6.058818238834054,
)

EXPLICIT_ORDER, EXPLICIT_STAGES = 8, 12
EXPLICIT_WEIGHTS = np.array(DOP853.A[:EXPLICIT_STAGES, :EXPLICIT_STAGES])
EXPLICIT_RESULT = np.array(DOP853.B[:EXPLICIT_STAGES])
FIFTH, THIRD = (np.array(error[:EXPLICIT_STAGES]) for error in (DOP853.E5, DOP853.E3))
"""Weights of the two error estimates, in which the slope at the end of the step has none."""

STIFF, MILD = 3.0, 0.7
"""Steps, in units of 1/|H|, beyond which the flow is integrated by Rodas4, and below which it is
no more: where accuracy bounds those steps to the second, these go on for four times more.
They are stable to 6."""

ORDER = 4
SAFETY, SMALLEST_FACTOR, LARGEST_FACTOR = 0.9, 0.1, 8.0
"""Step control: usual safety factor; steps may grow fast, as gradient flows slow down for ever."""

Bound = tuple[Callable[..., float], Callable[..., float], float, Vector, Matrix, Matrix]
"""A loss at fixed parameters: (evaluate, gradient, p, constants, data, work)."""


@inner_njit(error_model="numpy")
def evaluate(loss: Any, theta: Vector, g: Vector, hessian: Matrix, rest: Vector) -> float:
    """Loss; fills gradient (d,) and Hessian (d, d)."""
    kernel, _, p, constants, data, work = loss
    return kernel(theta, p, constants, data, work, g, hessian, rest)


@inner_njit(error_model="numpy")
def slope(loss: Any, theta: Vector, g: Vector, hessian: Matrix, rest: Vector) -> float:
    """Loss; fills the gradient (d,) only."""
    _, kernel, p, constants, data, work = loss
    return kernel(theta, p, constants, data, work, g, hessian, rest)


@inner_njit(error_model="numpy")
def inputs_of(loss: Any) -> Vector:
    """Inputs (n,) of the samples."""
    _, _, _, _, data, _ = loss
    return data[INPUT_ROW]


@inner_njit(error_model="numpy")
def rodas_step(
    loss: Any,
    theta: Vector,
    g: Vector,
    hessian: Matrix,
    h: float,
    projector: Matrix,
    trial: Vector,
    stages: Matrix,
    matrix: Matrix,
    pivots: NDArray[np.int64],
    rest: Vector,
) -> None:
    """Fill `trial` (d,) with θ(t + h); the error estimate is left in `stages[5]` (d,).

    `g` and `hessian` are those at `theta`; `projector` is as in `dense.confine`; `matrix`,
    `pivots`, `rest` and `stages` (6, d) are scratch.
    """
    d, rate = theta.size, 1.0 / h
    for i in range(d):
        for j in range(d):
            matrix[i, j] = hessian[i, j]
        matrix[i, i] += rate / GAMMA
    lu_factor(matrix, pivots)
    for s in range(STAGES):
        u = stages[s]
        if s == 0:
            assign(u, g)
        else:
            combine(theta, STAGE_WEIGHTS[s], stages, s, trial)
            slope(loss, trial, u, hessian, rest)
            if projector.size:
                assign(rest, u)
                apply(projector, rest, u)
        for i in range(d):
            u[i] = -u[i]
            for j in range(s):
                u[i] += SLOPE_WEIGHTS[s, j] * rate * stages[j, i]
        lu_solve(matrix, pivots, u)
    for i in range(d):
        trial[i] += stages[STAGES - 1, i]


@inner_njit(error_model="numpy")
def combine(theta: Vector, weights: Vector, stages: Matrix, count: int, out: Vector) -> None:
    """Fill `out` (d,) with θ and the first `count` rows of `stages`, each times its weight."""
    for i in range(theta.size):
        out[i] = theta[i]
        for j in range(count):
            out[i] += weights[j] * stages[j, i]


@inner_njit(error_model="numpy")
def scaled_error(error: Vector, theta: Vector, trial: Vector, rtol: float, atol: float) -> float:
    """Root mean square of the error estimate in units of the tolerance; 1 is just accepted."""
    s = 0.0
    for i in range(theta.size):
        e = error[i] / (atol + rtol * greater(abs(theta[i]), abs(trial[i])))
        s += e * e
    return math.sqrt(s / theta.size)


@inner_njit(error_model="numpy")
def step_factor(error: float, order: int) -> float:
    """Factor for the next step from the scaled error of the last one (NaN shrinks it)."""
    if not error < 1e300:
        return SMALLEST_FACTOR
    factor = SAFETY * max(error, 1e-12) ** (-1.0 / order)
    return min(LARGEST_FACTOR, max(SMALLEST_FACTOR, factor))


@inner_njit(error_model="numpy")
def explicit_step(
    loss: Any,
    theta: Vector,
    g: Vector,
    h: float,
    projector: Matrix,
    trial: Vector,
    stages: Matrix,
    unused: Matrix,
    rest: Vector,
) -> None:
    """Fill `trial` (d,) with θ(t + h), and `stages` (12, d) with −h∇L; see `rodas_step`."""
    for s in range(EXPLICIT_STAGES):
        u = stages[s]
        if s == 0:
            assign(u, g)
        else:
            combine(theta, EXPLICIT_WEIGHTS[s], stages, s, trial)
            slope(loss, trial, u, unused, rest)
            if projector.size:
                assign(rest, u)
                apply(projector, rest, u)
        for i in range(theta.size):
            u[i] *= -h
    combine(theta, EXPLICIT_RESULT, stages, EXPLICIT_STAGES, trial)


@inner_njit(error_model="numpy")
def explicit_error(stages: Matrix, theta: Vector, trial: Vector, rtol: float, atol: float) -> float:
    """Error of a step in units of the tolerance, 1 is just accepted; `stages` are overwritten."""
    for i in range(theta.size):
        fifth, third = 0.0, 0.0
        for s in range(EXPLICIT_STAGES):
            fifth += FIFTH[s] * stages[s, i]
            third += THIRD[s] * stages[s, i]
        stages[0, i], stages[1, i] = fifth, third
    least = scaled_error(stages[0], theta, trial, rtol, atol)
    rough = scaled_error(stages[1], theta, trial, rtol, atol)
    return 0.0 if least == 0.0 else least * least / math.hypot(least, 0.1 * rough)
