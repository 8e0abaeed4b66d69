"""Limit models: what a network becomes when input weights meet, vanish or diverge.

With u = w x + bias a limit model is

    f(x) = Σ_j Σ_k c_jk x^k φ^(k)(u_j) + Σ_k p_k x^(2k+1) + s sign(x) + offset:

a finite unit has one coefficient c_j0, m units that meet have m of them; units whose input weight
vanishes leave odd powers, one whose weight diverges leaves a step.

See docs/theory.md, Infinity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import Units, activation
from symbolic import Model

MEETING = "abdefghi"
"""Letters of the coefficients of x^k φ^(k), k = 0, 1, …, where units meet; c is taken."""

MOST_MEETING = len(MEETING)
"""Units that may meet at one weight."""

MOST_FOLLOWED = 3
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

    def outputs(self, model: Model, x: Array, weight: Array, coefficients: Array) -> Array:
        """Its part of the limit functions at inputs x (m,), with k other weights and coefficients.

        Parameters
        ----------
        model : Model
        x : ndarray, shape (m,)
        weight : ndarray, shape (k, 1)
        coefficients : ndarray, shape (c, k, 1)

        Returns
        -------
        ndarray, shape (k, m)
        """
        u = weight * x if self.bias is None else weight * x + self.bias
        arm = x if self.shift is None else x + self.shift
        phi = activation(model, len(coefficients) - 1)(u)
        out = coefficients[0] * phi[0]
        for k, coefficient in enumerate(coefficients[1:], start=1):
            out = out + coefficient * arm**k * phi[k]
        return np.asarray(out)


@dataclass(frozen=True)
class Slots:
    """Where the parameters of a limit model stand in the vector of its unknowns.

    Attributes
    ----------
    units : tuple of (int, range)
        Of each unit the place of its weight, and those of its coefficients.
    powers : range
    step : int or None
    """

    units: tuple[tuple[int, range], ...]
    powers: range
    step: int | None

    @property
    def weights(self) -> list[int]:
        """Places of the input weights."""
        return [weight for weight, _ in self.units]


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
        Coefficient of sign(x), where the input weight of a unit diverges.
    shift : float or None
        κ of a vanishing unit with bias: its term is c (x + κ).
    offset : float or None
        None where the model has none.
    """

    units: tuple[LimitUnit, ...] = ()
    powers: tuple[float, ...] = ()
    step: float | None = None
    shift: float | None = None
    offset: float | None = None

    @property
    def fixed(self) -> tuple[float, ...]:
        """Coefficients of the features without a weight: the powers, then the step."""
        return self.powers if self.step is None else (*self.powers, self.step)

    @property
    def input_weights(self) -> tuple[float, ...]:
        """|w| of all units, increasing: 0 where they vanish, inf where one diverges."""
        finite = [abs(unit.weight) for unit in self.units for _ in unit.coefficients]
        infinite = [] if self.step is None else [np.inf]
        return tuple(sorted([*(0.0 for _ in self.powers), *finite, *infinite]))

    @property
    def working_units(self) -> int:
        """Units of the limit function: those that meet count, others where they have an output."""
        meeting = sum(len(unit.coefficients) for unit in self.units if unit.meets)
        single = [unit.coefficients[0] for unit in self.units if not unit.meets]
        return meeting + sum(value != 0.0 for value in (*single, *self.fixed))

    @property
    def exchanges(self) -> int:
        """Permutations of units that map it to itself: of those that meet or vanish together."""
        groups = [len(unit.coefficients) for unit in self.units]
        return math.prod(math.factorial(size) for size in (*groups, len(self.powers)))

    @cached_property
    def is_simple(self) -> bool:
        """Whether it has no bias, and no more than `MOST_FOLLOWED` units meet or vanish."""
        shifted = (self.shift, self.offset, *(u.bias for u in self.units))
        largest = max([len(self.powers), *(len(unit.coefficients) for unit in self.units)])
        return largest <= MOST_FOLLOWED and all(s is None for s in shifted)

    @cached_property
    def slots(self) -> Slots:
        """Order of the unknowns: the first unit, powers, the step, further units."""
        units, place = [], 0
        powers, step = range(0), None
        for k in range(max(1, len(self.units))):
            if k < len(self.units):
                size = len(self.units[k].coefficients)
                units.append((place, range(place + 1, place + 1 + size)))
                place += 1 + size
            if k == 0:
                powers = range(place, place + len(self.powers))
                step = None if self.step is None else powers.stop
                place += len(self.fixed)
        return Slots(tuple(units), powers, step)

    @property
    def unknowns(self) -> Array:
        """All parameters as a vector (k,), in the order of `slots`; biases are left out."""
        z: list[float] = []
        for unit in self.units[:1]:
            z += [unit.weight, *unit.coefficients]
        z += self.fixed
        for unit in self.units[1:]:
            z += [unit.weight, *unit.coefficients]
        return np.array(z)

    def at(self, z: Array | Sequence[float]) -> LimitModel:
        """The same kind of limit model with other unknowns z (k,)."""
        slots, z = self.slots, [float(value) for value in z]
        units = tuple(
            replace(unit, weight=z[weight], coefficients=tuple(z[k] for k in coefficients))
            for unit, (weight, coefficients) in zip(self.units, slots.units, strict=True)
        )
        powers = tuple(z[k] for k in slots.powers)
        step = None if slots.step is None else z[slots.step]
        return replace(self, units=units, powers=powers, step=step)

    def outputs(self, model: Model, x: Array) -> Array:
        """Limit function at inputs x (m,); the model gives the activation. Shape (m,)."""
        return self.outputs_at(self.unknowns[None], model, x)[0]

    def outputs_at(self, z: Array, model: Model, x: Array) -> Array:
        """Limit functions of the same kind, with other unknowns z (k, s); shape (k, m)."""
        x, slots, z = np.asarray(x), self.slots, np.asarray(z).T[:, :, None]
        step = 0.0 if slots.step is None else z[slots.step]
        out = step * np.sign(x) + np.zeros((z.shape[1], 1))
        parts = [
            unit.outputs(model, x, z[weight], z[places.start : places.stop])
            for unit, (weight, places) in zip(self.units, slots.units, strict=True)
        ]
        arm = x if self.shift is None else x + self.shift
        powers = [z[place] * arm ** (2 * k + 1) for k, place in enumerate(slots.powers)]
        for part in (*parts[:1], *powers, *parts[1:]):
            out = out + part
        return out if self.offset is None else out + self.offset

    def canonical(self, *, odd: bool) -> LimitModel:
        """With those of its units that are alike in increasing order of input weight.

        Where the activation is odd, all input weights are made positive.
        """
        units = [unit.positive() if odd else unit for unit in self.units]
        single = sorted((u for u in units if not u.meets), key=lambda u: (u.weight, u.coefficients))
        return replace(self, units=(*(u for u in units if u.meets), *single))

    def rescaled(self, units: Units) -> LimitModel:
        """The same limit, given in `units`, in the ones that these are multiples of."""
        odd = enumerate(self.powers)
        return LimitModel(
            tuple(unit.rescaled(units) for unit in self.units),
            tuple(value * units.y / units.x ** (2 * k + 1) for k, value in odd),
            None if self.step is None else self.step * units.y,
            None if self.shift is None else self.shift * units.x,
            None if self.offset is None else self.offset * units.y,
        )

    def text(self, digits: int = 5) -> str:
        """All parameters with their letters."""
        return ", ".join(f"{name} = {value:.{digits}g}" for name, value in self.items())

    def to_dict(self) -> dict[str, float]:
        """By letter, as stored: w with v, or with a, b, d, … where units meet; c, c3, …; s.

        Further units are w2, v2, …; those with bias have also bias, bias2, …, and κ is kappa.
        """
        first, *further = self.units or (None,)
        out = {} if first is None else _unit_to_dict(first, "")
        out |= {_power(k): value for k, value in enumerate(self.powers)}
        out |= {} if self.shift is None else {"kappa": self.shift}
        out |= {} if self.step is None else {"s": self.step}
        for number, unit in enumerate(further, start=2):
            out |= _unit_to_dict(unit, str(number))
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
        numbers = [n[1:] for n in given if n[0] == "w" and (n == "w" or n[1:].isdigit())]
        units = tuple(_unit_from_dict(left, n) for n in sorted(numbers, key=lambda n: int(n or 1)))
        powers: list[float] = []
        while any(_power(k) in left for k in range(len(powers), MOST_MEETING)):
            powers.append(left.pop(_power(len(powers)), 0.0))
        rest = (left.pop("s", None), left.pop("kappa", None), left.pop("offset", None))
        if left:
            raise InvalidInputError(f"no limit model has the parameters {', '.join(sorted(left))}")
        return cls(units, tuple(powers), *rest)

    def __getitem__(self, name: str) -> float:
        return self.to_dict()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __len__(self) -> int:
        return len(self.to_dict())


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
