"""What units with bias leave behind whose input side diverges: jumps and tails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.network import Units

ON_SAMPLE = 1e-12
"""Relative distance of an input from a jump at which it lies on it: units are powers of ten, and
multiplying by them costs the last digit."""


@dataclass(frozen=True)
class Jump:
    """A unit v φ(w (x − t)) with w → ∞: s sign(x − t).

    Attributes
    ----------
    place : float
        t, the middle of the gap between two neighbouring inputs; or an input, where the bias is
        tuned so finely that the unit stays between its limits there.
    size : float
        s.
    half : float or None
        The value at t over s, in (−1, 1); None in a gap.
    """

    place: float
    size: float
    half: float | None = None

    @property
    def is_real(self) -> bool:
        """Whether a unit has the value at t."""
        return self.half is None or abs(self.half) < 1.0

    def side(self, x: Array) -> Array:
        """Sign(x − t), 0 where an input lies on t."""
        return np.sign(np.where(self.hit(x), 0.0, x - self.place))

    def hit(self, x: Array) -> NDArray[np.bool_]:
        """Whether an input lies on t; of none does in a gap."""
        if self.half is None:
            return np.zeros(x.shape, dtype=np.bool_)
        return np.asarray(np.abs(x - self.place) <= ON_SAMPLE * np.abs(x))

    def rescaled(self, units: Units) -> Jump:
        """The same, given in `units`, in the ones that these are multiples of."""
        return Jump(self.place * units.x, self.size * units.y, self.half)

    def moved(self, by: float) -> Jump:
        """The same function of x − by."""
        return Jump(self.place + by, self.size, self.half)


def held_inputs(x: Array, jumps: Sequence[Jump], *, offset: bool) -> NDArray[np.bool_]:
    """Which inputs (m,) stand alone between jumps: the limit is free to take any value there.

    Those at jumps do, and beside an offset the outermost one behind a jump. At a critical point
    their residual is zero, and no unit becomes steeper for their sake.
    """
    places = np.unique(x)
    walls = np.zeros(places.size + 1, dtype=np.bool_)
    walls[[0, -1]] = offset
    for jump in jumps:
        after = int(np.searchsorted(places, jump.place))
        if jump.half is not None:
            after = int(np.argmin(np.abs(places - jump.place)))
            walls[after + 1] = True
        walls[after] = True
    return np.asarray((walls[:-1] & walls[1:])[np.searchsorted(places, x)])


def are_apart(x: Array, jumps: Sequence[Jump]) -> bool:
    """Whether no input beside one that a jump is at stands alone between jumps.

    Else the limit is that of jumps in all the gaps around these inputs, and written as such.
    """
    places, between = np.unique(x), [jump for jump in jumps if jump.half is None]
    at = [int(np.argmin(np.abs(places - j.place))) for j in jumps if j.half is not None]
    walls = {int(np.searchsorted(places, jump.place)) for jump in between}
    others = walls | {wall for k in at for wall in (k, k + 1)}
    return not any({k - 1, k + 2} & others for k in at)


@dataclass(frozen=True)
class Tail:
    """A unit v φ(w x + c) with c → ∞, of which the offset takes v φ(∞): e exp(−k x).

    Attributes
    ----------
    rate : float
        k = 2w for tanh; negative where the unit saturates to the left.
    size : float
        e.
    """

    rate: float
    size: float

    def rescaled(self, units: Units) -> Tail:
        """The same, given in `units`, in the ones that these are multiples of."""
        return Tail(self.rate / units.x, self.size * units.y)

    def moved(self, by: float) -> Tail:
        """The same function of x − by; its size may be no number."""
        with np.errstate(over="ignore", under="ignore"):
            return Tail(self.rate, float(self.size * np.exp(self.rate * by)))
