"""One and two units with bias on grids: critical points of one unit, and sets at infinity.

May import `network`, `infinity`, `sets`.
"""

from continuation.landscape.biases.ends import BiasedEnds, biased_ends
from continuation.landscape.biases.input_grid import (
    SEEN,
    InputGrid,
    critical_places,
    is_seen,
)
from continuation.landscape.biases.one_unit import one_unit
from continuation.landscape.biases.two_units import two_units

__all__ = [
    "SEEN",
    "BiasedEnds",
    "InputGrid",
    "biased_ends",
    "critical_places",
    "is_seen",
    "one_unit",
    "two_units",
]
