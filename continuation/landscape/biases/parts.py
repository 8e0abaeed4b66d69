"""What a unit with bias may be at infinity, part by part: jumps, values at jumps, tails.

Of each part there are its rows on the data, in which the limit function is linear, and the limit
model that belongs to coefficients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import Jump, LimitModel, LimitUnit, Tail
from continuation.landscape.network import Responses, activation

RATES = (0.02, 10.0)
"""Range of |k| times the standard deviation of the inputs: e^{−kx} is a line to the 1/100th, and
differs from zero at the outermost inputs only."""

RATE_RATIO = 1.15
"""Of neighbouring rates."""

MOST_EXPONENT = 300.0
"""Of exponentials of which products still are numbers."""

HIGHEST_HALF = 1.0 - 1e-9
"""Values at a jump closer to ±1 than this belong to the jump beside it."""


@dataclass(frozen=True, eq=False)
class Background:
    """The data, and the features that every limit has.

    Attributes
    ----------
    responses : Responses
    offset : bool
        Whether the model has an output offset.
    """

    responses: Responses
    offset: bool

    @property
    def rows(self) -> Array:
        """The offset's, shape (0 or 1, q)."""
        one = self.responses.rows(np.ones((1, self.responses.x.size)))
        return one if self.offset else one[:0]

    def limit(self, coefficients: Array) -> LimitModel:
        """From the coefficients (0 or 1,)."""
        return LimitModel(offset=float(coefficients[0]) if self.offset else None)


@dataclass(frozen=True)
class JumpPart:
    """A jump in a gap, or at a sample."""

    place: float
    at_sample: bool

    def rows(self, responses: Responses) -> Array:
        """Its side and, at a sample, the sample itself; shape (1 or 2, q)."""
        jump = Jump(self.place, 1.0, 0.0 if self.at_sample else None)
        parts = [jump.side(responses.x), jump.hit(responses.x).astype(np.float64)]
        return responses.rows(np.array(parts[: 1 + self.at_sample]))

    def added_to(self, limit: LimitModel, coefficients: Array) -> LimitModel | None:
        """The limit with this part; None where the value at the sample is no value of the unit."""
        size, *value = map(float, coefficients)
        if size == 0.0:
            return None
        half = value[0] / size if self.at_sample else None
        if half is not None and abs(half) >= HIGHEST_HALF:
            return None
        return replace(limit, jumps=(*limit.jumps, Jump(self.place, size, half)))


@dataclass(frozen=True)
class TailPart:
    """An exponential of a given rate."""

    rate: float

    def rows(self, responses: Responses) -> Array:
        """Shape (1, q)."""
        return responses.rows(np.exp(-self.rate * responses.x)[None])

    def added_to(self, limit: LimitModel, coefficients: Array) -> LimitModel:
        """The limit with this part."""
        return replace(limit, tails=(*limit.tails, Tail(self.rate, float(coefficients[0]))))


@dataclass(frozen=True)
class LinePart:
    """A small unit: x, and beside no offset a constant."""

    offset: bool

    def rows(self, responses: Responses) -> Array:
        """Shape (1 or 2, q)."""
        x = responses.x
        return responses.rows(np.array([x, np.ones_like(x)][: 2 - self.offset]))

    def added_to(self, limit: LimitModel, coefficients: Array) -> LimitModel | None:
        """The limit with this part."""
        slope, *constant = map(float, coefficients)
        shift = constant[0] / slope if constant and slope else None
        return replace(limit, powers=(slope,), shift=shift) if slope else None


@dataclass(frozen=True)
class UnitPart:
    """A finite unit, or two that meet."""

    weight: float
    bias: float
    meeting: int = 1

    @classmethod
    def at(cls, place: Array, meeting: int = 1) -> UnitPart:
        """The part at w and b, shape (2,)."""
        return cls(float(place[0]), float(place[1]), meeting)

    def rows(self, responses: Responses) -> Array:
        """φ, or φ, x φ' and φ'; shape (1 or 3, q)."""
        x = responses.x
        phi = activation(responses.model, 1)(self.weight * x + self.bias)
        return responses.rows(np.array([phi[0], x * phi[1], phi[1]][: 2 * self.meeting - 1]))

    def added_to(self, limit: LimitModel, coefficients: Array) -> LimitModel | None:
        """The limit with this part; None where a pair is no pair."""
        first, *bent = map(float, coefficients)
        if not bent:
            unit = LimitUnit(self.weight, (first,), self.bias)
        elif math.hypot(*bent) <= NO_PAIR * abs(first):
            return None
        else:
            unit = LimitUnit(self.weight, (first, bent[0]), self.bias, bent[1] / bent[0])
        return replace(limit, units=(*limit.units, unit))


NO_PAIR = 1e-8
"""Of the coefficients of a pair that meets: with none of φ' it is one unit."""

Part = JumpPart | TailPart | LinePart | UnitPart


def fitted(background: Background, parts: tuple[Part, ...]) -> LimitModel | None:
    """The best limit of these parts; None where it is one of fewer, or of other ones."""
    responses = background.responses
    rows = [background.rows, *(part.rows(responses) for part in parts)]
    ends = np.cumsum([len(row) for row in rows])
    basis = np.concatenate(rows)
    size = np.linalg.norm(basis, axis=1)
    found, _, rank, _ = np.linalg.lstsq((basis / size[:, None]).T, responses.target, rcond=1e-12)
    if rank < len(basis):
        return None
    own = np.split(found / size, ends[:-1])
    limit: LimitModel | None = background.limit(own[0])
    for part, coefficients in zip(parts, own[1:], strict=True):
        limit = None if limit is None else part.added_to(limit, coefficients)
    return limit


def gaps(x: Array) -> Array:
    """The middle of each gap between neighbouring inputs."""
    places = np.unique(x)
    return np.asarray((places[1:] + places[:-1]) / 2.0)


def jump_parts(x: Array, *, offset: bool) -> list[JumpPart]:
    """In every gap, then at every input; beside an offset the outermost are behind a gap."""
    inputs = np.unique(x)[1:-1] if offset else np.unique(x)
    between = [JumpPart(float(place), at_sample=False) for place in gaps(x)]
    return between + [JumpPart(float(place), at_sample=True) for place in inputs]


def tail_rows(responses: Responses, rates: Array) -> Array:
    """Exponentials of rates (k,), shape (k, q)."""
    return responses.rows(np.exp(-rates[:, None] * responses.x))


def tail_rates(x: Array) -> Array:
    """Rates, decreasing from the largest to the smallest of either sign."""
    low, high = np.array(RATES) / (float(np.std(x)) or 1.0)
    count = int(np.ceil(np.log(high / low) / np.log(RATE_RATIO))) + 1
    rates = np.geomspace(high, low, count)
    rates = rates[rates * np.abs(x).max() <= MOST_EXPONENT]
    return np.concatenate([rates, -rates[::-1]])
