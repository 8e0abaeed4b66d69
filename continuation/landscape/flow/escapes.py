"""Does a gradient flow run to infinity, and to which limit model? Compiled tests.

Every end of the landscape has a chart θ = P(δ) q that is *linear* in the reduced weights q for a
fixed δ, and in which the limit is δ → 0:

- confluence: w_i = w + δ, w_j = w − δ, v_i = a/2 + b/(2δ), v_j = a/2 − b/(2δ), with the limit
  a φ(wx) + b x φ'(wx); with bias, c_i = c + δκ, c_j = c − δκ and the limit b (x + κ) φ';
- linear (φ odd): w_i = δ, v_i = a/δ, with the limit a φ'(0) x; with bias c_i = δκ;
- step (φ odd, no bias): w_i = 1/δ, with the limit v_i sign x;
- corner {x, x³} (φ odd, no bias): w_i, w_j → 0 both;
- corner {x, sign x}: a linear end of unit i and a step of unit j, in one.

So the reduced gradient and Hessian are Pᵀg and PᵀHP with the kernels of the model itself. The
trajectory escapes when the minimum e(δ) over q falls monotonically to e(0), its reduced Hessian
stays positive, and the trajectory is slaved to it: L − e(δ) ≤ η (e(δ) − e(0)).

See docs/theory.md, Attraction.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from continuation.dense import (
    Matrix,
    Vector,
    add,
    apply,
    assign,
    cholesky,
    cholesky_solve,
    greater,
    largest,
    lu_factor,
    lu_solve,
    product,
)
from continuation.landscape.flow.decision import (
    HIDDEN,
    INPUTS,
    Layout,
    unit_distance,
)
from continuation.landscape.flow.rodas import evaluate, inputs_of, slope
from continuation.landscape.network import input_place, output_place
from symbolic.inner_code import inner_njit

CONFLUENCE, LINEAR, STEP, CORNER, MIXED = range(3, 8)
"""Codes of the ends; 1 and 2 are points and lines."""

KIND, UNIT, OTHER, WEIGHT, SIGN, LIMIT_LOSS = range(6)
"""Entries of a verdict: the end's code, the unit that leaves and the one it meets (the same where
it is alone), which of their weights, the sign between them, the loss of the limit."""

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
LINEAR_LIMIT, STEP_LIMIT = 0.5, 3.0
"""Weights not below (above) these are not tested for a linear end (a step)."""

SETTLE_STEPS = 20
SETTLE_TOLERANCE = 1e-8
FIRST_CHANGE, NEXT_CHANGE = 0.25, 0.5
"""Largest relative change of an input-side weight in the first Newton step, from the trajectory
and from the previous δ."""
CONTRACTION = 0.25
CONTRACTION_FLOOR = 1e-6
"""Below this change rounding may stop the contraction."""
ROUNDING = 1e-14
"""Relative rounding of the loss, with a margin."""
VANISHING = 1e-8
"""An end whose diverging part has a smaller coefficient is none."""


@inner_njit(error_model="numpy")
def chart_matrix(
    kind: int,
    i: int,
    j: int,
    m: int,
    sign: float,
    delta: float,
    other: float,
    layout: Layout,
    p: Matrix,
) -> None:
    """Fill P(δ) (d, d). The frozen δ sits in the slot of a weight and is reproduced by P.

    `m` is the input-side component that carries the difference of units i and j (0 the weight,
    1 the bias) and `sign` the sign of unit j relative to unit i. At a corner `delta` and `other`
    are the two weights themselves.
    """
    hidden, inputs = layout[HIDDEN], layout[INPUTS]
    v_i, v_j = output_place(hidden, inputs, i), output_place(hidden, inputs, j)
    for a in range(p.shape[0]):
        for b in range(p.shape[0]):
            p[a, b] = 1.0 if a == b else 0.0
    if kind == CONFLUENCE:
        for n in range(inputs):
            a, b = input_place(hidden, n, i), input_place(hidden, n, j)
            reach = 1.0 if n == m else delta
            p[a, b] = reach
            p[b, a] = sign
            p[b, b] = -sign * reach
        p[v_i, v_i] = 0.5
        p[v_i, v_j] = 0.5 / delta
        p[v_j, v_i] = 0.5 * sign
        p[v_j, v_j] = -0.5 * sign / delta
    elif kind == LINEAR:
        p[v_i, v_i] = 1.0 / delta
        if inputs == 2:
            p[input_place(hidden, 1, i), input_place(hidden, 1, i)] = delta
    elif kind == CORNER:
        gap = other * other - delta * delta
        p[v_i, v_i] = other * other / (delta * gap)
        p[v_j, v_i] = -delta * delta / (other * gap)
        p[v_i, v_j] = -1.0 / (delta * gap)
        p[v_j, v_j] = 1.0 / (other * gap)


@inner_njit(error_model="numpy")
def frozen_slots(kind: int, i: int, j: int, m: int, layout: Layout) -> tuple[int, int]:
    """Slots of q that hold δ (and the second weight of a corner); −1 where there is none."""
    if kind == CONFLUENCE:
        return input_place(layout[HIDDEN], m, j), -1
    if kind == CORNER:
        return i, j
    return i, -1


@inner_njit(error_model="numpy")
def _pull_back(
    loss: Any,
    p: Matrix,
    q: Vector,
    g: Vector,
    hessian: Matrix,
    first: int,
    slots: tuple[int, int],
    rows: Matrix,
    half: Matrix,
) -> float:
    """Loss at θ = P q; fills Pᵀg and PᵀHP, with slots before `first` and frozen slots masked.

    `rows` (3, d) and `half` (d, d) are scratch.
    """
    theta, raw = rows[0], rows[1]
    apply(p, q, theta)
    value = evaluate(loss, theta, raw, hessian, rows[2])
    apply(p.T, raw, g)
    product(p.T, hessian, half)
    product(half, p, hessian)
    for k in range(q.size):
        if k < first or k == slots[0] or k == slots[1]:
            g[k] = 0.0
            for n in range(q.size):
                hessian[k, n], hessian[n, k] = 0.0, 0.0
            hessian[k, k] = 1.0
    return value


@inner_njit(error_model="numpy")
def settle(
    loss: Any, p: Matrix, q: Vector, slots: tuple[int, int], layout: Layout, first_change: float
) -> tuple[bool, float]:
    """Minimise the loss over the free reduced weights, `q` (d,) updated in place.

    Output weights enter linearly: each iteration solves for them exactly (variable projection,
    Golub and Pereyra 1973) and then takes a Newton step in all, whose input-side part is the
    Newton step of the projected functional. Compiled within the flow: not the engine's Newton.

    Returns
    -------
    tuple
        Whether Newton contracted with a positive Hessian, and the minimum e.
    """
    d, linear = q.size, output_place(layout[HIDDEN], layout[INPUTS], 0)
    g, hessian, rows, half = np.empty(d), np.empty((d, d)), np.empty((3, d)), np.empty((d, d))
    previous = np.inf
    for iteration in range(SETTLE_STEPS):
        _pull_back(loss, p, q, g, hessian, linear, slots, rows, half)
        if not cholesky(hessian):
            return False, 0.0
        cholesky_solve(hessian, g)
        add(q, -1.0, g)
        value = _pull_back(loss, p, q, g, hessian, 0, slots, rows, half)
        if not cholesky(hessian):
            return False, 0.0
        cholesky_solve(hessian, g)
        change = 0.0
        for k in range(linear):
            scale = abs(q[k]) if k < layout[HIDDEN] else max(1.0, abs(q[k]))
            if g[k] != 0.0:
                change = greater(change, abs(g[k]) / scale)
        if iteration == 0 and not change <= first_change:
            return False, 0.0
        if not (change <= CONTRACTION * previous or change <= CONTRACTION_FLOOR):
            return False, 0.0
        add(q, -1.0, g)
        previous = change
        if change < SETTLE_TOLERANCE:
            return True, value
    return False, 0.0


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
def _factors(loss: Any, kind: int, delta: float) -> Vector:
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
) -> tuple[int, float]:
    """Test a confluence, a linear end or a step of a trajectory that is at `theta`, L = `value`.

    The profile is followed only where it may say YES, or `late`, when FLAT_PROFILE is of use, too.

    Returns
    -------
    tuple
        NO, FLAT_PROFILE or YES, and the loss e(0) of the limit; `limit` (d,) is q there.
    """
    d = theta.size
    slots = frozen_slots(kind, i, j, m, layout)
    a, b = input_place(layout[HIDDEN], m, i), input_place(layout[HIDDEN], m, j)
    delta = 0.5 * (theta[a] - sign * theta[b]) if kind == CONFLUENCE else theta[a]
    p, q = np.empty((d, d)), theta.copy()
    chart_matrix(kind, i, j, m, sign, delta, 0.0, layout, p)
    factors = p.copy()
    pivots = np.empty(d, np.int64)
    lu_factor(factors, pivots)
    lu_solve(factors, pivots, q)
    # P reproduces δ exactly; the solve may not
    q[slots[0]] = delta
    settled, start = settle(loss, p, q, slots, layout, FIRST_CHANGE)
    if not settled:
        return NO, 0.0
    steepness = _steepness(loss, kind, i, j, m, sign, delta, q, layout)
    if not late and value - start > SLAVED / STEEPNESS * steepness:
        # a fall of which L - e(δ) is no more than the share η would be steeper than this
        return NO, 0.0
    e, before, ratio, last = start, start, 1.0, 1.0
    previous = q.copy()
    for factor in _factors(loss, kind, delta):
        assign(previous, q)
        chart_matrix(kind, i, j, m, sign, factor * delta, 0.0, layout, p)
        q[slots[0]] = factor * delta
        before, ratio, last = e, last, factor
        settled, e = settle(loss, p, q, slots, layout, NEXT_CHANGE)
        if not (settled and e <= before + ROUNDING * abs(before)):
            return NO, 0.0
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
        return NO, 0.0
    fall = start - end
    slaved = value - start <= SLAVED * fall and steepness >= STEEPNESS * fall
    if not (slaved and fall > 10.0 * ROUNDING * abs(start)):
        return FLAT_PROFILE, end
    return YES, end


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
    factors = _factors(loss, STEP, theta[j] / MIXED_MARGIN)
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

    Fills `verdict` with (kind, i, j, m, sign, e(0)), the sign being that of w_i where j = i, and
    `limit` (d,) with q; returns the answer.
    """
    hidden, inputs = layout[HIDDEN], layout[INPUTS]
    answer = NO
    for i in range(hidden):
        side = math.copysign(1.0, theta[i])
        for kind in (LINEAR, STEP):
            near = abs(theta[i]) < LINEAR_LIMIT if kind == LINEAR else abs(theta[i]) > STEP_LIMIT
            if allowed[kind - CONFLUENCE] and near and answer != YES:
                found, end = follow_profile(
                    loss, kind, i, i, 0, 1.0, theta, value, layout, late, limit
                )
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
                found, end = follow_profile(
                    loss, CONFLUENCE, i, j, m, sign, theta, value, layout, late, limit
                )
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
