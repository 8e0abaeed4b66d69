"""The list of all critical sets along a parameter: searched at values, followed between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from continuation.errors import ConvergenceError, InvalidInputError
from continuation.landscape.branches import Course, follow_to_infinity, usual_steps
from continuation.landscape.evolution.cutting import strands_of
from continuation.landscape.evolution.strands import Strand, StrandAt, is_among, living
from continuation.landscape.network import LossAlong
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import CriticalSet, CriticalSets, same_set

SOUNDINGS = (0.19, 0.35, 0.5, 0.65, 0.81)
"""Shares of a strand at which Newton's method must confirm it, more than half of them."""


@dataclass(eq=False)
class Tracker:
    """Strands found so far, with the values at which they were compared with a search."""

    along: LossAlong
    limits: tuple[float, float]
    seed: int
    strands: list[StrandAt] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def searched(self, low: float, high: float) -> bool:
        """Whether a search took place strictly between two values."""
        return any(low < value < high for value in self.values)

    def cover(self, value: float) -> int:
        """Search all sets at a value and follow those on no strand; the number of new strands."""
        found = self._search(value)
        self.values.append(value)
        there = list(living(self.strands, value))
        missing = [s for s in found if not is_among(s, there)]
        before = len(self.strands)
        for critical in missing:
            self._follow(critical, value)
        for lost in there:
            if found.complete and not is_among(lost, found):
                self._note(value, f"{lost.label} is on a branch, but not in the search")
        if found.euler_count not in (None, 1):
            self._note(value, f"the search has the Euler count {found.euler_count}, not 1")
        return len(self.strands) - before

    def _search(self, value: float) -> CriticalSets:
        """All critical sets at a value, not labelled by regions."""
        given = self.along.conditions(value).keywords
        return find_critical_sets(self.along.loss_at(value), **given, seed=self.seed, regions=False)

    def _follow(self, critical: CriticalSet, value: float) -> None:
        """Follow a set of a search at a value, said to be one of the whole data set there."""
        whole = self.along.fixed.on(self.along.loss.data)
        start = replace(critical, conditions=whole.where(self.along.parameter, value))
        try:
            course = Course(self.limits, step=usual_steps(start))
            branch = follow_to_infinity(self.along, start, course)
        except (InvalidInputError, ConvergenceError) as error:
            self._note(value, f"{critical.label} is not followed: {error}")
            return
        for strand in strands_of(branch):
            at = StrandAt(self.along, strand)
            if is_sound(at):
                self._add(at)
            else:
                self._note(value, f"{critical.label} is too close to infinity to be followed")

    def _add(self, at: StrandAt) -> None:
        """Keep a strand, unless it repeats a longer one; a shorter one gives it its name."""
        repeated = [other for other in self.strands if _repeats(at, other)]
        if any(_length(at.strand) <= _length(other.strand) for other in repeated):
            return
        label = repeated[0].strand.label if repeated else self._new_label(at.strand.set.subkind)
        kept = [other for other in self.strands if other not in repeated]
        self.strands = [*kept, StrandAt(self.along, at.strand.named(label))]

    def _new_label(self, subkind: str) -> str:
        self.counts[subkind] += 1
        return f"{subkind} {self.counts[subkind]}"

    def _note(self, value: float, text: str) -> None:
        self.notes.append(f"{self.along.parameter} = {value:.6g}: {text}")


def is_sound(at: StrandAt) -> bool:
    """Whether Newton's method confirms the strand between its rows.

    In a limit model whose input weight vanishes, the loss is flat to rounding along a curve; what
    a continuation follows there is no branch.
    """
    p = at.strand.p
    if not at.strand.set.at_infinity:
        return True
    values = [float(np.interp(t, [0.0, 1.0], p[[0, -1]])) for t in SOUNDINGS]
    return sum(1 for value in values for _ in living([at], value)) * 2 > len(SOUNDINGS)


def _length(strand: Strand) -> float:
    return float(strand.p[-1] - strand.p[0])


def _repeats(a: StrandAt, b: StrandAt) -> bool:
    """Whether two strands are the same where both exist."""
    if a.strand.set.subkind != b.strand.set.subkind:
        return False
    low = max(a.strand.p[0], b.strand.p[0])
    high = min(a.strand.p[-1], b.strand.p[-1])
    if not low < high:
        return False
    middle = 0.5 * float(low + high)
    there = [*living([a], middle), *living([b], middle)]
    return len(there) == 2 and same_set(there[0], there[1])
