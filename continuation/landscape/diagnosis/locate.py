"""`locate`: where in its landscape does a network stand?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.landscape.diagnosis.channels import channel_of
from continuation.landscape.diagnosis.location import Location
from continuation.landscape.diagnosis.nearby import nearby_point
from continuation.landscape.diagnosis.redundancy import near_embeddings
from continuation.landscape.diagnosis.saddles import SaddlePassage, passage_by
from continuation.landscape.diagnosis.words import (
    AT_A_SET,
    CONVERGING,
    DESCENDING,
    IN_CHANNEL,
    PASSING,
)
from continuation.landscape.flow import STEP_LIMIT, FlowResult, trajectory
from continuation.landscape.graph import discovered, match
from continuation.landscape.network import (
    EXHAUSTIVE_SEARCH,
    Conditions,
    Loss,
    LossAt,
    as_weights,
    in_fitting_units,
    scaled_inertia,
)
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import (
    CONVERGED,
    CriticalSet,
    Member,
    equations_of_weights,
    nearest_member,
    shared_conditions,
    shown_set,
)
from symbolic import Model

GIVEN = "those that were given"
EXHAUSTIVE = "an exhaustive search"
LOCAL = "Newton from the weights and from slow moments of the flow, no list of all sets"
"""How sets were found."""

SMALL, SLOWER = 20, 5
"""Weights up to which a flow has all its steps, whose cost grows with their second power at least,
and how much longer a step of a network of layers takes: a flow lasts some seconds then."""

LEAST_STEPS = 20

MOST_PLACES = 2_000
"""Slow moments times weights from which Newton starts."""

RESTING = 10.0
"""Gradients below so many bounds of their rounding are zero."""


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
        to three odd sigmoid units without bias and decay); else those that Newton's method and the
        flow reach from here. `Location.method` says which.
    step_limit : int, optional
        Steps of the flow, as in `flow_to_limit`. Omitted: its default for up to 20 weights, fewer
        for more weights and for layers, so that the flow takes some seconds; where it is cut,
        `flow.message` says so.

    Returns
    -------
    Location

    Raises
    ------
    InvalidInputError
        Weights of another shape or that are not finite, a parameter of the loss outside its
        range, or sets that were found at others.
    """
    conditions = shared_conditions(
        loss.data, sets or (), noise=noise, size=size, weight_decay=weight_decay
    )
    theta, at = as_weights(loss.model, theta), loss.under(conditions)
    path = trajectory(at, theta, step_limit=step_limit or _affordable_steps(loss.model))
    known, method = _known(loss, conditions, sets)
    places = _Places.of(loss, at, theta, known, path.result)
    return _located(places, passage_by(at, theta, path, places.near), method)


def _affordable_steps(model: Model) -> int:
    """Steps of a flow that take some seconds at most."""
    share = min(1.0, (SMALL / model.dimension) ** 2) / (SLOWER if model.is_network else 1)
    return max(LEAST_STEPS, round(STEP_LIMIT * share))


def _known(
    loss: Loss, conditions: Conditions, sets: Sequence[CriticalSet] | None
) -> tuple[Sequence[CriticalSet], str]:
    if sets is not None:
        return sets, GIVEN
    if EXHAUSTIVE_SEARCH.holds(loss.model) and not conditions.decays:
        return find_critical_sets(loss, **conditions.keywords), EXHAUSTIVE
    return (), LOCAL


@dataclass(frozen=True, eq=False)
class _Places:
    """Weights among the critical sets that are known, or were reached from them."""

    loss: Loss
    at: LossAt
    theta: Array
    flow: FlowResult
    near: tuple[tuple[CriticalSet, Member], ...]
    beside: CriticalSet | None
    basin: CriticalSet | None

    @classmethod
    def of(
        cls, loss: Loss, at: LossAt, theta: Array, sets: Sequence[CriticalSet], flow: FlowResult
    ) -> _Places:
        """With the sets that Newton reaches from here and from the slow moments of the flow."""
        known = list(sets)
        beside = _reached(loss, at, theta, known)
        for passage in flow.passages[: MOST_PLACES // theta.size]:
            _reached(loss, at, passage.theta, known)
        basin = match(flow, known)
        if basin is None and flow.decided:
            basin = discovered(loss, at, flow, f"{flow.subkind} (flow)")
            known.append(basin)
        near = tuple((one, nearest_member(one, theta)) for one in known if not one.at_infinity)
        return cls(loss, at, theta, flow, near, beside, basin)


def _reached(loss: Loss, at: LossAt, theta: Array, known: list[CriticalSet]) -> CriticalSet | None:
    """The set that Newton reaches from θ (d,): a known one, or a new one, which is added."""
    point = nearby_point(at, theta)
    if point is None:
        return None
    for found in known:
        within = CONVERGED.weights * (1.0 + float(np.linalg.norm(point)))
        if found.theta is not None and nearest_member(found, point).distance <= within:
            return found
    number = 1 + sum("(near)" in found.label for found in known)
    found = shown_set(loss, at.conditions, point)
    known.append(replace(found, label=f"{found.subkind} (near) {number}"))
    return known[-1]


def _located(places: _Places, passage: SaddlePassage | None, method: str) -> Location:
    at, theta = places.at, places.theta
    value, gradient, hessian = at.evaluate(theta)
    values, vectors = np.linalg.eigh(hessian)
    equations = equations_of_weights(at, theta)
    nearest, member = min(
        places.near, key=lambda one: one[1].distance, default=(None, Member(theta, np.inf))
    )
    channel = None
    if passage is None or places.flow.steps == 0:  # decided at once: slaved to the end already
        channel = channel_of(at, theta, places.flow, places.basin)
    location = Location(
        loss_of=places.loss,
        conditions=at.conditions,
        theta=theta,
        loss=value,
        gradient_norm=float(np.linalg.norm(gradient)),
        gradient_scale=equations.residual * float(np.linalg.norm(equations.slopes)),
        gradient_error=float(np.linalg.norm(equations.rounding)),
        eigenvalues=values,
        eigenvalue_error=float(np.linalg.norm(equations.blur, 2)),
        inertia=scaled_inertia(hessian, equations.blur),
        direction=vectors[:, 0] * (-1.0 if vectors[:, 0] @ gradient > 0.0 else 1.0),
        stage=DESCENDING,
        nearest=nearest,
        distance=member.distance,
        nearest_theta=None if nearest is None else member.theta,
        flow=places.flow,
        basin=places.basin,
        passage=passage if channel is None else None,
        channel=channel,
        embeddings=near_embeddings(at.model, theta),
        method=method,
    )
    return replace(location, stage=_stage(location, places.beside))


def _stage(location: Location, beside: CriticalSet | None) -> str:
    """The first of the stages that holds."""
    stages: Iterator[tuple[str, bool]] = iter((
        (IN_CHANNEL, location.channel is not None),
        (AT_A_SET, _is_at(location)),
        (CONVERGING, beside is not None and beside is location.basin),
        (PASSING, location.passage is not None),
        (DESCENDING, True),
    ))  # fmt: skip
    return next(stage for stage, holds in stages if holds)


def _is_at(location: Location) -> bool:
    """Whether the weights are those of a set, to rounding."""
    size = 1.0 + float(np.linalg.norm(location.theta))
    resting = location.gradient_norm <= RESTING * location.gradient_error
    return location.distance <= CONVERGED.weights * size * (100.0 if resting else 1.0)
