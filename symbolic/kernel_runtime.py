"""The hand-written half of every generated kernel file.

`symbolic.codegen` copies this source verbatim in front of the functions that SymPy prints, so that
a kernel file imports nothing but NumPy, Numba and a decorator: its cache on disk does not see edits
in imported helpers.

Two rules of floating point hold everywhere (both were measured):

* sums run with `FAST`, which lets the compiler reorder and fuse them but assumes nothing about
  infinities or NaN; elementary functions run with `EXACT`, as reordering would destroy them;
* a block of samples is sliced first and indexed from 0, and whole rows are passed, because
  indices that might be negative block vectorisation.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from symbolic.inner_code import inner_njit

Array = np.ndarray
Block = Callable[..., float]
Segments = tuple[tuple[int, int], tuple[float, float], tuple[float, float]]

EXACT = {"contract"}
FAST = {"reassoc", "contract", "nsz"}

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
_ENTRY_OF_CODE = (NOISE, SIZE, WEIGHT_DECAY, HOMOTOPY)

# Rows of `data`; the fourth is there only where weights are not uniform.
INPUT_ROW, TARGET_ROW, NOISE_ROW, WEIGHT_ROW = range(4)

# Last rows of `work`: the constants with p in its place, and uniform weights.
SETTINGS_ROW, ONES_ROW = -1, -2


@intrinsic
def bits_of(typing_context: Any, number: Any) -> Any:
    """The 64 bits of a double as an integer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def double_of(typing_context: Any, bits: Any) -> Any:
    """The double that has the given 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def borrowed(typing_context: Any, array: Any) -> Any:
    """The same array without a share in its memory.

    Numba counts references atomically for every row and slice; on a hundred samples this took
    half of the time. The caller keeps the memory alive.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = ir.Constant(view.meminfo.type, None)
        return view._getvalue()

    return array(array), generate


@intrinsic
def use_wide_vectors(typing_context: Any) -> Any:
    """Ask for 512-bit vectors in the calling function, where the processor has them.

    LLVM prefers 256 bits on processors whose clock once fell under wide loads; on those of today
    this costs a third of the speed of a kernel.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # llvmlite's own `add` knows no attributes with a value
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return types.void(), generate


_SIGN_BIT = np.int64(-(2**63))
_OTHER_BITS = np.int64(2**63 - 1)
_SATURATION = 22.0  # tanh is 1 to the last bit beyond
_TWO_OVER_LOG2 = 2.8853900817779268
_ROUNDING = 6755399441055744.0  # 1.5 * 2**52: adding it leaves the nearest integer in the low bits
_LOG2_HIGH = float.fromhex("0x1.62e42fee00000p-1")  # 33 bits: its product with k is exact
_LOG2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
# (expm1(r) - r - r**2/2) / r**3 on |r| <= log(2)/2, minimax error 8e-18
_C0 = 0.16666666666666669
_C1 = 0.041666666666666664
_C2 = 0.008333333333330062
_C3 = 0.0013888888888886552
_C4 = 0.00019841269863053618
_C5 = 2.4801587317144498e-05
_C6 = 2.7557268459997064e-06
_C7 = 2.755728296954995e-07
_C8 = 2.510038549551032e-08
_C9 = 2.0911236630261545e-09


@inner_njit(error_model="numpy", fastmath=EXACT)
def tanh(u: float) -> float:
    """Hyperbolic tangent without branches or calls, so that loops over it vectorise.

    expm1(2|u|) by Cody-Waite reduction and a polynomial; the sign is put back by its bit.
    At most 2.6 ulp; odd; exact at 0, infinities and NaN.
    """
    bits = bits_of(u)
    size = double_of(bits & _OTHER_BITS)
    size = _SATURATION if size > _SATURATION else size
    shifted = size * _TWO_OVER_LOG2 + _ROUNDING
    k = shifted - _ROUNDING
    r = 2.0 * size - k * _LOG2_HIGH
    r = r - k * _LOG2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (_C3 * r + _C2) * r2 + (_C1 * r + _C0)
    high = (_C7 * r + _C6) * r2 + (_C5 * r + _C4)
    tail = (_C9 * r + _C8) * (r4 * r4) + (high * r4 + low)
    polynomial = r2 * (r * tail + 0.5) + r
    power = double_of((bits_of(shifted) + 1023) << 52)
    expm1 = power * polynomial + (power - 1.0)
    return double_of(bits_of(expm1 / (expm1 + 2.0)) | (bits & _SIGN_BIT))


@inner_njit(error_model="numpy", fastmath=EXACT)
def logistic(u: float) -> float:
    """1/(1 + exp(-u)) without overflow."""
    return 0.5 + 0.5 * tanh(0.5 * u)


@inner_njit(error_model="numpy", fastmath=EXACT)
def softplus(u: float) -> float:
    """log(1 + exp(u)) without overflow."""
    return max(u, 0.0) + math.log1p(math.exp(-abs(u)))


@inner_njit(error_model="numpy", fastmath=EXACT)
def sign(u: float) -> float:
    """-1, 0 or 1."""
    return (u > 0.0) - (u < 0.0)


@inner_njit(error_model="numpy")
def fill(row: Array, length: int, value: float) -> None:
    """Set the first `length` entries."""
    for i in range(length):
        row[i] = value


@inner_njit(error_model="numpy")
def put_settings(p: float, constants: Array, settings: Array) -> None:
    """Copy the constants, with p for the continued parameter."""
    for entry in range(SCHEDULE):
        settings[entry] = constants[entry]
    settings[_ENTRY_OF_CODE[int(constants[CODE])]] = p


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


@inner_njit(error_model="numpy", fastmath=FAST)
def total_of(values: Array, length: int) -> float:
    """Sum of the first `length` values."""
    use_wide_vectors()
    total = 0.0
    for i in range(length):
        total += values[i]
    return total


@inner_njit(error_model="numpy", fastmath=FAST)
def start_residual(
    residual: Array, value: float, sigma: float, target: Array, noise: Array
) -> None:
    """Residual of the constant network `value`; the units are added later."""
    use_wide_vectors()
    for i in range(target.size):
        residual[i] = value - target[i] - sigma * noise[i]


@inner_njit(error_model="numpy", fastmath=FAST)
def weigh(residual: Array, weights: Array, length: int) -> float:
    """Multiply the residuals by the weights; returns the weighted sum of squares."""
    use_wide_vectors()
    total = 0.0
    for i in range(length):
        r = residual[i]
        weighted = weights[i] * r
        total += weighted * r
        residual[i] = weighted
    return total


@inner_njit(error_model="numpy", fastmath=FAST)
def square_roots(roots: Array, weights: Array, length: int) -> None:
    """Square roots of the weights, to share them between the two factors of a product."""
    use_wide_vectors()
    for i in range(length):
        roots[i] = math.sqrt(weights[i])


@inner_njit(error_model="numpy", fastmath=FAST)
def multiply(out: Array, first: Array, second: Array, length: int) -> None:
    """Product of two rows."""
    use_wide_vectors()
    for i in range(length):
        out[i] = first[i] * second[i]


@inner_njit(error_model="numpy", fastmath=FAST)
def tile_products(
    a0: Array,
    a1: Array,
    a2: Array,
    a3: Array,
    b0: Array,
    b1: Array,
    b2: Array,
    b3: Array,
    length: int,
    out: Array,
) -> None:
    """Fill out with the 16 scalar products of four rows with four; all sums in registers."""
    use_wide_vectors()
    s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
    s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = 0.0
    for i in range(length):
        x0, x1, x2, x3 = a0[i], a1[i], a2[i], a3[i]
        y0, y1, y2, y3 = b0[i], b1[i], b2[i], b3[i]
        s00 += x0 * y0
        s01 += x0 * y1
        s02 += x0 * y2
        s03 += x0 * y3
        s10 += x1 * y0
        s11 += x1 * y1
        s12 += x1 * y2
        s13 += x1 * y3
        s20 += x2 * y0
        s21 += x2 * y1
        s22 += x2 * y2
        s23 += x2 * y3
        s30 += x3 * y0
        s31 += x3 * y1
        s32 += x3 * y2
        s33 += x3 * y3
    out[0], out[1], out[2], out[3] = s00, s01, s02, s03
    out[4], out[5], out[6], out[7] = s10, s11, s12, s13
    out[8], out[9], out[10], out[11] = s20, s21, s22, s23
    out[12], out[13], out[14], out[15] = s30, s31, s32, s33


@inner_njit(error_model="numpy", fastmath=FAST)
def two_products(row: Array, first: Array, second: Array, length: int) -> tuple[float, float]:
    """Scalar products of a row with two others."""
    use_wide_vectors()
    s = t = 0.0
    for i in range(length):
        s += row[i] * first[i]
        t += row[i] * second[i]
    return s, t


@inner_njit(error_model="numpy")
def add_gram(
    rows: Array, dimension: int, length: int, products: Array, factor: float, J: Array
) -> None:
    """Add factor times the products of the first rows to J above the diagonal, in tiles of 4 x 4.

    Three rows more are read, so that tiles may overhang; `products` is scratch.
    """
    for a in range(0, dimension, 4):
        a0, a1, a2, a3 = rows[a], rows[a + 1], rows[a + 2], rows[a + 3]
        for b in range(a, dimension, 4):
            b0, b1, b2, b3 = rows[b], rows[b + 1], rows[b + 2], rows[b + 3]
            tile_products(a0, a1, a2, a3, b0, b1, b2, b3, length, products)
            for i in range(min(4, dimension - a)):
                for j in range(i if a == b else 0, min(4, dimension - b)):
                    J[a + i, b + j] += factor * products[4 * i + j]
