"""Complete lists of critical sets for up to four odd units without bias; no seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.deadline import UNLIMITED, Deadline, TimeIsUp
from continuation.landscape.infinity import CriticalEnd, LimitLoss, LimitModel, LimitUnit
from continuation.landscape.network import Conditions, Grid, Loss, Responses, join_plain
from continuation.landscape.search.euler import euler_count, is_resolved, is_whole, kinds_in
from continuation.landscape.search.lifting import BasePoint, Lifter, bases_in_order
from continuation.landscape.search.limit_points import (
    Kind,
    LimitPoint,
    SearchedKinds,
    ends_of,
    genuine_points,
)
from continuation.landscape.search.unit_table import UnitTable
from continuation.landscape.search.wide_ends import is_told, left_out
from continuation.landscape.sets import ISOLATED, CriticalSet, CriticalSets, labelled

GRIDS = ((0.02, 0.02), (0.02, 0.001), (0.012, 0.001))
"""Ratios of neighbouring nodes minus one and lowest weights, as of `Grid`, tried in turn until the
Euler count is 1. The cells of d clusters are d nodes wide. Where the loss hardly depends on the
input weights of units that are nearly linear, it may be critical at weights below 0.02."""

WIDENING = 2.0
"""Of the range of weights, until its upper end looks like infinity (`is_whole`); of one unit alone
where that of all cannot."""

EVERY = 50
"""Nodes between two at which units are asked whether they fit anything."""

NOTHING_FITS = (
    "no unit fits the targets, which vanish or are even on symmetric inputs: the minima of the "
    "loss are all weights of which the network function is 0 there, and nothing is isolated"
)

POLISHABLE = 1e-3
"""A longer Newton step, relative to 1 + |z|, does not start at a critical point."""

POLISH_STEPS = 8
"""Two are enough where the search has converged."""


def exhaustive_sets(
    loss: Loss, conditions: Conditions, *, infinity: bool = True, deadline: Deadline = UNLIMITED
) -> CriticalSets:
    """All critical sets, those at infinity if asked for, on the coarsest grid of Euler count 1.

    Where the time has passed, what was found until then: the notes say what was left.
    """
    search = _Search.of(loss, conditions)
    units, distinct = loss.model.hidden, search.responses.distinct
    if distinct <= units > 1:
        return search.embedded_only(f"at most {units} distinct |x|, n < 2H")
    if search.nothing_fits:
        return CriticalSets((), notes=(NOTHING_FITS,))
    listing = _listing(search.responses, units, deadline)
    if listing.fits_early:
        return search.embedded_only("fewer units fit the data, as at zero noise")
    found = search.finite(listing, deadline.part(1.0))
    return search.with_ends(found, listing, deadline.part(1.0)) if infinity else found


def _listing(responses: Responses, units: int, deadline: Deadline) -> _Listing:
    """In a range that is whole, or else in the widest one of which the count is 1."""
    widened, whole = _widened(responses, units, deadline)
    if whole and len(widened) == 1:
        return _finest(widened[0], units, deadline, whole=True)
    ranges = itertools.chain(
        [(widened[-1], True)] if whole else [],
        ((searched, True) for searched in _one_steeper(widened, units, deadline)),
        ((searched, False) for searched in widened[-1 - whole : 0 : -1]),
    )
    for searched, is_it in ranges:
        listing = _Listing.of(searched, units, GRIDS[0][0], deadline, whole=is_it)
        if listing.is_final(units):
            return listing
    return _finest(widened[0], units, deadline, whole=False)


def _widened(
    responses: Responses, units: int, deadline: Deadline
) -> tuple[list[SearchedKinds], bool]:
    """The least range and wider ones, and whether the last is whole; one where time is up."""
    ranges, widening = [SearchedKinds(UnitTable.of(responses, *GRIDS[0]))], 1.0
    try:
        while not is_whole(ranges[-1], units, deadline):
            widening *= WIDENING
            wider = UnitTable.of(responses, *GRIDS[0], widening)
            if not (wider.highest > ranges[-1].table.highest and is_resolved(wider, units)):
                return ranges, False
            ranges.append(SearchedKinds(wider))
    except TimeIsUp:
        return ranges[:1], False
    return ranges, True


def _one_steeper(
    widened: Sequence[SearchedKinds], units: int, deadline: Deadline
) -> Iterator[SearchedKinds]:
    """Ranges, widest first, that are whole as soon as one unit may be steeper than they allow."""
    responses = widened[0].table.responses
    for number in range(len(widened) - 1, -1, -1):
        before, steeper = widened[number].table.highest, WIDENING
        try:
            while True:
                table = UnitTable.of(responses, *GRIDS[0], WIDENING**number, steeper)
                if not table.highest > before:
                    break
                if is_whole(searched := SearchedKinds(table), units, deadline):
                    yield searched
                    break
                before, steeper = table.highest, steeper * WIDENING
        except TimeIsUp:
            return


def _finest(least: SearchedKinds, units: int, deadline: Deadline, *, whole: bool) -> _Listing:
    """In the least range on the coarsest grid of Euler count 1, or the finest."""
    listing = _Listing.of(least, units, GRIDS[0][0], deadline, whole=whole)
    for grid in GRIDS[1:]:
        if listing.is_final(units):
            break
        searched = SearchedKinds(UnitTable.of(least.table.responses, *grid))
        finer = _Listing.of(searched, units, grid[0], deadline, whole=whole)
        if finer.left:
            break
        listing = finer
    return listing


@dataclass(frozen=True, eq=False)
class _Listing:
    """Points of all kinds on one grid.

    Attributes
    ----------
    searched : SearchedKinds
    spacing : float
    whole : bool
        Whether the upper end of the range looks like infinity.
    points : sequence of LimitPoint
    count : int or None
        Euler count; None where not all kinds were searched, or there is none.
    left : sequence of Kind
        For which no time was left.
    fits_early : bool
        Whether fewer units than the network has fit the data: then nothing else is searched.
    """

    searched: SearchedKinds
    spacing: float
    whole: bool
    points: Sequence[LimitPoint]
    count: int | None
    left: Sequence[Kind]
    fits_early: bool

    @classmethod
    def of(
        cls,
        searched: SearchedKinds,
        units: int,
        spacing: float,
        deadline: Deadline,
        *,
        whole: bool,
    ) -> _Listing:
        points = list[LimitPoint]()
        kinds = sorted(kinds_in(searched.table, units), key=lambda kind: kind.units)
        for number, kind in enumerate(kinds):
            try:
                points += searched.points(kind, deadline)
            except TimeIsUp:
                return cls(searched, spacing, whole, points, None, kinds[number:], False)
            if kind.units < units and any(point.fits for point in points):
                return cls(searched, spacing, whole, points, None, (), True)
        count = euler_count(searched.table, points, units)
        return cls(searched, spacing, whole, points, count, (), False)

    @property
    def table(self) -> UnitTable:
        """The table of single units."""
        return self.searched.table

    def is_final(self, units: int) -> bool:
        """Whether no other range and no finer grid would tell more."""
        surface = self.count is None and self.table.responses.distinct < 2 * units - 1
        return self.count == 1 or surface or self.fits_early or bool(self.left)


@dataclass(frozen=True, eq=False)
class _Search:
    """One search."""

    loss: Loss
    conditions: Conditions
    responses: Responses
    lifter: Lifter

    @classmethod
    def of(cls, loss: Loss, conditions: Conditions) -> _Search:
        lifter = Lifter(loss, conditions)
        return cls(loss, conditions, Responses.at(lifter.at), lifter)

    @property
    def units(self) -> int:
        return self.loss.model.hidden

    @property
    def nothing_fits(self) -> bool:
        """Whether targets are orthogonal to all odd functions of the inputs, up to rounding."""
        some = Grid.of(self.responses, *GRIDS[0]).nodes[::EVERY]
        units = self.responses.features(some, 0)[0]
        pull = units @ self.responses.target / np.linalg.norm(units, axis=1)
        return self.responses.fitted_to(float(np.abs(pull).max()))

    @property
    def has_few_inputs(self) -> bool:
        """Whether there are fewer distinct |x| than weights."""
        return self.responses.distinct < 2 * self.units

    def finite(self, listing: _Listing, deadline: Deadline) -> CriticalSets:
        """All sets in the weights, and what is known about completeness."""
        whole, count = Kind((1,) * self.units), listing.count
        build, points = self.lifter.build, (p for p in listing.points if p.kind == whole)
        found = [self._isolated(point) for point in points if not point.free]
        continuum = any(point.free for point in listing.points)
        genuine = build.bounded(one for one in found if not one.nullity)
        lifter = Lifter(self.loss, self.conditions, listing.table.grid)
        lifted = lifter.all_over(self._bases(listing.points), UNLIMITED)
        unlisted = (*lifted.degenerate, *(one for one in found if one.nullity))
        degenerate = sum(self._is_searched(one, listing.table) for one in unlisted)
        return CriticalSets(
            labelled([*genuine, *lifted.sets]),
            notes=(
                _count_note(listing, self.units, deadline),
                *_degeneracy_notes(self.responses.distinct, degenerate, continuum=continuum),
                *lifted.notes(UNLIMITED),
                *_range_notes(listing, self.units),
            ),
            complete=count == 1 and not degenerate and not continuum,
            euler_count=count,
        )

    def _isolated(self, point: LimitPoint) -> CriticalSet:
        """A point of the network itself.

        In its weights the Hessian of nearly equal units is singular to rounding; that of the
        reduced loss, which has as many negative eigenvalues, is not.
        """
        found = self.lifter.build.unbounded_point(self._weights(point), ISOLATED)
        if point.nullity or not found.nullity:
            return found
        inertia = (point.index, 0, self.loss.model.dimension - point.index)
        return replace(found, inertia=inertia, attracting=point.index == 0)

    def _is_searched(self, found: CriticalSet, table: UnitTable) -> bool:
        """Whether no two units are steeper than the range of all but one."""
        theta = found.theta
        return theta is None or bool((np.abs(theta[: self.units]) > table.second).sum() < 2)

    def embedded_only(self, reason: str) -> CriticalSets:
        """What is isolated where the minima of the loss are a manifold."""
        table = UnitTable.of(self.responses, *GRIDS[0])
        narrower = [Kind((1,) * k) for k in range(1, min(self.units, self.responses.distinct))]
        points = [p for kind in narrower for p in genuine_points(table, kind) if not p.fits]
        sets = self.lifter.all_over(self._bases(points), UNLIMITED).sets
        note = (
            f"{reason}: the minima of the loss form a manifold (start from the blow-up, or at a "
            "small noise); only nondegenerate embeddings of narrower networks are listed"
        )
        return CriticalSets(labelled(sets), notes=(note,))

    def _bases(self, points: Iterable[LimitPoint]) -> list[BasePoint]:
        """The networks of fewer units among the points, the one without units last."""
        narrower: dict[int, list[BasePoint]] = {}
        for point in points:
            kind = point.kind
            if kind.is_finite and 0 < kind.units < self.units:
                base = BasePoint(kind.units, self._weights(point), point.index)
                narrower.setdefault(kind.units, []).append(base)
        return [*bases_in_order(narrower), self.lifter.nothing()]

    def _weights(self, point: LimitPoint) -> Array:
        """Weights of a network among the limit models."""
        units = self._polished(point.limit)[1].units
        w, v = ([unit.weight for unit in units], [unit.coefficients[0] for unit in units])
        return join_plain(np.array(w), np.array(v))

    def with_ends(self, found: CriticalSets, listing: _Listing, deadline: Deadline) -> CriticalSets:
        """The list with its sets at infinity, as far as there is time."""
        build, ends = self.lifter.build, list[CriticalSet]()
        left, untold, few = 0, 0, self.has_few_inputs
        for kind in ends_of(self.units):
            try:
                points = listing.searched.points(kind, deadline)
            except TimeIsUp:
                left += 1
                continue
            told = [p for p in points if is_told(self.responses, p.limit, p.residual, few=few)]
            untold += len(points) - len(told)
            made = self._ends(listing.table, kind, told)
            ends += [build.unbounded_end(end) for end in made]
        cut = f"sets at infinity of {left} kinds are not listed: {deadline.reason}" if left else ""
        return replace(
            found,
            sets=labelled([*found.sets, *build.bounded(ends, self.responses)]),
            notes=(*found.notes, *filter(None, (left_out(untold), cut))),
        )

    def _ends(
        self, table: UnitTable, kind: Kind, points: Iterable[LimitPoint]
    ) -> Iterator[CriticalEnd]:
        """Sets at infinity, with silent units where a limit has fewer units than the network."""
        further = self.units - kind.units
        for point in points:
            idle = point.silent_weights(table) if further else ()
            for silent in itertools.combinations(map(float, idle), further):
                yield self._end(point.limit, silent)

    def _end(self, limit: LimitModel, silent: tuple[float, ...]) -> CriticalEnd:
        """A set at infinity, with silent units at these weights; their outputs are no rounding."""
        idle = tuple(LimitUnit(w, (0.0,)) for w in silent)
        loss, found = self._polished(replace(limit, units=(*limit.units, *idle)))
        working, places = found.units[: len(limit.units)], found.units[len(limit.units) :]
        exact = tuple(replace(unit, coefficients=(0.0,)) for unit in places)
        end = loss.end(replace(found, units=(*working, *exact)).unknowns)
        return replace(end, limit=end.limit.canonical(odd=True))

    def _polished(self, limit: LimitModel) -> tuple[LimitLoss, LimitModel]:
        """Newton's method in the unknowns themselves, until rounding stops it.

        The search has stopped by its step in ln w. Where the lowest eigenvalue is a millionth of
        a millionth of the largest, its rounding there is 1e-6 in the weights.
        """
        loss, z, before = LimitLoss(self.responses, limit), limit.unknowns, POLISHABLE
        for number in range(POLISH_STEPS if z.size else 0):
            gradient, hessian = loss.slopes(z)
            if number == 0 and scaled_inertia(hessian)[1]:
                break
            step = np.linalg.solve(hessian, -gradient)
            size = float((np.abs(step) / (np.abs(z) + 1.0)).max())
            if not size < before:  # no contraction, or NaN: as far as rounding lets it
                break
            z, before = z + step, size
        return loss, limit.at(z)


def _count_note(listing: _Listing, units: int, deadline: Deadline) -> str:
    count, points, ratio = listing.count, len(listing.points), 1 + listing.spacing
    if count is None and not listing.left:
        return (
            "incomplete: no Euler count, as exact fits form a surface, or a curve of which an end "
            "was missed"
        )
    if count is None:
        isolated = Kind((1,) * units) in listing.left
        return (
            f"incomplete: points of {len(listing.left)} kinds are not searched"
            + (", isolated ones among them" if isolated else "")
            + f": {deadline.reason}"
        )
    if count == 1:
        return f"complete: Euler count 1 over {points} points, grid ratio {ratio:g}"
    return (
        f"incomplete: the Euler count is {count}, not 1, on the finest grid searched "
        f"(ratio {ratio:g}); points are missing or counted twice"
    )


def _degeneracy_notes(distinct: int, degenerate: int, *, continuum: bool) -> list[str]:
    notes = []
    if continuum:
        notes.append(
            f"{distinct} distinct |x|, n < 2H: a continuum of weights fits the data exactly, which "
            "is not listed"
        )
    if degenerate:
        notes.append(f"{degenerate} degenerate points (nullity > 0) are not listed")
    return notes


def _range_notes(listing: _Listing, units: int) -> tuple[str, ...]:
    table, beyond = listing.table, "as far as signs tell, nothing is but ends at infinity"
    if not listing.whole:
        beyond = "finite sets may be, of which none is listed"
    searched = f"{table.grid.lowest:.3g} to {table.second:.3g}"
    if table.one_is_steeper:
        searched += (
            f", of one unit to {table.highest:.3g} (two steeper than {table.second:.3g} differ at "
            "the inputs nearest to 0 only)"
        )
    note = f"input weights searched: {searched}; beyond, {beyond}"
    if units < 2:
        return (note,)
    return (note, "sets at infinity with copied or dead units beside them are not listed")
