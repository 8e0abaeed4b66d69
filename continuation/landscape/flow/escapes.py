"""Does a gradient flow run to infinity, and to which limit model? Compiled tests.

Which ends a trajectory may run to is seen from its weights; each is then tested in its own chart
(`end_charts`): single ends along their `profiles`; a corner has two small parameters and no curve
to follow: the minimum R over the other weights is compared with the loss on an arc, or on two
edges, that the trajectory would have to cross.

See docs/theory.md, Attraction.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from continuation.dense import Matrix, Vector, add, assign, largest
from continuation.landscape.flow.decision import HIDDEN, INPUTS, Layout, unit_distance
from continuation.landscape.flow.end_charts import (
    CONFLUENCE,
    CORNER,
    LINEAR,
    MIXED,
    NEXT_CHANGE,
    ROUNDING,
    STEP,
    chart_matrix,
    frozen_slots,
    settle,
)
from continuation.landscape.flow.profiles import NO, YES, factors_of, follow_profile
from continuation.landscape.flow.steps import inputs_of
from continuation.landscape.network import input_place, output_place
from symbolic.inner_code import inner_njit

KIND, UNIT, OTHER, WEIGHT, SIGN, LIMIT_LOSS, EXCESS = range(7)
"""Entries of a verdict: the end's code, the unit that leaves and the one it meets (the same where
it is alone), which of their weights, the sign between them, the loss of the limit; and the least
excess of `follow_profile`."""

LINEAR_LIMIT, STEP_LIMIT = 0.5, 3.0
"""Weights not below (above) these are not tested for a linear end (a step)."""
CORNER_ARC, CORNER_SHRINK = 1.25, 0.75
"""The arc lies at this multiple of the trajectory's radius; ratio of successive radii."""
CORNER_ANGLES = np.array([0.14, 0.43, 0.70])
"""Rays over half of the quarter circle, the other half being its mirror image."""
CORNER_RADIUS = 0.6
"""Both weights are below this; larger ones are not tested."""
CORNER_END = 0.15
"""Rays end where w max|x| falls below this: the sign of the leading term, which decides whether
the corner attracts, has then shown itself, and smaller radii would lose digits."""
MIXED_MARGIN = 1.5
"""The edges around a corner {x, sign x} lie at this multiple of w_i and fraction of w_j."""
MIXED_SHRINKING = np.array([1.0, 0.6, 0.3, 0.15])


@inner_njit(error_model="numpy")
def _on_ray(
    loss: Any, i: int, j: int, ray: int, radius: float, layout: Layout, q: Vector, p: Matrix
) -> tuple[bool, float]:
    """`settle` from q (d,) at a radius of a ray to the corner {x, x³}; p (d, d) is scratch."""
    angle = CORNER_ANGLES[ray]
    q[i], q[j] = radius * math.cos(angle), radius * math.sin(angle)
    chart_matrix(CORNER, i, j, 0, 1.0, q[i], q[j], layout, p)
    return settle(loss, p, q, frozen_slots(CORNER, i, j, 0, layout), layout, NEXT_CHANGE)


@inner_njit(error_model="numpy")
def confined_to_corner(
    loss: Any, i: int, j: int, theta: Vector, value: float, layout: Layout, limit: Vector
) -> tuple[int, float]:
    """Test the corner {x, x³} of units i and j.

    The minimum R(w_i, w_j) over the other weights falls along every ray to the corner, and
    L = `value` is below R on an arc around the trajectory. As R ≤ L falls for ever, the
    trajectory cannot cross the arc, and within it there is nothing but the corner.

    Returns
    -------
    tuple
        NO or YES, and the loss of the limit; `limit` (d,) holds the coefficients of x and x³
        over φ'(0) and φ'''(0)/6 in the slots of v_i and v_j.
    """
    d = theta.size
    radius = CORNER_ARC * math.hypot(theta[i], theta[j])
    last = CORNER_END / largest(inputs_of(loss))
    small = abs(theta[i]) <= CORNER_RADIUS and abs(theta[j]) <= CORNER_RADIUS
    if not (small and radius >= 2.0 * last):
        return NO, 0.0
    p, previous, before, e = np.empty((d, d)), np.empty(d), 0.0, 0.0
    arc, heights = np.empty((CORNER_ANGLES.size, d)), np.empty(CORNER_ANGLES.size)
    for k in range(CORNER_ANGLES.size):  # most trajectories are not below all of it
        assign(arc[k], theta)
        settled, heights[k] = _on_ray(loss, i, j, k, radius, layout, arc[k], p)
        if not (settled and heights[k] > value):
            return NO, 0.0
    for k in range(CORNER_ANGLES.size):
        e, r = heights[k], CORNER_SHRINK * radius
        while r > last:
            before = e
            assign(previous, arc[k])
            settled, e = _on_ray(loss, i, j, k, r, layout, arc[k], p)
            if not (settled and e <= before - ROUNDING * abs(e)):
                return NO, 0.0
            r *= CORNER_SHRINK
    # e and q are even in the radius
    weight = 1.0 / (CORNER_SHRINK**-2 - 1.0)
    q = arc[CORNER_ANGLES.size - 1]
    assign(limit, q)
    add(limit, weight, q)
    add(limit, -weight, previous)
    limit[i], limit[j] = 0.0, 0.0
    return YES, e + weight * (e - before)


@inner_njit(error_model="numpy")
def confined_to_mixed_corner(
    loss: Any, i: int, j: int, theta: Vector, value: float, layout: Layout, limit: Vector
) -> tuple[int, float]:
    """Test the corner {x, sign x}: w_i → 0 and |w_j| → ∞.

    As `confined_to_corner`, on a grid of (w_i, w_j): R falls towards the corner along both axes,
    and L = `value` is below R on the two edges that the trajectory would have to cross.
    """
    d = theta.size
    slots = frozen_slots(CORNER, i, j, 0, layout)
    p, q, previous = np.empty((d, d)), np.empty(d), np.empty(d)
    edge = MIXED_MARGIN * theta[i]
    factors = factors_of(loss, STEP, theta[j] / MIXED_MARGIN)
    row = np.full(factors.size + 1, np.inf)
    e, before = 0.0, 0.0
    for r in range(MIXED_SHRINKING.size):
        assign(previous, q)
        before = e
        assign(q, theta)
        q[i] = MIXED_SHRINKING[r] * edge
        chart_matrix(LINEAR, i, i, 0, 1.0, q[i], 0.0, layout, p)
        above = np.inf
        for k in range(factors.size + 1):
            q[j] = theta[j] / MIXED_MARGIN * (factors[k - 1] if k > 0 else 1.0)
            settled, e = settle(loss, p, q, slots, layout, NEXT_CHANGE)
            room = ROUNDING * abs(e)
            falls = e <= above + room and e <= row[k] + room
            if not (settled and falls) or ((r == 0 or k == 0) and not e > value):
                return NO, 0.0
            above, row[k] = e, e
    ratio = MIXED_SHRINKING[-2] / MIXED_SHRINKING[-1]
    weight = 1.0 / (ratio * ratio - 1.0)
    assign(limit, q)
    add(limit, weight, q)
    add(limit, -weight, previous)
    limit[i], limit[j] = 0.0, 0.0
    return YES, e + weight * (e - before)


@inner_njit(error_model="numpy")
def runs_to_infinity(
    loss: Any,
    theta: Vector,
    value: float,
    layout: Layout,
    allowed: Layout,
    late: bool,
    verdict: Vector,
    limit: Vector,
) -> int:
    """Try every end that the model has (`allowed`: flags of the kinds), see `follow_profile`.

    Fills `verdict` with (kind, i, j, m, sign, e(0), excess), the sign being that of w_i where
    j = i, and `limit` (d,) with q; returns the answer.
    """
    hidden, inputs = layout[HIDDEN], layout[INPUTS]
    answer, verdict[EXCESS] = NO, np.inf
    for i in range(hidden):
        side = math.copysign(1.0, theta[i])
        for kind in (LINEAR, STEP):
            near = abs(theta[i]) < LINEAR_LIMIT if kind == LINEAR else abs(theta[i]) > STEP_LIMIT
            if allowed[kind - CONFLUENCE] and near and answer != YES:
                found, end, excess = follow_profile(
                    loss, kind, i, i, 0, 1.0, theta, value, layout, late, limit
                )
                verdict[EXCESS] = min(verdict[EXCESS], excess)
                answer = _keep(answer, found, kind, i, i, 0, side, end, verdict)
        for j in range(i + 1, hidden):
            low, high = (i, j) if abs(theta[i]) < abs(theta[j]) else (j, i)
            mixed = abs(theta[low]) < LINEAR_LIMIT and abs(theta[high]) > STEP_LIMIT
            if allowed[MIXED - CONFLUENCE] and mixed and answer != YES:
                found, end = confined_to_mixed_corner(loss, low, high, theta, value, layout, limit)
                side = math.copysign(1.0, theta[high])
                answer = _keep(answer, found, MIXED, low, high, 0, side, end, verdict)
            _, sign = unit_distance(theta, layout, i, j)
            v_i = theta[output_place(hidden, inputs, i)]
            opposed = v_i * theta[output_place(hidden, inputs, j)] * sign < 0.0
            if not opposed or answer == YES:
                continue
            if allowed[0]:
                m = _widest(theta, layout, i, j, sign)
                found, end, excess = follow_profile(
                    loss, CONFLUENCE, i, j, m, sign, theta, value, layout, late, limit
                )
                verdict[EXCESS] = min(verdict[EXCESS], excess)
                answer = _keep(answer, found, CONFLUENCE, i, j, m, sign, end, verdict)
            if allowed[CORNER - CONFLUENCE] and answer != YES:
                found, end = confined_to_corner(loss, i, j, theta, value, layout, limit)
                answer = _keep(answer, found, CORNER, i, j, 0, sign, end, verdict)
    return answer


@inner_njit(error_model="numpy")
def _widest(theta: Vector, layout: Layout, i: int, j: int, sign: float) -> int:
    """Input-side component in which two units differ most."""
    hidden, best, widest = layout[HIDDEN], 0, -1.0
    for m in range(layout[INPUTS]):
        gap = abs(theta[input_place(hidden, m, i)] - sign * theta[input_place(hidden, m, j)])
        if gap > widest:
            best, widest = m, gap
    return best


@inner_njit(error_model="numpy")
def _keep(
    answer: int,
    found: int,
    kind: int,
    i: int,
    j: int,
    m: int,
    sign: float,
    end: float,
    verdict: Vector,
) -> int:
    """Record the better of the answer so far and the new one."""
    if found <= answer:
        return answer
    verdict[KIND], verdict[UNIT], verdict[OTHER], verdict[WEIGHT] = kind, i, j, m
    verdict[SIGN], verdict[LIMIT_LOSS] = sign, end
    return found
