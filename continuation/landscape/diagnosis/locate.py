"""`locate`: where in its landscape does a network stand?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.deadline import Deadline
from continuation.errors import InvalidInputError
from continuation.landscape.diagnosis.channels import channel_of
from continuation.landscape.diagnosis.location import Location
from continuation.landscape.diagnosis.questions import NEWTON, SEARCH, Questions
from continuation.landscape.diagnosis.redundancy import near_embeddings
from continuation.landscape.diagnosis.saddles import SaddlePassage, passage_by
from continuation.landscape.diagnosis.shape import shape_at
from continuation.landscape.diagnosis.words import (
    AT_A_SET,
    CONVERGING,
    DESCENDING,
    IN_CHANNEL,
    PASSING,
)
from continuation.landscape.flow import FlowResult, Trajectory, trajectory
from continuation.landscape.graph import discovered, match
from continuation.landscape.network import (
    EXHAUSTIVE_SEARCH,
    Conditions,
    Loss,
    LossAt,
    as_weights,
    in_fitting_units,
)
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import (
    CONVERGED,
    RESTING,
    CriticalSet,
    Member,
    nearby_point,
    nearest_member,
    shared_conditions,
    shown_set,
)

GIVEN = "those that were given"
EXHAUSTIVE = "an exhaustive search"
CUT = "a search that would be exhaustive, but was cut by the time"
LOCAL = "Newton from the weights and from slow moments of the flow, no list of all sets"
NONE = "none were looked for"
"""How sets were found."""

MOST_PLACES = 2_000
"""Slow moments times weights from which Newton starts."""


@in_fitting_units
def locate(
    loss: Loss,
    theta: ArrayLike,
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
    sets: Sequence[CriticalSet] | None = None,
    step_limit: int | None = None,
    seconds: float = math.inf,
    columns: Sequence[str] = (),
) -> Location:
    """Say where given weights stand: at, next to or between which sets, and where the flow leads.

    Parameters
    ----------
    loss : Loss
    theta : array_like, shape (d,)
        Weights, in the order of `loss.model.parameter_names`.
    noise, size, weight_decay : float, optional
        Parameters of the loss, as in `Loss.at`. Omitted: those that `sets` were found at; without
        sets noise and weight decay are 0, and all samples count.
    sets : sequence of CriticalSet, optional
        Critical sets at these parameters. Omitted: all of them where the search is exhaustive (up
        to four odd sigmoid units without bias and decay); else those that Newton's method and the
        flow reach from here. `Location.method` says which.
    step_limit : int, optional
        Steps of the flow, as in `flow_to_limit`. Omitted: its default where `seconds` are given,
        or for up to 20 weights; else fewer for more weights and for layers, so that the flow takes
        some seconds. Where it is cut, `flow.message` says so.
    seconds : float
        Wall-clock time. Questions that a network is too large for are not asked, and
        `Location.unanswered` names them: without a limit those that would take minutes. Some
        hundred weights have all their questions answered; two thousand the gradient, all
        eigenvalues and the nearest embeddings.
    columns : sequence of str
        Names of the inputs (`Table.inputs`), for the words.

    Returns
    -------
    Location

    Raises
    ------
    InvalidInputError
        Weights of another shape or that are not finite, a parameter of the loss outside its
        range, sets that were found at others, or another number of names than inputs.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, locate
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> str(locate(loss, sets[0].theta, noise=0.1)).split(". ")[1]
    'The weights are at isolated 1 (overfitting) (distance 0.0e+00), a minimum'
    """
    conditions = shared_conditions(
        loss.data, sets or (), noise=noise, size=size, weight_decay=weight_decay
    )
    theta, at = as_weights(loss.model, theta), loss.under(conditions)
    if columns and len(columns) != loss.model.inputs:
        raise InvalidInputError(
            f"columns must name {loss.model.inputs} inputs, not {len(columns)}: {list(columns)!r}"
        )
    _require_finite(at, theta)
    questions = Questions.of(at, Deadline(seconds), step_limit)
    known, method = _known(loss, conditions, sets, questions)
    path = _flow(at, theta, questions)
    places = _Places.of(loss, at, theta, known, path, questions)
    passage = None if path is None else passage_by(at, theta, path, places.near)
    return replace(_located(places, passage, method, questions), columns=tuple(columns))


def _require_finite(at: LossAt, theta: Array) -> None:
    value = at.value(theta)
    if not (math.isfinite(value) and np.isfinite(at.gradient(theta)).all()):
        raise InvalidInputError(
            f"the loss and its slopes are not finite at these weights (loss {value:g}): the model "
            "overflows or has no value there"
        )


def _flow(at: LossAt, theta: Array, questions: Questions) -> Trajectory | None:
    if not questions.flow_steps:
        return None
    return trajectory(at, theta, step_limit=questions.flow_steps, seconds=questions.flow_seconds)


def _known(
    loss: Loss,
    conditions: Conditions,
    sets: Sequence[CriticalSet] | None,
    questions: Questions,
) -> tuple[Sequence[CriticalSet], str]:
    if sets is not None:
        return sets, GIVEN
    if EXHAUSTIVE_SEARCH.holds(loss.model) and not conditions.decays:
        seconds = SEARCH * questions.deadline.seconds
        found = find_critical_sets(loss, **conditions.keywords, seconds=seconds)
        return found, CUT if questions.deadline.part(SEARCH).passed else EXHAUSTIVE
    return (), LOCAL if questions.newton_steps else NONE


@dataclass(frozen=True, eq=False)
class _Places:
    """Weights among the critical sets that are known, or were reached from them."""

    loss: Loss
    at: LossAt
    theta: Array
    flow: FlowResult | None
    near: tuple[tuple[CriticalSet, Member], ...]
    beside: CriticalSet | None
    basin: CriticalSet | None

    @classmethod
    def of(
        cls,
        loss: Loss,
        at: LossAt,
        theta: Array,
        sets: Sequence[CriticalSet],
        path: Trajectory | None,
        questions: Questions,
    ) -> _Places:
        """With the sets that Newton reaches from here and from the slow moments of the flow."""
        known, flow, basin = list(sets), None if path is None else path.result, None
        beside = _reached(loss, at, theta, known, questions)
        if flow is not None:
            for passage in flow.passages[: MOST_PLACES // theta.size]:
                _reached(loss, at, passage.theta, known, questions)
            basin = match(flow, known)
            if basin is None and flow.decided:
                basin = discovered(loss, at, flow, f"{flow.subkind} (flow)")
                known.append(basin)
        near = tuple((one, nearest_member(one, theta)) for one in known if not one.at_infinity)
        return cls(loss, at, theta, flow, near, beside, basin)


def _reached(
    loss: Loss, at: LossAt, theta: Array, known: list[CriticalSet], questions: Questions
) -> CriticalSet | None:
    """The set that Newton reaches from θ (d,): a known one, or a new one, which is added."""
    steps, deadline = questions.newton_steps, questions.deadline.part(NEWTON)
    point = nearby_point(at, theta, steps, deadline) if steps else None
    if point is None or at.kinks(point):
        return None
    for found in known:
        within = CONVERGED.weights * (1.0 + float(np.linalg.norm(point)))
        if found.theta is not None and nearest_member(found, point).distance <= within:
            return found
    number = 1 + sum("(near)" in found.label for found in known)
    found = shown_set(loss, at.conditions, point)
    known.append(replace(found, label=f"{found.subkind} (near) {number}"))
    return known[-1]


def _located(
    places: _Places, passage: SaddlePassage | None, method: str, questions: Questions
) -> Location:
    at, theta, flow = places.at, places.theta, places.flow
    shape = shape_at(at, theta, questions)
    nearest, member = min(
        places.near, key=lambda one: one[1].distance, default=(None, Member(theta, np.inf))
    )
    channel = None
    if flow is not None and (passage is None or flow.steps == 0):  # 0: slaved to the end already
        channel = channel_of(at, theta, flow, places.basin)
    location = Location(
        loss_of=places.loss,
        conditions=at.conditions,
        theta=theta,
        **vars(shape),
        stage=DESCENDING,
        nearest=nearest,
        distance=member.distance,
        nearest_theta=None if nearest is None else member.theta,
        flow=flow,
        basin=places.basin,
        passage=passage if channel is None else None,
        channel=channel,
        embeddings=near_embeddings(at.model, theta),
        method=method,
        unanswered=tuple(questions.unanswered()),
    )
    return replace(location, stage=_stage(location, places.beside))


def _stage(location: Location, beside: CriticalSet | None) -> str:
    """The first of the stages that holds."""
    stages: Iterator[tuple[str, bool]] = iter((
        (IN_CHANNEL, location.channel is not None),
        (AT_A_SET, _is_at(location)),
        (CONVERGING, beside is not None and beside is location.basin and not location.index),
        (PASSING, location.passage is not None),
        (DESCENDING, True),
    ))  # fmt: skip
    return next(stage for stage, holds in stages if holds)


def _is_at(location: Location) -> bool:
    """Whether the weights are those of a set, to rounding."""
    size = 1.0 + float(np.linalg.norm(location.theta))
    resting = location.gradient_norm <= RESTING * location.gradient_error
    if not np.isfinite(location.distance):
        return resting
    return location.distance <= CONVERGED.weights * size * (100.0 if resting else 1.0)
