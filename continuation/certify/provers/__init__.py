"""How each statement is proved; each prover returns a certificate.

May import `enclosures`, the landscape and the record of a certificate.
"""

from continuation.certify.provers.basins import certify_basin
from continuation.certify.provers.complete import certify_complete
from continuation.certify.provers.connections import certify_graph, certify_sets, subject_of
from continuation.certify.provers.lines import certify_line
from continuation.certify.provers.optimum import certify_never_optimal
from continuation.certify.provers.points import certify_point
from continuation.certify.provers.tubes import certify_branch
from continuation.certify.provers.unique_minimum import (
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
