"""Sets at infinity of one hidden layer with several inputs: limits, their loss, attraction, search.

May import `network`, `infinity`, `sets`.
"""

from continuation.landscape.vectors.arrivals import Arrival, vector_arrival
from continuation.landscape.vectors.ends import end_of_limit
from continuation.landscape.vectors.limit import VectorLimit
from continuation.landscape.vectors.searching import vector_ends
from continuation.landscape.vectors.vector_loss import VectorLoss

__all__ = [
    "Arrival",
    "VectorLimit",
    "VectorLoss",
    "end_of_limit",
    "vector_arrival",
    "vector_ends",
]
