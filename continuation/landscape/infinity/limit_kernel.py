"""∇L of limit models in machine code: one kernel for all kinds, which the tracer calls.

The same sums as `limit_systems.LimitLoss`, sample by sample; along the noise and for tanh units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from continuation.arrays import Array
from continuation.compilation import KERNEL_SIGNATURE
from continuation.landscape.infinity.slots import Slots
from continuation.problem import Kernel
from symbolic.inner_code import inner_njit
from symbolic.machine_code import cached_njit

__all__ = ["constants_of", "limit_kernel", "scratch"]

UNITS, FIRST_POWER, POWERS, STEP, PLACES = range(5)
"""Entries of the constants: number of units, the first power and how many there are, the place of
the step or -1; then for each unit the places of its weight and first coefficient, and their number.
"""

X, ROOT_WEIGHT, TEACHER, NOISE = range(4)
"""Rows of the data; the last two are coordinates, weighted already."""

GRADIENT, BENDS = range(2)
"""First rows of the scratch: ∇f, then for each unit ∂²f by its weight with itself and with its
coefficients."""


def constants_of(slots: Slots) -> Array:
    """What the kernel has to know of a kind of limit model."""
    head = (len(slots.units), slots.powers.start, len(slots.powers))
    step = -1 if slots.step is None else slots.step
    places: Sequence[int] = [n for w, cs in slots.units for n in (w, cs.start, len(cs))]
    return np.array([*head, step, *places], dtype=np.float64)


def scratch(slots: Slots, unknowns: int) -> Array:
    """Room for the gradient and the bends."""
    return np.zeros((BENDS + len(slots.units), max(unknowns, 3)))


@inner_njit(error_model="numpy")
def _unit(z, x, root, weight, first, count, gradient, bends):  # type: ignore[no-untyped-def]
    """Value of one unit at a sample, its part of ∇f and its bends: x^k φ^(k), k = 0 … 3."""
    t = math.tanh(z[weight] * x)
    q = t * t
    d = 1.0 - q
    f0, f1 = root * t, root * x * d
    f2, f3 = -2.0 * t * f1 * x, (6.0 * q - 2.0) * f1 * x * x
    a = z[first]
    gradient[first], bends[1] = f0, f1
    value, slope, bend = a * f0, a * f1, a * f2
    if count == 2:
        b = z[first + 1]
        gradient[first + 1], bends[2] = f1, f2
        value, slope, bend = value + b * f1, slope + b * f2, bend + b * f3
    gradient[weight], bends[0] = slope, bend
    return value


@inner_njit(error_model="numpy")
def _value(z, x, root, constants, work):  # type: ignore[no-untyped-def]
    """The limit function at a sample; fills ∇f and the bends."""
    gradient, value = work[GRADIENT], 0.0
    for j in range(int(constants[UNITS])):
        at = PLACES + 3 * j
        weight, first, count = int(constants[at]), int(constants[at + 1]), int(constants[at + 2])
        value += _unit(z, x, root, weight, first, count, gradient, work[BENDS + j])
    power = root * x
    for j in range(int(constants[POWERS])):
        place = int(constants[FIRST_POWER]) + j
        gradient[place] = power
        value += z[place] * power
        power *= x * x
    step = int(constants[STEP])
    if step >= 0:
        gradient[step] = root * ((x > 0.0) - (x < 0.0))
        value += z[step] * gradient[step]
    return value


@inner_njit(error_model="numpy")
def _add_bends(constants, work, residual, J):  # type: ignore[no-untyped-def]
    """Add residual times ∂²f, above the diagonal: a unit's weight comes before its coefficients."""
    for j in range(int(constants[UNITS])):
        weight, first = int(constants[PLACES + 3 * j]), int(constants[PLACES + 3 * j + 1])
        bends = work[BENDS + j]
        J[weight, weight] += bends[0] * residual
        for k in range(int(constants[PLACES + 3 * j + 2])):
            J[weight, first + k] += bends[1 + k] * residual


def _limit_kernel(z, p, constants, data, work, F, J, Fp):  # type: ignore[no-untyped-def]
    n, loss, gradient = z.size, 0.0, work[GRADIENT]
    for a in range(n):
        F[a], Fp[a] = 0.0, 0.0
        for b in range(n):
            J[a, b] = 0.0
    for i in range(data.shape[1]):
        value = _value(z, data[X, i], data[ROOT_WEIGHT, i], constants, work)
        residual = value - data[TEACHER, i] - p * data[NOISE, i]
        loss += residual * residual
        for a in range(n):
            F[a] += gradient[a] * residual
            Fp[a] -= gradient[a] * data[NOISE, i]
            for b in range(a, n):
                J[a, b] += gradient[a] * gradient[b]
        _add_bends(constants, work, residual, J)
    for a in range(n):
        for b in range(a):
            J[a, b] = J[b, a]
    return 0.5 * loss


@cache
def limit_kernel() -> Kernel:
    """The kernel, compiled on first use and cached on disk."""
    compiled: Kernel = cached_njit(
        KERNEL_SIGNATURE, purpose="branches at infinity", error_model="numpy"
    )(_limit_kernel)
    return compiled
