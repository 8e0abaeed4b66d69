"""Branches that run to infinity at a finite parameter: p - p* ~ c |x|^-k.

With S = |x| and g = S dp/dS from the tangents, g = -k c S^-k: its slope on logarithmic scales is
-k, and p* = p + g/k is exact up to the next term of the expansion, whose size is how much k and
the estimate have moved while S grew tenfold. So |x| ~ |p - p*|^(-1/k). Where p grows for ever with
x, k is not positive and nothing is claimed. Where p comes to rest faster than by any power, as
exp(-|x|) does, it is at p* long before x is far.
"""

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.workspace import Samples

__all__ = ["Asymptote", "Runaway"]

FAR = 1e8
"""Growth of |x| after which a power law that has held for decades is believed."""

BEGUN = 1e3
"""Growth below which nothing is claimed."""

SETTLED = 1e-11
"""Part of its unit within which p must be of its asymptote where |x| is not yet far."""

AT_REST = 16.0
"""Growth from which on a parameter that has not moved while |x| doubled is at its asymptote."""

STEADY = 0.1
"""Relative change of the exponent over a decade of a power law."""

OF_LOGARITHM = 0.1
"""Where p - p* is a power of log |x|, k falls by about k ln 10 times 1/2 of itself over a decade;
what does so by more than this times k ln 10 is no power law."""

SLOWEST = 0.05
"""Smaller exponents are not told from growth that p follows for ever, as of a logarithm."""

DECADE = np.log(10.0)


@dataclass(frozen=True)
class Asymptote:
    """Value of the parameter at which |x| → ∞, its error, and the power of 1/|p - p*| in |x|.

    The power is 0 where |x| grows slower than by any power, as a logarithm does.
    """

    p: float
    error: float
    power: float


class Runaway:
    """What is known of the growth of one run.

    Parameters
    ----------
    unit : (n + 1,) ndarray
        What counted as 1 in (x, p) at its start.
    """

    def __init__(self, unit: Array) -> None:
        self.unit = unit
        self.parts: list[Samples] = []
        self.growth, self.p, self.slope = np.zeros(0), np.zeros(0), np.zeros(0)

    def passed(self, samples: Samples) -> None:
        """Take note of further samples."""
        if len(samples):
            self.parts.append(samples)

    def _size(self, x: Array) -> Array:
        return np.asarray(np.linalg.norm(x / self.unit[:-1], axis=-1))

    def _growth(self) -> float:
        """Of |x|, of which what is less than its unit does not count."""
        if not self.parts:
            return 0.0
        first, last = self._size(self.parts[0].x[0]), self._size(self.parts[-1].x[-1])
        return float(last / np.maximum(first, 1.0))

    def _stands(self) -> bool:
        """Whether the parameter has not moved in the last samples; few branches do that."""
        return bool(np.ptp(self.parts[-1].p) <= SETTLED * self.unit[-1])

    def _collect(self) -> None:
        """Logarithm of |x|, p and g = S dp/dS of all samples."""
        x, t = (
            np.vstack([getattr(part, name) for part in self.parts]) for name in ("x", "tangent")
        )
        size = self._size(x)
        with np.errstate(all="ignore"):
            along = np.einsum("ij,ij->i", x / self.unit[:-1], t[:, :-1] / self.unit[:-1])
            self.slope = t[:, -1] / (along / size**2)
        self.growth = np.log(np.maximum(size, 1.0))
        self.p = np.concatenate([part.p for part in self.parts])

    def asymptote(self) -> Asymptote | None:
        """Where |x| → ∞; None as long as that cannot be said."""
        growth = self._growth()
        far, still = growth >= BEGUN, growth >= AT_REST and self._stands()
        if not (far or still):
            return None
        self._collect()
        return (self._of_a_power() if far else None) or (self._at_rest() if still else None)

    def _at_rest(self) -> Asymptote | None:
        """Where p has not moved while |x| doubled."""
        since = self._before(len(self.growth) - 1, float(np.log(2.0)))
        unit = float(self.unit[-1])
        moved = float(np.ptp(self.p[since:]))
        if max(moved, abs(float(self.slope[-1]))) > SETTLED * unit:
            return None
        return Asymptote(float(self.p[-1]), moved + float(np.finfo(float).eps) * unit, 0.0)

    def _of_a_power(self) -> Asymptote | None:
        last = len(self.growth) - 1
        near, far = (self._before(last, k * DECADE) for k in (1, 2))
        if not (self.growth[far:] > self.growth[far] - DECADE / 2).all():
            return None
        unit = max(abs(float(self.p[-1])), float(self.unit[-1]))
        k, before = self._exponent(last, near), self._exponent(near, far)
        if not (k > SLOWEST and abs(k - before) <= min(STEADY, OF_LOGARITHM * k * DECADE) * k):
            return None
        distance = abs(float(self.slope[-1])) / k
        if distance > SETTLED * unit and self.growth[-1] - self.growth[0] < np.log(FAR):
            return None
        value, earlier = (float(self.p[i] + self.slope[i] / k) for i in (last, near))
        error = max(abs(value - earlier), distance * abs(k - before) / k)
        return Asymptote(value, error + float(np.finfo(float).eps) * unit, 1.0 / k)

    def _before(self, i: int, growth: float) -> int:
        """The last sample at which x was smaller by so much than at sample i."""
        return int(np.flatnonzero(self.growth[: i + 1] <= self.growth[i] - growth)[-1])

    def _exponent(self, i: int, j: int) -> float:
        """Of the power law between two samples; not positive where there is none."""
        ratio = self.slope[j] / self.slope[i] if self.slope[i] else -1.0
        return float(np.log(ratio) / (self.growth[i] - self.growth[j])) if ratio > 0 else -1.0
