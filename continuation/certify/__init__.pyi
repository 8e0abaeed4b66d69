from .agreement import Agreement, Checked, agreements, agreements_of_nodes
from .attractor import certify_attractor
from .certificate import (
    PROVED,
    REFUTED,
    UNDECIDED,
    Certificate,
    certificates_from_json,
    certificates_to_json,
)
from .checker import CheckResult, check
from .flows_again import Followed, follow_again
from .graph_agreement import agreements_of_graph
from .provers import (
    Probability,
    UniqueMinimum,
    certify_basin,
    certify_branch,
    certify_complete,
    certify_graph,
    certify_line,
    certify_never_optimal,
    certify_point,
    certify_sets,
    certify_unique_minimum,
    unique_minimum_probability,
)

__all__ = [
    "PROVED",
    "REFUTED",
    "UNDECIDED",
    "Agreement",
    "Certificate",
    "CheckResult",
    "Checked",
    "Followed",
    "Probability",
    "UniqueMinimum",
    "agreements",
    "agreements_of_graph",
    "agreements_of_nodes",
    "certificates_from_json",
    "certificates_to_json",
    "certify_attractor",
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
    "follow_again",
    "unique_minimum_probability",
]
