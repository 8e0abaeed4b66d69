"""Many fits of one formula: what they reach, and what those run off to that reach nothing.

A formula has no units that could be silent, equal or at infinity: points are all that is listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.errors import InvalidInputError
from continuation.landscape.fits.curve import EVALUATIONS, Curve, Fit
from continuation.landscape.fits.limits import limits_of

MOST_BATCHES = 4
"""Batches of fits: those of the NIST collection find their minimum in the first."""

FOLLOWED = 8
"""Fits that ended at no point and are followed to infinity: those of the lowest losses."""


class Collector(Protocol):
    """What keeps the points that runs end at."""

    def add(self, theta: Array | None, *, random: bool) -> None:
        """Sort in the end of a run; None if it reached no point."""
        ...


@dataclass(frozen=True, eq=False)
class FitRuns:
    """Fits of one formula, and the ends of those that reached no point.

    Attributes
    ----------
    curve : Curve
    astray : list of ndarray
    """

    curve: Curve
    astray: list[Array] = field(default_factory=list)

    def from_starts(self, starts: Array) -> Iterator[Array | None]:
        """Critical points from given starts (k, d), as they are and with their linear part fitted.

        Raises
        ------
        InvalidInputError
            The formula has no value at a start.
        """
        for k, start in enumerate(starts):
            if not self.curve.has_value(start):
                raise InvalidInputError(
                    f"the formula has no finite value on all samples at start {k}, {start.tolist()}"
                )
        linear, _ = self.curve.with_linear_part(starts)
        for start in (*starts, *np.clip(linear, self.curve.lower, self.curve.upper)):
            yield self._point(self.curve.fit(start, EVALUATIONS))

    def batch(
        self, at: Any, found: Collector, known: Any, rng: np.random.Generator, deadline: Deadline
    ) -> None:
        """Fits from spread parameters, and Newton's method from there, which meets saddles, too."""
        bettered, others = self.curve.spread(rng)
        fits = [(self.curve.trial, b) for b in bettered] + [(self.curve.fit, b) for b in others]
        for fit, start in deadline.within(fits):
            found.add(self._point(fit(start)), random=True)
            found.add(self.curve.polished(start), random=False)

    def notes(self, deadline: Deadline) -> tuple[str, ...]:
        """Fits that ended at no point, and the limits that the lowest of them run off to."""
        if not self.astray:
            return ()
        first = (
            f"{len(self.astray)} fits ended at no point: the loss falls towards infinity or a "
            "bound, or the valley is too flat"
        )
        lowest: Sequence[Array] = sorted(self.astray, key=self.curve.loss)[:FOLLOWED]
        names = self.curve.at.model.parameter_names
        limits = limits_of(self.curve, deadline.within(lowest))
        return (first, *(f"at infinity {limit.text(names)}" for limit in limits))

    def _point(self, fit: Fit | None) -> Array | None:
        """The point of a fit; the end of one without is kept."""
        if fit is not None and fit.point is None:
            self.astray.append(fit.end)
        return None if fit is None else fit.point
