"""Sets at infinity of one and two tanh units with bias: every end on a stated range.

Two units that meet, one that jumps, one whose bias diverges and one that vanishes, alone or beside
another: what moves is searched on the nodes of a grid (`input_grid`), what does not is counted.
Confluences and the ends of one unit are listed whatever they are; of the others, of which there are
several for every gap of the data, those that attract.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from continuation.deadline import UNLIMITED, Deadline
from continuation.landscape.biases.input_grid import (
    SEEN_AT_MINIMA,
    InputGrid,
    critical_places,
    is_seen,
)
from continuation.landscape.biases.jumps import JumpPairs, Jumps, highest_inside
from continuation.landscape.biases.nodes import Nodes, gains_of, is_critical, settled_limit
from continuation.landscape.biases.parts import (
    Background,
    JumpPart,
    LinePart,
    Part,
    TailPart,
    UnitPart,
    fitted,
    jump_parts,
    tail_rates,
    tail_rows,
)
from continuation.landscape.infinity import CriticalEnd, LimitLoss, LimitModel, are_apart
from continuation.landscape.network import BIASED_ENDS, LossAt, Responses

MOST_JUMPS = 1500
"""Jumps, in gaps and at samples, beyond which those beside units are not searched: the time grows
with the square of their number, and with that of the samples."""

TOGETHER = 32
"""Jumps that are looked at together: tables of all nodes for them stay in some ten megabytes."""

WIDEST = 3
"""Inputs whose values two steep units beside each other leave free: one that both stay at, by their
shares, and its neighbours, by outputs that diverge and cancel."""

SAME = 1e-6
"""Relative difference of unknowns that are one."""

LEAST_SLOPE = 1e-10
"""Slopes below this, relative to the loss, are rounding: a neighbour of the jump is fitted."""


@dataclass(frozen=True, eq=False)
class BiasedEnds:
    """Ends found, and what is known about them.

    Attributes
    ----------
    ends : tuple of CriticalEnd
        In order of loss.
    note : str
        What was searched, and what is not listed.
    """

    ends: tuple[CriticalEnd, ...]
    note: str


def biased_ends(at: LossAt, deadline: Deadline = UNLIMITED) -> BiasedEnds:
    """List the ends of a network of one or two units with bias.

    Parameters
    ----------
    at : LossAt
    deadline : Deadline
        After which no further jump is looked at.

    Raises
    ------
    InvalidInputError
        For other models.
    """
    BIASED_ENDS.require(at.model)
    responses = Responses.at(at)
    centre = responses.centre
    search = _Search(Background(responses.about(centre), at.model.offset), deadline)
    ends = search.one() if at.model.hidden == 1 else search.two()
    if centre:
        ends = search.moved(ends, responses, centre)
    found = tuple(sorted(ends, key=lambda end: end.point.loss))
    return BiasedEnds(found, search.note(len(found), at.model.hidden))


@dataclass(eq=False)
class _Search:
    """One search.

    Attributes
    ----------
    background : Background
    deadline : Deadline
    skipped : int
        Jumps that were not looked at.
    numberless : int
        Exponentials whose size is no number so far from zero.
    """

    background: Background
    deadline: Deadline
    skipped: int = 0
    numberless: int = 0

    @property
    def responses(self) -> Responses:
        return self.background.responses

    def one(self) -> Iterator[CriticalEnd]:
        """All ends of one unit."""
        parts: list[Part] = [*self._jumps(), LinePart(self.background.offset)]
        yield from self._fitted((part,) for part in parts)
        yield from self._tails()

    def two(self) -> Iterator[CriticalEnd]:
        """Ends of two units, see the module."""
        responses, fixed = self.responses, self.background.rows
        grid, line = InputGrid.of(responses.x), LinePart(self.background.offset)
        pairs = critical_places(responses, grid, 2, fixed)
        yield from self._fitted((UnitPart.at(place, 2),) for place in pairs)
        beside = critical_places(responses, grid, 1, np.vstack([fixed, line.rows(responses)]))
        yield from self._fitted((UnitPart.at(place), line) for place in beside)
        nodes = Nodes.of(responses, grid)
        yield from _attracting(self._beside_tails(nodes))
        yield from _attracting(itertools.chain(self._blocks(), self._beside_jumps(nodes)))

    def note(self, listed: int, units: int) -> str:
        """What was searched."""
        left = f"; {self.skipped} jumps were not searched" if self.skipped else ""
        if self.numberless:
            left += (
                f"; {self.numberless} exponentials are not listed, as their sizes at x = 0 are no "
                "numbers: subtract the mean of the inputs from them"
            )
        which = (
            "confluences, jumps, exponential and linear ends on a grid of weights and biases, of "
            "ends other than confluences and lines those that attract"
            if units > 1
            else "jumps, exponential and linear ends of one unit"
        )
        return f"sets at infinity: {listed}: {which}{left}"

    def moved(
        self, ends: Iterator[CriticalEnd], responses: Responses, centre: float
    ) -> Iterator[CriticalEnd]:
        """Ends of inputs that were measured from their centre, where these are."""
        for end in ends:
            limit = end.limit.moved(centre)
            if all(np.isfinite(tail.size) and tail.size for tail in limit.tails):
                yield _end(responses, limit)
            else:
                self.numberless += 1

    # -- what moves beside what does not -----------------------------------------------------

    def _jumps(self) -> list[JumpPart]:
        return jump_parts(self.responses.x, offset=self.background.offset)

    def _blocks(self) -> Iterator[CriticalEnd]:
        """Two steep units with inputs between them, whose outputs may cancel: all values free.

        As many inputs as `WIDEST` may be so, at the ends of the data too: a jump in every gap.
        """
        between = [jump for jump in self._jumps() if not jump.at_sample]
        for number in range(2, WIDEST + 2):
            blocks = list(zip(*(between[k:] for k in range(number)), strict=False))
            if self.background.offset and number > WIDEST:
                blocks = blocks[1:-1]
            yield from self._fitted(iter(blocks))

    def _beside_jumps(self, nodes: Nodes) -> Iterator[CriticalEnd]:
        """A jump and a unit, a tail, or another jump."""
        jumps, responses, rows = self._jumps(), self.responses, self.background.rows
        if len(jumps) > MOST_JUMPS:
            self.skipped = len(jumps)
            return
        pairs, done = JumpPairs.of(responses, jumps), 0
        for some in self.deadline.within(_alike(jumps)):
            table = Jumps.of(responses, some, rows)
            yield from self._fitted(
                (UnitPart.at(p), jump) for p, jump in table.units(responses, nodes)
            )
            if self.background.offset:
                yield from self._fitted((jump, TailPart(k)) for k, jump in table.rates(responses))
            for part, fixed in zip(some, table.fixed, strict=True):
                others = pairs.attracting(responses.target, fixed, done)
                yield from self._fitted((part, jumps[k]) for k in others)
                done += 1
        self.skipped = len(jumps) - done

    def _beside_tails(self, nodes: Nodes) -> Iterator[CriticalEnd]:
        """A tail and a unit, or another tail."""
        if not self.background.offset:
            return
        rates = tail_rates(self.responses.x)
        rows = tail_rows(self.responses, rates)
        fixed = [np.vstack([self.background.rows, row]) for row in rows]
        alone = gains_of(rows, self.background.rows, self.responses.target)[:, None]
        units = alone + [next(nodes.gains(self.responses.target, some[None])) for some in fixed]
        tails = alone + [gains_of(rows, some, self.responses.target) for some in fixed]
        for k in range(1, rates.size - 1):
            part, around = TailPart(float(rates[k])), tails[k - 1 : k + 2]
            best = nodes.is_top(units[k] - alone[k]) & (
                units[k] >= units[[k - 1, k + 1]].max(axis=0)
            )
            for node in np.flatnonzero(best):
                yield from self._polished((UnitPart.at(nodes.places[node]), part))
            for other in range(k + 1, rates.size - 1):
                if tails[k, other] >= around[:, other - 1 : other + 2].max():
                    yield from self._polished((part, TailPart(float(rates[other]))))

    def _tails(self) -> Iterator[CriticalEnd]:
        """Tails whose rate is the best."""
        if not self.background.offset:
            return
        rates = tail_rates(self.responses.x)
        rows = tail_rows(self.responses, rates)
        gain = gains_of(rows, self.background.rows, self.responses.target)
        for k in highest_inside(gain):
            yield from self._polished((TailPart(float(rates[k])),))

    # -- ends of parts -----------------------------------------------------------------------

    def _fitted(self, ends: Iterator[tuple[Part, ...]]) -> Iterator[CriticalEnd]:
        """At places that are critical already, as far as the fit of nearly equal parts tells."""
        for parts in ends:
            limit = fitted(self.background, parts)
            if limit is None or not are_apart(self.responses.x, limit.jumps):
                continue
            if is_critical(self.responses, limit):
                yield _end(self.responses, limit)

    def _polished(self, parts: tuple[Part, ...]) -> Iterator[CriticalEnd]:
        """At the minimum near such places, if there is one within the range."""
        limit = fitted(self.background, parts)
        limit = None if limit is None else settled_limit(self.responses, limit)
        if limit is None:
            return
        places = np.array([(u.weight, u.bias or 0.0) for u in limit.units]).reshape(-1, 2)
        if is_seen(places, self.responses.x, SEEN_AT_MINIMA).all():
            yield _end(self.responses, limit)


def _alike(jumps: list[JumpPart]) -> list[list[JumpPart]]:
    """Jumps of one sort, as many as are looked at together, in order."""
    sorts = (list(group) for _, group in itertools.groupby(jumps, key=lambda j: j.at_sample))
    return [
        sort[first : first + TOGETHER] for sort in sorts for first in range(0, len(sort), TOGETHER)
    ]


def _attracting(ends: Iterator[CriticalEnd]) -> Iterator[CriticalEnd]:
    """Those that attract, each once."""
    seen: list[CriticalEnd] = []
    for end in ends:
        falls = not all(slope > LEAST_SLOPE * end.point.loss for slope in end.normals)
        if falls or end.inertia[:2] != (0, 0):
            continue
        if not any(_same(end, other) for other in seen):
            seen.append(end)
            yield end


def _same(a: CriticalEnd, b: CriticalEnd) -> bool:
    if abs(a.point.loss - b.point.loss) > SAME * a.point.loss:
        return False
    ours, theirs = a.limit.to_dict(), b.limit.to_dict()
    return ours.keys() == theirs.keys() and all(
        abs(value - theirs[name]) <= SAME * (1.0 + abs(value)) for name, value in ours.items()
    )


def _end(responses: Responses, limit: LimitModel) -> CriticalEnd:
    limit = limit.canonical(odd=True)
    return LimitLoss(responses, limit).end(limit.unknowns)
