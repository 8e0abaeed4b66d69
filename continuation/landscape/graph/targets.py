"""Which critical set is the limit of a flow? Matching modulo symmetry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from continuation.landscape.flow import FlowResult
from continuation.landscape.infinity import DERIVATIVES, canonical_limit
from continuation.landscape.network import Loss, LossAt, Stabiliser, Symmetry
from continuation.landscape.sets import (
    Assembler,
    CriticalSet,
    reduced_network,
    scaled_inertia,
    with_excess_risk,
)

LOSS_TOLERANCE = 1e-6
"""Relative distance of the losses of one set found twice; Newton ends far below it."""
WEIGHT_TOLERANCE = 1e-4
"""Orbit distance of one set found twice, relative to 1 + |θ|."""
LIMIT_TOLERANCE = 0.05
"""Distance of the parameters of one limit model, relative to 1 + their size: the flow
extrapolates them."""
LIMIT_LOSS_TOLERANCE = 1e-3


def match(result: FlowResult, sets: Iterable[CriticalSet]) -> CriticalSet | None:
    """The critical set that a flow ended in; None if it is not among `sets`.

    A limit in an invariant subspace may be a point on a line; so points are compared with lines,
    too, through the representative with equal shares.
    """
    if result.status == "undecided" or result.subkind == "unresolved":
        return None
    if result.status == "infinity":
        return _match_limit(result, sets)
    assert result.representative is not None
    where, scale = result.representative, 1.0 + float(np.linalg.norm(result.representative))
    best, nearest = None, WEIGHT_TOLERANCE * scale
    for candidate in sets:
        gap = abs(candidate.loss - result.loss)
        if candidate.theta is None or gap > LOSS_TOLERANCE * (1e-6 + abs(result.loss)):
            continue
        distance = Symmetry.of(candidate.model).distance(where, candidate.theta)
        if distance <= nearest:
            best, nearest = candidate, distance
    return best


def _match_limit(result: FlowResult, sets: Iterable[CriticalSet]) -> CriticalSet | None:
    best, nearest = None, LIMIT_TOLERANCE
    for candidate in sets:
        gap = abs(candidate.loss - result.loss)
        if candidate.limit is None or candidate.subkind != result.subkind:
            continue
        if gap > LIMIT_LOSS_TOLERANCE * abs(result.loss):
            continue
        here, there = canonical_limit(result.limit or {}), canonical_limit(candidate.limit)
        distance = _limit_distance(here, there)
        if distance <= nearest:
            best, nearest = candidate, distance
    return best


def _limit_distance(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    if a.keys() != b.keys():
        return np.inf
    return max((abs(a[n] - b[n]) / (1.0 + abs(b[n])) for n in a), default=np.inf)


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
    assert result.representative is not None
    if result.status != "line":
        return replace(Assembler(at).point(result.representative, result.subkind), label=label)
    base, embedding = reduced_network(loss.model, result.representative)
    smaller = loss.model.with_hidden(len(embedding.copies))
    below = Loss(smaller, loss.data).at(
        noise=at.constants[1],
        size=None if loss.data.weights is not None else at.constants[3],
        weight_decay=at.constants[2],
    )
    index = scaled_inertia(below.hessian(base))[0]
    return replace(Assembler(at).embedded(base, index, embedding), label=label)


def _end(at: LossAt, result: FlowResult, label: str) -> CriticalSet:
    """A set at infinity as the flow saw it: attracting, by the decision rule."""
    found = CriticalSet(
        kind="infinity",
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
    )
    return with_excess_risk(found) if _describes_outputs(result) else found


def _describes_outputs(result: FlowResult) -> bool:
    """Whether `limit_outputs` knows every term of the limit."""
    return result.limit is not None and all(
        letter in "wvcs" + DERIVATIVES and (not number or number.isdigit())
        for letter, number in ((name[0], name[1:]) for name in result.limit)
    )
