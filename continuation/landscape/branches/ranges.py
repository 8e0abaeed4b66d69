"""The range of weights in which units are described by finite weights; beyond, by an end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import ARRIVALS, Grid, Loss, Responses, split_plain
from continuation.landscape.sets import CriticalSet

CLOSE_PAIR = 0.05
"""Distance of two input weights, relative to their mean, below which they are a confluent pair:
their functions differ from its limit by the square of this."""

NEARLY_LINEAR = 0.1
"""Input weight times the root mean square of x below which a unit is linear to 3e-3: what is
left of its curvature decides only between the points of the limit model."""

NEARLY_STEP = 0.5
"""Share of the largest searched input weight above which a unit is a step for all but the few
samples next to zero."""

ON_LINE = 1e-3
"""Relative distance of a silent unit's root from the working unit below which it has come to
the split line, where both coincide."""

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
        unit to its "split line", or None. None where no range is known: for other models than
        odd sigmoid units without bias, for sets that are followed through the smaller network,
        for corners, and for silent units and limit models of more than two units.
    """
    model = loss.model
    if not ARRIVALS.holds(model) or critical.subkind not in _INPUTS:
        return None
    if critical.subkind != "isolated" and model.hidden != 2:
        return None
    if critical.limit is not None and "w" not in critical.limit:
        return None
    if critical.subkind == "isolated":
        return range_of_points(loss)
    lowest, highest = _range(loss)
    inputs_of = _INPUTS[critical.subkind]
    small, large = ("linear", "step") if critical.limit is None else ("corner", "corner")

    def where(state: Array) -> str | None:
        inputs = np.abs(inputs_of(state))
        if inputs.max() > highest:
            return large
        if inputs.min() < lowest:
            return small
        on_line = critical.limit is None and np.ptp(inputs) < ON_LINE * inputs.mean()
        return "split line" if on_line else None

    return where


def range_of_points(loss: Loss) -> Where:
    """θ (2H,) ↦ the end that odd sigmoid units without bias have come to, or None."""
    lowest, highest = _range(loss)

    def where(theta: Array) -> str | None:
        inputs = np.abs(split_plain(theta)[0])
        if inputs.max() > highest:
            return "step"
        if inputs.min() < lowest:
            return "linear"
        return "confluence" if has_close_pair(theta, CLOSE_PAIR) else None

    return where


def _range(loss: Loss) -> tuple[float, float]:
    """Smallest and largest input weight of units that are neither linear nor steps."""
    responses = Responses.of(loss, 0.0)
    lowest = NEARLY_LINEAR / float(np.linalg.norm(responses.monomial(1)))
    return lowest, NEARLY_STEP * Grid.of(responses).highest


def has_close_pair(theta: Array, distance: float) -> bool:
    """Whether two units of opposite output have input weights within this relative distance."""
    w, v = split_plain(theta)
    order = np.argsort(np.abs(w))
    inputs, outputs = np.abs(w)[order], (v * np.where(w < 0.0, -1.0, 1.0))[order]
    close = np.diff(inputs) < distance * (inputs[1:] + inputs[:-1]) / 2.0
    return bool((close & (outputs[1:] * outputs[:-1] < 0.0)).any())


_INPUTS: dict[str, Callable[[Array], Array]] = {
    "isolated": lambda state: split_plain(state)[0],
    "silent unit": lambda state: state[:2],
    "confluence": lambda state: state[:1],
    "linear": lambda state: state[:1],
    "step": lambda state: state[:1],
}
"""Input weights in the unknowns that a set is followed in; a silent unit's root comes second."""
