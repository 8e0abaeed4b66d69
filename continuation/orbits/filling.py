"""Equations of a periodic orbit and their derivatives in one compiled loop, for compiled kernels.

What `Collocation.kernel` writes with NumPy for any system takes ten times as long as the kernel
itself at the 80 points of an ordinary mesh.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from continuation import compilation
from continuation.compilation import (
    BLOCKS,
    MATRIX,
    STACK,
    VECTOR,
    call_kernel,
    compiled_for_all_models,
)

__all__ = ["FILL", "filler"]


def fill(  # type: ignore[no-untyped-def]
    kernel, constants, data, work, z, p, states, by_parameter, scale, unit, h, values, slopes,
    full, f, jacobian, columns, fp,
):  # fmt: skip
    """Write the equations at z = (nodes, period) and p, and their derivatives.

    Parameters
    ----------
    kernel, constants, data, work
        Of a compiled problem.
    z : ((N m + 1) n + 1,) ndarray
    p : float
        In units: states (n,), `unit` of the period, `by_parameter` of p.
    scale : (n,) ndarray
        What the kernel's values are multiplied by to be rates in these units.
    h : (N,) ndarray
        Lengths of intervals.
    values, slopes : (m, m + 1) ndarray
        Of the scheme.
    full : (e, (N m + 1) n) ndarray
        The other equations, which are linear.
    f, fp : (N m n + e,) ndarray
        Equations, and their derivatives by p, are written here.
    jacobian : (N, m, n, n) ndarray
        The derivatives of the field are written here.
    columns : (N, m n, k) ndarray
        Those of the equations by the period; into the first of k.
    """
    count, m, n, _ = jacobian.shape
    point, of_point, slope, by_point = np.empty(n), np.empty(n), np.empty(n), np.empty((n, n))
    nodes = (count * m + 1) * n
    period, at = z[nodes] * unit, p * by_parameter
    for i in range(count):
        for j in range(m):
            for a in range(n):
                s = 0.0
                for node in range(m + 1):
                    s += values[j, node] * z[(i * m + node) * n + a]
                point[a] = s * states[a]
            call_kernel(kernel, (point, at, constants, data, work, of_point, by_point, slope))
            for a in range(n):
                rate, row = scale[a], (i * m + j) * n + a
                s = 0.0
                for node in range(m + 1):
                    s += slopes[j, node] * z[(i * m + node) * n + a]
                g = of_point[a] * rate
                f[row] = s - h[i] * period * g
                columns[i, j * n + a, 0] = -h[i] * unit * g
                fp[row] = -h[i] * period * slope[a] * rate * by_parameter
                for b in range(n):
                    jacobian[i, j, a, b] = period * by_point[a, b] * rate * states[b]
    for e in range(full.shape[0]):
        s = 0.0
        for a in range(nodes):
            s += full[e, a] * z[a]
        f[count * m * n + e] = s
        fp[count * m * n + e] = 0.0


PROBLEM = (types.int64, VECTOR, MATRIX, MATRIX)
UNITS = (VECTOR, types.float64, VECTOR, types.float64)
MESH = (VECTOR, MATRIX, MATRIX, MATRIX)
WRITTEN = (VECTOR, BLOCKS, STACK, VECTOR)
FILL = types.void(*PROBLEM, VECTOR, types.float64, *UNITS, *MESH, *WRITTEN)
"""Signature of `fill`."""


@cache
def filler() -> Callable[..., Any]:
    """`fill` as machine code, from the disk cache after the first process."""
    return compiled_for_all_models(fill, FILL, (compilation, sys.modules[__name__]), "orbits")
