"""Critical sets as values: points, manifolds and ends; embeddings; matching modulo symmetry.

May import `network` and `infinity`.
"""

from continuation.landscape.sets.assembly import (
    Assembler,
    labelled,
    population_of,
    population_weights,
    scaled_inertia,
    squared_distance,
    with_excess_risk,
)
from continuation.landscape.sets.critical_sets import (
    CriticalSet,
    CriticalSets,
    EvidenceBranch,
    RegionEvidence,
    Segment,
)
from continuation.landscape.sets.embedding import (
    coinciding_units,
    merge_units,
    reduced_network,
    unit_curvatures,
    working_units,
)
from continuation.landscape.sets.manifolds import Embedding, Piece, count_embeddings, embeddings_of
from continuation.landscape.sets.saturation import Saturation

__all__ = [
    "Assembler",
    "CriticalSet",
    "CriticalSets",
    "Embedding",
    "EvidenceBranch",
    "Piece",
    "RegionEvidence",
    "Saturation",
    "Segment",
    "coinciding_units",
    "count_embeddings",
    "embeddings_of",
    "labelled",
    "merge_units",
    "population_of",
    "population_weights",
    "reduced_network",
    "scaled_inertia",
    "squared_distance",
    "unit_curvatures",
    "with_excess_risk",
    "working_units",
]
