"""Where the parameters of a limit model stand in the vector of its unknowns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from continuation.landscape.infinity.beyond import Jump, Tail

Place = int | None
"""None of what a limit does not have."""


@dataclass(frozen=True)
class Slots:
    """Places of the parameters.

    Attributes
    ----------
    units : tuple of (int, range)
        Of each unit the place of its weight, and those of its coefficients.
    powers : range
    step : int or None
    biases, shifts : tuple of (int or None)
        Of each unit.
    shift, offset : int or None
    jumps : tuple of (int, int or None)
        Of each the places of its size and of its value at a sample.
    tails : tuple of (int, int)
        Of each the places of its rate and size.
    """

    units: tuple[tuple[int, range], ...]
    powers: range
    step: Place
    biases: tuple[Place, ...]
    shifts: tuple[Place, ...]
    shift: Place
    offset: Place
    jumps: tuple[tuple[int, Place], ...]
    tails: tuple[tuple[int, int], ...]

    @property
    def weights(self) -> list[int]:
        """Places of the input weights."""
        return [weight for weight, _ in self.units]

    @property
    def last(self) -> list[int]:
        """Places of what tells each part from one of fewer units: its last coefficient."""
        last = [places[-1] for _, places in self.units] + list(self.powers[-1:])
        last += [] if self.step is None else [self.step]
        return last + [size for size, _ in self.jumps] + [size for _, size in self.tails]


class _Unit(Protocol):
    @property
    def coefficients(self) -> Sequence[float]: ...

    @property
    def bias(self) -> float | None: ...

    @property
    def shift(self) -> float | None: ...


def slots_of(
    units: Sequence[_Unit],
    powers: int,
    step: float | None,
    shift: float | None,
    offset: float | None,
    jumps: Sequence[Jump],
    tails: Sequence[Tail],
) -> Slots:
    """The first unit, powers, the step, further units; then, kind by kind, what biases bring."""
    place = count()
    placed = [_unit(place, unit) for unit in units[:1]]
    start = next(place)
    odd = range(start, start + powers)
    place = count(odd.stop)
    at_step = _one(place, step)
    placed += [_unit(place, unit) for unit in units[1:]]
    return Slots(
        tuple(placed),
        odd,
        at_step,
        tuple(_one(place, unit.bias) for unit in units),
        tuple(_one(place, unit.shift) for unit in units),
        _one(place, shift),
        _one(place, offset),
        tuple((next(place), _one(place, jump.half)) for jump in jumps),
        tuple((next(place), next(place)) for _ in tails),
    )


def _unit(place: Iterator[int], unit: _Unit) -> tuple[int, range]:
    weight, *coefficients = (next(place) for _ in range(1 + len(unit.coefficients)))
    return weight, range(coefficients[0], coefficients[-1] + 1)


def _one(place: Iterator[int], value: float | None) -> Place:
    return None if value is None else next(place)
