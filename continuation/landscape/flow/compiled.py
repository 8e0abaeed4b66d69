"""The compiled gradient flow: integrate, decide, record. One compilation serves every model."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from continuation import dense
from continuation.compilation import compiled_for_all_models, kernel_at
from continuation.dense import Matrix, Vector, assign, confine, norm
from continuation.landscape.flow import decision, end_charts, escapes, profiles, steps
from continuation.landscape.flow.decision import DRIFT, Layout, tends_to_line, tends_to_point
from continuation.landscape.flow.escapes import EXCESS, KIND, runs_to_infinity
from continuation.landscape.flow.profiles import YES
from continuation.landscape.flow.steps import (
    EXPLICIT_ORDER,
    EXPLICIT_STAGES,
    MILD,
    ORDER,
    STAGES,
    STIFF,
    evaluate,
    explicit_error,
    explicit_step,
    rodas_step,
    scaled_error,
    step_factor,
)
from continuation.landscape.network import weights
from symbolic.inner_code import inner_njit

UNDECIDED_TIME, UNDECIDED_STEPS, STALLED, STATIONARY, NOT_FINITE = range(-5, 0)
POINT, LINE = 1, 2
"""Outcomes; the ends at infinity have the codes of `escapes`, and `UNRESOLVED` is one whose
profile is too flat to tell."""
UNRESOLVED = 9

ABSOLUTE_TOLERANCE = 1e-3
"""Absolute tolerance in units of the relative one."""
DECIDE_BELOW = 1e-2
"""The decision rule is tried where |∇L| is below this; a test costs as much as a few steps."""
DECIDE_EVERY = 4
DECIDE_SHARE = 8
"""Every few steps at first, then after an eighth of the steps so far: a flow that cannot be decided
is tested a few dozen times, whatever its length."""
ENDS_EVERY = 8
ENDS_SHARE = 2
"""Likewise of the tests for ends at infinity, which cost as much as a dozen steps: after half of
the steps so far, or earlier where two tests foretell it, but never sooner than after ..."""
SOONEST = 4
LOSS_ROUNDING = 1e-13
"""Relative rise of the loss that rounding alone may cause."""
SMALLEST_STEP = 1e-15
"""Steps below this fraction of the time, which rounding cannot resolve, end the integration."""
STATIONARY_SLOPE = 1e-15
PASSAGE_BELOW = 0.1
"""A local minimum of |∇L| below this is recorded as a slow passage."""
PASSAGES = 16
VERDICT = 7

TIME, STEPS, REJECTED, OUTCOME, LOSS, SLOPE, TESTS, PASSED, RECORDED = range(9)
"""Columns of a summary row."""
SUMMARY = 9


@inner_njit(error_model="numpy")
def _decide(
    loss: Any,
    theta: Vector,
    value: float,
    layout: Layout,
    allowed: Layout,
    ends: bool,
    projector: Matrix,
    target: Vector,
    cluster: Layout,
    sign: Vector,
    verdict: Vector,
) -> int:
    """Outcome code, or 0 if the trajectory cannot be decided yet; `ends`: of infinity, too."""
    if tends_to_line(loss, theta, layout, projector, target, cluster, sign):
        return LINE
    if tends_to_point(loss, theta, layout, projector, target):
        return POINT
    if projector.size or not (ends and allowed.any()):
        return 0
    answer = runs_to_infinity(loss, theta, value, layout, allowed, False, verdict, target)
    return int(verdict[KIND]) if answer == YES else 0


@inner_njit(error_model="numpy")
def _agree(target: Vector, before: Vector) -> bool:
    """Whether two successive tests extrapolate the drift along a line to the same limit."""
    for i in range(target.size):
        if not abs(target[i] - before[i]) <= DRIFT * (1.0 + abs(target[i])):
            return False
    return True


@inner_njit(error_model="numpy")
def _steps_to_ends(accepted: int, tested: int, before: float, excess: float) -> int:
    """Steps to the next test for ends at infinity, from the excess at the last two.

    It falls geometrically while the flow is drawn to an end, to 1 where that is decided.
    """
    longest = max(ENDS_EVERY, accepted // ENDS_SHARE)
    if not 1.0 < excess < np.inf:
        return longest
    if not excess < before < np.inf:
        return ENDS_EVERY
    left = (accepted - tested) * math.log(excess) / math.log(before / excess)
    return longest if left > longest else max(SOONEST, math.ceil(left))


@inner_njit(error_model="numpy")
def _is_mild(explicit: bool, h: float, hessian: Matrix) -> bool:
    """Whether a step is to be explicit, by how stiff it is and whether the last one was."""
    square = 0.0
    for i in range(hessian.shape[0]):
        for j in range(hessian.shape[1]):
            square += hessian[i, j] * hessian[i, j]
    return h * math.sqrt(square) < (STIFF if explicit else MILD)


@inner_njit(error_model="numpy")
def _attempt(
    loss: Any,
    theta: Vector,
    g: Vector,
    hessian: Matrix,
    h: float,
    explicit: bool,
    rtol: float,
    projector: Matrix,
    trial: Vector,
    stages: Matrix,
    matrix: Matrix,
    pivots: NDArray[np.int64],
    rest: Vector,
) -> tuple[float, float]:
    """Fill `trial` (d,) with a step; its error over the tolerance, and the factor of the next."""
    atol = ABSOLUTE_TOLERANCE * rtol
    if explicit:
        explicit_step(loss, theta, g, h, projector, trial, stages, hessian, rest)
        error = explicit_error(stages, theta, trial, rtol, atol)
        return error, step_factor(error, EXPLICIT_ORDER)
    rodas_step(loss, theta, g, hessian, h, projector, trial, stages, matrix, pivots, rest)
    error = scaled_error(stages[STAGES - 1], theta, trial, rtol, atol)
    return error, step_factor(error, ORDER)


@inner_njit(error_model="numpy")
def _grown(buffer: Matrix) -> Matrix:
    larger = np.empty((2 * buffer.shape[0], buffer.shape[1]))
    for k in range(buffer.shape[0]):
        assign(larger[k], buffer[k])
    return larger


@inner_njit(error_model="numpy")
def descend(
    loss: Any,
    start: Vector,
    rtol: float,
    t_max: float,
    max_steps: int,
    layout: Layout,
    allowed: Layout,
    projector: Matrix,
    record: bool,
    last: Vector,
    target: Vector,
    cluster: Layout,
    sign: Vector,
    verdict: Vector,
    passages: Matrix,
    summary: Vector,
) -> Matrix:
    """Flow from `start` (d,) until the limit is decided; returns the record (m, d + 2).

    `last` (d,) are the weights at the end, `target` (d,) the limit or its reduced weights. Rows
    of the record and of `passages` (PASSAGES, d + 3) are (t, θ, L) and (t, |∇L|, L, θ).
    """
    d = start.size
    theta, trial = start.copy(), np.empty(d)
    g, hessian, rest = np.empty(d), np.empty((d, d)), np.empty(d)
    stages, matrix, pivots = np.empty((EXPLICIT_STAGES, d)), np.empty((d, d)), np.empty(d, np.int64)
    next_g, next_hessian, on_line = np.empty(d), np.empty((d, d)), np.full(d, np.inf)
    trail = np.empty((64 if record else 0, d + 2))
    value = evaluate(loss, theta, g, hessian, rest)
    confine(g, hessian, projector)
    t, speed, accepted, rejected, tests, passed, recorded = 0.0, norm(g), 0, 0, 0, 0, 0
    older, old = np.inf, np.inf
    h = min(0.1, 1e-3 / (1e-8 + speed))
    refused, outcome, next_test, next_ends = False, 0, 0, 0
    explicit, excess, tested = True, np.inf, 0
    while True:
        if record and not refused:
            if recorded == trail.shape[0]:
                trail = _grown(trail)
            trail[recorded, 0], trail[recorded, d + 1] = t, value
            assign(trail[recorded, 1 : d + 1], theta)
            recorded += 1
        resting = speed < STATIONARY_SLOPE
        if not (math.isfinite(value) and math.isfinite(speed)):
            outcome = NOT_FINITE
        elif speed < DECIDE_BELOW and (accepted >= next_test or resting) and not refused:
            tests += 1
            next_test = accepted + max(DECIDE_EVERY, accepted // DECIDE_SHARE)
            ends = accepted >= next_ends or resting
            outcome = _decide(
                loss, theta, value, layout, allowed, ends, projector, target, cluster, sign, verdict
            )
            if ends and outcome == 0:
                next_ends = accepted + _steps_to_ends(accepted, tested, excess, verdict[EXCESS])
                tested, excess = accepted, verdict[EXCESS]
            if outcome == LINE and not (resting or _agree(target, on_line)):
                outcome = 0
                assign(on_line, target)
        if outcome == 0:
            if t >= t_max:
                outcome = UNDECIDED_TIME
            elif resting:
                outcome = STATIONARY
            elif accepted + rejected >= max_steps:
                outcome = UNDECIDED_STEPS
            elif h < SMALLEST_STEP * t:
                outcome = STALLED
        if outcome != 0:
            break
        # what is recorded is drawn and interpolated: short steps of a low order
        explicit = not record and _is_mild(explicit, h, hessian)
        error, factor = _attempt(
            loss, theta, g, hessian, h, explicit, rtol, projector, trial, stages, matrix, pivots,
            rest,
        )  # fmt: skip
        rises = False
        if error <= 1.0:
            next_value = evaluate(loss, trial, next_g, next_hessian, rest)
            rises = not next_value <= value + LOSS_ROUNDING * abs(value)
        if error <= 1.0 and not rises:
            t += h
            assign(theta, trial)
            assign(g, next_g)
            hessian, next_hessian = next_hessian, hessian
            value = next_value
            confine(g, hessian, projector)
            accepted += 1
            h *= min(factor, 1.0) if refused else factor
            refused = False
            older, old, speed = old, speed, norm(g)
            if passed < passages.shape[0] and old < older and old < speed and old < PASSAGE_BELOW:
                passages[passed, 0], passages[passed, 1], passages[passed, 2] = t, old, value
                assign(passages[passed, 3:], theta)
                passed += 1
        else:
            rejected += 1
            refused = True
            h *= 0.5 if rises else min(factor, 0.9)
    late = outcome in (UNDECIDED_TIME, STALLED)
    if late and projector.size == 0 and allowed.any():
        answer = runs_to_infinity(loss, theta, value, layout, allowed, True, verdict, target)
        outcome = int(verdict[KIND]) if answer == YES else UNRESOLVED if answer else outcome
    assign(last, theta)
    summary[TIME], summary[STEPS], summary[REJECTED], summary[OUTCOME] = (
        t,
        accepted,
        rejected,
        outcome,
    )
    summary[LOSS], summary[SLOPE], summary[TESTS] = value, speed, tests
    summary[PASSED], summary[RECORDED] = passed, recorded
    return trail[:recorded]


def _flows(
    evaluate_kernel: int,
    gradient_kernel: int,
    p: float,
    constants: Vector,
    data: Matrix,
    work: Matrix,
    starts: Matrix,
    rtol: float,
    t_max: float,
    max_steps: int,
    layout: Layout,
    allowed: Layout,
    projector: Matrix,
    record: bool,
    lasts: Matrix,
    targets: Matrix,
    clusters: Layout,
    signs: Matrix,
    verdicts: Matrix,
    passages: NDArray[np.float64],
    summaries: Matrix,
) -> Matrix:
    """`descend` from every row of `starts`; returns the record of the last one.

    The kernels enter as addresses, see `address_of`: a graph makes dozens of calls with one start.
    """
    loss = (kernel_at(evaluate_kernel), kernel_at(gradient_kernel), p, constants, data, work)
    trail = np.empty((0, 0))
    for k in range(starts.shape[0]):
        trail = descend(
            loss,
            starts[k],
            rtol,
            t_max,
            max_steps,
            layout,
            allowed,
            projector,
            record,
            lasts[k],
            targets[k],
            clusters[k],
            signs[k],
            verdicts[k],
            passages[k],
            summaries[k],
        )
    return trail


_VECTOR = types.Array(types.float64, 1, "C")
_MATRIX = types.Array(types.float64, 2, "C")
_CUBE = types.Array(types.float64, 3, "C")
_INTEGERS = types.Array(types.int64, 1, "C")
_INTEGER_ROWS = types.Array(types.int64, 2, "C")
_SIGNATURE = _MATRIX(
    types.int64,
    types.int64,
    types.float64,
    _VECTOR,
    _MATRIX,
    _MATRIX,
    _MATRIX,
    types.float64,
    types.float64,
    types.int64,
    _INTEGERS,
    _INTEGERS,
    _MATRIX,
    types.boolean,
    _MATRIX,
    _MATRIX,
    _INTEGER_ROWS,
    _MATRIX,
    _MATRIX,
    _CUBE,
    _MATRIX,
)


@cache
def compiled_flows() -> Callable[..., Matrix]:
    """`_flows`, compiled on first use and cached on disk, one compilation for every model."""
    return compiled_for_all_models(
        _flows,
        _SIGNATURE,
        (dense, weights, steps, decision, end_charts, profiles, escapes),
        "the gradient flow",
    )
