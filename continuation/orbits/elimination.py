"""Linear systems of collocation: almost block diagonal, with rows and columns that are full.

Unknowns are the values at all nodes and k scalars. Each interval has its own equations, which know
its nodes and the scalars; boundary and integral conditions come last and may know everything.
Interior nodes are eliminated interval by interval, then the ends of intervals one after the other,
always with row exchanges: what grows and what decays along an orbit stay apart [1]_. What is left
relates the first node and the last, A u(0) + B u(1) = ...: the monodromy matrix, never
formed [2]_. One compiled loop, as NumPy would call LAPACK hundreds of times for tiny blocks.

References
----------
.. [1] E. Doedel, H. B. Keller, J. P. Kernévez, *Int. J. Bifurcation Chaos* 1 (1991) 745.
.. [2] T. Fairgrieve, A. Jepson, *SIAM J. Numer. Anal.* 28 (1991) 1446.
"""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types

from continuation.compilation import (
    BLOCKS,
    MATRIX,
    STACK,
    VECTOR,
    apart,
    compiled_for_all_models,
    in_loops,
)

__all__ = ["CONDENSE", "solver"]


@in_loops
def reduce(a, candidates, columns):  # type: ignore[no-untyped-def]
    """Eliminate the first columns of `a` from all rows, with pivots from the first rows.

    Returns False where a pivot is zero.
    """
    rows, width = a.shape
    for c in range(columns):
        p = c
        for i in range(c + 1, candidates):
            if abs(a[i, c]) > abs(a[p, c]):
                p = i
        if not abs(a[p, c]) > 0.0:
            return False
        if p != c:
            for j in range(c, width):
                a[c, j], a[p, j] = a[p, j], a[c, j]
        inverse = 1.0 / a[c, c]
        for i in range(c + 1, rows):
            if a[i, c] != 0.0:
                f = a[i, c] * inverse
                for j in range(c + 1, width):
                    a[i, j] -= f * a[c, j]
    return True


@in_loops
def back(a, top, columns, right, x, to):  # type: ignore[no-untyped-def]
    """Solve a triangle left by `reduce` at row `top`, right sides from column `right`, into x."""
    for c in range(columns - 1, -1, -1):
        inverse = 1.0 / a[top + c, c]
        for r in range(x.shape[1]):
            s = a[top + c, right + r]
            for j in range(c + 1, columns):
                s -= a[top + c, j] * x[to + j, r]
            x[to + c, r] = s * inverse


@in_loops
def known(a, top, rows, first, x, start, size, right):  # type: ignore[no-untyped-def]
    """Bring unknowns x[start : start + size], of columns from `first` on, to the right sides."""
    for c in range(top, top + rows):
        for r in range(x.shape[1]):
            s = 0.0
            for j in range(size):
                s += a[c, first + j] * x[start + j, r]
            a[c, right + r] -= s


@apart
def put(a, row, column, b, top, left, height, width):  # type: ignore[no-untyped-def]
    """Copy a block of b into a."""
    for i in range(height):
        for j in range(width):
            a[row + i, column + j] = b[top + i, left + j]


@in_loops
def own_equations(a, i, h, values, slopes, jacobian, columns, right):  # type: ignore[no-untyped-def]
    """Equations of interval i; columns: nodes within, both ends, scalars, right sides."""
    m, n, k, r = jacobian.shape[1], jacobian.shape[2], columns.shape[2], right.shape[1]
    inner = (m - 1) * n
    for j in range(m):
        for c in range(n):
            row = j * n + c
            for node in range(m + 1):
                to = inner if node == 0 else inner + n if node == m else (node - 1) * n
                w = h[i] * values[j, node]
                for b in range(n):
                    a[row, to + b] = -w * jacobian[i, j, c, b]
                a[row, to + c] += slopes[j, node]
            for s in range(k):
                a[row, inner + 2 * n + s] = columns[i, row, s]
            for s in range(r):
                a[row, inner + 2 * n + k + s] = right[i * m * n + row, s]


def condense(  # type: ignore[no-untyped-def]
    h, values, slopes, jacobian, columns, full, scalars, right, relation
):
    """Solve in place: `right` (unknowns, r) holds the right sides, then the solution.

    Parameters
    ----------
    h : (N,) ndarray
        Lengths of intervals.
    values, slopes : (m, m + 1) ndarray
        Of the scheme.
    jacobian : (N, m, n, n) ndarray
        At the Gauss points; the equations are slopes · u - h (jacobian · values · u) = ...
    columns : (N, m n, k) ndarray
        Derivatives of these equations by the scalars.
    full : (n + k, (N m + 1) n) ndarray
        Rows of the other conditions; destroyed.
    scalars : (n + k, k) ndarray
        Their derivatives by the scalars.
    relation : (n, 2 n) ndarray
        [A, B] of A u(0) + B u(1) = ... is written here.

    Returns
    -------
    bool
        False where the matrix is singular to the last bit.
    """
    count, m, n, _ = jacobian.shape
    e, k = scalars.shape
    r = right.shape[1]
    inner, tail, block = (m - 1) * n, k + r, m * n
    start, width = count * block, inner + 2 * n + tail
    rest = np.zeros((e, tail))
    put(rest, 0, 0, scalars, 0, 0, e, k)
    put(rest, 0, k, right, start, 0, e, r)
    insides = np.zeros((count * inner, width))
    ends = np.zeros((count * n, 3 * n + tail))
    local = np.zeros((block + e, width))
    middle = np.zeros((2 * n + e, 3 * n + tail))  # u_i, u(0), u_i+1, scalars, right sides
    chain = np.zeros((n, 2 * n + tail))  # u(0), u_i, scalars, right sides
    for i in range(count):
        at = i * block
        own_equations(local, i, h, values, slopes, jacobian, columns, right)
        put(local, block, 0, full, 0, at + n, e, inner)
        put(local, block, inner, full, 0, at, e, n)
        put(local, block, inner + n, full, 0, at + block, e, n)
        put(local, block, inner + 2 * n, rest, 0, 0, e, tail)
        if not reduce(local, block, inner):
            return False
        put(insides, i * inner, 0, local, 0, 0, inner, width)
        if i == 0:
            put(chain, 0, 0, local, inner, inner, n, 2 * n + tail)
            put(full, 0, 0, local, block, inner, e, n)
            put(full, 0, block, local, block, inner + n, e, n)
            put(rest, 0, 0, local, block, inner + 2 * n, e, tail)
            continue
        put(middle, 0, 0, chain, 0, n, n, n)
        put(middle, 0, n, chain, 0, 0, n, n)
        put(middle, 0, 3 * n, chain, 0, 2 * n, n, tail)
        put(middle, n, 0, local, inner, inner, n + e, n)
        put(middle, n, 2 * n, local, inner, inner + n, n + e, n + tail)
        for a in range(n):
            for b in range(n):
                middle[a, 2 * n + b] = 0.0
                middle[n + a, n + b] = 0.0
        put(middle, 2 * n, n, full, 0, 0, e, n)
        if not reduce(middle, 2 * n, n):
            return False
        put(ends, i * n, 0, middle, 0, 0, n, 3 * n + tail)
        put(chain, 0, 0, middle, n, n, n, 2 * n + tail)
        put(full, 0, 0, middle, 2 * n, n, e, n)
        put(full, 0, at + block, middle, 2 * n, 2 * n, e, n)
        put(rest, 0, 0, middle, 2 * n, 3 * n, e, tail)
    put(relation, 0, 0, chain, 0, 0, n, 2 * n)
    size = 2 * n + k
    last = np.zeros((size, size + r))
    put(last, 0, 0, chain, 0, 0, n, size + r)
    put(last, n, 0, full, 0, 0, e, n)
    put(last, n, n, full, 0, start, e, n)
    put(last, n, 2 * n, rest, 0, 0, e, tail)
    if not reduce(last, size, size):
        return False
    solved = np.zeros((size, r))
    back(last, 0, size, size, solved, 0)
    put(right, 0, 0, solved, 0, 0, n, r)
    put(right, start, 0, solved, n, 0, n + k, r)
    for i in range(count - 1, 0, -1):
        at, top = i * block, i * n
        known(ends, top, n, n, right, 0, n, 3 * n + k)
        known(ends, top, n, 2 * n, right, at + block, n, 3 * n + k)
        known(ends, top, n, 3 * n, right, start + n, k, 3 * n + k)
        back(ends, top, n, 3 * n + k, right, at)
    for i in range(count):
        at, top = i * block, i * inner
        known(insides, top, inner, inner, right, at, n, width - r)
        known(insides, top, inner, inner + n, right, at + block, n, width - r)
        known(insides, top, inner, inner + 2 * n, right, start + n, k, width - r)
        back(insides, top, inner, width - r, right, at + n)
    return True


CONDENSE = types.boolean(VECTOR, MATRIX, MATRIX, BLOCKS, STACK, MATRIX, MATRIX, MATRIX, MATRIX)
"""Signature of `condense`."""


@cache
def solver() -> Callable[..., Any]:
    """`condense` as machine code, from the disk cache after the first process."""
    return compiled_for_all_models(condense, CONDENSE, (sys.modules[__name__],), "orbits")
