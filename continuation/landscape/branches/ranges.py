"""The range of weights in which units are described by finite weights; beyond, by an end."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from continuation.arrays import Array
from continuation.branch import Branch
from continuation.landscape.infinity import CORNER, LINEAR, STEP, LimitModel, arrival
from continuation.landscape.network import (
    ARRIVALS,
    Conditions,
    Grid,
    Layout,
    Loss,
    LossAlong,
    Responses,
    narrower,
)
from continuation.landscape.sets import (
    DEAD_UNIT,
    ISOLATED,
    ORIGIN,
    SILENT_UNIT,
    SPLIT_LINE,
    CriticalSet,
)

NEARLY_LINEAR = 0.1
"""Input weight times the root mean square of x below which a unit is linear to 3e-3: what is
left of its curvature decides only between the points of the limit model."""

NEARLY_STEP = 0.5
"""Share of the largest searched input weight above which a unit is a step for all but the few
samples next to zero."""

STEEPER = 1.5
"""Times the steepest unit of a start, where a branch that starts among steep units arrives."""

ON_LINE = 2e-2
"""Relative distance of a silent unit's root from the working unit below which it has come to
the split line, where both coincide: the double zero of ∂L/∂v there leaves the place of special
points on the branch to rounding. A long step may pass it: then it is ahead no more, or behind."""

ALIVE = 3.0
"""Ratio of output to input weight from which on a nearly linear unit is on its way to infinity as
weight decay falls: it is at least c/w² there, c its slope, and 1 of a unit that dies."""

DEAD = 1e-2
"""Weights of units that are on their way to zero, and distances of those that become equal, where
the tracer makes no progress any more."""

WITH_INPUTS = (ISOLATED, SILENT_UNIT)
"""Kinds of sets at finite weights whose state begins with the input weights."""

OVER_UNITS = (SPLIT_LINE, DEAD_UNIT)
"""Kinds whose state is that of a smaller network."""

Where = Callable[[Array], str | None]


def arrival_of(loss: Loss, critical: CriticalSet) -> Where | None:
    """Which end at infinity a state of this set's branch has come to, if any.

    A branch of finite weights that leaves the range in which they are searched exhaustively goes
    on in a limit model: there, single digits decide between its points, and test functions of
    the finite model show rounding only.

    Parameters
    ----------
    loss : Loss
    critical : CriticalSet

    Returns
    -------
    callable or None
        state (k,) ↦ "confluence", "linear", "step", from one end on to a "corner", from a silent
        unit to its "split line", or None; of lines and dead units as of the smaller network. None
        where no range is known: for other models than odd sigmoid units without bias, for ends
        without a finite unit, and for silent units of more than two units.
    """
    model = loss.model
    if not ARRIVALS.holds(model):
        return None
    if critical.subkind in OVER_UNITS and critical.embedding is not None:
        smaller = narrower(loss, critical.embedding.smaller(model))
        return range_of_points(smaller, critical.base)
    if critical.limit is None and critical.subkind not in WITH_INPUTS:
        return None
    if critical.is_isolated:
        return range_of_points(loss, critical.theta)
    if critical.limit is not None:
        return _range_of_limit(loss, critical.limit)
    return _range_of_silent(loss, critical.weights) if model.hidden == 2 else None


def arrival_along(
    along: LossAlong, critical: CriticalSet, limits: tuple[float, float]
) -> Where | None:
    """`arrival_of` along a parameter: nothing is at infinity, but where weight decay falls to 0.

    A unit whose output is as small as its input is no linear end there: it dies, and the branch
    goes on to the set without it.
    """
    where = arrival_of(along.loss, critical)
    if where is None or not along.decays:
        return where
    if along.parameter != "weight_decay" or limits[0] > 0.0:
        return None
    layout = Layout.of(along.loss.model)

    def come_to(theta: Array) -> str | None:
        into, out = np.abs(layout.input_weights(theta)), np.abs(layout.output_weights(theta))
        k = int(np.argmin(into))
        end = where(theta)
        return None if end == LINEAR.name and out[k] < ALIVE * into[k] else end

    return come_to


def stuck_under_decay(along: LossAlong, critical: CriticalSet, branch: Branch) -> str | None:
    """Where a branch of points under weight decay got stuck, its Hessian being singular.

    All units dead, they meet the origin in whatever direction; where the decay falls to 0, two
    equal units may share their output as they like.
    """
    model = along.loss.model
    known = along.decays and critical.is_isolated and ARRIVALS.holds(model)
    if not known or branch.stop_reason != "no progress":
        return None
    units = Layout.of(model).units(branch.x[-1])
    if np.abs(units).max() < DEAD:
        return ORIGIN
    units = units * np.sign(units[:, :1])
    apart = np.abs(units[:, None] - units).max(axis=-1)[np.triu_indices(model.hidden, 1)]
    return SPLIT_LINE if apart.min(initial=np.inf) < DEAD else None


def _range_of_limit(loss: Loss, limit: LimitModel) -> Where | None:
    """The finite units of a limit: one that is no finite unit any more makes a corner.

    Followed on, a silent one would have a row of the Hessian that is rounding, and wander.
    """
    places = limit.slots.weights
    if not places:
        return None
    start = max(abs(unit.weight) for unit in limit.units)
    lowest, highest = _range_from(loss, start)

    def come_to(state: Array) -> str | None:
        inputs = np.abs(state[places])
        return CORNER.name if inputs.max() > highest or inputs.min() < lowest else None

    return come_to


def _range_of_silent(loss: Loss, theta: Array) -> Where:
    """A working unit and a silent one, which may meet."""
    lowest, highest = _range(loss)
    layout = Layout.of(loss.model)
    silent = int(np.argmin(np.abs(layout.output_weights(theta))))
    above = _lead(layout.input_weights(theta), silent) > 0.0

    def come_to(state: Array) -> str | None:
        inputs = layout.input_weights(state)
        met = _lead(inputs, silent) * (1.0 if above else -1.0) < 0.5 * ON_LINE
        return _beyond(np.abs(inputs), lowest, highest) or (SPLIT_LINE if met else None)

    return come_to


def _lead(inputs: Array, silent: int) -> float:
    """How far the silent unit of two is ahead of the working one, over the sum of both."""
    ahead, behind = abs(inputs[silent]), abs(inputs[1 - silent])
    return float((ahead - behind) / (ahead + behind))


def _beyond(inputs: Array, lowest: float, highest: float) -> str | None:
    """Which end a working unit and a silent one (2,) have come to."""
    if inputs.max() > highest:
        return STEP.name
    return LINEAR.name if inputs.min() < lowest else None


def range_of_points(loss: Loss, start: Array | None = None) -> Where:
    """θ (2H,) ↦ the end that odd sigmoid units without bias have come to, or None.

    A branch that starts with steeper units than others arrive with arrives with steeper ones still.
    """
    weights = () if start is None else np.abs(Layout.of(loss.model).input_weights(start))
    lowest, highest = _range_from(loss, float(np.max(weights, initial=0.0)))

    def where(theta: Array) -> str | None:
        end = arrival(theta, lowest, highest)
        return None if end is None else end.name

    return where


def _range_from(loss: Loss, steepest: float) -> tuple[float, float]:
    """`_range` of a branch that starts with a unit so steep."""
    lowest, highest = _range(loss)
    return lowest, STEEPER * steepest if steepest > highest else highest


@lru_cache(maxsize=8)
def _range(loss: Loss) -> tuple[float, float]:
    """Smallest and largest input weight of units that are neither linear nor steps."""
    responses = Responses.of(loss, Conditions())
    lowest = NEARLY_LINEAR / float(np.linalg.norm(responses.monomial(1)))
    return lowest, NEARLY_STEP * Grid.of(responses).highest
