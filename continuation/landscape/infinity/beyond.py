"""What units with bias leave behind whose input side diverges: jumps and tails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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

    def hit(self, x: Array) -> Array:
        """Whether an input lies on t; of none does in a gap."""
        if self.half is None:
            return np.zeros(x.shape, dtype=np.bool_)
        return np.asarray(np.abs(x - self.place) <= ON_SAMPLE * np.abs(x))

    def rescaled(self, units: Units) -> Jump:
        """The same, given in `units`, in the ones that these are multiples of."""
        return Jump(self.place * units.x, self.size * units.y, self.half)


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
