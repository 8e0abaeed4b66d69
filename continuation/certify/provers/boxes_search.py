"""Branch and bound over pairs q₁ ≤ q₂: the tree of boxes in which no pair is critical."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.certify.enclosures import ORDERS, fill_line, lines, taylor_table
from continuation.certify.provers.boxes import (
    EXACTLY_ONE,
    EXCLUDED,
    INJECTIVE,
    WORK_ROWS,
    examine,
)
from symbolic.inner_code import inner_njit
from symbolic.machine_code import cached_njit

Codes = NDArray[np.uint8]

OPEN, FIRST, SECOND, EMPTY, MIRRORED, KNOWN = 0, 1, 2, 3, 4, 5
"""Nodes of the tree in the order of a depth-first walk: left open; halved along q₁ or q₂; proved
empty; mirror image of other boxes (q₁ ≥ q₂ all over); KNOWN + k: inside the box of point k."""

MOST_POINTS = 250
"""Points of one list, so that a node fits into a byte."""

LEVELS = 24
"""Halvings of each axis: the smallest boxes measure 2⁻²⁴ of it."""

LONGEST = 16
KEPT_LEVELS = 13
"""Lines down to this level are kept for other boxes; the few below are computed anew."""


@dataclass(frozen=True)
class Grid:
    """Places k = 0 … 2^LEVELS at which boxes may be cut.

    w = low + (high − low) t/(1 + bend (1 − t)) and q = w² at t = k/2^LEVELS; the ends are widened
    by rounding. Small weights get the finer steps; only +, −, ×, / are used, so that every
    machine has the same places.

    Attributes
    ----------
    low, high : float
        Range of the input weights.
    bend : float
        How much finer the steps are at `low`.
    """

    low: float
    high: float
    bend: float

    def q(self, place: int) -> float:
        """The value of q at one place."""
        return float(_place(int(place), self.low, self.high, self.bend))


@dataclass(frozen=True, eq=False)
class Tree:
    """Result of the search.

    Attributes
    ----------
    codes : ndarray of uint8
        Nodes in depth-first order.
    open_boxes : ndarray of int, shape (k, 4)
        Boxes left, as places on the grid: q₁ from, to, q₂ from, to.
    boxes : int
        Number of boxes examined.
    exhausted : bool
        Whether the budget ended before the tree did.
    """

    codes: Codes = field(repr=False)
    open_boxes: NDArray[np.int64]
    boxes: int
    exhausted: bool


def search(
    grid: Grid, x: Array, y: Array, ye: Array, known: Array, budget: int, depth: int = LEVELS
) -> Tree:
    """Walk through all boxes 0 ≤ q₁ ≤ q₂ of the grid.

    Parameters
    ----------
    grid : Grid
    x, y, ye : ndarray, shape (n,)
        Inputs > 0, targets and their errors; weighted data come with weighted targets.
    known : ndarray, shape (k, 4)
        Boxes (q₁ from, to, q₂ from, to) with one listed point each.
    budget : int
        Most boxes to examine.
    depth : int
        Halvings of an axis after which a box is left open.
    """
    table = taylor_table()
    cache = np.empty((2**KEPT_LEVELS + 1, ORDERS, x.size))
    filled = np.zeros(2**KEPT_LEVELS + 1, dtype=np.bool_)
    codes, boxes, count, exhausted = _walk(
        grid.low,
        grid.high,
        grid.bend,
        x,
        y,
        ye,
        known,
        budget,
        2 ** (LEVELS - depth),
        table,
        cache,
        filled,
    )
    return Tree(codes, boxes, int(count), bool(exhausted))


@inner_njit(error_model="numpy")
def _place(k: int, low: float, high: float, bend: float) -> float:
    if k == 0:
        return np.nextafter(low * low, 0.0)
    if k == 2**LEVELS:
        return np.nextafter(high * high, np.inf)
    t = k / 2**LEVELS
    w = low + (high - low) * t / (1.0 + bend * (1.0 - t))
    return w * w


@inner_njit(error_model="numpy")
def _copy_line(
    k: int, q: float, x: Array, table: Array, cache: Array, filled: Codes, out: Array
) -> None:
    spacing = 2**LEVELS // (filled.size - 1)
    if k % spacing:
        fill_line(q, x, table, out)
        return
    place = k // spacing
    if not filled[place]:
        fill_line(q, x, table, cache[place])
        filled[place] = True
    out[:] = cache[place]


@cached_njit(purpose="proofs", error_model="numpy")
def _walk(
    low: float,
    high: float,
    bend: float,
    x: Array,
    y: Array,
    ye: Array,
    known: Array,
    budget: int,
    smallest: int,
    table: Array,
    cache: Array,
    filled: Codes,
) -> tuple[Codes, NDArray[np.int64], int, bool]:
    n = x.size
    stack = np.empty((256, 4), dtype=np.int64)
    stack[0] = np.array([0, 2**LEVELS, 0, 2**LEVELS])
    top = 1
    codes = np.empty(1024, dtype=np.uint8)
    length = 0
    left = np.empty((64, 4), dtype=np.int64)
    lefts = 0
    w = np.empty((WORK_ROWS, n))
    f, s = np.empty((3, ORDERS, n)), np.empty((3, ORDERS, n))
    corners, out = np.empty(6), np.empty(12)
    examined = 0
    while top > 0:
        top -= 1
        a1, b1, a2, b2 = stack[top]
        if length == codes.size:
            grown = np.empty(2 * length, dtype=np.uint8)
            grown[:length] = codes
            codes = grown
        code = OPEN
        if a1 >= b2:
            code = MIRRORED
        else:
            for i, k in enumerate((a1, (a1 + b1) // 2, b1, a2, (a2 + b2) // 2, b2)):
                corners[i] = _place(k, low, high, bend)
            for k in range(known.shape[0]):
                inside = known[k, 0] <= corners[0] and corners[2] <= known[k, 1]
                if inside and known[k, 2] <= corners[3] and corners[5] <= known[k, 3]:
                    code = KNOWN + k
                    break
        if code == OPEN and examined < budget:
            examined += 1
            c1, c2 = (a1 + b1) // 2, (a2 + b2) // 2
            if c1 > a1 and c2 > a2:
                for i, k in enumerate((a1, c1, b1)):
                    _copy_line(k, corners[i], x, table, cache, filled, f[i])
                for i, k in enumerate((a2, c2, b2)):
                    _copy_line(k, corners[3 + i], x, table, cache, filled, s[i])
                if examine(f, s, corners, y, ye, w, out) == EXCLUDED:
                    code = EMPTY
            if code == OPEN and max(b1 - a1, b2 - a2) > smallest:
                code = _direction(a1, b1, a2, b2, out)
        codes[length] = code
        length += 1
        if code == FIRST:
            c = (a1 + b1) // 2
            stack[top] = np.array([c, b1, a2, b2])
            stack[top + 1] = np.array([a1, c, a2, b2])
            top += 2
        elif code == SECOND:
            c = (a2 + b2) // 2
            stack[top] = np.array([a1, b1, c, b2])
            stack[top + 1] = np.array([a1, b1, a2, c])
            top += 2
        elif code == OPEN:
            if lefts == left.shape[0]:
                more = np.empty((2 * lefts, 4), dtype=np.int64)
                more[:lefts] = left
                left = more
            left[lefts] = np.array([a1, b1, a2, b2])
            lefts += 1
    return codes[:length].copy(), left[:lefts].copy(), examined, examined >= budget


@inner_njit(error_model="numpy")
def _direction(a1: int, b1: int, a2: int, b2: int, out: Array) -> int:
    """Halve the side along which the conditions vary more; very long ones first."""
    first, second = b1 - a1, b2 - a2
    if first > LONGEST * second or second <= 1:
        return FIRST
    if second > LONGEST * first or first <= 1:
        return SECOND
    size = 1e-300 + abs(out[4]) + abs(out[5]) + out[8] + out[9]
    other = 1e-300 + abs(out[6]) + abs(out[7]) + out[10] + out[11]
    by_first = (abs(out[4]) + out[8]) / size + (abs(out[6]) + out[10]) / other
    by_second = (abs(out[5]) + out[9]) / size + (abs(out[7]) + out[11]) / other
    if not abs(by_first - by_second) > 1e-12:
        return FIRST if first >= second else SECOND
    return FIRST if by_first > by_second else SECOND


"""Largest ratio of a box's sides, in places."""


def unique_box(pair: tuple[float, float], x: Array, y: Array, ye: Array) -> Array | None:
    """A box (q₁ from, to, q₂ from, to) with exactly one critical pair, grown as far as it goes.

    Parameters
    ----------
    pair : tuple
        q₁ < q₂ of the point, to rounding.

    Returns
    -------
    ndarray, shape (4,), or None
        None where Krawczyk's test fails in every small box around the pair.
    """
    for half in START_WIDTHS:
        box = _around(pair, half)
        if judge(box, x, y, ye) == EXACTLY_ONE:
            centre = np.repeat(pair, 2)
            return centre + MARGIN * (_grown(box, x, y, ye) - centre)
    return None


START_WIDTHS = (1e-6, 1e-7, 1e-8, 1e-9)
"""Half-widths of the box in which existence is tried, relative to q and to q₂ − q₁: a listed point
that is farther off is not the critical one."""

GROWTH = 0.5
"""A side moves outwards by this share of the box's width as long as the conditions stay
injective; then by half as much, until the share is `LEAST_GROWTH`."""

LEAST_GROWTH = 0.05

MARGIN = 0.7
"""The box kept, as a share of the largest one found: a checker with other enclosures must be able
to prove the same."""

SIDES = np.array([[-1, 1, -1, 1], [-1, 1, 0, 0], [0, 0, -1, 1], *np.diag([-1, 1, -1, 1])])
"""Which sides move together: all, those of one axis, one."""


def _around(pair: tuple[float, float], half: float) -> Array:
    p, q = pair
    first, second = half * min(p, abs(q - p)), half * min(q, abs(q - p))
    return np.array([p - first, p + first, q - second, q + second])


def _grown(box: Array, x: Array, y: Array, ye: Array) -> Array:
    share = GROWTH
    while share > LEAST_GROWTH:
        moved = False
        for sides in SIDES:
            widths = np.repeat([box[1] - box[0], box[3] - box[2]], 2)
            wider = box + share * widths * sides
            if wider[0] < 0.0 or wider[1] >= wider[2]:
                continue
            if judge(wider, x, y, ye) >= INJECTIVE:
                box, moved = wider, True
        if not moved:
            share /= 2.0
    return box


def judge(box: Array, x: Array, y: Array, ye: Array) -> int:
    """`examine` for the box (q₁ from, to, q₂ from, to)."""
    first, second = 0.5 * (box[0] + box[1]), 0.5 * (box[2] + box[3])
    ends = np.array([box[0], first, box[1], box[2], second, box[3]])
    rows = lines(ends, x)
    w, out = np.empty((WORK_ROWS, x.size)), np.empty(12)
    return int(examine(rows[:3].copy(), rows[3:].copy(), ends, y, ye, w, out))
