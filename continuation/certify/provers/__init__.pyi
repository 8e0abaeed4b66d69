from .basins import certify_basin
from .complete import certify_complete
from .connections import certify_graph
from .lines import certify_line
from .optimum import certify_never_optimal
from .points import certify_point
from .sets import certify_sets, subject_of
from .tubes import certify_branch
from .unique_minimum import (
    Probability,
    UniqueMinimum,
    certify_unique_minimum,
    unique_minimum_holds,
    unique_minimum_probability,
)

__all__ = [
    "Probability",
    "UniqueMinimum",
    "certify_basin",
    "certify_branch",
    "certify_complete",
    "certify_graph",
    "certify_line",
    "certify_never_optimal",
    "certify_point",
    "certify_sets",
    "certify_unique_minimum",
    "subject_of",
    "unique_minimum_holds",
    "unique_minimum_probability",
]
