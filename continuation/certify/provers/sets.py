"""Certificates of critical sets, each by the prover of its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from continuation.certify.certificate import Certificate
from continuation.certify.provers.infinity import infinity_certificate, named
from continuation.certify.provers.lines import line_certificate
from continuation.certify.provers.points import point_certificate
from continuation.certify.provers.question import Question
from continuation.landscape.network import Loss, in_fitting_units
from continuation.landscape.sets import (
    SPLIT_LINE,
    CriticalSet,
    coinciding_units,
    merge_units,
    shared_conditions,
)

OF_ROUNDING = (
    "of these doubles, to the last digit, the loss falls to another side than it does up to "
    "rounding: the fit is exact, and the set is not told from its neighbours"
)


@in_fitting_units
def certify_sets(
    loss: Loss,
    sets: Sequence[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
) -> tuple[Certificate, ...]:
    """Certificates of critical sets, in their order.

    Points (origin, dead and silent units among them) as in `certify_point`, split lines as in
    `certify_line`, sets at infinity as in `infinity_certificate`; manifolds and degenerate sets
    are UNDECIDED, with the reason, and so are ends whose units leave more jumps than they are.
    Parameters that are omitted are those that the sets were found at.

    Raises
    ------
    InvalidInputError
        A parameter is out of range, or the sets were found at others.

    Examples
    --------
    >>> from continuation.certify import certify_sets
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> [certificate.verdict for certificate in certify_sets(loss, sets)]
    ['PROVED', 'PROVED', 'PROVED', 'PROVED']
    """
    parameters = shared_conditions(
        loss.data, sets, noise=noise, size=size, weight_decay=weight_decay
    ).keywords
    question = Question.of(loss, **parameters)
    return set_certificates(question, sets)


def set_certificates(question: Question, sets: Sequence[CriticalSet]) -> tuple[Certificate, ...]:
    """Certificates of sets in the units of a question."""
    made = (_certificate(question, found) for found in sets)
    return tuple(replace(certificate, set=k) for k, certificate in enumerate(made))


@dataclass(frozen=True)
class Subject:
    """What the certificate of a critical set speaks of.

    Attributes
    ----------
    kind : str
        Of the certificate.
    name : str
        Of the numbers of the set that give the place.
    place : tuple of float
        Around which existence is proved.
    claim : mapping
        Further fields of the certificate's claim that the set determines.
    polished : bool
        Whether the certificate's place is a Newton step or two away.
    """

    kind: str
    name: str
    place: tuple[float, ...]
    claim: Mapping[str, Any] = field(default_factory=dict)
    polished: bool = False


def subject_of(found: CriticalSet, x: Sequence[float]) -> Subject | None:
    """What is certified of a set on inputs x; None for kinds of sets without certificates."""
    if found.theta is None:
        end = named(found.end, x)
        place = tuple(found.end[name] for name in end["names"])
        return Subject("infinity", "limit", place, end, polished=True)
    if found.is_point:
        return Subject("point", "theta", tuple(found.theta))
    pair = coinciding_units(found.model, found.theta) if found.subkind == SPLIT_LINE else None
    if pair is None:
        return None
    kept, dropped = pair
    base = merge_units(found.model, found.theta, kept, dropped)
    return Subject("line", "theta", tuple(base), {"unit": kept})


def _certificate(question: Question, found: CriticalSet) -> Certificate:
    if found.theta is None:
        made = infinity_certificate(question, found.end)
        if made.proved and made.inertia != found.inertia:
            return question.undecided("infinity", OF_ROUNDING)
        return made
    subject = subject_of(found, ())
    if subject is None:
        return question.undecided(found.kind, f"there is no certificate for a {found.subkind}")
    if subject.kind == "point":
        return point_certificate(question, subject.place)
    return line_certificate(question, subject.place, subject.claim["unit"])
