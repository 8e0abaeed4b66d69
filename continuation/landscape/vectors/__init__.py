"""Sets at infinity of one hidden layer with several inputs: limits, their loss, attraction, search.

May import `network`, `infinity`, `sets`.
"""

from continuation.landscape.vectors.arrivals import Arrival, vector_arrival
from continuation.landscape.vectors.ends import end_of_limit
from continuation.landscape.vectors.limit import VectorLimit
from continuation.landscape.vectors.searching import vector_ends
from continuation.landscape.vectors.separation import (
    CERTAIN,
    Separated,
    can_separate,
    is_separated,
    reaches_separation,
)
from continuation.landscape.vectors.vector_loss import VectorLoss

__all__ = [
    "CERTAIN",
    "Arrival",
    "Separated",
    "VectorLimit",
    "VectorLoss",
    "can_separate",
    "end_of_limit",
    "is_separated",
    "reaches_separation",
    "vector_arrival",
    "vector_ends",
]
