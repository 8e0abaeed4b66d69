"""Gradient flows in pieces: for ends that no compiled test knows, and within a given time.

Most flows of wide networks run to ends at which several units meet at once, many of units with
bias to jumps, and many of networks of layers into valleys. Between pieces of the integration
`compound_ends`, `biased_ends` or Newton's method is asked, and the clock.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.deadline import Deadline
from continuation.landscape.flow.biased_ends import biased_arrival
from continuation.landscape.flow.compiled import NOT_FINITE, PASSAGES, UNDECIDED_STEPS
from continuation.landscape.flow.compound_ends import compound_end
from continuation.landscape.flow.decision import FIRST_STEP, NEWTON_STEPS
from continuation.landscape.flow.options import FlowOptions
from continuation.landscape.flow.results import FlowResult, Passage, reason
from continuation.landscape.infinity import SEPARATED, CriticalEnd, end_of
from continuation.landscape.network import (
    BIASED_FLOWS,
    VECTOR_ENDS,
    WIDE_ENDS,
    LossAt,
    Responses,
)
from continuation.landscape.sets import VALLEY, is_in_valley, nearby_point
from continuation.landscape.vectors import (
    CERTAIN,
    Separated,
    can_separate,
    is_separated,
    vector_arrival,
)
from symbolic import Model

FIRST_PIECE = 400
"""Steps of the first piece; each further one doubles the number of steps so far, so that the test,
which costs as much as a hundred steps, is asked a few times only."""

FEWEST, AT_ONCE = 20, 2e8
"""Where the time is limited the first piece has at least so many steps, and no more than take about
so many operations: what a step takes is told by it."""


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


MOST_IN_VALLEYS = 300
"""Weights up to which Newton's method is asked whether a flow ends in a valley: seconds."""


def has_compound_ends(model: Model, decaying: bool) -> bool:
    """Whether flows of this model are tested for ends between pieces."""
    asked = any(q.holds(model) for q in (WIDE_ENDS, BIASED_FLOWS, VECTOR_ENDS))
    far = (asked and not decaying) or can_separate(model, decays=decaying)
    return far or _has_valleys(model)


def _has_valleys(model: Model) -> bool:
    return model.is_network and model.dimension <= MOST_IN_VALLEYS


def operations_of_a_step(samples: int, weights: int) -> float:
    """About how many operations a step takes: a Hessian, and a plain elimination."""
    return 2.0 * samples * weights**2 + 2.0 * weights**3


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
    first = _first_piece(loss_at, options)
    pieces = _decided(loss_at, _pieces(integrate, start, options, first), in_subspace)
    results, records = zip(*((piece.result, piece.record) for piece in pieces), strict=True)
    return results[-1], np.concatenate(records)


def _decided(loss_at: LossAt, pieces: Iterator[Piece], in_subspace: bool) -> Iterator[Piece]:
    """The pieces up to the first whose limit is known, at compound ends too."""
    wide = has_compound_ends(loss_at.model, loss_at.conditions.decays)
    for piece in pieces:
        result = piece.result
        if wide and result.status == "undecided" and piece.outcome != NOT_FINITE:
            result = decided_far(loss_at, result, in_subspace=in_subspace)
        yield replace(piece, result=result)
        if result.decided:
            return


def decided_far(
    loss_at: LossAt,
    result: FlowResult,
    *,
    in_subspace: bool = False,
    space: Array | None = None,
) -> FlowResult:
    """The same result, or the end at infinity or valley that the flow runs to.

    Valleys are looked for in a space with orthonormal columns (d, r), if one is given.
    """
    if not loss_at.conditions.decays:
        result = _at_infinity(loss_at, result, in_subspace)
    if not (result.decided or in_subspace) and _has_valleys(loss_at.model):
        result = _in_valley(loss_at, result, space)
    return result


def _first_piece(loss_at: LossAt, options: FlowOptions) -> int:
    """Steps of the first piece."""
    if not math.isfinite(options.seconds):
        return FIRST_PIECE
    cost = operations_of_a_step(loss_at.data.shape[1], loss_at.model.dimension)
    return max(FEWEST, int(AT_ONCE / cost))


def _pieces(
    integrate: Integrate, start: Array, options: FlowOptions, first: int
) -> Iterator[Piece]:
    """Pieces with the time and steps of all before them, until one ends for another reason."""
    theta, t, spent, accepted = start, 0.0, 0, 0
    most, deadline = min(first, options.step_limit), Deadline(options.seconds)
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
        cut = piece.outcome == UNDECIDED_STEPS and spent < options.step_limit
        most = _next_piece(spent, options, deadline) if cut else 0
        if cut and not most:
            result = replace(result, message=f"undecided at t = {t:.3g}: {deadline.reason}")
        yield replace(piece, result=result, record=piece.record[1 if theta is not start else 0 :])
        if not most or t >= options.flow_time:
            return
        theta = piece.result.theta


def _next_piece(spent: int, options: FlowOptions, deadline: Deadline) -> int:
    """As many steps as before, within the limits of steps and time."""
    most = min(spent, options.step_limit - spent)
    if not math.isfinite(deadline.seconds):
        return most
    used = deadline.seconds - deadline.left
    return max(0, min(most, int(spent * deadline.left / used)))


def _at_infinity(loss_at: LossAt, result: FlowResult, in_subspace: bool) -> FlowResult:
    """The same result, or the end that the flow runs to."""
    if is_separated(loss_at, result.loss):
        return replace(
            result,
            status="infinity",
            subkind=SEPARATED.name,
            limit=Separated(),
            loss=0.0,
            message=CERTAIN,
        )
    if VECTOR_ENDS.holds(loss_at.model):
        arrival = vector_arrival(loss_at, result.theta, result.loss)
        return result if arrival is None else _slaved(result, arrival.end)
    if BIASED_FLOWS.holds(loss_at.model):
        return result if in_subspace else _at_biased_end(responses_at(loss_at), result)
    if not WIDE_ENDS.holds(loss_at.model):
        return result
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


def _in_valley(loss_at: LossAt, result: FlowResult, space: Array | None) -> FlowResult:
    """The same result, or the valley that Newton's method contracts to from the trajectory."""
    point = nearby_point(loss_at, result.theta, NEWTON_STEPS, space=space)
    if point is None or not np.linalg.norm(point - result.theta) <= FIRST_STEP:
        return result
    hessian = loss_at.hessian(point)
    downhill, flat, _ = scaled_inertia(hessian if space is None else space.T @ hessian @ space)
    if downhill or not flat or not is_in_valley(loss_at, point, space):
        return result
    return replace(
        result,
        status="manifold",
        subkind=VALLEY,
        theta=point,
        representative=point,
        loss=loss_at.value(point),
        message=f"Newton contracts from the trajectory to a valley of {flat} dimensions, and the "
        "loss rises across it",
    )


def _at_biased_end(responses: Responses, result: FlowResult) -> FlowResult:
    arrival = biased_arrival(responses, result.theta, result.loss)
    return result if arrival is None else _slaved(result, arrival.end)


def _slaved(result: FlowResult, end: CriticalEnd) -> FlowResult:
    return replace(
        result,
        status="infinity",
        subkind=end.subkind,
        limit=end.limit,
        loss=end.point.loss,
        message="slaved to an attracting limit, by what the slopes of its end explain",
    )


@lru_cache(maxsize=8)
def responses_at(loss_at: LossAt) -> Responses:
    """The data of a loss at fixed parameters, as seen by single units."""
    return Responses.at(loss_at)
