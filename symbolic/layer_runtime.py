"""Loss and derivatives of any network of layers, by products of matrices (BLAS) in NumPy.

What a network looks like is data, not code, so that nothing is generated or compiled
(`symbolic.layer_plan`). Here stand the sums over the samples; what is summed comes from
`layer_series` and `layer_hessian`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from symbolic.kernel_passes import (
    CODE,
    ENTRY_OF_CODE,
    HOMOTOPY,
    NODES,
    NOISE,
    NOISE_CODE,
    POPULATION_CODE,
    SCHEDULE,
    SIZE,
    SIZE_CODE,
    WEIGHT_DECAY,
    WEIGHT_DECAY_CODE,
)
from symbolic.layer_functions import curvature_of, series_of_loss
from symbolic.layer_hessian import add_hessian
from symbolic.layer_plan import Plan, plan_of
from symbolic.layer_series import backward, forward
from symbolic.layer_smoothing import add_drift, smoothed

Array = np.ndarray

SMOOTHING_CODE = len(ENTRY_OF_CODE)
"""The smoothing of kinks has no entry in `constants`: it changes the plan."""

NUMBERS, PAIRS = 2**15, 2**17
"""Numbers of a block of samples: of one layer's arrays, which should stay in the cache, and of the
products of pairs of them that a Hessian needs, which are as many as its entries."""

FEWEST = 256
"""Samples of a block at least: sums of fewer leave the products of matrices short."""


def shares_of(
    settings: Array, constants: Array, weights: Array | None, n: int
) -> tuple[Array, Array]:
    """Weight of every sample that counts, and its derivative by the continued parameter.

    The ramp by which samples come in is that of the generated kernels.
    """
    code, nodes = settings[CODE], int(settings[NODES])
    if weights is None:
        lower, upper = _size_step(settings[SIZE], constants, n)
        t = min(max((settings[SIZE] - lower) / (upper - lower), 0.0), 1.0) if upper > lower else 0.0
        if t == 0.0:
            return np.full(lower, 1.0 / lower), np.zeros(lower)
        share, slope = np.ones(upper), np.zeros(upper)
        share[lower:] = t * t * t * (t * (6.0 * t - 15.0) + 10.0)
        slope[lower:] = 30.0 * t * t * (t - 1.0) * (t - 1.0) / max(upper - lower, 1)
        total = share.sum()
        share /= total
        slope = slope / total - share * (slope.sum() / total)
        return share, slope if code == SIZE_CODE else np.zeros_like(share)
    if nodes == 0:
        return weights, np.zeros_like(weights)
    s, first = settings[HOMOTOPY], np.arange(n) < nodes
    slope = np.where(first, -weights, weights) * (code == POPULATION_CODE)
    return np.where(first, 1.0 - s, s) * weights, slope


def _size_step(size: float, constants: Array, n: int) -> tuple[int, int]:
    """Last size of the schedule that is <= size, and the next one."""
    if constants.size == SCHEDULE:
        lower = min(int(max(size, 0.0)), n)
        return lower, min(lower + 1, n)
    steps = constants[SCHEDULE:]
    j = max(int(np.searchsorted(steps, size, side="right")) - 1, 0)
    return min(int(steps[j]), n), min(int(steps[min(j + 1, len(steps) - 1)]), n)


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples of one block.

    Attributes
    ----------
    x : ndarray, shape (d, n)
    y, noise : ndarray, shape (n, m)
        Targets with their noise, and the noise alone.
    share, slope : ndarray, shape (n, 1)
    """

    x: Array
    y: Array
    noise: Array
    share: Array
    slope: Array


def batches(
    plan: Plan, settings: Array, constants: Array, data: Array, most: int
) -> Iterator[Batch]:
    """The samples that count, so many of them at a time."""
    d, m, n = plan.inputs, plan.outputs, data.shape[1]
    weights = data[d + 2 * m] if len(data) > d + 2 * m else None
    share, slope = shares_of(settings, constants, weights, n)
    for first in range(0, share.size, most):
        piece = slice(first, min(first + most, share.size))
        noise = data[d + m : d + 2 * m, piece].T
        y = data[d : d + m, piece].T + settings[NOISE] * noise
        yield Batch(data[:d, piece], y, noise, share[piece, None], slope[piece, None])


def settings_of(p: float, constants: Array) -> Array:
    """The constants with p for the continued parameter."""
    settings, code = constants[:SCHEDULE].copy(), int(constants[CODE])
    if code != SMOOTHING_CODE:
        settings[ENTRY_OF_CODE[code]] = p
    return settings


def plan_at(work: Array, p: float, constants: Array) -> Plan:
    """The plan in the kernels' scratch array, with p for its smoothing where that is continued."""
    plan = plan_of(work)
    if constants[CODE] != SMOOTHING_CODE:
        return plan
    rows = [replace(row, terms=smoothed(row.terms, p)) for row in plan.layers]
    return replace(plan, layers=tuple(rows))


def _block(plan: Plan) -> int:
    return max(FEWEST, NUMBERS // max(max(row.width, row.fan_out) for row in plan.layers))


def _hessian_block(plan: Plan) -> int:
    widest = max(max(row.width, row.fan_out) for row in plan.layers)
    return max(FEWEST, min(_block(plan), PAIRS // widest**2))


def series(
    theta: Array,
    direction: Array | None,
    p: float,
    constants: Array,
    data: Array,
    plan: Plan,
    out: Array,
) -> float:
    """Loss; fills the power series of the gradient along θ + t e, shape (1, 2 or 4, d)."""
    settings = settings_of(p, constants)
    full = plan.whole(theta, plan.given)
    moved = None if direction is None else plan.whole(direction, np.zeros(plan.given.size))
    gradient, value = np.zeros((len(out), full.size)), 0.0
    for batch in batches(plan, settings, constants, data, _block(plan)):
        passed = forward(plan, full, moved, batch.x, len(out))
        errors = series_of_loss(plan.loss, plan.huber, passed.outputs, batch.y)
        value += float(errors.value @ batch.share[:, 0])
        backward(plan, full, moved, passed, [e * batch.share for e in errors.series], gradient)
    out[:] = gradient[:, plan.free]
    rho, decays = settings[WEIGHT_DECAY], plan.decays[plan.free]
    if rho:
        out[0] += rho * decays * theta
        if direction is not None:
            out[1] += rho * decays * direction
        value += 0.5 * rho * float(decays @ theta**2)
    return value


def evaluate(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Loss; fills F = gradient, J = Hessian and Fp = dF/dp."""
    plan, settings = plan_at(work, p, constants), settings_of(p, constants)
    full, free = plan.whole(theta, plan.given), plan.free
    size = full.size
    gradient, slope, value = np.zeros((1, size)), np.zeros((1, size)), 0.0
    hessian = np.zeros((size, size))
    for batch in batches(plan, settings, constants, data, _hessian_block(plan)):
        passed = forward(plan, full, None, batch.x, 2)
        loss = series_of_loss(plan.loss, plan.huber, passed.outputs, batch.y)
        value += float(loss.value @ batch.share[:, 0])
        errors = backward(plan, full, None, passed, [loss.series[0] * batch.share], gradient)
        curvature = curvature_of(plan.loss, plan.huber, passed.outputs[0], batch.y)
        curvature *= batch.share[:, :, None]
        moved = loss.series[0] * batch.slope
        if settings[CODE] == NOISE_CODE:
            moved -= np.einsum("njj,nj->nj", curvature, batch.noise)
        if moved.any():
            backward(plan, full, None, passed, [moved], slope)
        if settings[CODE] == SMOOTHING_CODE:
            add_drift(plan, full, passed, errors, curvature, slope[0])
        add_hessian(plan, full, passed, errors, curvature, hessian)
    lower = np.tril(hessian[free][:, free])
    J[:, :] = lower + np.tril(lower, -1).T
    rho, decays = settings[WEIGHT_DECAY], plan.decays[free]
    F[:], Fp[:] = gradient[0, free] + rho * decays * theta, slope[0, free]
    if settings[CODE] == WEIGHT_DECAY_CODE:
        Fp += decays * theta
    J[np.diag_indices(theta.size)] += rho * decays
    return value + 0.5 * rho * float(decays @ theta**2)


def gradient(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Loss; fills F only."""
    plan = plan_at(work, p, constants)
    return series(theta, None, p, constants, data, plan, F.reshape(1, F.size))


def product(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Loss; fills F and J[1], the Hessian times J[0]. J needs two rows."""
    out = np.empty((2, theta.size))
    value = series(theta, J[0], p, constants, data, plan_at(work, p, constants), out)
    F[:], J[1] = out
    return value


def jet(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Taylor derivatives along e = J[0], as of the generated kernels (`symbolic.Kernels`)."""
    out = np.empty((4, theta.size))
    Fp[0] = series(theta, J[0], p, constants, data, plan_at(work, p, constants), out)
    fill_taylor(out, F, J, Fp)
    return 0.0


def fill_taylor(out: Array, F: Array, J: Array, Fp: Array) -> None:
    """What `jet` fills, from the power series (4, d) of the gradient along J[0]."""
    F[:], J[1], J[2] = out[0], 2.0 * out[2], 6.0 * out[3]
    Fp[1:5] = J[0] @ out[0], J[0] @ out[1], J[0] @ J[1], J[0] @ J[2]
