"""Gradient flows of three and more units: integrated in pieces, with the test for compound ends.

Most flows of wide networks run to ends at which several units meet at once, where none of the
compiled tests answers. Between pieces of the integration `compound_ends` is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from continuation.arrays import Array
from continuation.landscape.flow.compiled import NOT_FINITE, PASSAGES, UNDECIDED_STEPS
from continuation.landscape.flow.compound_ends import compound_end
from continuation.landscape.flow.options import FlowOptions
from continuation.landscape.flow.results import FlowResult, Passage, reason
from continuation.landscape.infinity import end_of
from continuation.landscape.network import WIDE_ENDS, LossAt, Responses
from symbolic import Model

FIRST_PIECE = 400
"""Steps of the first piece; each further one doubles the number of steps so far, so that the test,
which costs as much as a hundred steps, is asked a few times only."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece of a trajectory.

    Attributes
    ----------
    result : FlowResult
    outcome : int
        Code of `compiled`.
    record : ndarray, shape (m, d + 2)
        Rows (t, θ, L); empty unless asked for.
    """

    result: FlowResult
    outcome: int
    record: Array


Integrate = Callable[[Array, FlowOptions], Piece]
"""From a start (d,), within the limits."""


def has_compound_ends(model: Model, decaying: bool) -> bool:
    """Whether flows of this model are tested for compound ends."""
    return WIDE_ENDS.holds(model) and not decaying


def flow_in_pieces(
    loss_at: LossAt,
    integrate: Integrate,
    start: Array,
    options: FlowOptions,
    *,
    in_subspace: bool,
) -> tuple[FlowResult, Array]:
    """Follow one flow until its limit is decided.

    Parameters
    ----------
    loss_at : LossAt
    integrate : callable
        The compiled flow.
    start : ndarray, shape (d,)
    options : FlowOptions
    in_subspace : bool
        Units that are equal stay so.

    Returns
    -------
    FlowResult
    ndarray, shape (m, d + 2)
        The record.
    """
    pieces = _decided(loss_at, _pieces(integrate, start, options), in_subspace)
    results, records = zip(*((piece.result, piece.record) for piece in pieces), strict=True)
    return results[-1], np.concatenate(records)


def _decided(loss_at: LossAt, pieces: Iterator[Piece], in_subspace: bool) -> Iterator[Piece]:
    """The pieces up to the first whose limit is known, at compound ends too."""
    for piece in pieces:
        result = piece.result
        if result.status == "undecided" and piece.outcome != NOT_FINITE:
            result = _at_infinity(loss_at, result, in_subspace)
        yield replace(piece, result=result)
        if result.decided:
            return


def _pieces(integrate: Integrate, start: Array, options: FlowOptions) -> Iterator[Piece]:
    """Pieces with the time and steps of all before them, until one ends for another reason."""
    theta, t, spent, accepted = start, 0.0, 0, 0
    most = min(FIRST_PIECE, options.step_limit)
    passages: tuple[Passage, ...] = ()
    while True:
        piece = integrate(theta, replace(options, flow_time=options.flow_time - t, step_limit=most))
        later = tuple(replace(p, t=t + p.t) for p in piece.result.passages)
        passages = (*passages, *later)[:PASSAGES]
        piece.record[:, 0] += t
        t, spent, accepted = t + piece.result.duration, spent + most, accepted + piece.result.steps
        result = replace(piece.result, duration=t, steps=accepted, passages=passages)
        if not result.decided:
            result = replace(result, message=reason(piece.outcome, t, accepted))
        yield replace(piece, result=result, record=piece.record[1 if theta is not start else 0 :])
        if (
            piece.outcome != UNDECIDED_STEPS
            or spent >= options.step_limit
            or t >= options.flow_time
        ):
            return
        theta, most = piece.result.theta, min(spent, options.step_limit - spent)


def _at_infinity(loss_at: LossAt, result: FlowResult, in_subspace: bool) -> FlowResult:
    """The same result, or the compound end that the flow runs to."""
    end = compound_end(
        responses_at(loss_at), result.theta, result.loss, copies_may_part=not in_subspace
    )
    if end is None:
        return result
    if end.decided:
        return replace(
            result,
            status="infinity",
            subkind=end_of(end.limit).name,
            limit=end.limit,
            loss=end.loss,
            message="slaved to a reduced minimum that falls to its limit",
        )
    return replace(
        result,
        status="infinity",
        subkind="unresolved",
        message=f"an end that attracts ({end.limit.text(4)}) lies below, at loss {end.loss:.6g}, "
        "but the flow does not follow its profile yet after "
        f"{result.steps} steps; raise step_limit",
    )


@lru_cache(maxsize=8)
def responses_at(loss_at: LossAt) -> Responses:
    """The data of a loss at fixed parameters, as seen by single units."""
    return Responses.at(loss_at)
