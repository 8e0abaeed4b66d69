"""What repeated starts say about the points that they have not met.

References
----------
I. J. Good, *Biometrika* 40 (1953) 237: the share of runs that would meet something new.
W. W. Esty, *Annals of Statistics* 11 (1983) 905: its confidence interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 1.645
"""Normal quantile of the one-sided 95 % bound."""

RULE_OF_THREE = 3.0
"""Without any singleton, the 95 % bound is that of an event that never happened in N trials."""


@dataclass(frozen=True)
class Saturation:
    """Support for completeness from independent random starts.

    Attributes
    ----------
    units : int
        Width of the network that was searched.
    runs : int
        Independent random starts; runs from between known points are not counted.
    arrivals : int
        Runs that ended at a genuine point of this width.
    distinct : int
        Different points among those ends, modulo symmetry.
    once, twice : int
        Points that exactly one and two of these runs reached, but for those known before.
    known : int
        Genuine points found in all ways, runs from between known points included.
    settled : bool
        Whether the search ended by itself: every point reached twice, the last batches without
        a new one.
    reason : str
        Why it ended.
    """

    units: int
    runs: int
    arrivals: int
    distinct: int
    once: int
    twice: int
    known: int
    settled: bool
    reason: str

    @classmethod
    def of(
        cls,
        units: int,
        runs: int,
        hits: Sequence[int],
        *,
        settled: bool,
        reason: str,
        given: int = 0,
    ) -> Saturation:
        """From the number of random runs that reached each known point.

        The first `given` were known before, so that no run that ends there is a surprise.
        """
        counts = np.asarray(hits, dtype=np.int64)
        surprises = counts[given:]
        return cls(
            units,
            runs,
            int(counts.sum()),
            int((counts > 0).sum()),
            int((surprises == 1).sum()),
            int((surprises == 2).sum()),
            counts.size,
            settled,
            reason,
        )

    @property
    def missing_mass(self) -> float:
        """Good-Turing estimate of the share of arrivals at points not met yet; nan without any."""
        return self.once / self.arrivals if self.arrivals else float("nan")

    @property
    def missing_mass_bound(self) -> float:
        """One-sided 95 % bound of that share (1 without arrivals)."""
        if not self.arrivals:
            return 1.0
        if not self.once:
            return min(1.0, RULE_OF_THREE / self.arrivals)
        share = self.missing_mass
        variance = self.once * (1.0 - share) + 2.0 * self.twice
        return min(1.0, share + CONFIDENCE * float(np.sqrt(variance)) / self.arrivals)

    def __str__(self) -> str:
        state = "saturated" if self.settled else "UNFINISHED"
        where = f"{self.units} units: " if self.units else ""
        if self.settled and not self.known:
            return (
                f"{where}none of {self.runs} random runs ended at a genuine point of "
                "this width; rare ones are not excluded"
            )
        text = (
            f"{where}{state}, {self.reason}; {self.known} genuine points, "
            f"{self.arrivals} of {self.runs} random runs ended at one"
        )
        if not self.arrivals:
            return text
        return (
            f"{text}; share of arrivals at unknown points {self.missing_mass:.2g}, "
            f"below {self.missing_mass_bound:.2g} with 95 % confidence"
        )
