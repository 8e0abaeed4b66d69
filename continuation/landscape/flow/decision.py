"""What does a gradient flow converge to? Compiled tests for points and lines.

Neither a small gradient nor large weights decide anything: slow passages near saddles have
gradients of 5e-7, and escapes to infinity are at |v| ≈ 1 for a long time. A limit is accepted
when Newton's method contracts to it from the trajectory and the limit attracts:

- point: H > 0 at every iterate, contraction ≤ ¼, limit not degenerate;
- line (equal units, whose output weights can be traded against each other): the same in the
  complement of the line's directions, with the remaining drift along them extrapolated;
- infinity: see `escapes`.

See docs/theory.md, Gradient flow.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from continuation.dense import (
    Matrix,
    Vector,
    add,
    assign,
    cholesky,
    cholesky_solve,
    confine,
    exclude,
    greater,
    norm,
    smallest_eigenvalue,
)
from continuation.landscape.flow.steps import evaluate, slope
from continuation.landscape.network import input_place, output_place
from symbolic.inner_code import inner_njit

Layout = NDArray[np.int64]
HIDDEN, INPUTS, FREE_OUTPUT, OFFSET, ODD, FLAT = range(6)
"""Entries of a layout: number of units (0: no perceptron), input-side weights per unit (2 with
bias), and whether output weights are free, there is an output offset, the activation is odd, and
units can be traded without a change of the loss (no weight decay)."""

FIRST_STEP = 0.5
"""Newton from further away than this proves nothing about the trajectory."""
CONTRACTION = 0.25
NEWTON_STEPS = 12
NEWTON_TOLERANCE = 1e-9
DEGENERATE = 1e-10
"""A limit with a smaller Hessian eigenvalue is no isolated point."""
GRADIENT_ROUNDING = 1e-15
"""Rounding of the gradient: over the smallest eigenvalue it is the Newton step that remains ..."""
LARGEST_ROUNDING_STEP = 1e-5
"""... and may not be larger than this."""
NEAR_UNITS = 0.5
"""Units further apart than this are not tested for a common limit."""
EQUAL_UNITS = 1e-7
DISTINCT_UNITS = 1e-5
DRIFT = 1e-3
"""Largest extrapolated drift along a line, as a fraction of the total output weight ..."""
DRIFT_TO_END = 0.05
"""... and of the distance to the nearest end of the segment, where stability changes."""


@inner_njit(error_model="numpy")
def unit_distance(theta: Vector, layout: Layout, i: int, j: int) -> tuple[float, float]:
    """Distance of the input-side weights of two units up to sign, and that sign."""
    same, opposite = 0.0, 0.0
    for m in range(layout[INPUTS]):
        a = theta[input_place(layout[HIDDEN], m, i)]
        b = theta[input_place(layout[HIDDEN], m, j)]
        same = greater(same, abs(a - b))
        opposite = greater(opposite, abs(a + b))
    if layout[ODD] and opposite < same:
        return opposite, -1.0
    return same, 1.0


@inner_njit(error_model="numpy")
def nearest_pair(theta: Vector, layout: Layout, cluster: Layout) -> tuple[int, int, float, float]:
    """Nearest two units of different clusters: (i, j, distance, sign); i = −1 if none.

    The distance is NaN if one of them is.
    """
    best_i, best_j, best, best_sign = -1, -1, np.inf, 1.0
    for i in range(layout[HIDDEN]):
        for j in range(i + 1, layout[HIDDEN]):
            if cluster[i] != cluster[j]:
                distance, sign = unit_distance(theta, layout, i, j)
                if distance < best or distance != distance:
                    best_i, best_j, best, best_sign = i, j, distance, sign
    return best_i, best_j, best, best_sign


@inner_njit(error_model="numpy")
def contract(
    loss: Any, theta: Vector, directions: Matrix, projector: Matrix
) -> tuple[bool, float, float]:
    """Newton in the complement of `directions` (r, d), `theta` updated in place.

    Compiled within the flow and projected, with the contraction as its result: not the engine's.

    Returns
    -------
    tuple
        Whether it contracted with a positive Hessian throughout, and the smallest Hessian
        eigenvalue there at the start and at the end.
    """
    d = theta.size
    g, hessian, rest = np.empty(d), np.empty((d, d)), np.empty(d)
    previous, start = np.inf, 0.0
    for iteration in range(NEWTON_STEPS):
        value = evaluate(loss, theta, g, hessian, rest)
        confine(g, hessian, projector)
        exclude(g, hessian, directions)
        if not (math.isfinite(value) and cholesky(hessian)):
            return False, 0.0, 0.0
        cholesky_solve(hessian, g)
        size = norm(g)
        if iteration == 0 and not size <= FIRST_STEP:
            return False, 0.0, 0.0
        converged, curvature = size < NEWTON_TOLERANCE, 0.0
        if iteration == 0 or size < LARGEST_ROUNDING_STEP:  # elsewhere it is not asked for
            curvature = smallest_eigenvalue(hessian)
            converged |= size < min(LARGEST_ROUNDING_STEP, GRADIENT_ROUNDING / curvature)
        if iteration == 0:
            start = curvature
        if not (converged or size <= CONTRACTION * previous):
            return False, 0.0, 0.0
        add(theta, -1.0, g)
        previous = size
        if converged:
            # there, and not a step before: fits of few samples are degenerate at the limit only
            evaluate(loss, theta, g, hessian, rest)
            confine(g, hessian, projector)
            exclude(g, hessian, directions)
            return cholesky(hessian), start, smallest_eigenvalue(hessian)
    return False, 0.0, 0.0


@inner_njit(error_model="numpy")
def tends_to_point(
    loss: Any, theta: Vector, layout: Layout, projector: Matrix, target: Vector
) -> bool:
    """Whether the flow from `theta` tends to an isolated minimum, put into `target` (d,).

    In an invariant subspace (`projector`) units may stay equal for ever; elsewhere equal units
    belong to a line.
    """
    assign(target, theta)
    converged, _, curvature = contract(loss, target, np.empty((0, theta.size)), projector)
    if not (converged and curvature > DEGENERATE):
        return False
    if projector.size or not (layout[FLAT] and layout[FREE_OUTPUT]):
        return True
    _, _, distance, _ = nearest_pair(target, layout, np.arange(layout[HIDDEN]))
    return distance >= DISTINCT_UNITS


@inner_njit(error_model="numpy")
def tends_to_line(
    loss: Any,
    theta: Vector,
    layout: Layout,
    projector: Matrix,
    target: Vector,
    cluster: Layout,
    sign: Vector,
) -> bool:
    """Whether the flow from `theta` tends to a line (or plane) of equal units.

    Units are joined nearest first; every joining gives one candidate. On success `target` (d,)
    is the limit, `cluster` (H,) names the group of each unit, and unit k equals `sign[k]` times
    the common unit of its group.
    """
    hidden = layout[HIDDEN]
    if not (layout[FLAT] and layout[FREE_OUTPUT]):
        return False
    for k in range(hidden):
        cluster[k], sign[k] = k, 1.0
    for _ in range(hidden - 1):
        i, j, distance, s = nearest_pair(theta, layout, cluster)
        if i < 0 or not distance <= NEAR_UNITS:
            return False
        joined, flip = cluster[j], sign[i] * s * sign[j]
        for k in range(hidden):
            if cluster[k] == joined:
                cluster[k] = cluster[i]
                sign[k] *= flip
        if _settles_on_line(loss, theta, layout, projector, target, cluster, sign):
            return True
    return False


@inner_njit(error_model="numpy")
def line_directions(layout: Layout, cluster: Layout, sign: Vector, dimension: int) -> Matrix:
    """Orthonormal directions (r, d) that change no output: weights traded within groups."""
    hidden = layout[HIDDEN]
    outputs = output_place(hidden, layout[INPUTS], 0)
    rows = np.zeros((hidden, dimension))
    count = 0
    for k in range(hidden):
        before = 0
        for i in range(k):
            if cluster[i] == cluster[k]:
                rows[count, outputs + i] = sign[i]
                before += 1
        if before:
            rows[count, outputs + k] = -before * sign[k]
            for i in range(hidden):
                rows[count, outputs + i] /= math.sqrt(before * (before + 1.0))
            count += 1
    return rows[:count]


@inner_njit(error_model="numpy")
def _settles_on_line(
    loss: Any,
    theta: Vector,
    layout: Layout,
    projector: Matrix,
    target: Vector,
    cluster: Layout,
    sign: Vector,
) -> bool:
    d = theta.size
    directions = line_directions(layout, cluster, sign, d)
    assign(target, theta)
    converged, start, curvature = contract(loss, target, directions, projector)
    if not (converged and curvature > DEGENERATE):
        return False
    if not _groups_are_equal(target, layout, cluster, sign):
        return False
    drift = _remaining_drift(loss, theta, directions, start)
    outputs = output_place(layout[HIDDEN], layout[INPUTS], 0)
    for k in range(layout[HIDDEN]):
        total = 0.0
        for i in range(layout[HIDDEN]):
            if cluster[i] == cluster[k]:
                total += sign[i] * target[outputs + i]
        own = target[outputs + k]
        moved = abs(drift[outputs + k])
        if not (moved <= DRIFT * abs(total) and moved <= DRIFT_TO_END * abs(own)):
            return False
    add(target, 1.0, drift)
    return True


@inner_njit(error_model="numpy")
def _remaining_drift(loss: Any, theta: Vector, directions: Matrix, rate: float) -> Vector:
    """Integral of the motion along the line.

    It is quadratic in a transverse offset that decays at `rate`, hence the factor 2.
    """
    d = theta.size
    g = np.empty(d)
    slope(loss, theta, g, np.empty((d, d)), np.empty(d))
    drift = np.zeros(d)
    for r in range(directions.shape[0]):
        motion = 0.0
        for i in range(d):
            motion += directions[r, i] * g[i]
        add(drift, -motion / (2.0 * rate), directions[r])
    return drift


@inner_njit(error_model="numpy")
def _groups_are_equal(theta: Vector, layout: Layout, cluster: Layout, sign: Vector) -> bool:
    hidden = layout[HIDDEN]
    for k in range(hidden):
        for m in range(layout[INPUTS]):
            common = sign[cluster[k]] * theta[input_place(hidden, m, cluster[k])]
            gap = sign[k] * theta[input_place(hidden, m, k)] - common
            if not abs(gap) <= EQUAL_UNITS * (1.0 + abs(common)):
                return False
    return True
