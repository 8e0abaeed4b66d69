"""Critical sets as values: points, manifolds and ends; embeddings; matching modulo symmetry.

May import `network` and `infinity`.
"""

from continuation.landscape.sets.assembly import (
    Assembler,
    labelled,
    population_of,
    squared_distance,
    squared_distances,
    with_excess_risk,
)
from continuation.landscape.sets.collection import CriticalSets
from continuation.landscape.sets.critical_sets import (
    CriticalSet,
    EvidenceBranch,
    RegionEvidence,
    Segment,
)
from continuation.landscape.sets.distances import Member, nearest_member
from continuation.landscape.sets.embedding import (
    coinciding_units,
    copies,
    merge_units,
    reduced_network,
    unit_curvatures,
    working_units,
)
from continuation.landscape.sets.error_bounds import (
    equations_of_weights,
    limit_errors,
    weight_errors,
)
from continuation.landscape.sets.found_under import (
    conditions_on,
    loss_of_exact_fits,
    shared_conditions,
)
from continuation.landscape.sets.kinds import (
    BESIDE_ROOTS,
    DEAD_UNIT,
    FAMILIES,
    FROM_LINE,
    FROM_PIECES,
    FROM_SPHERE,
    IN_LIMIT,
    IN_WEIGHTS,
    INFINITY,
    ISOLATED,
    KINK,
    LINE,
    MANIFOLD,
    ORIGIN,
    OVER_SMALLER,
    POINT,
    SET_KINDS,
    SILENT_UNIT,
    SPLIT_LINE,
    VALLEY,
    Family,
    SetKind,
)
from continuation.landscape.sets.layer_embeddings import (
    LayerEmbedding,
    count_exact_subspaces,
    count_subspaces,
    layer_embeddings,
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
    valley_of_loss,
)
from continuation.landscape.sets.nearby import RESTING, STEPS, is_in_valley, nearby_point
from continuation.landscape.sets.recognition import shown_set
from continuation.landscape.sets.saturation import Saturation
from continuation.landscape.sets.silent_layers import silent_inputs

__all__ = [
    "BESIDE_ROOTS",
    "CONVERGED",
    "DEAD_UNIT",
    "FAMILIES",
    "FLOWN",
    "FOLLOWED",
    "FROM_LINE",
    "FROM_PIECES",
    "FROM_SPHERE",
    "INFINITY",
    "IN_LIMIT",
    "IN_WEIGHTS",
    "ISOLATED",
    "KINK",
    "LINE",
    "MANIFOLD",
    "ORIGIN",
    "OVER_SMALLER",
    "POINT",
    "RESTING",
    "SET_KINDS",
    "SILENT_UNIT",
    "SPLIT_LINE",
    "STEPS",
    "VALLEY",
    "Assembler",
    "Closeness",
    "CriticalSet",
    "CriticalSets",
    "Embedding",
    "EvidenceBranch",
    "Family",
    "LayerEmbedding",
    "Member",
    "Piece",
    "RegionEvidence",
    "Saturation",
    "Segment",
    "SetKind",
    "coinciding_units",
    "conditions_on",
    "copies",
    "count_embeddings",
    "count_exact_subspaces",
    "count_subspaces",
    "embeddings_of",
    "equations_of_weights",
    "is_in_valley",
    "labelled",
    "layer_embeddings",
    "limit_errors",
    "limit_gap",
    "loss_of_exact_fits",
    "merge_units",
    "nearby_point",
    "nearest_by_limit",
    "nearest_by_weights",
    "nearest_member",
    "population_of",
    "reduced_network",
    "same_set",
    "shared_conditions",
    "shown_set",
    "silent_inputs",
    "squared_distance",
    "squared_distances",
    "unit_curvatures",
    "valley_of_loss",
    "weight_errors",
    "with_excess_risk",
    "working_units",
]
