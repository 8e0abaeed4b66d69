"""Whether the sets that a file lists are those that its certificates speak of.

Of each stored number of a set it is said whether it is certified (it agrees with what the checker
verified), recomputed (it agrees with what its weights give anew, in doubles), or unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.certify.certificate import Certificate, from_hexadecimals, problem_of
from continuation.certify.checker import CheckResult
from continuation.certify.provers import subject_of
from continuation.certify.recomputed import has_its_label, set_again, stored_names
from continuation.landscape import CriticalSet, Loss
from continuation.landscape.infinity import LimitModel
from continuation.landscape.network import Conditions, Stabiliser, fitting_units, rescaled
from continuation.landscape.sets import (
    Embedding,
    Piece,
    RegionEvidence,
    Segment,
    loss_of_exact_fits,
)

ROUNDING = 1e-9
"""Relative agreement of doubles that were computed from the same weights on another machine; also
of a loss with its certified bounds."""

POLISHED = 1e-6
"""Limits at infinity are found in other coordinates and certified after a few Newton steps, which
move them by 1e-9 of their size."""

ERROR_ROOM = 3.0
"""Error bounds agree to this factor: half of them may be the rounding that one machine made."""

Checked = tuple[Certificate, CheckResult]
"""A certificate and what the checker made of it."""


@dataclass(frozen=True)
class Agreement:
    """What is known of the stored numbers of one set.

    Attributes
    ----------
    set : int
        Its place in the list.
    certified, recomputed, unchecked : tuple of str
        Names of the stored numbers.
    faults : tuple of str
        What does not agree.
    """

    set: int
    certified: tuple[str, ...]
    recomputed: tuple[str, ...]
    unchecked: tuple[str, ...]
    faults: tuple[str, ...]

    def __str__(self) -> str:
        parts = ("certified", "recomputed", "unchecked")
        named = ((part, ", ".join(getattr(self, part))) for part in parts)
        return "; ".join(f"{part}: {names}" for part, names in named if names)


def agreements(
    loss: Loss,
    sets: Sequence[CriticalSet],
    checked: Sequence[Checked],
    parameters: Mapping[str, float],
) -> Iterator[Agreement]:
    """Compare every listed set with its certificate, and with its own weights.

    Parameters
    ----------
    loss : Loss
        Model and data of the file.
    sets : sequence of CriticalSet
    checked : sequence of (Certificate, CheckResult)
        All certificates of the file.
    parameters : mapping
        noise and weight_decay of the file.

    Examples
    --------
    >>> from continuation.certify import agreements, certify_sets, check
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> proofs = certify_sets(loss, sets)
    >>> checked = [(proof, check(proof)) for proof in proofs]
    >>> rows = agreements(loss, sets, checked, {"noise": 0.1})
    >>> [row.faults for row in rows]
    [(), (), (), ()]
    """
    inward = fitting_units(loss, decays=parameters.get("weight_decay", 0.0) > 0.0).inverse
    loss, sets = rescaled(loss, inward), [found.rescaled(inward) for found in sets]
    problem = problem_of(loss, **parameters)
    at, labels = loss.at(**parameters), [found.label for found in sets]
    for k, found in enumerate(sets):
        own = [(c, r) for c, r in checked if c.set == k]
        again = set_again(loss, at, found)
        certified, faults = _certified(found, own, problem, at.x)
        recomputed = [name for name in again if name not in certified]
        stated = replace(found, conditions=found.conditions.on(loss.data))
        wrong = [name for name in again if not _agree(name, getattr(stated, name), again[name])]
        if "loss" in wrong and max(found.loss, again["loss"]) <= loss_of_exact_fits(at):
            wrong.remove("loss")  # of an exact fit, in other units or on another machine
        faults += [f"{name} is not what the weights give" for name in wrong]
        if not has_its_label(found) or labels.count(found.label) > 1:
            faults.append(f"{found.label[:40]!r} is no label of a {found.subkind[:40]}")
        known = {*certified, *recomputed}
        rest = tuple(name for name in stored_names(found) if name not in known)
        yield Agreement(k, tuple(certified), tuple(recomputed), rest, tuple(faults))


def _certified(
    found: CriticalSet, own: Sequence[Checked], problem: Mapping[str, Any], x: Array
) -> tuple[list[str], list[str]]:
    """Names of the numbers that the set's certificate proves, and what does not agree."""
    named = [(c, r) for c, r in own if c.kind != "basin"]
    if len(named) != 1:
        return [], [f"the set has {len(named)} certificates, not one"]
    faults = [
        f"the {c.kind} certificate speaks of another loss" for c, _ in own if c.problem != problem
    ]
    certificate, result = named[0]
    if not result.accepted:
        return [], faults
    subject = subject_of(found, x.tolist())
    if subject is None or subject.kind != certificate.kind:
        return [], [*faults, f"a {found.subkind} has a certificate for a {certificate.kind}"]
    centre, place = from_hexadecimals(certificate.claim["theta"]), subject.place
    room = POLISHED if subject.polished else 0.0
    if not near(centre, place, room) or any(
        certificate.claim[name] != value for name, value in subject.claim.items()
    ):
        faults.append("the certificate is that of another set")
    if certificate.inertia != found.inertia:
        faults.append(f"the inertia {found.inertia} is not the certified {certificate.inertia}")
    if not agrees_with_loss(found.loss, result):
        faults.append(f"the loss {found.loss!r} is not the certified one, {result.loss}")
    proved = [subject.name, "inertia", "loss"]
    return proved + ["error_bound"] * _proves_bound(certificate, found), faults


def _proves_bound(certificate: Certificate, found: CriticalSet) -> bool:
    """Whether the critical point is proved to lie nearer than the stored bound of its error."""
    if certificate.kind != "point" or found.error_bound is None:
        return False
    return bool(float.fromhex(certificate.claim["radius"]) <= found.error_bound.min())


def agrees_with_loss(value: float, result: CheckResult) -> bool:
    """Whether a stored loss lies within its certified bounds, up to rounding."""
    if result.loss is None:
        return False
    low, high = result.loss
    room = ROUNDING * abs(high)
    return bool(low - room <= value <= high + room)


def _agree(name: str, stored: Any, again: Any) -> bool:
    if name == "error_bound":
        return stored is None or _within(stored, again, ERROR_ROOM)
    return same(stored, again)


def _within(stored: Array, again: Array, factor: float) -> bool:
    """Whether two bounds agree to a factor, where they are finite."""
    if stored.shape != again.shape:
        return False
    return bool(((stored <= factor * again) & (again <= factor * stored)).all())


def same(stored: Any, again: Any) -> bool:
    """Whether two values agree, numbers up to rounding."""
    if isinstance(again, Mapping):
        return set(stored) == set(again) and all(same(stored[k], v) for k, v in again.items())
    if isinstance(again, RegionEvidence | Segment | Piece):
        return same(asdict(stored), asdict(again))
    if isinstance(again, LimitModel):
        return same(stored.to_dict(), again.to_dict())
    if isinstance(again, tuple) and again and isinstance(again[0], Segment | Piece):
        return len(stored) == len(again) and all(map(same, stored, again))
    if isinstance(again, Conditions):
        return same(stored.keywords, again.keywords)
    if again is None or isinstance(again, str | bool | Embedding | Stabiliser):
        return bool(stored == again)
    return near(np.ravel(stored), np.ravel(again), ROUNDING)


def near(stored: ArrayLike, again: ArrayLike, room: float) -> bool:
    """Whether numbers of one shape agree, relative to the largest of them."""
    a, b = np.asarray(stored, dtype=np.float64), np.asarray(again, dtype=np.float64)
    if a.shape != b.shape:
        return False
    size = np.max(np.abs(b[np.isfinite(b)]), initial=0.0)
    return bool((np.isclose(a, b, rtol=0.0, atol=room * size, equal_nan=True)).all())


def agreements_of_nodes(
    loss: ArrayLike,
    index: ArrayLike,
    nullity: ArrayLike,
    certified: ArrayLike,
    checked: Sequence[Checked],
) -> Iterator[str]:
    """Where numbers that are drawn do not agree with the certificates.

    Parameters
    ----------
    loss, index, nullity, certified : array_like, shape (k,)
        Of the nodes, in the order of the sets that were certified.
    checked : sequence of (Certificate, CheckResult)

    Examples
    --------
    >>> from continuation.certify import agreements_of_nodes, certify_sets, check
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> [found, *_] = find_critical_sets(loss, noise=0.1)
    >>> [proof] = certify_sets(loss, [found], noise=0.1)
    >>> pair = (proof, check(proof))
    >>> list(agreements_of_nodes([found.loss], [0], [0], [True], [pair]))
    []
    >>> list(agreements_of_nodes([found.loss], [1], [0], [True], [pair]))
    ['node 0: index 1 and nullity 0 are not the certified ones']
    """
    columns = zip(*map(np.asarray, (loss, index, nullity, certified)), strict=True)
    for k, (value, negative, zero, marked) in enumerate(columns):
        own = [(c, r) for c, r in checked if c.set == k and c.kind != "basin"]
        if len(own) != 1:
            yield f"node {k} has {len(own)} certificates, not one"
        elif bool(marked) != own[0][1].accepted:
            yield f"node {k}: the mark 'certified' is not that of its certificate"
        elif marked:
            certificate, result = own[0]
            if certificate.inertia is None or certificate.inertia[:2] != (negative, zero):
                yield f"node {k}: index {negative} and nullity {zero} are not the certified ones"
            if not agrees_with_loss(float(value), result):
                yield f"node {k}: the loss {value!r} is not the certified one, {result.loss}"
