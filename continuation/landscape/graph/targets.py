"""Which critical set is the limit of a flow? Matching modulo symmetry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from continuation.landscape.flow import FlowResult
from continuation.landscape.network import Loss, LossAt, Stabiliser
from continuation.landscape.sets import (
    FLOWN,
    INFINITY,
    Assembler,
    CriticalSet,
    nearest_by_limit,
    nearest_by_weights,
    shown_set,
    with_excess_risk,
)


def match(result: FlowResult, sets: Iterable[CriticalSet]) -> CriticalSet | None:
    """The critical set that a flow ended in; None if it is not among `sets`.

    A limit in an invariant subspace may be a point on a line; so points are compared with lines,
    too, through the representative with equal shares.
    """
    if not result.decided:
        return None
    if result.limit is not None:
        return nearest_by_limit(result.limit, result.loss, sets, FLOWN)
    return nearest_by_weights(result.weights, result.loss, sets, FLOWN)


def discovered(loss: Loss, at: LossAt, result: FlowResult, label: str) -> CriticalSet:
    """A critical set from a flow that ended in none of the known ones.

    Parameters
    ----------
    loss : Loss
        The loss, for the smaller network of a line.
    at : LossAt
        The same at the parameters of the flow.
    result : FlowResult
        A decided limit.
    label : str
    """
    if result.status == "infinity":
        return _end(at, result, label)
    if result.status != "line":
        return replace(Assembler(at).point(result.weights, result.subkind), label=label)
    return replace(shown_set(loss, at.conditions, result.weights), label=label)


def _end(at: LossAt, result: FlowResult, label: str) -> CriticalSet:
    """A set at infinity as the flow saw it: attracting, by the decision rule."""
    found = CriticalSet(
        kind=INFINITY,
        subkind=result.subkind,
        label=label,
        model=at.model,
        theta=None,
        limit=result.limit,
        loss=result.loss,
        excess_risk=np.nan,
        eigenvalues=np.empty(0),
        inertia=(0, 0, at.model.dimension),
        attracting=True,
        stabiliser=Stabiliser(1),
        conditions=at.conditions,
    )
    return with_excess_risk(found)
