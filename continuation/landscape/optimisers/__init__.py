"""Optimisers as dynamics: maps that are followed until it is decided what they tend to.

May import `flow` and what `flow` may import.
"""

from continuation.landscape.optimisers.descents import descend, descents
from continuation.landscape.optimisers.edge import StabilityEdge, edge_of_stability
from continuation.landscape.optimisers.rules import (
    Adam,
    GradientDescent,
    Momentum,
    Optimiser,
    StochasticGradientDescent,
)

__all__ = [
    "Adam",
    "GradientDescent",
    "Momentum",
    "Optimiser",
    "StabilityEdge",
    "StochasticGradientDescent",
    "descend",
    "descents",
    "edge_of_stability",
]
