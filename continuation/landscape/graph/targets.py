"""Which critical set is the limit of a flow? Matching modulo symmetry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from continuation.landscape.flow import FlowResult
from continuation.landscape.kinks import minimum_on_kinks
from continuation.landscape.network import Loss, LossAt
from continuation.landscape.sets import (
    FLOWN,
    KINK,
    VALLEY,
    Assembler,
    CriticalSet,
    nearest_by_limit,
    nearest_by_weights,
    shown_set,
    valley_of_loss,
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
    if result.subkind == VALLEY:
        return valley_of_loss(result.loss, sets, FLOWN)
    found = nearest_by_weights(result.weights, result.loss, sets, FLOWN)
    if found is None and result.subkind == KINK:
        return valley_of_loss(result.loss, (s for s in sets if s.subkind == KINK), FLOWN)
    return found


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
    if result.limit is not None:  # attracting, by the decision rule
        end = Assembler(at).attracting_end(result.subkind, result.limit, result.loss)
        return replace(end, label=label)
    if result.subkind == KINK:
        there = minimum_on_kinks(at, result.weights)
        values, flat = (np.empty(0), 0) if there is None else (there.eigenvalues, there.nullity)
        return replace(Assembler(at).on_kinks(result.weights, values, flat), label=label)
    if result.status == "point":
        return replace(Assembler(at).point(result.weights, result.subkind), label=label)
    return replace(shown_set(loss, at.conditions, result.weights), label=label)
