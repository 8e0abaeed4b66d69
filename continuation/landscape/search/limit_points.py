"""All critical points of one kind of limit model, and what decides how they count.

A kind says how many units stand at each moving input weight, how many vanish, diverge, or stand
at the upper end of the range: W for all but one, the steepest, which may be steeper. A point of it
is *genuine* where the last coefficient of every cluster is nonzero; the others lie over genuine
points of narrower kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.deadline import UNLIMITED, Deadline
from continuation.landscape.infinity import (
    LimitModel,
    LimitUnit,
    silent_weights,
    step_slope,
    vanishing_slope,
)
from continuation.landscape.search.cells import candidates, refine
from continuation.landscape.search.unit_table import BEYOND, UnitTable, scaled_features

SAME_PLACE = 1e-5
"""Two results are one point if their ln w differ by less; distinct points of one cell differ by
its width, 0.06, times the root of the distance to their fold."""

CLOSEST = 1e-4
"""Difference of ln w below which two clusters, or one and the upper end, have met: another kind."""

SHEETS = {1: 4096, 2: 64, 3: 4, 4: 1}
"""Sheets of cells, by the number of clusters, between two looks at the clock: milliseconds."""

NOWHERE = 1e9
"""Place of the upper end, in nodes, where no unit stands there."""


@dataclass(frozen=True)
class Kind:
    """A kind of limit model.

    Attributes
    ----------
    copies : tuple of int
        Units that stand at each moving weight, most first.
    powers : int
        Units that vanish.
    steps : int
        Units that diverge: 0 or 1.
    top : int
        Units at the upper end of the range.
    steepest : int
        Units at the end of the wider range that one unit has: 0 or 1.
    """

    copies: tuple[int, ...] = ()
    powers: int = 0
    steps: int = 0
    top: int = 0
    steepest: int = 0

    @property
    def units(self) -> int:
        """Units of a network with this limit."""
        return sum(self.copies) + self.powers + self.steps + self.top + self.steepest

    @property
    def unknowns(self) -> int:
        """Weights that move, and coefficients."""
        return self.units + len(self.copies)

    @property
    def is_finite(self) -> bool:
        """Whether it is a network itself."""
        return self.units == len(self.copies)

    def features(self, table: UnitTable) -> Array:
        """Features without a moving weight, shape (f, q)."""
        responses = table.responses
        rows = [responses.monomial(2 * k + 1) for k in range(self.powers)]
        rows += [responses.rows(np.sign(responses.x))] * self.steps
        if self.top:
            rows += list(scaled_features(responses, np.array([table.second]), self.top - 1)[:, 0])
        if self.steepest:
            rows += [responses.features(table.highest, 0)[0]]
        return np.array(rows).reshape(-1, responses.target.size)

    def reach(self, table: UnitTable) -> Array:
        """Upper end of the range of each cluster (d,): one steeper single unit may be the last."""
        found = np.full(len(self.copies), table.second)
        if self.copies and self.copies[-1] == 1 and not (self.steps or self.steepest):
            found[-1] = table.highest
        return found


def kinds_of(units: int, *, steeper: bool = False) -> Iterator[Kind]:
    """Kinds with a boundary of the range or finite, of at most so many units.

    With `steeper`, those where one unit has a wider range than the others.
    """
    for steepest in range(1 + steeper):
        for powers in range(units - steepest + 1):
            for top in range(units - max(powers + steepest, steeper) + 1):
                for copies in _groups(units - steepest - powers - top):
                    yield Kind(copies, powers, 0, top, steepest)


def ends_of(units: int) -> Iterator[Kind]:
    """Kinds of sets at infinity of at most so many units."""
    for steps in (0, 1):
        for powers in range(units - steps + 1):
            for copies in _groups(units - steps - powers):
                kind = Kind(copies, powers, steps)
                if not kind.is_finite:
                    yield kind


def _groups(units: int, most: int | None = None) -> Iterator[tuple[int, ...]]:
    """Sizes of groups of at most so many units in all, each at most `most`, decreasing."""
    yield ()
    for first in range(min(units, most or units), 0, -1):
        for rest in _groups(units - first, first):
            yield (first, *rest)


@dataclass(frozen=True, eq=False)
class LimitPoint:
    """A genuine critical point.

    Attributes
    ----------
    kind : Kind
    w : ndarray, shape (d,)
        Weight of each cluster.
    coefficients : tuple of tuple of float
        Of each cluster, those of x^k φ^(k)(w x).
    fixed : tuple of float
        Of the features without a weight.
    residual : ndarray, shape (q,)
        √ω r.
    index, nullity : int
        Of the reduced loss within its kind.
    rises : tuple of bool
        Whether the loss rises when the units of a cluster, or a copy of a single one, part.
    ends_rise : tuple of bool
        Whether it rises when units leave 0, an upper end of the range that is not the last, and the
        last one or infinity; true without such units.
    fits : bool
        Whether the data are fitted exactly: the loss rises everywhere, though by rounding's slopes.
    free : int
        Unknowns that an exact fit leaves free: with any, it is no point but a place on a manifold.
    """

    kind: Kind
    w: Array
    coefficients: tuple[tuple[float, ...], ...]
    fixed: tuple[float, ...]
    residual: Array
    index: int
    nullity: int
    rises: tuple[bool, ...]
    ends_rise: tuple[bool, ...]
    fits: bool
    free: int

    @classmethod
    def at(cls, table: UnitTable, kind: Kind, w: Array) -> LimitPoint:
        """The fit at weights (d,) that are critical.

        The reduced loss has there the Hessian c_k c_l ⟨G_m, P G_m⟩ + δ_kl c_k ⟨r, G_(m+1)⟩ in ln w,
        with the last coefficient c and the projection P on what the fit leaves.
        """
        fixed, copies = kind.features(table), kind.copies
        units = scaled_features(table.responses, w, max(copies, default=0) + 1)
        own = [units[a, k] for k, m in enumerate(copies) for a in range(m)]
        basis, values = _fit(np.array([*fixed, *own]).reshape(-1, fixed.shape[1]), table)
        residual = basis.T @ (basis @ table.responses.target) - table.responses.target
        ends = len(fixed) + np.cumsum(copies, dtype=np.int64)
        order, cluster = np.array(copies, dtype=np.int64), np.arange(len(copies))
        last, turned, bent = values[ends - 1], units[order, cluster], units[order + 1, cluster]
        exact = table.responses.fitted_to(float(np.linalg.norm(residual)))
        free = last[:, None] * (turned - (turned @ basis.T) @ basis)
        bend = last * (bent @ residual)
        parts = [values[end - m : end] for end, m in zip(ends, copies, strict=True)]
        coefficients = [
            tuple(map(float, c * u ** np.arange(c.size))) for c, u in zip(parts, w, strict=True)
        ]
        return cls(
            kind,
            w,
            tuple(coefficients),
            tuple(map(float, values[: len(fixed)])),
            residual,
            *scaled_inertia(free @ free.T + np.diag(bend))[:2],
            tuple(bool(b > 0.0 or exact) for b in bend),
            tuple(bool(exact or rises) for rises in _ends_rise(table, kind, values, residual)),
            bool(exact),
            max(0, kind.unknowns - table.responses.distinct) if exact else 0,
        )

    @property
    def inward(self) -> bool:
        """Whether the loss rises from all ends of the range at which it has units."""
        return all(self.ends_rise)

    @property
    def loss(self) -> float:
        """½ Σ ω r²."""
        return 0.5 * float(self.residual @ self.residual)

    @property
    def limit(self) -> LimitModel:
        """As a limit model; of a network itself, one of single units."""
        units = tuple(
            LimitUnit(float(w), c) for w, c in zip(self.w, self.coefficients, strict=True)
        )
        powers, step = self.fixed[: self.kind.powers], self.fixed[self.kind.powers :]
        return LimitModel(units, powers, step[0] if step else None)

    def silent_weights(self, table: UnitTable) -> Array:
        """Weights (k,) at which a further unit may be silent."""
        own, orders = self.w, np.array(self.kind.copies, dtype=np.float64) + 1.0
        ends = ((table.second, self.kind.top), (table.highest, self.kind.steepest))
        for place, units in ends:
            if units:
                own, orders = np.append(own, place), np.append(orders, units)
        on_grid = table.response(self.residual)
        return silent_weights(
            table.responses, self.residual, own, orders, table.grid.nodes, on_grid, table.sizes
        )


def _fit(rows: Array, table: UnitTable) -> tuple[Array, Array]:
    """An orthonormal basis (p, q) of rows (p, q), and the coefficients (p,) of their best fit."""
    size = np.linalg.norm(rows, axis=1)
    basis, triangle = np.linalg.qr((rows / size[:, None]).T)
    return basis.T, np.linalg.solve(triangle, basis.T @ table.responses.target) / size


def _ends_rise(table: UnitTable, kind: Kind, values: Array, residual: Array) -> Iterator[bool]:
    """Whether the loss rises when units leave 0, an end below that of the steepest, that one."""
    powers = values[: kind.powers].tolist()
    yield not powers or vanishing_slope(table.responses, residual, powers) > 0.0
    last = kind.powers + kind.steps - 1
    upper = not kind.steps or step_slope(table.responses, residual, float(values[last])) > 0.0
    for place, units in ((table.second, kind.top), (table.highest, kind.steepest)):
        last += units
        rises = True
        if units:
            below = scaled_features(table.responses, np.array([place]), units)[units, 0]
            rises = bool(values[last] * (residual @ below) < 0.0)
        if place < table.highest:
            yield rises
        else:
            upper = upper and rises
    yield upper


def genuine_points(
    table: UnitTable, kind: Kind, deadline: Deadline = UNLIMITED
) -> list[LimitPoint]:
    """All genuine critical points of a kind whose weights are in the range of the table.

    Raises
    ------
    TimeIsUp
        Where not all of the range is searched in time.
    """
    weights = critical_weights(table, kind, deadline) if kind.copies else np.empty((1, 0))
    return [LimitPoint.at(table, kind, w) for w in weights]


@dataclass(frozen=True, eq=False)
class SearchedKinds:
    """The genuine points in the range of a table, kind by kind; each kind is searched once."""

    table: UnitTable
    _found: dict[Kind, list[LimitPoint]] = field(default_factory=dict, init=False)

    def points(self, kind: Kind, deadline: Deadline = UNLIMITED) -> list[LimitPoint]:
        """Those of one kind; raises as `genuine_points`."""
        if kind not in self._found:
            self._found[kind] = genuine_points(self.table, kind, deadline)
        return self._found[kind]


def critical_weights(table: UnitTable, kind: Kind, deadline: Deadline = UNLIMITED) -> Array:
    """Weights (k, d) of the genuine critical points; alike clusters in increasing order.

    Raises as `genuine_points`.
    """
    copies = np.array(kind.copies)
    ordered = np.append(False, copies[1:] == copies[:-1])
    fixed = table.orthonormal(kind.features(table))
    target = table.frame @ table.responses.target
    problem = (fixed, target - fixed.T @ (fixed @ target), copies)
    places = _candidates(table, kind, problem, ordered, deadline)
    found = np.zeros(len(places), dtype=np.bool_)
    refine(table.rows, table.step, *problem, *_top(table, kind), places, found)
    w = table.weights_at(_sorted(places[found], ordered))
    inside = (w > table.grid.lowest).all(axis=1) & (w < kind.reach(table)).all(axis=1)
    if kind.top:
        inside &= (np.abs(np.log(w / table.second)) > CLOSEST).all(axis=1)
    return _distinct(w[inside & _apart(w)])


def _top(table: UnitTable, kind: Kind) -> tuple[float, int]:
    """Place of an upper end where units stand, in nodes, and how many."""
    if kind.steepest and not kind.top:
        return float(table.places(table.highest)), kind.steepest
    return (float(table.places(table.second)) if kind.top else NOWHERE), kind.top


def _in_reach(table: UnitTable, kind: Kind) -> tuple[Array, int]:
    """The rows of the table, not numbers out of reach; and how many nodes the first cluster has."""
    reach, d = kind.reach(table), len(kind.copies)
    if (reach == table.highest).all():
        return table.rows, table.rows.shape[1] // d
    rows, edge = table.rows.copy(), reach * np.exp(BEYOND * table.step)
    cluster = np.arange(table.weights.size) % d
    out = table.weights > edge[cluster]
    rows[:, out] = np.nan
    return rows, min(rows.shape[1] // d, int((~out[::d]).sum()) + 1)


def _candidates(
    table: UnitTable,
    kind: Kind,
    problem: tuple[Array, Array, NDArray[np.int64]],
    ordered: NDArray[np.bool_],
    deadline: Deadline,
) -> Array:
    """Centres (k, d) of the cells in which a point may be, in nodes."""
    d, top = ordered.size, _top(table, kind)
    rows, nodes = _in_reach(table, kind)
    last = nodes - 1
    here = np.empty((0, d))
    lowest: list[NDArray[np.int64]] = []
    for first in range(0, last, SHEETS[d]):
        deadline.require()
        until = min(first + SHEETS[d], last)
        found, here = candidates(rows, *problem, ordered, *top, here, first, until)
        lowest.append(found)
    return np.asarray(d * (np.concatenate(lowest) + 0.5) + np.arange(d))


def _sorted(places: Array, ordered: NDArray[np.bool_]) -> Array:
    """With clusters that are alike in increasing order."""
    groups = np.split(np.arange(ordered.size), np.flatnonzero(~ordered)[1:])
    return np.hstack([np.sort(places[:, group], axis=1) for group in groups])


def _apart(w: Array) -> NDArray[np.bool_]:
    """Whether no two clusters of weights (k, d) have met, (k,)."""
    gaps = np.abs(np.log(w[:, :, None] / w[:, None]))
    gaps[:, np.arange(w.shape[1]), np.arange(w.shape[1])] = np.inf
    return np.asarray((gaps > CLOSEST).all(axis=(1, 2)))


def _distinct(w: Array) -> Array:
    """One of each group of equal rows, in increasing order."""
    kept: list[Array] = []
    for row in w[np.lexsort(w.T[::-1])]:
        if all(np.abs(np.log(row / other)).max() > SAME_PLACE for other in kept):
            kept.append(row)
    return np.array(kept).reshape(-1, w.shape[1])
