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

from collections.abc import Callable
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

ROUNDS, LONGEST = 16, 1.0
"""Steps of Newton's method, none of which may change ln w or w t by more; six to ten are enough."""

ARRIVED, CLOSE = 1e-12, 1e-8
"""Step at which all have arrived, and that of those which rounding stops before."""

SAME = 1e-7
"""Relative difference of places that are one."""

Sight = tuple[float, int]
"""How many inputs at least have |w x + c| below what, so that they see a unit turn."""

SEEN: Sight = (2.5, 3)
"""Fewer inputs where it turns than its parameters cannot fix a unit; at 2.5 it still changes by a
fortieth of what it does in the middle (saddles of `motorcycle` see their third input at 2.2)."""

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
    def of(cls, x: Array, ratio: float = RATIO, spacing: float = SPACING) -> InputGrid:
        """For inputs x (n,), with the ratio of levels and the spacing of places, w Δt."""
        spread = float(np.std(x)) or 1.0
        levels = int(np.ceil(np.log(STEEPEST / FLATTEST) / np.log(ratio))) + 1
        steep = np.geomspace(FLATTEST, STEEPEST, levels) / spread
        rows = [_places(float(w), x, spacing) for w in steep]
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


def _places(w: float, x: Array, spacing: float) -> Array:
    low, high = x.min() - MARGIN / w, x.max() + MARGIN / w
    return np.linspace(low, high, int(np.ceil((high - low) * w / spacing)) + 1)


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
        first.append(moved(some[near], step[near]))
    return settled_places(responses, np.concatenate(first), meeting, fixed)


def settled_places(
    responses: Responses, places: Array, meeting: int, fixed: Array, sight: Sight = SEEN
) -> Array:
    """Newton's method from places (k, 2), all at once; those that arrive, are seen, each once."""

    def steps(some: Array, _: NDArray[np.int64]) -> Array:
        return _steps(responses, some, meeting, fixed)

    arrived, _ = settled(places, steps, moved)
    return _distinct(arrived[is_seen(arrived, responses.x, sight)])


def settled_beside(
    responses: Responses, places: Array, fixed: Array, sight: Sight
) -> tuple[Array, NDArray[np.int64]]:
    """The same for single units, each beside features of its own, (k, f, q); and which arrive."""

    def steps(some: Array, number: NDArray[np.int64]) -> Array:
        return _steps(responses, some, 1, fixed[number])

    arrived, number = settled(places, steps, moved)
    seen = is_seen(arrived, responses.x, sight)
    return arrived[seen], number[seen]


def settled(
    places: Array,
    steps: Callable[[Array, NDArray[np.int64]], Array],
    moved: Callable[[Array, Array], Array],
) -> tuple[Array, NDArray[np.int64]]:
    """Newton's method from places (k, d), all at once; those that arrive, and their numbers.

    The engine's takes one problem after the other. `steps` gets places and their numbers.
    """
    number, before = np.arange(len(places)), np.full(len(places), np.inf)
    arrived, numbers = [places[:0]], [number[:0]]
    for turn in range(ROUNDS):
        step = _by_parts(steps, places, number)
        size = np.abs(step).max(axis=1, initial=0.0)
        kept = size <= LONGEST
        places, number = moved(places[kept], step[kept]), number[kept]
        size, before = size[kept], before[kept]
        done = (size <= ARRIVED) | ((size <= CLOSE) & (size >= before / 2.0))
        done |= (size <= CLOSE) & (turn == ROUNDS - 1)
        arrived.append(places[done])
        numbers.append(number[done])
        places, number, before = places[~done], number[~done], size[~done]
        if not number.size:
            break
    return np.concatenate(arrived), np.concatenate(numbers)


def _by_parts(
    steps: Callable[[Array, NDArray[np.int64]], Array], places: Array, number: NDArray[np.int64]
) -> Array:
    """Steps from places (k, d), `TOGETHER` at a time."""
    parts = range(0, max(len(places), 1), TOGETHER)
    return np.concatenate(
        [steps(places[k : k + TOGETHER], number[k : k + TOGETHER]) for k in parts]
    )


def is_seen(places: Array, x: Array, sight: Sight = SEEN) -> NDArray[np.bool_]:
    """Whether the transition of units (w, c) in rows (k, 2) is seen by enough inputs, (k,).

    An input that is there twice is one. Steeper units are as many as there are gaps in the data,
    each next to its jump.
    """
    w, c = places.T
    (within, fewest), steepest = sight, SEEN[0] / np.ptp(x)
    inside = np.abs(w[:, None] * np.unique(x) + c[:, None]) < within
    flat = np.abs(w) < steepest
    return np.asarray(flat | (inside.sum(axis=1) >= fewest))


def moved(places: Array, step: Array) -> Array:
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
    fit = Fits.of(responses, *unit_features(responses, places, meeting), fixed)
    gradient, reduced = fit.forces() if meeting == 1 else (fit.gradient, fit.reduced)
    jacobian = reduced @ turn_of(places)
    (a, b), (d, e) = jacobian.transpose(1, 2, 0)
    f, g = gradient.T
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.array([b * g - e * f, d * f - a * g]) / (a * e - b * d)
    return np.where(np.isfinite(step).all(axis=0), step, np.inf).T


def turn_of(places: Array) -> Array:
    """From steps in (ln w, w t) to those in (w, c), (k, 2, 2): w and c = −w t grow with ln w."""
    w, c = places.T
    turn = np.zeros((w.size, 2, 2))
    turn[:, 0, 0], turn[:, 1, 0], turn[:, 1, 1] = w, c, -1.0
    return turn


def unit_features(
    responses: Responses, places: Array, meeting: int = 1
) -> tuple[Array, Array, Array]:
    """Of units (k, 2), or pairs that meet: (k, m, q); by (w, c), (k, m, 2, q); twice, 3 for 2."""
    x, rows, (w, c) = responses.x, responses.rows, places.T
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
    return rows(own), rows(own_slopes), rows(own_bends)


@dataclass(frozen=True, eq=False)
class Fits:
    """Least squares beside fixed features, k problems at once, and how they change with places.

    Attributes
    ----------
    coefficients : ndarray, shape (k, p)
        Those of the moving features first.
    residual : ndarray, shape (k, q)
    gradient : ndarray, shape (k, d)
        Of R, the loss of the fit, by the d unknowns of the place.
    reduced : ndarray, shape (k, d, d)
        Second derivatives of R.
    response : ndarray, shape (k, p, d)
        How the coefficients follow the place.
    """

    coefficients: Array
    residual: Array
    gradient: Array
    reduced: Array
    response: Array

    @classmethod
    def of(
        cls, responses: Responses, own: Array, slopes: Array, bends: Array, fixed: Array
    ) -> Fits:
        """Of moving features, as `unit_features`, beside fixed ones (f, q) or (k, f, q)."""
        k, m, d, _ = slopes.shape
        features = np.concatenate([own, np.broadcast_to(fixed, (k, *fixed.shape[-2:]))], axis=1)
        gram = features @ features.transpose(0, 2, 1)
        diagonal = np.einsum("kii->ki", gram)
        diagonal += RIDGE * diagonal + np.finfo(np.float64).tiny ** 0.5
        p = np.linalg.solve(gram, (features @ responses.target)[:, :, None])[:, :, 0]
        residual = np.einsum("kp,kpn->kn", p, features) - responses.target
        along = np.einsum("km,kmin->kin", p[:, :m], slopes)
        bent = np.einsum("kin,kn->ki", np.einsum("km,kmin->kin", p[:, :m], bends), residual)
        mixed = features @ along.transpose(0, 2, 1)
        mixed[:, :m] += np.einsum("kmin,kn->kmi", slopes, residual)
        response = -np.linalg.solve(gram, mixed)
        hessian = along @ along.transpose(0, 2, 1) + bent[:, SQUARE[d]]
        return cls(
            p,
            residual,
            np.einsum("kin,kn->ki", along, residual),
            hessian + np.einsum("kpi,kpj->kij", mixed, response),
            response,
        )

    def forces(self) -> tuple[Array, Array]:
        """∇R/v (k, d) of one moving feature of coefficient v, and its derivatives (k, d, d)."""
        v = np.where(self.coefficients[:, 0] == 0.0, np.nan, self.coefficients[:, 0])[:, None]
        turned = self.gradient[:, :, None] * self.response[:, :1] / v[:, :, None]
        return self.gradient / v, (self.reduced - turned) / v[:, :, None]


SQUARE = {1: [[0]], 2: [[0, 1], [1, 2]]}
"""Places of second derivatives in a matrix."""


def _squares(sides: Array) -> Array:
    """Products of x and 1 with each other, shape (3, n)."""
    return np.array([sides[0] ** 2, sides[0], sides[1]])
