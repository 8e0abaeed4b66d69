"""Numbers as JSON knows them: as short as the screen allows, null where there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

DIGITS = 5
"""Significant digits of coordinates: a screen has fewer pixels."""

EXACT = 12
"""Of values that are printed, or compared with others that agree to many digits."""

Document = dict[str, Any]
"""Plain values by name: what a page shows of one result."""


def number(value: float, digits: int = EXACT) -> float | None:
    """A number to so many digits; None where it is not finite."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def numbers(values: ArrayLike, digits: int = DIGITS) -> list[float | None]:
    """A row of numbers."""
    return [number(value, digits) for value in np.asarray(values, dtype=np.float64).tolist()]


def rows(table: Iterable[ArrayLike], digits: int = DIGITS) -> list[list[float | None]]:
    """Rows of numbers, of any lengths."""
    return [numbers(row, digits) for row in table]
