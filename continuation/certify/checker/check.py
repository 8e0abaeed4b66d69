"""The checker: certificates are read from their text and proved again, by other means.

It uses ball arithmetic and the formula of the model, nothing of the search and nothing of the
provers: other derivatives (jets), another way to count eigenvalues (Descartes), its own reading
of the data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flint import ctx

from continuation.certify.checker.basin import check_basin
from continuation.certify.checker.complete import check_complete
from continuation.certify.checker.infinity import check_infinity
from continuation.certify.checker.optimum import check_optimum
from continuation.certify.checker.points import check_line, check_point
from continuation.certify.checker.problem import CHECK_PRECISION, Refused
from continuation.certify.checker.tube import check_branch
from symbolic import FormulaError, ModelError

CHECKERS: dict[str, Callable[[Mapping[str, Any]], None]] = {
    "point": check_point,
    "line": check_line,
    "optimum": check_optimum,
    "basin": check_basin,
    "infinity": check_infinity,
    "complete": check_complete,
    "branch": check_branch,
}
"""Kind of a certificate: its checker, which raises `Refused`."""


class Stated(Protocol):
    """Anything that states itself as JSON text, such as a `Certificate`."""

    def to_json(self) -> str:
        """The text."""


@dataclass(frozen=True)
class CheckResult:
    """Whether a certificate proves what it claims.

    Attributes
    ----------
    accepted : bool
    reason : str
        Why not; "" where it is accepted.
    """

    accepted: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.accepted


def check(certificate: Stated | str) -> CheckResult:
    """Prove a certificate again.

    Parameters
    ----------
    certificate : Certificate or str
        The certificate, or its JSON text.

    Returns
    -------
    CheckResult
        Not accepted: damaged, false, or undecided (an undecided certificate claims nothing).
        The claims are checked (centre, radii, inertia, pieces, levels, bounds), not the words.
    """
    text = certificate if isinstance(certificate, str) else certificate.to_json()
    try:
        record = json.loads(text)
    except ValueError as error:
        return CheckResult(False, f"no JSON text: {error}")
    return check_record(record)


def check_record(record: Any) -> CheckResult:
    """`check` of a certificate that is read already; "problem" stands within it."""
    if not isinstance(record, dict) or not {"kind", "verdict", "problem", "claim"} <= set(record):
        return CheckResult(False, "this is no certificate")
    if record["verdict"] == "UNDECIDED":
        return CheckResult(False, "undecided: nothing is claimed")
    checker = CHECKERS.get(str(record["kind"]))
    if checker is None:
        return CheckResult(False, f"there is no checker for the kind {record['kind']!r}")
    try:
        with ctx.workprec(CHECK_PRECISION):
            checker(record)
    except Refused as refusal:
        return CheckResult(False, str(refusal))
    except (FormulaError, ModelError) as error:
        return CheckResult(False, f"the model is no model: {error}")
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        return CheckResult(False, f"damaged: {error!r}")
    return CheckResult(True)


def check_collection(
    text: str, problems: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[tuple[dict[str, Any], CheckResult], ...]:
    """Prove every certificate of a collection again.

    Parameters
    ----------
    text : str
        As written by `certificates_to_json`.
    problems : mapping, optional
        Digest and problem of data that are stored elsewhere (in a result file).

    Returns
    -------
    tuple of (record, CheckResult)
    """
    record = json.loads(text)
    known = {**record["problems"], **(problems or {})}
    results = []
    for entry in record["certificates"]:
        problem = known.get(entry["problem"])
        whole = {**entry, "problem": problem}
        absent = CheckResult(False, "the certificate speaks of other data than the file holds")
        results.append((entry, absent if problem is None else check_record(whole)))
    return tuple(results)
