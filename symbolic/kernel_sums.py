"""Sums over the rows of a block of samples, for generated kernel files."""

import math

import numpy as np

from symbolic.inner_code import inner_njit
from symbolic.kernel_functions import FAST, use_wide_vectors

Array = np.ndarray


@inner_njit(error_model="numpy")
def fill(row: Array, length: int, value: float) -> None:
    """Set the first `length` entries."""
    for i in range(length):
        row[i] = value


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
