"""Passes over all samples of a loss, block after block, for generated kernel files.

Here stand the one signature of kernels and what their arguments hold.
"""

from collections.abc import Callable

import numpy as np
from numba import types

from symbolic.inner_code import inner_njit
from symbolic.kernel_sums import fill

Array = np.ndarray
Block = Callable[..., float]
Segments = tuple[tuple[int, int], tuple[float, float], tuple[float, float]]

_vector = types.float64[::1]
_matrix = types.float64[:, ::1]
KERNEL_SIGNATURE = types.float64(
    _vector, types.float64, _vector, _matrix, _matrix, _vector, _matrix, _vector
)
NETWORK_SIGNATURE = types.void(_vector, _vector, _vector)

# Entries of `constants`; SCHEDULE is the first of the schedule's.
CODE, NOISE, WEIGHT_DECAY, SIZE, HOMOTOPY, NODES, SCHEDULE = range(7)
# Values of constants[CODE]: the parameter that the argument p stands for, and its entry.
NOISE_CODE, SIZE_CODE, WEIGHT_DECAY_CODE, POPULATION_CODE = range(4)
ENTRY_OF_CODE = (NOISE, SIZE, WEIGHT_DECAY, HOMOTOPY)

# Rows of `data`; the fourth is there only where weights are not uniform.
INPUT_ROW, TARGET_ROW, NOISE_ROW, WEIGHT_ROW = range(4)

# Last rows of `work`: the constants with p in its place, and uniform weights.
SETTINGS_ROW, ONES_ROW = -1, -2


@inner_njit(error_model="numpy")
def put_settings(p: float, constants: Array, settings: Array) -> None:
    """Copy the constants, with p for the continued parameter."""
    for entry in range(SCHEDULE):
        settings[entry] = constants[entry]
    settings[ENTRY_OF_CODE[int(constants[CODE])]] = p


@inner_njit(error_model="numpy")
def size_step(size: float, constants: Array, samples: int) -> tuple[int, int]:
    """Last size of the schedule that is <= size, and the next one."""
    if constants.size == SCHEDULE:
        lower = min(int(max(size, 0.0)), samples)
        return lower, min(lower + 1, samples)
    last = constants.size - 1
    j = SCHEDULE
    while j < last and constants[j + 1] <= size:
        j += 1
    lower = min(int(constants[j]), samples)
    return lower, min(int(constants[min(j + 1, last)]), samples)


@inner_njit(error_model="numpy")
def size_segments(size: float, constants: Array, samples: int) -> Segments:
    """Segments of an unweighted data set of continuous size n.

    With lower <= n <= upper from the schedule, the block of samples lower <= i < upper carries
    mu = S((n - lower)/(upper - lower)), S(t) = 6t^5 - 15t^4 + 10t^3, and W = lower + mu*(upper -
    lower) normalises. At n = lower this is exactly the mean over the first n samples.
    """
    lower, upper = size_step(size, constants, samples)
    width = float(upper - lower)
    t = min(max((size - lower) / width, 0.0), 1.0) if upper > lower else 0.0
    if t == 0.0:
        return (lower, lower), (1.0 / lower, 0.0), (0.0, 0.0)
    mu = t * t * t * (t * (6.0 * t - 15.0) + 10.0)
    slope = 30.0 * t * t * (t - 1.0) * (t - 1.0) / width
    total = lower + mu * width
    full = 1.0 / total
    full_slope = -slope * width * full * full
    return (lower, upper), (full, mu * full), (full_slope, slope * full + mu * full_slope)


@inner_njit(error_model="numpy")
def segments(settings: Array, constants: Array, data: Array) -> Segments:
    """Ends, multipliers and d(multiplier)/dp of the two contiguous segments of samples."""
    samples = data.shape[1]
    nodes = int(settings[NODES])
    code = SIZE_CODE
    if data.shape[0] <= WEIGHT_ROW:
        ends, factors, slopes = size_segments(settings[SIZE], constants, samples)
    elif nodes == 0:
        ends, factors, slopes = (samples, samples), (1.0, 0.0), (0.0, 0.0)
    else:
        s = settings[HOMOTOPY]
        ends, factors, slopes = (nodes, samples), (1.0 - s, s), (-1.0, 1.0)
        code = POPULATION_CODE
    active = 1.0 if settings[CODE] == code else 0.0
    return ends, factors, (active * slopes[0], active * slopes[1])


def sweep_of(block: Block) -> Block:
    """Compiled sum of `block` over all visited samples, work.shape[1] of them at a time.

    A block receives the segment's scale (multiplier, d multiplier/dp, factor of dF/d noise in Fp).
    It is a closure and no argument, because Numba caches no caller of a function argument. It
    carries the name of its block: kernels cached by different processes are linked by the names
    of their functions, and of two that are called alike the linker keeps one.
    """

    def sweep(
        theta: Array,
        p: float,
        constants: Array,
        data: Array,
        work: Array,
        F: Array,
        J: Array,
        Fp: Array,
    ) -> float:
        settings = work[SETTINGS_ROW]
        put_settings(p, constants, settings)
        ends, factors, slopes = segments(settings, constants, data)
        weights = work[ONES_ROW]
        fill(weights, min(work.shape[1], data.shape[1]), 1.0)
        by_noise = -1.0 if settings[CODE] == NOISE_CODE else 0.0
        total = 0.0
        start = 0
        for segment in range(2):
            end = ends[segment]
            scale = (factors[segment], slopes[segment], by_noise * factors[segment])
            for first in range(start, end, work.shape[1]):
                last = min(first + work.shape[1], end)
                if data.shape[0] > WEIGHT_ROW:
                    weights = data[WEIGHT_ROW][first:last]
                x = data[INPUT_ROW][first:last]
                target = data[TARGET_ROW][first:last]
                noise = data[NOISE_ROW][first:last]
                sigma = settings[NOISE]
                total += block(theta, sigma, x, target, noise, weights, work, scale, F, J, Fp)
            start = end
        return total

    sweep.__qualname__ = f"sweep_{block.__name__}"
    return inner_njit(error_model="numpy")(sweep)


@inner_njit(error_model="numpy")
def add_decay(theta: Array, rho: float, F: Array) -> float:
    """Add the gradient of the weight decay to F; returns its loss rho/2 |theta|^2."""
    square = 0.0
    for a in range(theta.size):
        F[a] += rho * theta[a]
        square += theta[a] * theta[a]
    return 0.5 * rho * square


def evaluate_of(block: Block) -> Block:
    """Loss, gradient, Hessian and dF/dp from a block that fills F, J above the diagonal, Fp."""
    sweep = sweep_of(block)

    @inner_njit(error_model="numpy")
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
        F[:] = 0.0
        J[:, :] = 0.0
        Fp[:] = 0.0
        value = sweep(theta, p, constants, data, work, F, J, Fp)
        rho = work[SETTINGS_ROW, WEIGHT_DECAY]
        by_decay = 1.0 if constants[CODE] == WEIGHT_DECAY_CODE else 0.0
        for a in range(theta.size):
            J[a, a] += rho
            Fp[a] += by_decay * theta[a]
            for b in range(a):
                J[a, b] = J[b, a]
        return value + add_decay(theta, rho, F)

    return evaluate


def gradient_of(block: Block) -> Block:
    """Loss and gradient from a block that fills F."""
    sweep = sweep_of(block)

    @inner_njit(error_model="numpy")
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
        F[:] = 0.0
        value = sweep(theta, p, constants, data, work, F, J, Fp)
        return value + add_decay(theta, work[SETTINGS_ROW, WEIGHT_DECAY], F)

    return gradient


def jet_of(block: Block) -> Block:
    """Taylor derivatives of L along e = J[0].

    The block fills F = gradient, J[1] = D3[e, e, .], J[2] = D4[e, e, e, .] and Fp[2] = e.He.
    """
    sweep = sweep_of(block)

    @inner_njit(error_model="numpy")
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
        F[:] = 0.0
        J[1] = 0.0
        J[2] = 0.0
        Fp[:5] = 0.0
        value = sweep(theta, p, constants, data, work, F, J, Fp)
        rho = work[SETTINGS_ROW, WEIGHT_DECAY]
        Fp[0] = value + add_decay(theta, rho, F)
        for a in range(theta.size):
            e = J[0, a]
            Fp[1] += e * F[a]
            Fp[2] += rho * e * e
            Fp[3] += e * J[1, a]
            Fp[4] += e * J[2, a]
        return 0.0

    return jet
