"""The compiled loop of all update rules: one compilation serves every model and rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from continuation.compilation import KERNEL_SIGNATURE, MATRIX, VECTOR, compiled_for_all_models


def _iterate(  # type: ignore[no-untyped-def]
    kernel, p, constants, data, work, order, batch, numbers, done, theta, first, second, total
):
    """Move theta (d,) by as many steps as `order` (k, b) has rows; first and second are its state.

    `batch` (rows, b) is filled with the samples of a step where b > 0; `done` steps were made.
    `total` (d,) takes the sum of all weights that are reached.
    """
    eta, beta, beta2, epsilon, adaptive = numbers
    gradient, slope = np.empty_like(theta), np.empty_like(theta)
    hessian = np.empty((theta.size, theta.size))
    for k in range(order.shape[0]):
        samples = data
        if order.shape[1]:
            for j in range(order.shape[1]):
                for row in range(data.shape[0]):
                    batch[row, j] = data[row, order[k, j]]
            samples = batch
        kernel(theta, p, constants, samples, work, gradient, hessian, slope)
        if adaptive == 0.0:
            for i in range(theta.size):
                first[i] = beta * first[i] + gradient[i]
                theta[i] -= eta * first[i]
                total[i] += theta[i]
            continue
        late = done + k + 1.0
        ahead, ahead2 = 1.0 - beta**late, 1.0 - beta2**late
        for i in range(theta.size):
            first[i] = beta * first[i] + (1.0 - beta) * gradient[i]
            second[i] = beta2 * second[i] + (1.0 - beta2) * gradient[i] ** 2
            theta[i] -= eta * (first[i] / ahead) / (math.sqrt(second[i] / ahead2) + epsilon)
            total[i] += theta[i]


_ORDER = types.Array(types.int64, 2, "C")
_SIGNATURE = types.void(
    types.FunctionType(KERNEL_SIGNATURE), types.float64, VECTOR, MATRIX, MATRIX, _ORDER, MATRIX,
    VECTOR, types.int64, VECTOR, VECTOR, VECTOR, VECTOR,
)  # fmt: skip


@cache
def compiled_loop() -> Callable[..., Any]:
    """`_iterate`, compiled on first use and cached on disk."""
    return compiled_for_all_models(_iterate, _SIGNATURE, (), "optimisers")
