"""Limit models: what a network becomes when input weights meet, vanish or diverge.

With u = w x + bias a limit model is

    f(x) = Σ_j Σ_k c_jk x^k φ^(k)(u_j) + Σ_k p_k x^(2k+1) + s sign(x) + offset:

a finite unit has one coefficient c_j0, m units that meet have m of them; units whose input weight
vanishes leave odd powers, one whose weight diverges leaves a step. With bias a step may be at any
place, and a bias that diverges leaves an exponential (`beyond`).

See docs/theory.md, Infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.infinity.beyond import Jump, Tail
from continuation.landscape.infinity.slots import Slots, slots_of
from continuation.landscape.network import Units, activation
from symbolic import Model

Part = TypeVar("Part", Jump, Tail)

MEETING = "abdefghi"
"""Letters of the coefficients of x^k φ^(k), k = 0, 1, …, where units meet; c is taken."""

MOST_MEETING = len(MEETING)
"""Units that may meet at one weight."""

MOST_FOLLOWED = 4
"""Units that may meet at one weight, or vanish, in a limit whose critical points are followed."""


@dataclass(frozen=True)
class LimitUnit:
    """A finite unit, or several units whose input weights tend to one value.

    Attributes
    ----------
    weight : float
        w, the common input weight.
    coefficients : tuple of float
        Of x^k φ^(k)(w x + bias), k = 0, 1, …: one for each unit.
    bias : float or None
        None where the units have none.
    shift : float or None
        κ of two units with bias that meet: their second term is b (x + κ) φ'(w x + bias).
    """

    weight: float
    coefficients: tuple[float, ...]
    bias: float | None = None
    shift: float | None = None

    @property
    def meets(self) -> bool:
        """Whether it stands for several units."""
        return len(self.coefficients) > 1

    def positive(self) -> LimitUnit:
        """The same function of odd units with a positive weight: even terms change sign."""
        if self.weight >= 0.0:
            return self
        signed = tuple(c if k % 2 else -c for k, c in enumerate(self.coefficients))
        return LimitUnit(
            -self.weight, signed, None if self.bias is None else -self.bias, self.shift
        )

    def rescaled(self, units: Units) -> LimitUnit:
        """The same unit, given in `units`, in the ones that these are multiples of."""
        each = enumerate(self.coefficients)
        return LimitUnit(
            self.weight / units.x,
            tuple(value * units.y / units.x**k for k, value in each),
            self.bias,
            None if self.shift is None else self.shift * units.x,
        )

    def moved(self, by: float) -> LimitUnit:
        """The same function of x − by, of a unit with bias."""
        shift = None if self.shift is None else self.shift - by
        return replace(self, bias=(self.bias or 0.0) - self.weight * by, shift=shift)


@dataclass(frozen=True, eq=False)
class LimitModel(Mapping[str, float]):
    """The limit of a network at one end at infinity; read-only, and a mapping by letters.

    The letters are those of `to_dict`; `limit["w"]` is the input weight of the first unit.

    Attributes
    ----------
    units : tuple of LimitUnit
        Those that meet first.
    powers : tuple of float
        Coefficients of x, x³, …: one for each unit whose input weight vanishes.
    step : float or None
        Coefficient of sign(x), where the input weight of a unit without bias diverges.
    shift : float or None
        κ of a vanishing unit with bias: its term is c (x + κ).
    offset : float or None
        None where the model has none.
    jumps : tuple of Jump
        One for each unit with bias whose input weight diverges.
    tails : tuple of Tail
        One for each unit whose bias diverges.
    """

    units: tuple[LimitUnit, ...] = ()
    powers: tuple[float, ...] = ()
    step: float | None = None
    shift: float | None = None
    offset: float | None = None
    jumps: tuple[Jump, ...] = ()
    tails: tuple[Tail, ...] = ()

    @property
    def fixed(self) -> tuple[float, ...]:
        """Coefficients of the features without a weight: the powers, then the step."""
        return self.powers if self.step is None else (*self.powers, self.step)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """How many ends of each kind it has: units that meet, vanish, diverge; tails."""
        steps = len(self.jumps) + (self.step is not None)
        meeting = sum(unit.meets for unit in self.units)
        return meeting, len(self.powers), steps, len(self.tails)

    @property
    def input_weights(self) -> tuple[float, ...]:
        """|w| of all units, increasing: 0 where they vanish, inf where one diverges."""
        finite = [abs(unit.weight) for unit in self.units for _ in unit.coefficients]
        infinite = [np.inf for _ in (*self.jumps, *([] if self.step is None else [self.step]))]
        tails = [abs(tail.rate) / 2.0 for tail in self.tails]
        return tuple(sorted([*(0.0 for _ in self.powers), *finite, *tails, *infinite]))

    @property
    def working_units(self) -> int:
        """Units of the limit function: those that meet count, others where they have an output."""
        meeting = sum(len(unit.coefficients) for unit in self.units if unit.meets)
        single = [unit.coefficients[0] for unit in self.units if not unit.meets]
        beyond = [jump.size for jump in self.jumps] + [tail.size for tail in self.tails]
        return meeting + sum(value != 0.0 for value in (*single, *self.fixed, *beyond))

    @property
    def exchanges(self) -> int:
        """Permutations of units that map it to itself: of those that meet or vanish together."""
        groups = [len(unit.coefficients) for unit in self.units]
        return math.prod(math.factorial(size) for size in (*groups, len(self.powers)))

    @cached_property
    def is_simple(self) -> bool:
        """Whether it has no bias, and no more than `MOST_FOLLOWED` units meet or vanish."""
        shifted = (self.shift, self.offset, *(u.bias for u in self.units))
        beyond = self.jumps or self.tails
        return self.is_followed and not beyond and all(s is None for s in shifted)

    @property
    def is_followed(self) -> bool:
        """Whether its critical points are searched and followed: few units meet or vanish."""
        return max([len(self.powers), *(len(u.coefficients) for u in self.units)]) <= MOST_FOLLOWED

    @cached_property
    def slots(self) -> Slots:
        """Where the unknowns stand."""
        return slots_of(
            self.units, len(self.powers), self.step, self.shift, self.offset, self.jumps, self.tails
        )

    @property
    def unknowns(self) -> Array:
        """All parameters as a vector (k,), in the order of `slots`."""
        each = [(unit.weight, *unit.coefficients) for unit in self.units]
        rows: list[Sequence[float | None]] = [*each[:1], self.fixed, *each[1:]]
        rows += [[unit.bias for unit in self.units], [unit.shift for unit in self.units]]
        rows += [(self.shift, self.offset)]
        rows += [(jump.size, jump.half) for jump in self.jumps]
        rows += [(tail.rate, tail.size) for tail in self.tails]
        return np.array([value for row in rows for value in row if value is not None])

    def at(self, z: Array | Sequence[float]) -> LimitModel:
        """The same kind of limit model with other unknowns z (k,)."""
        slots, given = self.slots, [float(value) for value in z]

        def value(place: int | None) -> float | None:
            return None if place is None else given[place]

        units = tuple(
            LimitUnit(given[w], tuple(given[k] for k in places), value(bias), value(shift))
            for (w, places), bias, shift in zip(
                slots.units, slots.biases, slots.shifts, strict=True
            )
        )
        jumps = tuple(
            Jump(jump.place, given[size], value(half))
            for jump, (size, half) in zip(self.jumps, slots.jumps, strict=True)
        )
        return LimitModel(
            units,
            tuple(given[k] for k in slots.powers),
            value(slots.step),
            value(slots.shift),
            value(slots.offset),
            jumps,
            tuple(Tail(given[rate], given[size]) for rate, size in slots.tails),
        )

    def outputs(self, model: Model, x: Array) -> Array:
        """Limit function at inputs x (m,); the model gives the activation. Shape (m,)."""
        return self.outputs_at(self.unknowns[None], model, x)[0]

    def outputs_at(self, z: Array, model: Model, x: Array) -> Array:
        """Limit functions of the same kind, with other unknowns z (k, s); shape (k, m)."""
        x, slots, z = np.asarray(x), self.slots, np.asarray(z).T[:, :, None]

        def value(place: int | None) -> Array | float:
            return 0.0 if place is None else np.asarray(z[place])

        arm = x + value(slots.shift)
        out = value(slots.step) * np.sign(x) + np.zeros((z.shape[1], 1)) + value(slots.offset)
        for (w, places), bias, shift in zip(slots.units, slots.biases, slots.shifts, strict=True):
            phi = activation(model, len(places) - 1)(z[w] * x + value(bias))
            for k, place in enumerate(places):
                out = out + z[place] * (x + value(shift)) ** k * phi[k]
        for k, place in enumerate(slots.powers):
            out = out + z[place] * arm ** (2 * k + 1)
        for jump, (size, half) in zip(self.jumps, slots.jumps, strict=True):
            out = out + z[size] * (jump.side(x) + value(half) * jump.hit(x))
        for rate, size in slots.tails:
            out = out + z[size] * np.exp(-z[rate] * x)
        return np.asarray(out)

    def canonical(self, *, odd: bool) -> LimitModel:
        """With those of its units that are alike in increasing order of input weight.

        Where the activation is odd, all input weights are made positive.
        """
        units = [unit.positive() if odd else unit for unit in self.units]
        single = sorted((u for u in units if not u.meets), key=lambda u: (u.weight, u.coefficients))
        jumps = tuple(sorted(self.jumps, key=lambda jump: jump.place))
        tails = tuple(sorted(self.tails, key=lambda tail: tail.rate))
        units = [*(u for u in units if u.meets), *single]
        return replace(self, units=tuple(units), jumps=jumps, tails=tails)

    def rescaled(self, units: Units) -> LimitModel:
        """The same limit, given in `units`, in the ones that these are multiples of."""
        odd = enumerate(self.powers)
        return LimitModel(
            tuple(unit.rescaled(units) for unit in self.units),
            tuple(value * units.y / units.x ** (2 * k + 1) for k, value in odd),
            None if self.step is None else self.step * units.y,
            None if self.shift is None else self.shift * units.x,
            None if self.offset is None else self.offset * units.y,
            tuple(jump.rescaled(units) for jump in self.jumps),
            tuple(tail.rescaled(units) for tail in self.tails),
        )

    def moved(self, by: float) -> LimitModel:
        """The same function of x − by, of units with bias; without κ a line is moved by b₀."""
        level = self.offset
        if level is not None and self.shift is None:
            level -= sum(self.powers) * by
        return replace(
            self,
            units=tuple(unit.moved(by) for unit in self.units),
            shift=None if self.shift is None else self.shift - by,
            offset=level,
            jumps=tuple(jump.moved(by) for jump in self.jumps),
            tails=tuple(tail.moved(by) for tail in self.tails),
        )

    def text(self, digits: int = 5) -> str:
        """All parameters with their letters."""
        return ", ".join(f"{name} = {value:.{digits}g}" for name, value in self.items())

    def to_dict(self) -> dict[str, float]:
        """By letter, as stored: w with v, or with a, b, d, … where units meet; c, c3, …; s.

        Further units are w2, v2, …; those with bias have also bias, bias2, …, and κ is kappa. A
        jump is s, place and half, an exponential tail and rate, further ones with their number.
        """
        first, *further = self.units or (None,)
        out = {} if first is None else _unit_to_dict(first, "")
        out |= {_power(k): value for k, value in enumerate(self.powers)}
        out |= {} if self.shift is None else {"kappa": self.shift}
        out |= {} if self.step is None else {"s": self.step}
        for number, unit in enumerate(further, start=2):
            out |= _unit_to_dict(unit, str(number))
        for n, jump in _numbered(self.jumps):
            out |= {f"s{n}": jump.size, f"place{n}": jump.place}
            out |= {} if jump.half is None else {f"half{n}": jump.half}
        for n, tail in _numbered(self.tails):
            out |= {f"tail{n}": tail.size, f"rate{n}": tail.rate}
        return out if self.offset is None else out | {"offset": self.offset}

    @classmethod
    def from_dict(cls, letters: Mapping[str, float]) -> LimitModel:
        """Inverse of `to_dict`; absent coefficients are zero.

        Raises
        ------
        InvalidInputError
            For letters that no limit model has.
        """
        given = {name: float(value) for name, value in letters.items()}
        left = dict(given)
        units = tuple(_unit_from_dict(left, n) for n in _numbers(given, "w"))
        powers: list[float] = []
        while any(_power(k) in left for k in range(len(powers), MOST_MEETING)):
            powers.append(left.pop(_power(len(powers)), 0.0))
        jumps = tuple(
            Jump(left.pop(f"place{n}"), left.pop(f"s{n}", 0.0), left.pop(f"half{n}", None))
            for n in _numbers(given, "place")
        )
        tails = tuple(
            Tail(left.pop(f"rate{n}"), left.pop(f"tail{n}", 0.0)) for n in _numbers(given, "rate")
        )
        rest = (left.pop("s", None), left.pop("kappa", None), left.pop("offset", None))
        if left:
            raise InvalidInputError(f"no limit model has the parameters {', '.join(sorted(left))}")
        return cls(units, tuple(powers), *rest, jumps, tails)

    def __getitem__(self, name: str) -> float:
        return self.to_dict()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __len__(self) -> int:
        return len(self.to_dict())


def _numbered(parts: Sequence[Part]) -> Iterator[tuple[str, Part]]:
    """The first without a number, then 2, 3, …"""
    return ((str(k) if k > 1 else "", part) for k, part in enumerate(parts, start=1))


def _numbers(names: Mapping[str, float], letter: str) -> list[str]:
    """The numbers that stand behind a letter, in order."""
    found = [n.removeprefix(letter) for n in names if n.startswith(letter)]
    return sorted((n for n in found if not n or n.isdigit()), key=lambda n: int(n or 1))


def _power(k: int) -> str:
    return f"c{2 * k + 1}" if k else "c"


def _unit_to_dict(unit: LimitUnit, number: str) -> dict[str, float]:
    letters = MEETING if unit.meets else "v"
    out = {f"w{number}": unit.weight}
    out |= {letter + number: c for letter, c in zip(letters, unit.coefficients, strict=False)}
    out |= {} if unit.bias is None else {f"bias{number}": unit.bias}
    return out if unit.shift is None else out | {"kappa": unit.shift}


def _unit_from_dict(left: dict[str, float], number: str) -> LimitUnit:
    """One unit; takes its letters out of those that are left."""
    weight, bias = left.pop(f"w{number}"), left.pop(f"bias{number}", None)
    orders = [k for k, letter in enumerate(MEETING) if letter + number in left]
    if not orders:
        return LimitUnit(weight, (left.pop(f"v{number}", 0.0),), bias)
    size = max(2, orders[-1] + 1)
    coefficients = tuple(left.pop(letter + number, 0.0) for letter in MEETING[:size])
    return LimitUnit(weight, coefficients, bias, left.pop("kappa", None))
