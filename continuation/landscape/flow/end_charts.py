"""Charts of the ends of the landscape at infinity, and the loss minimised in them. Compiled.

Every end has a chart θ = P(δ) q that is *linear* in the reduced weights q for a fixed δ, and in
which the limit is δ → 0:

- confluence: w_i = w + δ, w_j = w − δ, v_i = a/2 + b/(2δ), v_j = a/2 − b/(2δ), with the limit
  a φ(wx) + b x φ'(wx); with bias, c_i = c + δκ, c_j = c − δκ and the limit b (x + κ) φ';
- linear (φ odd): w_i = δ, v_i = a/δ, with the limit a φ'(0) x; with bias c_i = δκ;
- step (φ odd, no bias): w_i = 1/δ, with the limit v_i sign x;
- corner {x, x³} (φ odd, no bias): w_i, w_j → 0 both;
- corner {x, sign x}: a linear end of unit i and a step of unit j, in one.

So the reduced gradient and Hessian are Pᵀg and PᵀHP with the kernels of the model itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from continuation.dense import (
    Matrix,
    Vector,
    add,
    apply,
    cholesky,
    cholesky_solve,
    greater,
    product,
)
from continuation.landscape.flow.decision import HIDDEN, INPUTS, Layout
from continuation.landscape.flow.steps import evaluate
from continuation.landscape.network import input_place, output_place
from symbolic.inner_code import inner_njit

CONFLUENCE, LINEAR, STEP, CORNER, MIXED = range(3, 8)
"""Codes of the ends; 1 and 2 are points and lines."""

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
