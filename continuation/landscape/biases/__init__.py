"""One and two units with bias on grids: critical points of one unit, and sets at infinity.

May import `network`, `infinity`, `sets`.
"""

from continuation.landscape.biases.ends import BiasedEnds, biased_ends
from continuation.landscape.biases.input_grid import (
    FEWEST_SAMPLES,
    TRANSITION,
    InputGrid,
    critical_places,
)

__all__ = [
    "FEWEST_SAMPLES",
    "TRANSITION",
    "BiasedEnds",
    "InputGrid",
    "biased_ends",
    "critical_places",
]
