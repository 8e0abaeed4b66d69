"""The checker: certificates are read from their text and proved again, by other means.

It uses ball arithmetic and the formula of the model, nothing of the search and nothing of the
provers: other derivatives (jets), another way to count eigenvalues (Descartes), its own reading
of the data. What it says of a certificate it derives from what it verified (see `kinds`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flint import arb, ctx

from continuation.certify.checker import schema
from continuation.certify.checker.kinds import ASSUMPTIONS, KINDS, UNDECIDED, Kind
from continuation.certify.checker.problem import CHECK_PRECISION, Problem
from continuation.certify.checker.refusal import Refused, require
from continuation.certify.checker.watch import Progress, Watch, silent

FORMAT = "mlpcont-certificate"
"""Mark of the text of one certificate."""

VERSION = 2
"""Of the format. Texts of version 0.1.0 have none: their words were not bound to their numbers."""

NO_CERTIFICATE = "this is no certificate"

OLD = "written by version 0.1.0, whose words were not bound to what is checked: prove it again"

ENTRY: Mapping[str, schema.Reader] = {
    "kind": schema.word(*sorted({kind for kind, _ in KINDS})),
    "verdict": schema.word(*sorted({verdict for _, verdict in KINDS})),
    "reason": schema.word(""),
    "problem": lambda value, _: value,
    "claim": lambda value, _: value,
    "set": schema.optional(schema.count(0, schema.MOST_ROWS)),
}
"""Fields of a certificate that claims something; problem and claim are read by schemas of their
own, `set` is the place of the certified set in the file's list."""

DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)
"""What computing with values that make no sense may raise."""


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
    statement : str
        What was verified, made from the numbers that were verified; "" where nothing was.
    assumptions : tuple of str
        What that rests on.
    loss : (float, float) or None
        Bounds of the loss of the certified set; None where there is no one set.
    """

    accepted: bool
    reason: str = ""
    statement: str = ""
    assumptions: tuple[str, ...] = ()
    loss: tuple[float, float] | None = None

    def __bool__(self) -> bool:
        return self.accepted


def check(
    certificate: Stated | str, *, seconds: float = math.inf, progress: Progress = silent
) -> CheckResult:
    """Prove a certificate again.

    Parameters
    ----------
    certificate : Certificate or str
        The certificate, or its JSON text.
    seconds : float
        Wall-clock time after which the check of a complete list ends unaccepted: its boxes take
        milliseconds each, and the default range has 30,000 and more of them.
    progress : callable
        Called with the boxes of a complete list that are checked and with all of them, now and
        then.

    Returns
    -------
    CheckResult
        Not accepted: damaged, false, or undecided (an undecided certificate claims nothing).
        Every field of the text enters the verification; one that does not is refused.

    Examples
    --------
    >>> from continuation.certify import certify_point, check
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> certificate = certify_point(loss, sets[0].theta, noise=0.1)
    >>> check(certificate).accepted
    True
    """
    try:
        require(isinstance(certificate, str) or hasattr(certificate, "to_json"), NO_CERTIFICATE)
        text = certificate if isinstance(certificate, str) else certificate.to_json()
        record = schema.parse(text)
        require(isinstance(record, dict), NO_CERTIFICATE)
        require(record.get("format") == FORMAT, f"this text is not marked {FORMAT!r}")
        require(type(record.get("version")) is int and record["version"] == VERSION, OLD)
    except Refused as refusal:
        return CheckResult(False, str(refusal))
    watch = Watch(time.monotonic() + seconds, progress)
    return check_record({k: v for k, v in record.items() if k not in ("format", "version")}, watch)


def check_record(record: Mapping[str, Any], watch: Watch | None = None) -> CheckResult:
    """`check` of a certificate that is read already; "problem" stands within it."""
    if record.get("verdict") == UNDECIDED:
        return CheckResult(False, "undecided: nothing is claimed")
    try:
        with ctx.workprec(CHECK_PRECISION):
            return _checked(schema.record(ENTRY)(record, "the certificate"), watch)
    except Refused as refusal:
        return CheckResult(False, str(refusal))
    except DAMAGE as error:
        return CheckResult(False, f"damaged: {error!r}")


def _checked(entry: Mapping[str, Any], watch: Watch | None) -> CheckResult:
    kind = kind_of(entry["kind"], entry["verdict"])
    claim = kind.schema(entry["claim"], "claim")
    loss = kind.check(Problem.read(entry["problem"], watch), claim)
    return CheckResult(
        accepted=True,
        statement=kind.statement(claim),
        assumptions=(*ASSUMPTIONS, *kind.assumptions),
        loss=None if loss is None else _ends(loss),
    )


def kind_of(kind: str, verdict: str) -> Kind:
    """The entry of the table; `Refused` where there is none."""
    known = KINDS.get((kind, verdict))
    if known is None:
        raise Refused(f"that a statement of the kind {kind!r} is {verdict} cannot be checked")
    return known


def _ends(ball: arb) -> tuple[float, float]:
    """Doubles below and above a ball."""
    require(ball.is_finite(), "the loss is not finite")
    low, high = (float(end) for end in (ball.lower(), ball.upper()))
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)


def statement_of(kind: str, verdict: str, claim: Mapping[str, Any]) -> str:
    """What the checker will say of a claim if it accepts it.

    Raises
    ------
    Refused
        The claim does not follow the schema of its kind.
    """
    known = kind_of(kind, verdict)
    return known.statement(known.schema(claim, "claim"))
