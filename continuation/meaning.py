"""What the numbers of a result mean: names of unknowns and parameters, and the flow behind F."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import UnknownNameError
from continuation.user_functions import ScalarFunction

__all__ = ["UNNAMED", "Meaning", "Quantity"]

Quantity = str | int | Callable[[Array, float], float]
"""A name, the index of an unknown, or a function of (x, p)."""


@dataclass(frozen=True)
class Meaning:
    """Names, the values of the parameters that are held, and what flow F stands for.

    Attributes
    ----------
    states : tuple of str
        One name per unknown; empty where none were given, then they are called x[0], x[1], ...
    parameter : str
        The free parameter.
    held : tuple of (str, float)
        The other parameters with their values.
    flow_sign : float
        The flow is x' = flow_sign F.
    is_map : bool
        F(x, p) = G(x, p) - x for a map G.
    has_mass : bool
        The flow is M x' = F.
    second : str
        The second parameter, along a curve in two.
    conserved : tuple of (tuple of float, float)
        Coefficients of each combination of unknowns that is conserved, and the total held.
    """

    states: tuple[str, ...] = ()
    parameter: str = "p"
    held: tuple[tuple[str, float], ...] = ()
    flow_sign: float = 1.0
    is_map: bool = False
    has_mass: bool = False
    second: str = "q"
    conserved: tuple[tuple[tuple[float, ...], float], ...] = ()

    @property
    def flow(self) -> str:
        """What stability is meant for."""
        if self.is_map:
            return f"x → x + F(x, {self.parameter})"
        left = "M x'" if self.has_mass else "x'"
        return f"{left} = {'' if self.flow_sign > 0 else '-'}F(x, {self.parameter})"

    def names(self, n: int) -> tuple[str, ...]:
        """Names of n unknowns."""
        return self.states or tuple(f"x[{i}]" for i in range(n))

    def decaying(self, inertia: Array) -> Array:
        """Whether no direction grows, row by row of (m, 3) counts of negative, zero, positive.

        Directions that are neutral all along, on a family of solutions, do not count.
        """
        growing = inertia[:, 2 if self.is_map or self.flow_sign > 0 else 0]
        neutral = inertia[:, 1] - inertia[:, 1].min(initial=inertia.shape[0])
        return np.asarray((growing == 0) & (neutral <= 0))

    def values(self, quantity: Quantity, x: Array, p: Array) -> Array:
        """A quantity at samples x (m, n), p (m,); shape (m,)."""
        if callable(quantity):
            value = ScalarFunction(self.label(quantity, x.shape[1]), quantity)
            value.check(x[0], float(p[0]))
            return np.array([value(s, float(v)) for s, v in zip(x, p, strict=True)])
        if quantity == self.parameter:
            return p
        return np.asarray(x[:, self.index(quantity, x.shape[1])])

    def index(self, quantity: str | int, n: int) -> int:
        """Place of an unknown given by name or index."""
        names = self.names(n)
        if isinstance(quantity, int | np.integer) and -n <= quantity < n:
            return int(quantity) % n
        if quantity not in names:
            known = ", ".join((self.parameter, *names[:20]))
            raise UnknownNameError(f"there is no {quantity!r} here; known are {known}.")
        return names.index(str(quantity))

    def label(self, quantity: Quantity, n: int) -> str:
        """What to write beside an axis."""
        if callable(quantity):
            return str(getattr(quantity, "__name__", "")).replace("<lambda>", "")
        known = (self.parameter, self.second)
        return str(quantity) if quantity in known else self.names(n)[self.index(quantity, n)]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**self.__dict__, "states": list(self.states), "held": [*map(list, self.held)]}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Meaning":
        """Inverse of `to_dict`."""
        held = tuple((str(name), float(value)) for name, value in stored["held"])
        conserved = tuple((tuple(row), total) for row, total in stored.get("conserved", ()))
        states = tuple(stored["states"])
        return cls(**{**stored, "states": states, "held": held, "conserved": conserved})


UNNAMED = Meaning()
"""F(x, p) and x' = F where nothing else is said."""
