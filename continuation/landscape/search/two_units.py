"""Exhaustive search for the isolated critical points of two units with odd activation.

The grid of `reduced_field` brackets the common zeros of A and B; every bracket is refined by
Newton's method in the coordinates (w, D, a, b) of the confluence chart, in which points close to
the diagonal are as regular as any other. No random starts: the result has no seed.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.infinity import CONFLUENCE
from continuation.landscape.network import (
    Grid,
    Responses,
    join_plain,
    output_place,
    project,
    split_plain,
)
from continuation.landscape.search.reduced_field import reduced_field

CELL_MARGIN = 0.5
"""A cell is a candidate if A and B change sign after widening their ranges by this share, and
if the zero of their affine fit lies in the cell widened likewise by one cell; the excess catches
pairs of roots just after a fold, which leave no sign change on the grid."""

REACH = 6.0
"""Newton's method may leave its cell by so many cells; what goes further was no root there."""

NEWTON_STEPS = 40
STEP_TOLERANCE = 1e-13
CLOSEST = 1e-4
"""Smallest δ/w told apart from the confluence limit D = 0, to which Newton may also converge."""

SAME_POINT = 1e-6
"""Two results agree if their ln w differ by less; distinct points of one grid cell differ by
about the cell's width, 0.04, times the square root of the distance to their fold."""

BATCH_SAMPLES = 2_000_000
"""Numbers held at once by one array of a Newton batch: 16 MB."""


def isolated_points(responses: Responses, grid: Grid) -> Array:
    """All critical points with 0 < w₁ < w₂ and v₁, v₂ ≠ 0 inside the grid.

    Returns
    -------
    ndarray, shape (k, 4)
        θ = (w₁, w₂, v₁, v₂), in increasing order of w₁.
    """
    starts = _candidates(responses, grid)
    reach = REACH * np.log(grid.nodes[1] / grid.nodes[0])
    theta = _newton(responses, starts, reach)
    (w1, w2), _ = split_plain(theta.T)
    inside = np.isfinite(theta).all(axis=1) & (w1 > grid.lowest) & (w2 < grid.highest) & (w1 < w2)
    inside &= w2 - w1 > CLOSEST * w1
    return _distinct(theta[inside])


def _candidates(responses: Responses, grid: Grid) -> Array:
    """Starting weights (k, 2), one for each cell in which A and B may both vanish."""
    w = grid.nodes
    field = reduced_field(responses.features(w, 3), responses.target, w)
    field = np.where(np.isnan(field), field.transpose(0, 2, 1), field)
    corners = field[:, :-1, :-1], field[:, 1:, :-1], field[:, :-1, 1:], field[:, 1:, 1:]
    low, high = reduce(np.minimum, corners), reduce(np.maximum, corners)
    margin = CELL_MARGIN * (high - low)
    candidate = ((low - margin < 0.0) & (high + margin > 0.0)).all(axis=0)
    i, j = np.nonzero(np.triu(candidate))
    s, t = _linear_zero(np.stack([corner[:, i, j] for corner in corners]))
    near = (np.abs(s - 0.5) <= 1.5) & (np.abs(t - 0.5) <= 1.5)
    i, j, s, t = i[near], j[near], np.clip(s[near], 0.0, 1.0), np.clip(t[near], 0.0, 1.0)
    log = np.log(w)
    first = log[i] + s * (log[i + 1] - log[i])
    second = log[j] + t * (log[j + 1] - log[j])
    apart = np.maximum(second - first, 0.02 * (log[1] - log[0]))
    return np.exp(np.column_stack([first, first + apart]))


def _linear_zero(corners: Array) -> tuple[Array, Array]:
    """Zero of the affine fit to the corner values (4, 2, k) of a cell, in cell units."""
    f00, f10, f01, f11 = corners
    mean = corners.mean(axis=0)
    by_s, by_t = (f10 + f11 - f00 - f01) / 2.0, (f01 + f11 - f00 - f10) / 2.0
    det = by_s[0] * by_t[1] - by_s[1] * by_t[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        s = 0.5 - (mean[0] * by_t[1] - mean[1] * by_t[0]) / det
        t = 0.5 - (by_s[0] * mean[1] - by_s[1] * mean[0]) / det
    return np.nan_to_num(s, nan=0.5), np.nan_to_num(t, nan=0.5)


def _newton(responses: Responses, starts: Array, reach: float) -> Array:
    """Newton from each pair (w₁, w₂) with fitted output weights; nan rows did not converge."""
    share = max(1, BATCH_SAMPLES // responses.x.size)
    parts = [
        _newton_batch(responses, starts[k : k + share], reach) for k in range(0, len(starts), share)
    ]
    return np.concatenate(parts) if parts else np.empty((0, 4))


def _newton_batch(responses: Responses, starts: Array, reach: float) -> Array:
    """Newton from thousands of starts in one array, which the engine's takes one by one."""
    phi = responses.features(starts, 0)[0]
    v, _ = project(responses.target, phi.transpose(1, 0, 2))
    chart = to_chart(np.column_stack([starts, v.T]))
    converged = np.zeros(len(starts), dtype=bool)
    active = np.arange(len(starts))
    for _ in range(NEWTON_STEPS):
        if active.size == 0:
            break
        step = _newton_step(responses, chart[active])
        chart[active] += step
        scale = np.abs(chart[active]) + 1e-3 * np.abs(chart[active]).max(axis=1, keepdims=True)
        size = (np.abs(step) / scale).max(axis=1)
        lost = ~np.isfinite(size) | ~_within(chart[active], starts[active], reach)
        converged[active] = (size < STEP_TOLERANCE**0.5) & ~lost
        active = active[~lost & (size > STEP_TOLERANCE)]
    chart[~converged] = np.nan
    return from_chart(chart)


def _within(chart: Array, starts: Array, reach: float) -> NDArray[np.bool_]:
    half = np.sqrt(np.maximum(chart[:, 1], 0.0)) / 2.0
    pair = np.column_stack([chart[:, 0] - half, chart[:, 0] + half])
    with np.errstate(invalid="ignore", divide="ignore"):
        near = (np.abs(np.log(pair / starts)) < reach).all(axis=1)
    return near & (half > CLOSEST * chart[:, 0] / 2.0)


def _newton_step(responses: Responses, chart: Array) -> Array:
    """Newton step in (w, D, a, b), at most a quarter of w and half of D at a time."""
    gradient, hessian = _chart_derivatives(responses, chart)
    scale = np.sqrt(np.abs(np.einsum("kii->ki", hessian)))
    scale = np.where(scale > 0.0, scale, 1.0)
    scaled = hessian / (scale[:, :, None] * scale[:, None, :])
    rhs = gradient / scale
    usable = np.isfinite(scaled).all(axis=(1, 2)) & np.isfinite(rhs).all(axis=1)
    scaled[~usable], rhs[~usable] = np.eye(4), np.nan
    values, vectors = np.linalg.eigh(scaled)
    values = np.where(np.abs(values) > 1e-16, values, 1e-16)
    step = -np.einsum("kij,kj,klj,kl->ki", vectors, 1.0 / values, vectors, rhs) / scale
    room = np.column_stack([0.25 * chart[:, 0], 0.5 * chart[:, 1]])
    with np.errstate(invalid="ignore"):
        shrink = np.minimum(1.0, (room / (np.abs(step[:, :2]) + 1e-300)).min(axis=1))
    return step * shrink[:, None]


def _chart_derivatives(responses: Responses, chart: Array) -> tuple[Array, Array]:
    """Gradient (k, 4) and Hessian (k, 4, 4) of L in (w, D, a, b)."""
    theta = from_chart(chart)
    gradient, hessian = _loss_derivatives(responses, theta)
    delta = np.sqrt(chart[:, 1])
    b = chart[:, 3]
    one, cube = 1.0 / delta, 1.0 / delta**3
    map_ = np.zeros((len(chart), 4, 4))
    map_[:, 0, 0] = map_[:, 1, 0] = 1.0
    map_[:, 0, 1], map_[:, 1, 1] = -one / 4.0, one / 4.0
    map_[:, 2, 2] = map_[:, 3, 2] = 0.5
    map_[:, 2, 3], map_[:, 3, 3] = -one, one
    map_[:, 2, 1], map_[:, 3, 1] = b * cube / 2.0, -b * cube / 2.0
    turned = np.einsum("kij,kia->kja", hessian, map_)
    curved = np.einsum("kja,kjb->kab", turned, map_)
    weights, outputs = gradient[:, 0] - gradient[:, 1], gradient[:, 2] - gradient[:, 3]
    curved[:, 1, 1] += weights * cube / 8.0 - 0.75 * outputs * b * cube / chart[:, 1]
    curved[:, 1, 3] += outputs * cube / 2.0
    curved[:, 3, 1] += outputs * cube / 2.0
    return np.einsum("ki,kia->ka", gradient, map_), curved


def _loss_derivatives(responses: Responses, theta: Array) -> tuple[Array, Array]:
    """Gradient (k, 4) and Hessian (k, 4, 4) of L in θ, for k weight vectors at once."""
    w, v = (side.T for side in split_plain(theta.T))
    phi, dphi, ddphi = responses.features(w, 2)
    residual = np.einsum("ku,kun->kn", v, phi) - responses.target
    jacobian = np.concatenate([v[:, :, None] * dphi, phi], axis=1)
    hessian = jacobian @ jacobian.transpose(0, 2, 1)
    bend = v * np.einsum("kun,kn->ku", ddphi, residual)
    mixed = np.einsum("kun,kn->ku", dphi, residual)
    for unit in (0, 1):
        out = output_place(2, 1, unit)
        hessian[:, unit, unit] += bend[:, unit]
        hessian[:, unit, out] += mixed[:, unit]
        hessian[:, out, unit] += mixed[:, unit]
    return np.einsum("kin,kn->ki", jacobian, residual), hessian


def to_chart(theta: Array) -> Array:
    """Weights (k, 4) in the chart of the confluence, (k, 4)."""
    return np.asarray(CONFLUENCE.into(*split_plain(theta.T)).T)


def from_chart(chart: Array) -> Array:
    """Inverse of `to_chart` for D > 0 (nan elsewhere: a conjugate pair of units)."""
    return join_plain(*CONFLUENCE.back(chart.T)).T


def _distinct(theta: Array) -> Array:
    """One of each group of equal rows, in increasing order of w₁."""
    kept: list[Array] = []
    for row in theta[np.lexsort((theta[:, 1], theta[:, 0]))]:
        logs = np.log(split_plain(row)[0])
        for other in reversed(kept):
            gap = np.abs(np.log(split_plain(other)[0]) - logs)
            if gap[0] > SAME_POINT:
                kept.append(row)
                break
            if gap[1] <= SAME_POINT:
                break
        else:
            kept.append(row)
    return np.array(kept).reshape(-1, 4)
