"""Certificates: statements about the loss that are proved in ball arithmetic, or left open."""

from continuation.certify.basins import certify_basin
from continuation.certify.certificate import (
    PROVED,
    REFUTED,
    UNDECIDED,
    Certificate,
    certificates_from_json,
    certificates_to_json,
)
from continuation.certify.check import CheckResult, check, check_collection
from continuation.certify.complete import certify_complete
from continuation.certify.connections import certify_graph, certify_sets
from continuation.certify.lines import certify_line
from continuation.certify.optimum import certify_never_optimal
from continuation.certify.points import certify_point
from continuation.certify.tubes import certify_branch
from continuation.certify.unique_minimum import (
    Probability,
    UniqueMinimum,
    certify_unique_minimum,
    unique_minimum_probability,
)

__all__ = [
    "PROVED",
    "REFUTED",
    "UNDECIDED",
    "Certificate",
    "CheckResult",
    "Probability",
    "UniqueMinimum",
    "certificates_from_json",
    "certificates_to_json",
    "certify_basin",
    "certify_branch",
    "certify_complete",
    "certify_graph",
    "certify_line",
    "certify_never_optimal",
    "certify_point",
    "certify_sets",
    "certify_unique_minimum",
    "check",
    "check_collection",
    "unique_minimum_probability",
]
