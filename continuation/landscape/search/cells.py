"""Where all units of a limit model are critical together: cells of a grid, and Newton from there.

A limit model (docs/theory.md, Infinity) has clusters of units at input weights w = e^s. A cluster
of m has the features G_0, …, G_(m−1), G_a = w^a x^a φ^(a)(w x). With all coefficients fitted, the
critical points with nonzero last coefficients are the common roots of F_k = ⟨r, G_m(s_k)⟩, m = m_k.

h(s) = ⟨r, φ(e^s x)⟩ vanishes to the order m_j at every s_j, so that F vanishes where clusters meet,
root or not. E_k = F_k/(m_k! Π_j (s_k − s_j)^m_j) does not: it is the value at s_k of the smooth
function h/Π (s − s_j)^m_j. Near clusters have nearly equal E; divided differences take their place.

All of it happens in a table of the G_a on equidistant s, as coordinates in an orthonormal frame
(`unit_table`): a node costs the same for any number of samples. Axis l of d stands on the nodes
d i + l, so that clusters never meet on a node, and the cells go across the places where they meet.

This file is self-contained: Numba's disk cache does not see edits of imported helpers.

References
----------
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: derivatives of the fit.
P. Farrell, Á. Birkisson, S. Funke, *SIAM J. Sci. Comput.* 37 (2015) A2026: deflation.
"""

from __future__ import annotations

import numpy as np

from symbolic.inner_code import inner_njit
from symbolic.machine_code import cached_njit

REORDERING = {"reassoc", "contract", "nsz"}
"""Fast-math flags that let sums vectorise and change nothing else."""

MARGIN = 0.5
"""A cell is a candidate if every E changes sign after widening its range by this share; the excess
catches pairs of roots just after a fold, which leave no sign change on the grid."""

NEAR = 3
"""Clusters at most so many cells apart are near each other."""

NEWTON_STEPS = 40
ARRIVED = 1e-12
"""Newton step in s that ends the iteration; the weights are polished afterwards."""

CONVERGED = 1e-6
"""A last step below this, where rounding has stopped the iteration: near clusters lose digits."""

LONGEST = 2.0
"""Longest Newton step, in cells."""

REACH = 6.0
"""Newton's method may leave its cell by so many cells; what goes further was no root there."""


@inner_njit(error_model="numpy")
def put(row, out):  # type: ignore[no-untyped-def]
    """Copy a row: assignments of slices take Numba long to compile."""
    for k in range(row.size):
        out[k] = row[k]


@inner_njit(error_model="numpy", fastmath=REORDERING)
def remove(a, direction):  # type: ignore[no-untyped-def]
    """Subtract from a its projection on a unit vector; the amount."""
    amount = 0.0
    for k in range(a.size):
        amount += a[k] * direction[k]
    for k in range(a.size):
        a[k] -= amount * direction[k]
    return amount


@inner_njit(error_model="numpy", fastmath=REORDERING)
def extend(basis, size, row, column):  # type: ignore[no-untyped-def]
    """Orthonormalise a row after the first `size` of a basis; its coordinates go to `column`."""
    new = basis[size]
    put(row, new)
    for k in range(size):
        column[k] = 0.0
    for turn in range(2 * size):  # twice is enough (Kahan, Parlett)
        column[turn % size] += remove(new, basis[turn % size])
    square = 0.0
    for k in range(new.size):
        square += new[k] * new[k]
    column[size] = np.sqrt(square)
    scale = 1.0 / column[size] if square > 0.0 else 0.0
    for k in range(new.size):
        new[k] *= scale


@inner_njit(error_model="numpy", fastmath=REORDERING)
def products(a, b, out):  # type: ignore[no-untyped-def]
    """Inner products (k, l) of rows (k, r) and (l, r)."""
    for k in range(a.shape[0]):
        for m in range(b.shape[0]):
            total = 0.0
            for i in range(a.shape[1]):
                total += a[k, i] * b[m, i]
            out[k, m] = total


@inner_njit(error_model="numpy")
def regular(forces, places, copies, top, top_copies, out):  # type: ignore[no-untyped-def]
    """E (d,) of F (d,): without the zeros where clusters meet."""
    for k in range(copies.size):
        scale = (places[k] - top) ** top_copies
        for j in range(copies.size):
            if j != k:
                scale *= (places[k] - places[j]) ** copies[j]
        for j in range(2, copies[k] + 1):
            scale *= j
        out[k] = forces[k] / scale


@inner_njit(error_model="numpy")
def begin(at, level, ordered, below):  # type: ignore[no-untyped-def]
    """Put the clusters from `level` on at their lowest index: in order, or so far below it."""
    for k in range(level, at.size):
        at[k] = max(0, at[k - 1] - below) if ordered[k] else 0


@inner_njit(error_model="numpy")
def advance(at, last, ordered, below):  # type: ignore[no-untyped-def]
    """Go on to the next indices (d,), each at most `last`; which is the first that changed.

    The first cluster stays: 0 where the others have been everywhere.
    """
    level = at.size - 1
    while level > 0 and at[level] == last:
        level -= 1
    if level > 0:
        at[level] += 1
        begin(at, level + 1, ordered, below)
    return level


@inner_njit(error_model="numpy")
def sheet(rows, fixed, target, copies, ordered, top, top_copies, first):  # type: ignore[no-untyped-def]
    """E on all nodes whose first cluster stands on its node `first`.

    Parameters
    ----------
    rows : ndarray, shape (orders, N, r)
        G_a on the nodes.
    fixed : ndarray, shape (f, r)
        Features without a weight, orthonormal.
    target : ndarray, shape (r,)
        Orthogonal to them.
    copies : ndarray of int, shape (d,)
        Units m_k of each cluster.
    ordered : ndarray of bool, shape (d,)
        Whether a cluster may change places with the one before: only s_(k−1) ≤ s_k is searched.
    top : float
        Place of `top_copies` units among the fixed features, in nodes.
    first : int

    Returns
    -------
    ndarray, shape (m^(d − 1), d)
        With m = N // d nodes for each cluster, the last one fastest; nan where the order excludes
        a node.
    """
    d, r, f = copies.size, target.size, fixed.shape[0]
    m, total = rows.shape[1] // d, f
    for k in range(d):
        total += copies[k]
    basis, column, rests = np.empty((total, r)), np.empty(total), np.empty((d + 1, r))
    for k in range(f):
        put(fixed[k], basis[k])
    put(target, rests[0])
    at, forces, places = np.zeros(d, dtype=np.int64), np.empty((d, 1)), np.empty(d)
    turned = np.empty((d, r))
    out = np.empty((m ** (d - 1), d))
    for k in range(out.size):
        out.flat[k] = np.nan
    at[0] = first
    begin(at, 1, ordered, 2)
    changed = 0
    while True:
        size, flat = f, 0
        for level in range(d):
            node = d * at[level] + level
            if level > 0:
                flat = m * flat + at[level]
            if level >= changed:
                put(rests[level], rests[level + 1])
            for a in range(copies[level]):
                if level >= changed:
                    extend(basis, size, rows[a, node], column)
                    remove(rests[level + 1], basis[size])
                size += 1
            if level >= changed:
                put(rows[copies[level], node], turned[level])
                places[level] = node
        products(turned, rests[d:], forces)
        regular(forces[:, 0], places, copies, top, top_copies, out[flat])
        changed = advance(at, m - 1, ordered, 2)
        if changed == 0:
            return out


@inner_njit(error_model="numpy")
def may_vanish(corner, k):  # type: ignore[no-untyped-def]
    """Whether E_k may have a zero in a cell, by its values at the corners (2^d, d)."""
    lowest, highest = corner[0, k], corner[0, k]
    for c in range(corner.shape[0]):
        if not abs(corner[c, k]) < np.inf:
            return False
        lowest, highest = min(lowest, corner[c, k]), max(highest, corner[c, k])
    margin = MARGIN * (highest - lowest)
    return lowest - margin < 0.0 and highest + margin > 0.0


@inner_njit(error_model="numpy")
def changes(corner, low):  # type: ignore[no-untyped-def]
    """Whether all E may vanish in a cell: corner values (2^d, d), its lowest nodes low (d,)."""
    d = low.size
    for level in range(1, d):
        for k in range(d - 1, level - 1, -1):
            near = True
            for j in range(k - level, k):
                near &= abs(low[j + 1] - low[j]) <= NEAR
            if near:
                for c in range(2**d):
                    there = d * (low[k] + ((c >> k) & 1)) + k
                    here = d * (low[k - level] + ((c >> (k - level)) & 1)) + k - level
                    corner[c, k] = (corner[c, k] - corner[c, k - 1]) / (there - here)
    possible = True
    for k in range(d):
        possible &= may_vanish(corner, k)
    return possible


@inner_njit(error_model="numpy")
def between(before, after, ordered, first, found):  # type: ignore[no-untyped-def]
    """Candidates among the cells between two sheets: their lowest nodes go to `found` (k, d)."""
    d, number = before.shape[1], 0
    m = 1 if d == 1 else int(before.shape[0] ** (1.0 / (d - 1)) + 0.5)
    stride, corner, low = np.ones(d, dtype=np.int64), np.empty((2**d, d)), np.zeros(d, np.int64)
    for k in range(d - 2, 0, -1):
        stride[k] = m * stride[k + 1]
    beside = np.zeros(2**d, dtype=np.int64)
    for c in range(2**d):
        for k in range(1, d):
            beside[c] += ((c >> k) & 1) * stride[k]
    low[0] = first
    begin(low, 1, ordered, 1)
    while True:
        flat = 0
        for k in range(1, d):
            flat += low[k] * stride[k]
        for c in range(2**d):
            corner[c, 0] = (after if c & 1 else before)[flat + beside[c], 0]
        if may_vanish(corner, 0):  # no divided difference changes this one
            for c in range(2**d):
                put((after if c & 1 else before)[flat + beside[c]], corner[c])
            if changes(corner, low):
                put(low, found[number])
                number += 1
        if advance(low, m - 2, ordered, 1) == 0:
            return number


@cached_njit(purpose="the search", error_model="numpy")
def candidates(rows, fixed, target, copies, ordered, top, top_copies, before, first, last):  # type: ignore[no-untyped-def]
    """Candidates among the cells from sheet `first` to sheet `last`, as of `sheet`.

    `before` is the sheet `first`, or empty where it is not known.

    Returns
    -------
    lowest : ndarray of int, shape (k, d)
        Their lowest nodes.
    after : ndarray
        The last sheet.
    """
    d, number = copies.size, 0
    if before.shape[0] == 0:
        before = sheet(rows, fixed, target, copies, ordered, top, top_copies, first)
    room, lowest = np.empty((before.shape[0], d), np.int64), np.empty((64, d), np.int64)
    for place in range(first, last):
        after = sheet(rows, fixed, target, copies, ordered, top, top_copies, place + 1)
        new = between(before, after, ordered, place, room)
        if number + new > lowest.shape[0]:
            larger = np.empty((2 * lowest.shape[0] + new, d), np.int64)
            for k in range(number):
                put(lowest[k], larger[k])
            lowest = larger
        for k in range(new):
            put(room[k], lowest[number + k])
        number += new
        before = after
    return lowest[:number], before


@inner_njit(error_model="numpy", fastmath=REORDERING)
def at_place(rows, place, step, orders, out):  # type: ignore[no-untyped-def]
    """G_0, …, G_(orders−1) at any place, by Taylor's series about the nearest node."""
    node = min(max(int(place + 0.5), 0), rows.shape[1] - 1)
    growth = np.exp((place - node) * step) - 1.0
    for a in range(orders):
        factor = (1.0 + growth) ** a
        for k in range(out.shape[1]):
            out[a, k] = factor * rows[a, node, k]
        for b in range(a + 1, rows.shape[0]):
            factor *= growth / (b - a)
            for k in range(out.shape[1]):
                out[a, k] += factor * rows[b, node, k]


@inner_njit(error_model="numpy")
def solve(matrix, step):  # type: ignore[no-untyped-def]
    """Gauss elimination in place with row pivots, for a few unknowns."""
    d = step.size
    for k in range(d):
        pivot = k
        for i in range(k + 1, d):
            if abs(matrix[i, k]) > abs(matrix[pivot, k]):
                pivot = i
        for j in range(d):
            matrix[k, j], matrix[pivot, j] = matrix[pivot, j], matrix[k, j]
        step[k], step[pivot] = step[pivot], step[k]
        for i in range(k + 1, d):
            share = matrix[i, k] / matrix[k, k]
            for j in range(k, d):
                matrix[i, j] -= share * matrix[k, j]
            step[i] -= share * step[k]
    for k in range(d - 1, -1, -1):
        for j in range(k + 1, d):
            step[k] -= matrix[k, j] * step[j]
        step[k] /= matrix[k, k]


@inner_njit(error_model="numpy")
def last_row(triangle, last, weight):  # type: ignore[no-untyped-def]
    """Row `last` of the inverse of an upper triangle, given by its columns as rows."""
    for j in range(last + 1, weight.size):
        weight[j] = 0.0
    weight[last] = 1.0 / triangle[last, last]
    for j in range(last + 1, weight.size):
        for i in range(last, j):
            weight[j] -= weight[i] * triangle[j, i]
        weight[j] /= triangle[j, j]


@inner_njit(error_model="numpy")
def forces_at(rows, step, fixed, target, copies, places, forces, jacobian):  # type: ignore[no-untyped-def]
    """Fill F (d,) and its derivatives by s (d, d).

    With P the projection on what the features leave, c and δ the last coefficient and the last
    dual feature of cluster l, the residual changes by c P G_m − δ F_l (Golub and Pereyra).
    """
    d, r, f = copies.size, target.size, fixed.shape[0]
    total = f
    for k in range(d):
        total += copies[k]
    units, basis = np.empty((total - f + 2, r)), np.empty((total + 1, r))
    for k in range(f):
        put(fixed[k], basis[k])
    triangle, along = np.zeros((total, total + 1)), np.empty((d, total + 1))
    fit, own, left = np.zeros(total), np.empty((2 * d, r)), np.empty((d + 1, r))
    put(target, left[d])
    size = f
    for turn in range(2 * d):  # the units of every cluster; then what leaves their span
        k = turn % d
        at_place(rows, places[k], step, copies[k] + 2, units)
        put(units[copies[k]], own[k])
        put(units[copies[k] + 1], own[d + k])
        first = 0 if turn < d else copies[k]
        for a in range(first, copies[k] if turn < d else copies[k] + 1):
            column = triangle[size] if turn < d else along[k]
            extend(basis, size, units[a], column)
            if turn < d:
                fit[size] = remove(left[d], basis[size])
                size += 1
            else:
                for i in range(r):
                    left[k, i] = column[size] * basis[size, i]
    pairs, weight = np.empty((2 * d, d + 1)), np.empty(total)
    products(own, left, pairs)
    for k in range(d):
        forces[k] = -pairs[k, d]
    last = f - 1
    for m in range(d):
        last += copies[m]
        last_row(triangle, last, weight)
        coefficient = 0.0
        for j in range(last, total):
            coefficient += weight[j] * fit[j]
        for k in range(d):
            dual = 0.0
            for j in range(last, total):
                dual += weight[j] * along[k, j]
            jacobian[k, m] = coefficient * pairs[k, m] - dual * forces[m]
        jacobian[m, m] += copies[m] * forces[m] - pairs[d + m, d]


@inner_njit(error_model="numpy")
def regular_slopes(forces, places, copies, top, top_copies, jacobian, value):  # type: ignore[no-untyped-def]
    """E (d,) of F, and its derivatives of those of F, in place: by divided differences."""
    d = copies.size
    regular(forces, places, copies, top, top_copies, value)
    for k in range(d):
        for m in range(d):
            jacobian[k, m] *= value[k] / forces[k]
        jacobian[k, k] -= value[k] * top_copies / (places[k] - top)
        for j in range(d):
            if j != k:
                slope = value[k] * copies[j] / (places[k] - places[j])
                jacobian[k, k] -= slope
                jacobian[k, j] += slope
    for level in range(1, d):
        for k in range(d - 1, level - 1, -1):
            gap = places[k] - places[k - level]
            value[k] = (value[k] - value[k - 1]) / gap
            for m in range(d):
                jacobian[k, m] = (jacobian[k, m] - jacobian[k - 1, m]) / gap
            jacobian[k, k] -= value[k] / gap
            jacobian[k, k - level] += value[k] / gap


@inner_njit(error_model="numpy")
def largest(change):  # type: ignore[no-untyped-def]
    """The largest entry; infinite where one is not a number."""
    longest = 0.0
    for k in range(change.size):
        size = abs(change[k])
        longest = np.inf if not size < np.inf else max(longest, size)
    return longest


@cached_njit(purpose="the search", error_model="numpy")
def refine(rows, step, fixed, target, copies, top, top_copies, starts, found):  # type: ignore[no-untyped-def]
    """Newton's method from each start (k, d), in nodes; `found` (k,) says whether it converged.

    Compiled for batches of starts, which the engine's takes one by one.
    """
    d = copies.size
    places, change, forces, jacobian = np.empty(d), np.empty(d), np.empty(d), np.empty((d, d))
    for n in range(starts.shape[0]):
        put(starts[n], places)
        found[n] = False
        for _ in range(NEWTON_STEPS):
            forces_at(rows, step, fixed, target, copies, places, forces, jacobian)
            for k in range(d):
                for m in range(d):
                    jacobian[k, m] *= -step
            regular_slopes(forces, places, copies, top, top_copies, jacobian, change)
            solve(jacobian, change)
            longest, farthest = largest(change), 0.0
            for k in range(d):
                places[k] += change[k] * min(1.0, LONGEST * d / longest)
                farthest = max(farthest, abs(places[k] - starts[n, k]))
            found[n] = longest * step < CONVERGED and farthest < REACH * d
            if not (longest * step > ARRIVED and farthest < REACH * d):
                break
        put(places, starts[n])
