"""Losses with kinks (ReLU, |u|): minima on them.

May import `network`.
"""

from continuation.landscape.kinks.minimum import (
    INSIDE,
    KinkMinimum,
    Places,
    argument,
    decaying_of_units,
    idle_units,
    minimum_on_kinks,
    rows_of_unit,
    settled_on,
    sides_of,
)

__all__ = [
    "INSIDE",
    "KinkMinimum",
    "Places",
    "argument",
    "decaying_of_units",
    "idle_units",
    "minimum_on_kinks",
    "rows_of_unit",
    "settled_on",
    "sides_of",
]
