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
from continuation.landscape.sets.matching import (
    CONVERGED,
    FLOWN,
    FOLLOWED,
    Closeness,
    limit_gap,
    nearest_by_limit,
    nearest_by_weights,
    same_set,
    weight_gap,
)
from continuation.landscape.sets.saturation import Saturation

__all__ = [
    "CONVERGED",
    "FLOWN",
    "FOLLOWED",
    "Assembler",
    "Closeness",
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
    "limit_gap",
    "merge_units",
    "nearest_by_limit",
    "nearest_by_weights",
    "population_of",
    "population_weights",
    "reduced_network",
    "same_set",
    "scaled_inertia",
    "squared_distance",
    "unit_curvatures",
    "weight_gap",
    "with_excess_risk",
    "working_units",
]
