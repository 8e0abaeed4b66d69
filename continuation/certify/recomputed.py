"""What the weights of a set, or its limit at infinity, give anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np

from continuation.certify.evidence import below, evidence_again
from continuation.congruence import scaled_inertia
from continuation.landscape import CriticalSet, Loss
from continuation.landscape.infinity import LimitLoss
from continuation.landscape.network import LossAt, Responses
from continuation.landscape.sets import ISOLATED, Assembler, with_excess_risk

NUMBERS = (
    "kind", "subkind", "loss", "excess_risk", "eigenvalues", "inertia", "attracting", "orbit_size",
    "stabiliser", "error_bound", "normal_derivatives", "segments", "pieces",
)  # fmt: skip
"""What the place of a set determines."""

WORDS = ("model", "label")
"""What is stored of a set and is no statement on it: the model is that of the file, and labels are
names and numbers (`has_its_label`)."""

FROM_OUTPUTS = ("kind", "loss", "excess_risk")
"""What is determined of an end that a flow was decided to run to, of which only the limit is known,
extrapolated, or of one whose limit has no equations."""


def set_again(loss: Loss, at: LossAt, found: CriticalSet) -> dict[str, Any]:
    """Numbers of a set by name, all of them that can be computed from its place.

    Its place is among them (`theta`, `base` and `embedding`, or `limit`) where it is confirmed:
    the weights lie over the smaller network, or the error bound, which includes the gradient, is
    the stored one.

    Parameters
    ----------
    loss : Loss
    at : LossAt
        The same at the parameters of the file.
    found : CriticalSet
    """
    if found.theta is None:
        again = _end(at, found)
    elif found.theta.shape != (at.model.dimension,):
        return {"theta": None}
    else:
        again = _in_weights(loss, at, found)
    if found.error_bound is None:  # a file of an earlier version
        again.pop("error_bound", None)
    return again | {"conditions": at.conditions} | evidence_again(loss, found)


def has_its_label(found: CriticalSet) -> bool:
    """Whether the label is the subkind with a number."""
    name, _, number = found.label.rpartition(" ")
    return name == found.subkind and number.isdecimal()


def _in_weights(loss: Loss, at: LossAt, found: CriticalSet) -> dict[str, Any]:
    if found.embedding is None or found.base is None:
        again = _numbers(Assembler(at).point(found.weights, ISOLATED, found.base))
        bounded = found.error_bound is not None and np.isfinite(found.error_bound).all()
        return again | ({"theta": found.theta} if bounded else {})
    smaller, base = below(loss, found)
    index = 0
    if found.embedding.copies:
        index = scaled_inertia(smaller.under(at.conditions).hessian(base.weights))[0]
    made = Assembler(at).embedded(found.base, index, found.embedding)
    # what gives the weights again is what it says that it is
    place = {"theta": made.theta, "base": found.base, "embedding": found.embedding}
    return _numbers(made) | place


def _end(at: LossAt, found: CriticalSet) -> dict[str, Any]:
    """A set at infinity: by the equations of its limit model, and by its function."""
    plain = _from_outputs(at, found)
    if not found.eigenvalues.size or not found.end.is_followed:
        return plain
    responses = Responses.at(at)
    end = LimitLoss(responses, found.end).end(found.end.unknowns)
    again = _numbers(Assembler(at).end(end, responses)) | plain
    bounded = found.error_bound is not None and np.isfinite(found.error_bound).all()
    return again | ({"limit": found.limit} if bounded else {})


def _from_outputs(at: LossAt, found: CriticalSet) -> dict[str, Any]:
    """Losses of a set at infinity: those of the limit of its network function."""
    residual = found.outputs(at.x) - at.targets - at.conditions.noise * at.noises
    value = 0.5 * float(at.weights @ residual**2)
    risk = with_excess_risk(replace(found, excess_risk=np.nan)).excess_risk
    return {"kind": found.kind, "loss": value, "excess_risk": risk}


def _numbers(again: CriticalSet) -> dict[str, Any]:
    return {name: getattr(again, name) for name in NUMBERS}


def stored_names(found: CriticalSet) -> Iterator[str]:
    """Names of all numbers that are stored of a set: those without a value are not."""
    for field in fields(found):
        value = getattr(found, field.name)
        empty = value is None or (isinstance(value, tuple) and not value)
        if field.name not in WORDS and not empty:
            yield field.name
