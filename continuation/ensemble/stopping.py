"""When a cell has been asked often enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from continuation.errors import InvalidInputError
from continuation.statistics import LEVEL, anytime_decides

HALF_AND_MOST = (0.5, 0.95)
"""Shares on whose sides claims about "most" and "nearly all" data sets are decided."""


@dataclass(frozen=True)
class Decided:
    """Stop a cell when a share is known to lie above or below each of some thresholds.

    Cells far from a threshold stop after few data sets, so that the effort goes to the boundary.

    Attributes
    ----------
    column : str
        A column of the answers with values in [0, 1]: true or false, or a share.
    thresholds : float or sequence of float
        In (0, 1).
    level : float
        Confidence that *every* decision of a cell is right, whenever it is made.

    Raises
    ------
    InvalidInputError
        A threshold or the level is not in (0, 1).

    References
    ----------
    The intervals are those of `continuation.statistics.anytime_interval`.
    """

    column: str
    thresholds: Sequence[float] | float = HALF_AND_MOST
    level: float = LEVEL

    def __post_init__(self) -> None:
        numbers = (*self.shares, self.level)
        if not self.shares or not all(0.0 < value < 1.0 for value in numbers):
            raise InvalidInputError(
                f"thresholds and level must lie between 0 and 1, not {self.thresholds!r} "
                f"and {self.level!r}"
            )

    @property
    def shares(self) -> tuple[float, ...]:
        """The thresholds, be it one."""
        return tuple(np.atleast_1d(self.thresholds).tolist())

    def holds(self, values: ArrayLike) -> bool:
        """Whether these values of one cell decide; failed data sets (NaN) do not count.

        Raises
        ------
        InvalidInputError
            If a value does not lie in [0, 1].
        """
        known = np.asarray(values, dtype=np.float64)
        known = known[~np.isnan(known)]
        return all(anytime_decides(known, known, share, self.level) for share in self.shares)
