"""The profile of a single end at infinity, followed from a trajectory to its limit. Compiled.

The trajectory escapes when the minimum e(δ) over q falls monotonically to e(0), its reduced Hessian
stays positive, and the trajectory is slaved to it: L − e(δ) ≤ η (e(δ) − e(0)).

See docs/theory.md, Attraction.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from continuation.dense import Vector, add, apply, assign, lu_factor, lu_solve
from continuation.landscape.flow.decision import HIDDEN, INPUTS, Layout
from continuation.landscape.flow.end_charts import (
    CONFLUENCE,
    FIRST_CHANGE,
    NEXT_CHANGE,
    ROUNDING,
    STEP,
    chart_matrix,
    frozen_slots,
    settle,
)
from continuation.landscape.flow.steps import inputs_of, slope
from continuation.landscape.network import input_place, output_place
from symbolic.inner_code import inner_njit

NO, FLAT_PROFILE, YES = range(3)
"""Answers: a flat profile falls, but too little (or too far ahead of the flow) to decide."""

SLAVED = 0.3
"""η of the decision rule: 1 and 0.1 decided alike in the survey; in between for a margin."""

SHRINKING = np.array([5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 1 / 12, 1 / 24, 1 / 48])
"""δ of the profile, as fractions of the trajectory's."""
GROWTH, SATURATED = 1.4, 18.0
"""Ratio of successive weights 1/δ of the profile of a step, which ends where φ(wx) has become
sign x at every input: tanh(18) is 1 to rounding."""
STEEPNESS = 0.5
"""Least −de/dlog δ over e(δ) − e(0): 2 near an end where e is quadratic in δ; a hump of the
profile, a saddle of the loss, has 0, and the trajectory may yet turn back there."""
SLOPE_STEP = 1e-4
SMALLEST_DELTA = 1e-4
"""Below this the cancellation between the units leaves less than half of the digits."""
LEAST_DELTA = 1e-2
"""Where nothing is decided from a δ below this, it is tried from here: with the weights of units
that see inputs of size one, the fall of the loss from here is a ten thousandth of its slope in δ².
"""
VANISHING = 1e-8
"""An end whose diverging part has a smaller coefficient is none."""


@inner_njit(error_model="numpy")
def _steepness(
    loss: Any,
    kind: int,
    i: int,
    j: int,
    m: int,
    sign: float,
    delta: float,
    q: Vector,
    layout: Layout,
) -> float:
    """Fall of the profile towards its end, per relative change of δ, at a reduced minimum q.

    There only the explicit δ of θ = P(δ) q counts (envelope theorem).
    """
    d = q.size
    p, shifted, theta = np.empty((d, d)), q.copy(), np.empty(d)
    g, motion = np.empty(d), np.zeros(d)
    for side in (-1.0, 1.0):
        near = (1.0 + side * SLOPE_STEP) * delta
        chart_matrix(kind, i, j, m, sign, near, 0.0, layout, p)
        shifted[frozen_slots(kind, i, j, m, layout)[0]] = near
        apply(p, shifted, theta)
        add(motion, 0.5 * side / SLOPE_STEP, theta)
    chart_matrix(kind, i, j, m, sign, delta, 0.0, layout, p)
    apply(p, q, theta)
    slope(loss, theta, g, p, np.empty(d))
    rate = 0.0
    for k in range(d):
        rate += g[k] * motion[k]
    return -rate if kind == STEP else rate


@inner_njit(error_model="numpy")
def factors_of(loss: Any, kind: int, delta: float) -> Vector:
    """Values of δ (of the weight, for a step) along the profile, over the trajectory's."""
    if kind != STEP:
        count = 0
        while count < SHRINKING.size and abs(SHRINKING[count] * delta) >= SMALLEST_DELTA:
            count += 1
        return SHRINKING[:count]
    nearest = np.inf
    for x in inputs_of(loss):
        if x != 0.0:
            nearest = min(nearest, abs(x))
    count = max(1, math.ceil(math.log(SATURATED / (nearest * abs(delta))) / math.log(GROWTH)))
    return GROWTH ** np.arange(1.0, count + 1.0)


@inner_njit(error_model="numpy")
def _ratio(above: float, room: float) -> float:
    """One over the other, inf where there is no room."""
    return above / room if room > 0.0 else np.inf


@inner_njit(error_model="numpy")
def follow_profile(
    loss: Any,
    kind: int,
    i: int,
    j: int,
    m: int,
    sign: float,
    theta: Vector,
    value: float,
    layout: Layout,
    late: bool,
    limit: Vector,
) -> tuple[int, float, float]:
    """Test a confluence, a linear end or a step of a trajectory that is at `theta`, L = `value`.

    The profile is followed only where it may say YES, or `late`, when FLAT_PROFILE is of use, too.
    Next to an end whose diverging part hardly matters δ is so small that its fall is rounding, and
    the flow all but stands. There the profile is followed from a larger δ, if L is low enough for
    the trajectory to be below it there: it cannot leave that side of it.

    Returns
    -------
    tuple
        NO, FLAT_PROFILE or YES; the loss e(0) of the limit, `limit` (d,) is q there; and how many
        times too large L - e(δ) is, the excess: inf where that is not known.
    """
    a, b = input_place(layout[HIDDEN], m, i), input_place(layout[HIDDEN], m, j)
    own = 0.5 * (theta[a] - sign * theta[b]) if kind == CONFLUENCE else theta[a]
    answer, end, excess = NO, 0.0, np.inf
    delta = own
    for _ in range(2):
        found, e, far = _profile_from(
            loss, kind, i, j, m, sign, theta, value, own, delta, layout, late, limit
        )
        if found > answer:
            answer, end = found, e
        excess = min(excess, far)
        if answer == YES or kind == STEP or not abs(delta) < LEAST_DELTA:
            break
        delta = math.copysign(LEAST_DELTA, own)
    return answer, end, excess


@inner_njit(error_model="numpy")
def _profile_from(
    loss: Any,
    kind: int,
    i: int,
    j: int,
    m: int,
    sign: float,
    theta: Vector,
    value: float,
    own: float,
    delta: float,
    layout: Layout,
    late: bool,
    limit: Vector,
) -> tuple[int, float, float]:
    """`follow_profile` from a δ that may be larger than the trajectory's own."""
    d = theta.size
    slots = frozen_slots(kind, i, j, m, layout)
    p, q = np.empty((d, d)), theta.copy()
    chart_matrix(kind, i, j, m, sign, own, 0.0, layout, p)
    factors = p.copy()
    pivots = np.empty(d, np.int64)
    lu_factor(factors, pivots)
    lu_solve(factors, pivots, q)
    # P reproduces δ exactly; the solve may not
    q[slots[0]] = delta
    chart_matrix(kind, i, j, m, sign, delta, 0.0, layout, p)
    settled, start = settle(loss, p, q, slots, layout, FIRST_CHANGE)
    if not settled:
        return NO, 0.0, np.inf
    steepness = _steepness(loss, kind, i, j, m, sign, delta, q, layout)
    if not late and value - start > SLAVED / STEEPNESS * steepness:
        # a fall of which L - e(δ) is no more than the share η would be steeper than this
        return NO, 0.0, _ratio(value - start, SLAVED / STEEPNESS * steepness)
    e, before, ratio, last = start, start, 1.0, 1.0
    previous = q.copy()
    for factor in factors_of(loss, kind, delta):
        assign(previous, q)
        chart_matrix(kind, i, j, m, sign, factor * delta, 0.0, layout, p)
        q[slots[0]] = factor * delta
        before, ratio, last = e, last, factor
        settled, e = settle(loss, p, q, slots, layout, NEXT_CHANGE)
        if not (settled and e <= before + ROUNDING * abs(before)):
            return NO, 0.0, np.inf
    assign(limit, q)
    end = e
    if kind != STEP and ratio != last:
        # e and q are even in δ
        weight = last * last / (ratio * ratio - last * last)
        end = e + weight * (e - before)
        add(limit, weight, q)
        add(limit, -weight, previous)
    limit[slots[0]] = 0.0
    leaves = j if kind == CONFLUENCE else i
    if not abs(limit[output_place(layout[HIDDEN], layout[INPUTS], leaves)]) >= VANISHING:
        return NO, 0.0, np.inf
    fall = start - end
    slaved = value - start <= SLAVED * fall and steepness >= STEEPNESS * fall
    if not (slaved and fall > 10.0 * ROUNDING * abs(start)):
        return FLAT_PROFILE, end, _ratio(value - start, SLAVED * fall)
    return YES, end, 0.0
