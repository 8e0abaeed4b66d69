"""Places at which a region has other sets than elsewhere, and short lines across what lies between.

Lines are laid along one parameter: a curve that runs along them is met by none. Between a place
that agrees with its region and one that does not there is one, whatever its direction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.landscape.plane.arrangement import Arrangement
from continuation.landscape.plane.domain import Plane
from continuation.landscape.plane.isomorphism import census_of
from continuation.landscape.search import find_critical_sets

LOOKS, LOOKS_IN_ALL = 2, 80
"""Places at which sets are counted: so many in all, and in each region at least so many besides
that of its graph. What makes up a twentieth of the plane and is cut off by a curve that is not
known stays unseen with a probability of 0.95^80 = 2 %; tests/benchmarks/plane_agreement.md has what
20 of them leave."""

POOL = 400
"""Places among which those of a region are sought that has too few of them."""

SMALLEST = 1e-4
"""Area from which on a region has its graph computed, and is looked at."""

TRIES = 2
"""Lines laid for one place: what they do not tell apart are sets at the end of the range of a
search, in the list of one place and missing in that of another, where no curve runs."""

HALVINGS = 4
"""Of the way between two places of a region with different sets."""

WIDER = 0.25
"""A short line reaches so far over both of its ends, relative to its length: what happens at an end
is met, too."""


@dataclass(frozen=True)
class ShortLine:
    """A part of a line across the plane on which the sets change.

    Attributes
    ----------
    axis : int
        Along the first or the second parameter of the plane.
    at : float
        Value of the other one.
    low, high : float
        Where it begins and ends.
    """

    axis: int
    at: float
    low: float
    high: float


@dataclass(eq=False)
class LookBack:
    """Sets counted at places of a plane, in units of its limits; each place is asked once."""

    plane: Plane
    seed: int
    counted: dict[bytes, Counter[tuple[str, int, int]]] = field(default_factory=dict)
    tried: Counter[bytes] = field(default_factory=Counter)
    different: dict[bytes, Array] = field(default_factory=dict)

    def census(self, place: Array) -> Counter[tuple[str, int, int]]:
        """How many sets of each kind there are at a place (2,)."""
        key = place.tobytes()
        if key not in self.counted:
            loss, conditions = self.plane.at(self.plane.from_square(place))
            given = conditions.keywords
            found = find_critical_sets(loss, **given, seed=self.seed, regions=False)
            self.counted[key] = census_of(found)
        return self.counted[key]

    def surprises(self, faces: Arrangement, deadline: Deadline) -> Iterator[ShortLine]:
        """A line across what lies between the middle of a region and each other list in it.

        `different` are the places of this look that have such a list.
        """
        self.different = {}
        pool = np.random.default_rng(self.seed).uniform(size=(POOL, 2))
        at = faces.faces_at(pool)
        for face in np.flatnonzero(faces.areas >= SMALLEST):
            inner = faces.inner[face]
            known = [self.census(inner)]
            for place in _places(pool, at == face):
                if deadline.passed:
                    return
                if self.census(place) in known:
                    continue
                known.append(self.census(place))
                key = place.tobytes()
                self.different[key] = place
                self.tried[key] += 1
                if self.tried[key] <= TRIES:
                    yield from self.across(inner, place)

    def across(self, start: Array, end: Array, halvings: int = HALVINGS) -> Iterator[ShortLine]:
        """Lines across all changes between two places, as far as halvings of the way tell them."""
        if self.census(start) == self.census(end):
            return
        if halvings:
            middle = 0.5 * (start + end)
            yield from self.across(start, middle, halvings - 1)
            yield from self.across(middle, end, halvings - 1)
            return
        axis, corner = self.plane.first, start.copy()
        corner[axis] = end[axis]
        if self.census(corner) != self.census(start):
            yield self._line(axis, start, corner)
        if self.census(corner) != self.census(end):
            yield self._line(1 - axis, corner, end)

    def _line(self, axis: int, start: Array, end: Array) -> ShortLine:
        ends = np.sort([start[axis], end[axis]])
        longer = np.clip(ends + WIDER * np.ptp(ends) * np.array([-1, 1]), 0.0, 1.0)
        low, high = self.plane.limits[axis]
        value = float(self.plane.from_square(start)[1 - axis])
        if axis == self.plane.first:
            value = self.plane.off_kinks(value)
        begin, finish = map(float, low + longer * (high - low))
        return ShortLine(axis, value, begin, finish)


def _places(pool: Array, inside: Array) -> Iterator[Array]:
    """Those of a region: its part of all, or a few more."""
    found = np.flatnonzero(inside)
    own = int((found < LOOKS_IN_ALL).sum())
    yield from pool[found[: max(LOOKS, own)]]
