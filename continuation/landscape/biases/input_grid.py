"""All units with bias on a stated range, node by node, and the critical points of one that moves.

A unit φ(w x + c) is described by its steepness ln w and by its place w t, t = −c/w: in these
coordinates the cells of the grid are alike, and so are the fits of neighbouring nodes. From every
node one step of Newton's method is made for the roots of

- ∇R/v, one unit, R(w, c) = min over v and all other coefficients;
- ∇R, two units that meet, R(w, c) the minimum for a φ + (b x + d) φ' and the rest.

A node from which the step leads further away than to its neighbours has no root in its cell, as
far as the step tells: a search on a grid, not a proof.

References
----------
G. H. Golub and V. Pereyra, *SIAM J. Numer. Anal.* 10 (1973) 413: variable projection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.network import Responses, activation

RATIO = 1.2
"""Of the steepness of neighbouring levels."""

SPACING = 0.3
"""Between neighbouring places of one level, w Δt."""

FLATTEST, STEEPEST = 0.02, 100.0
"""Range of w times the standard deviation of the inputs: linear to 1e-4, and a step."""

MARGIN = 5.0
"""Units whose place lies further than this outside the data, w |t − x|, are saturated on all."""

TOGETHER = 256
"""Nodes that are worked on at once: their features stay in the cache."""

ROUNDS, LONGEST = 30, 1.0
"""Steps of Newton's method, none of which may change ln w or w t by more."""

ARRIVED, CLOSE = 1e-12, 1e-8
"""Step at which all have arrived, and that of those which rounding stops before."""

SAME = 1e-7
"""Relative difference of places that are one."""

Sight = tuple[float, int]
"""How many inputs at least have |w x + c| below what, so that they see a unit turn."""

SEEN: Sight = (2.0, 3)
"""Fewer inputs where it turns than its parameters cannot fix a unit."""

SEEN_AT_MINIMA: Sight = (4.0, 2)
"""A minimum has the values at two inputs fitted, one of which is steep; where one alone sees the
unit, it is a jump there. At 4 a unit differs from its limit by 7e-4."""

REACH = 1.6
"""Steps of so many cells still count as leading into the own cell: it is entered with a margin."""

RIDGE = 1e-13
"""Relative to the diagonal of the Gram matrix: units that the other features make up."""


@dataclass(frozen=True, eq=False)
class InputGrid:
    """Nodes (w, c), w > 0, level by level.

    Attributes
    ----------
    w, c : ndarray, shape (m,)
    starts : ndarray of int, shape (levels + 1,)
        First node of each level, and the end.
    """

    w: Array
    c: Array
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, x: Array) -> InputGrid:
        """For inputs x (n,)."""
        spread = float(np.std(x)) or 1.0
        levels = int(np.ceil(np.log(STEEPEST / FLATTEST) / np.log(RATIO))) + 1
        steep = np.geomspace(FLATTEST, STEEPEST, levels) / spread
        rows = [_places(float(w), x) for w in steep]
        w = np.concatenate([np.full(row.size, s) for row, s in zip(rows, steep, strict=True)])
        sizes = np.array([0, *(row.size for row in rows)])
        return cls(w, np.asarray(-w * np.concatenate(rows)), np.cumsum(sizes))

    def neighbours(self) -> NDArray[np.int64]:
        """The next nodes of the same level and of those beside it, shape (m, 6); itself if none."""
        own = np.arange(self.w.size)
        level = np.searchsorted(self.starts, own, side="right") - 1
        out = np.tile(own[:, None], (1, 6))
        for k, (low, high) in enumerate(zip(self.starts[:-1], self.starts[1:], strict=True)):
            mine = np.flatnonzero(level == k)
            out[mine, 0] = np.maximum(mine - 1, low)
            out[mine, 1] = np.minimum(mine + 1, high - 1)
            for column, other in ((2, k - 1), (4, k + 1)):
                if not 0 <= other < self.starts.size - 1:
                    continue
                first, last = self.starts[other], self.starts[other + 1]
                place = -self.c[first:last] / self.w[first:last]
                after = np.searchsorted(place, -self.c[mine] / self.w[mine])
                out[mine, column] = first + np.clip(after - 1, 0, last - first - 1)
                out[mine, column + 1] = first + np.clip(after, 0, last - first - 1)
        return out

    def on_rim(self) -> NDArray[np.bool_]:
        """Nodes of the flattest and of the steepest level, (m,)."""
        own = np.arange(self.w.size)
        return np.asarray((own < self.starts[1]) | (own >= self.starts[-2]))


def _places(w: float, x: Array) -> Array:
    low, high = x.min() - MARGIN / w, x.max() + MARGIN / w
    return np.linspace(low, high, int(np.ceil((high - low) * w / SPACING)) + 1)


def critical_places(responses: Responses, grid: InputGrid, meeting: int, fixed: Array) -> Array:
    """Places (k, 2), rows (w, c), of the critical points with nodes of the grid near them.

    Parameters
    ----------
    responses : Responses
    grid : InputGrid
    meeting : int
        Units that stand at the moving place: 1 or 2.
    fixed : ndarray, shape (f, q)
        Features without moving places, as coordinates.
    """
    nodes, x = np.array([grid.w, grid.c]).T, responses.x
    nodes = nodes[is_seen(nodes, x)]
    cell, first = np.array([np.log(RATIO), SPACING]), []
    for k in range(0, len(nodes), TOGETHER):
        some = nodes[k : k + TOGETHER]
        step = _steps(responses, some, meeting, fixed)
        near = (np.abs(step) <= REACH * cell).all(axis=1)
        first.append(_moved(some[near], step[near]))
    return settled_places(responses, np.concatenate(first), meeting, fixed)


def settled_places(
    responses: Responses, places: Array, meeting: int, fixed: Array, sight: Sight = SEEN
) -> Array:
    """Newton's method from places (k, 2), all at once; those that arrive and are seen, each once.

    The engine's takes one problem after the other.
    """
    for _ in range(ROUNDS):
        if not len(places):
            return places
        step = _steps(responses, places, meeting, fixed)
        size = np.abs(step).max(axis=1)
        kept = size <= LONGEST
        places = _moved(places[kept], step[kept])
        if (size[kept] <= ARRIVED).all():
            break
    arrived = np.abs(_steps(responses, places, meeting, fixed)).max(axis=1) <= CLOSE
    return _distinct(places[arrived & is_seen(places, responses.x, sight)])


def is_seen(places: Array, x: Array, sight: Sight = SEEN) -> NDArray[np.bool_]:
    """Whether the transition of units (w, c) in rows (k, 2) is seen by enough samples, (k,).

    Steeper ones are as many as there are gaps in the data, each next to its jump.
    """
    w, c = places.T
    (within, fewest), steepest = sight, SEEN[0] / np.ptp(x)
    inside = np.abs(w[:, None] * x + c[:, None]) < within
    flat = np.abs(w) < steepest
    return np.asarray(flat | (inside.sum(axis=1) >= fewest))


def _moved(places: Array, step: Array) -> Array:
    """After steps in ln w and w t, t = −c/w."""
    w = places[:, 0] * np.exp(step[:, 0])
    return np.array([w, w * places[:, 1] / places[:, 0] - step[:, 1]]).T


def _distinct(places: Array) -> Array:
    kept: list[Array] = []
    for place in places[np.lexsort(places.T)]:
        if all(np.abs(place / other - 1.0).max() > SAME for other in kept):
            kept.append(place)
    return np.array(kept).reshape(-1, 2)


def _steps(responses: Responses, places: Array, meeting: int, fixed: Array) -> Array:
    """Newton steps (k, 2) in ln w and w t; inf where there is none."""
    w, c = places.T
    gradient, hessian, mixed, gram, last = _derivatives(responses, w, c, meeting, fixed)
    response = -np.linalg.solve(gram, mixed)
    reduced = hessian + np.einsum("kpi,kpj->kij", mixed, response)
    if meeting == 1:
        v = np.where(last == 0.0, np.nan, last)[:, None]
        reduced = (reduced - gradient[:, :, None] * response[:, :1] / v[:, :, None]) / v[:, :, None]
        gradient = gradient / v
    # from (w, c) to (ln w, w t): w and c = −w t both grow with ln w
    turn = np.zeros((w.size, 2, 2))
    turn[:, 0, 0], turn[:, 1, 0], turn[:, 1, 1] = w, c, -1.0
    jacobian = reduced @ turn
    (a, b), (d, e) = jacobian.transpose(1, 2, 0)
    f, g = gradient.T
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.array([b * g - e * f, d * f - a * g]) / (a * e - b * d)
    return np.where(np.isfinite(step).all(axis=0), step, np.inf).T


def _derivatives(
    responses: Responses, w: Array, c: Array, meeting: int, fixed: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """Of the loss at the fitted coefficients p: by (w, c), twice, with p, by p, and the last of p.

    Shapes (k, 2), (k, 2, 2), (k, p, 2), (k, p, p) and (k,); the moving unit's coefficients first.
    """
    x, rows = responses.x, responses.rows
    phi = activation(responses.model, 3)(w[:, None] * x + c[:, None])
    sides = np.array([x, np.ones_like(x)])
    if meeting == 1:
        own = phi[0][:, None]
        own_slopes = phi[1][:, None, None] * sides
        own_bends = phi[2][:, None, None] * _squares(sides)
    else:
        own = np.stack([phi[0], phi[1] * x, phi[1]], axis=1)
        arms = np.array([np.ones_like(x), x, np.ones_like(x)])[:, None] * sides
        own_slopes = np.stack([phi[1], phi[2], phi[2]], axis=1)[:, :, None] * arms
        arms = np.array([np.ones_like(x), x, np.ones_like(x)])[:, None] * _squares(sides)
        own_bends = np.stack([phi[2], phi[3], phi[3]], axis=1)[:, :, None] * arms
    own, own_slopes, own_bends = rows(own), rows(own_slopes), rows(own_bends)
    features = np.concatenate([own, np.broadcast_to(fixed, (w.size, *fixed.shape))], axis=1)
    gram = features @ features.transpose(0, 2, 1)
    diagonal = np.einsum("kii->ki", gram)
    diagonal += RIDGE * diagonal + np.finfo(np.float64).tiny ** 0.5
    p = np.linalg.solve(gram, (features @ responses.target)[:, :, None])[:, :, 0]
    residual = np.einsum("kp,kpn->kn", p, features) - responses.target
    m = own.shape[1]
    slopes = np.einsum("km,kmin->kin", p[:, :m], own_slopes)
    bends = np.einsum("km,kmin->kin", p[:, :m], own_bends)
    gradient = np.einsum("kin,kn->ki", slopes, residual)
    bent = np.einsum("kin,kn->ki", bends, residual)
    hessian = slopes @ slopes.transpose(0, 2, 1) + bent[:, [[0, 1], [1, 2]]]
    mixed = features @ slopes.transpose(0, 2, 1)
    mixed[:, :m] += np.einsum("kmin,kn->kmi", own_slopes, residual)
    return gradient, hessian, mixed, gram, p[:, 0]


def _squares(sides: Array) -> Array:
    """Products of x and 1 with each other, shape (3, n)."""
    return np.array([sides[0] ** 2, sides[0], sides[1]])
