"""∇L of limit models in machine code: one kernel for all kinds, which the tracer calls.

The same sums as `limit_systems.LimitLoss`, of rows over the samples; along the noise and for tanh
units.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from continuation.arrays import Array
from continuation.compilation import KERNEL_SIGNATURE
from continuation.landscape.infinity.slots import Slots
from continuation.problem import Kernel
from symbolic.inner_code import inner_njit
from symbolic.kernel_functions import EXACT, FAST, borrowed, tanh, use_wide_vectors
from symbolic.machine_code import cached_njit

__all__ = ["constants_of", "limit_kernel", "scratch"]

UNITS, FIRST_POWER, POWERS, STEP, PLACES = range(5)
"""Entries of the constants: number of units, the first power and how many there are, the place of
the step or -1; then for each unit the places of its weight and first coefficient, and their number.
"""

X, ROOT_WEIGHT, TEACHER, NOISE = range(4)
"""Rows of the data; the last two are coordinates, weighted already."""

BENDS = 3
"""Rows of a unit in the scratch: ∂²f by its weight with itself and with its coefficients. Before
them stand ∇f and the residual, and a row of no meaning is the last one."""


def constants_of(slots: Slots) -> Array:
    """What the kernel has to know of a kind of limit model."""
    head = (len(slots.units), slots.powers.start, len(slots.powers))
    step = -1 if slots.step is None else slots.step
    places: Sequence[int] = [n for w, cs in slots.units for n in (w, cs.start, len(cs))]
    return np.array([*head, step, *places], dtype=np.float64)


def scratch(slots: Slots, unknowns: int, samples: int) -> Array:
    """Room for the rows of all functions that are summed."""
    return np.zeros((unknowns + 2 + BENDS * len(slots.units), samples))


@inner_njit(error_model="numpy", fastmath=EXACT)
def _activate(weight, x, row):  # type: ignore[no-untyped-def]
    """Fill a row with tanh(w x)."""
    use_wide_vectors()
    for i in range(x.size):
        row[i] = tanh(weight * x[i])


@inner_njit(error_model="numpy", fastmath=FAST)
def _differentiate(a, b, x, root, row, second, slope, bend, mixed, last, residual):  # type: ignore[no-untyped-def]
    """From tanh(w x) in `row`: x^k φ^(k), k = 0 … 2, and by the weight, of a φ + b x φ'."""
    use_wide_vectors()
    for i in range(x.size):
        t = row[i]
        q = t * t
        f0, f1 = root[i] * t, root[i] * x[i] * (1.0 - q)
        f2, f3 = -2.0 * t * f1 * x[i], (6.0 * q - 2.0) * f1 * x[i] * x[i]
        row[i], mixed[i], last[i], second[i] = f0, f1, f2, f1
        slope[i], bend[i] = a * f1 + b * f2, a * f2 + b * f3
        residual[i] += a * f0 + b * f1


@inner_njit(error_model="numpy", fastmath=FAST)
def _add(residual, factor, row):  # type: ignore[no-untyped-def]
    use_wide_vectors()
    for i in range(row.size):
        residual[i] += factor * row[i]


@inner_njit(error_model="numpy", fastmath=FAST)
def _product(a, b):  # type: ignore[no-untyped-def]
    use_wide_vectors()
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@inner_njit(error_model="numpy")
def _fill(z, x, root, constants, work):  # type: ignore[no-untyped-def]
    """Fill the rows of ∇f and of the bends, and add f to the residual."""
    residual, nothing = work[z.size], work[work.shape[0] - 1]
    for j in range(int(constants[UNITS])):
        at, bends = PLACES + 3 * j, z.size + 1 + BENDS * j
        weight, first = int(constants[at]), int(constants[at + 1])
        pair = constants[at + 2] == 2.0
        second, b = (work[first + 1], z[first + 1]) if pair else (nothing, 0.0)
        _activate(z[weight], x, work[first])
        _differentiate(
            z[first], b, x, root, work[first], second, work[weight],
            work[bends], work[bends + 1], work[bends + 2], residual,
        )  # fmt: skip
    powers, step = int(constants[FIRST_POWER]), int(constants[STEP])
    for place in range(powers, powers + int(constants[POWERS])):
        for i in range(x.size):
            below = work[place - 1, i] * x[i] if place > powers else root[i]
            work[place, i] = below * x[i]
        _add(residual, z[place], work[place])
    if step >= 0:
        for i in range(x.size):
            work[step, i] = root[i] * ((x[i] > 0.0) - (x[i] < 0.0))
        _add(residual, z[step], work[step])


def _limit_kernel(z, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    data, work = borrowed(data), borrowed(work)
    n, noise = z.size, data[NOISE]
    residual = work[n]
    for i in range(residual.size):
        residual[i] = -data[TEACHER, i] - p * noise[i]
    _fill(z, data[X], data[ROOT_WEIGHT], constants, work)
    for a in range(n):
        F[a], Fp[a] = _product(work[a], residual), -_product(work[a], noise)
        for b in range(a + 1):
            J[a, b] = _product(work[a], work[b])
    for j in range(int(constants[UNITS])):  # a unit's weight comes before its coefficients
        at, bends = PLACES + 3 * j, n + 1 + BENDS * j
        weight, first = int(constants[at]), int(constants[at + 1])
        for k in range(-1, int(constants[at + 2])):
            J[weight if k < 0 else first + k, weight] += _product(work[bends + 1 + k], residual)
    for a in range(n):
        for b in range(a):
            J[b, a] = J[a, b]
    return 0.5 * _product(residual, residual)


@cache
def limit_kernel() -> Kernel:
    """The kernel, compiled on first use and cached on disk."""
    compiled: Kernel = cached_njit(
        KERNEL_SIGNATURE, purpose="branches at infinity", error_model="numpy"
    )(_limit_kernel)
    return compiled
