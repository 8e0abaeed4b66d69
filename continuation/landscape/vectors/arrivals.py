"""Does a flow of one hidden layer with several inputs run to infinity, and to which limit?

What is left of the weights moves with the limit model, whose minimum Newton's method finds from the
trajectory. The flow is decided as for units with bias (`flow.biased_ends`): the limit attracts, the
first Newton step is small, and the loss is above the limit's by no more than the slopes of its end
explain.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from continuation.arrays import Array
from continuation.landscape.infinity import CriticalEnd
from continuation.landscape.network import VECTOR_ENDS, LossAt
from continuation.landscape.vectors.ends import (
    can_vanish,
    end_of_limit,
    is_odd,
    line_slope,
    meeting_slope,
    pulls_of_leap,
)
from continuation.landscape.vectors.limit import (
    SATURATED,
    Meeting,
    Step,
    VectorLimit,
    Working,
    step_values,
    with_ones,
)
from continuation.landscape.vectors.margins import widest_margin
from continuation.landscape.vectors.vector_loss import VectorLoss, input_names
from symbolic import Model, activation_derivatives

CLOSE = 0.3
"""Distance of the inputs of two units, relative to their sum, below which they may meet."""

SMALL, STEEP = 0.5, 2.0
"""Largest |w·x̃| of a unit that may vanish, and smallest of one that may diverge."""

SLAVED, ROUNDING = 0.3, 1e-13
"""How much more than the slopes explain the loss may lie above its limit, relative to that, and
relative to itself."""

FIRST, STEPS, CONVERGED = 0.3, 20, 1e-10
"""Newton's method: the largest relative first step, how many, and the last."""

MOST_LEAVING = 3
"""Ends at once that are tried."""


@dataclass(frozen=True)
class Leaving:
    """What some units may become.

    Attributes
    ----------
    units : tuple of int
    part : Meeting, Step or tuple of float
        With its present coefficients; of a unit that vanishes its line.
    left : float
        Square of what vanishes; of a step nan.
    """

    units: tuple[int, ...]
    part: Meeting | Step | tuple[float, ...]
    left: float


@dataclass(frozen=True, eq=False)
class Arrival:
    """An end that a flow runs to.

    Attributes
    ----------
    end : CriticalEnd
    groups : tuple of tuple of int
        Units that meet, and those that vanish or diverge.
    """

    end: CriticalEnd
    groups: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, eq=False)
class _Units:
    """Weights of one hidden layer as units: w (H, D), v (H,), and the offset."""

    w: Array
    v: Array
    offset: float | None

    @classmethod
    def of(cls, model: Model, theta: Array) -> _Units:
        (weights, outputs), (biases, offset) = model.unpack(theta)
        rows = weights.T if biases is None else np.column_stack([weights.T, biases])
        return cls(rows, outputs[:, 0], None if offset is None else float(offset[0]))


def vector_arrival(at: LossAt, theta: Array, loss: float) -> Arrival | None:
    """The end that a flow at weights θ (d,) of this loss runs to; None where none is known.

    Raises
    ------
    InvalidInputError
        For other models.
    """
    VECTOR_ENDS.require(at.model)
    units = _Units.of(at.model, theta)
    inputs = with_ones(at.x, units.w.shape[1])[at.weights > 0.0]
    ways = list(_ways(at.model, units, inputs))
    for count in range(min(MOST_LEAVING, len(ways)), 0, -1):
        for chosen in itertools.combinations(ways, count):
            gone = [k for way in chosen for k in way.units]
            if len(set(gone)) == len(gone):
                end = _reached(at, units, chosen, loss)
                if end is not None:
                    return Arrival(end, tuple(way.units for way in chosen))
    return None


def _ways(model: Model, units: _Units, inputs: Array) -> Iterator[Leaving]:
    """All that units may become, by their present weights."""
    yield from _meetings(model, units)
    name, largest = model.layered.activations[0], np.abs(units.w @ inputs.T)
    slope = float(activation_derivatives(name, np.zeros(1), 1)[1][0])
    entries = inputs.shape[1] - (model.bias and model.offset)
    for k, (w, v) in enumerate(zip(units.w, units.v, strict=True)):
        sizes = largest[k][largest[k] > 0.0]
        if can_vanish(model) and entries == w.size and sizes.max(initial=0.0) < SMALL and v:
            yield Leaving((k,), tuple(slope * v * w), 1.0 / (slope * v) ** 2)
        if name in SATURATED and sizes.min(initial=np.inf) > STEEP:
            margin = widest_margin(inputs, np.sign(inputs @ w))
            if margin is not None:
                yield Leaving((k,), Step(tuple(margin.u), float(v)), np.nan)


def _meetings(model: Model, units: _Units) -> Iterator[Leaving]:
    """Pairs of close units with opposite outputs."""
    for i, j in itertools.combinations(range(len(units.v)), 2):
        side = np.sign(units.w[i] @ units.w[j]) if is_odd(model) else 1.0
        first, second = units.w[i], side * units.w[j]
        v, other = units.v[i], side * units.v[j]
        gap = first - second
        close = np.linalg.norm(gap) < CLOSE * np.linalg.norm(first + second)
        if close and v * other < 0.0:
            b = (v - other) * gap / 2.0
            pair = Meeting(tuple((first + second) / 2.0), tuple(b), float(v + other))
            yield Leaving((i, j), pair, 1.0 / float(v - other) ** 2)


def _limit(at: LossAt, units: _Units, chosen: Sequence[Leaving]) -> VectorLimit:
    """The limit model at the present weights."""
    gone = {k for way in chosen for k in way.units}
    parts = [way.part for way in chosen]
    return VectorLimit(
        offset=units.offset,
        names=input_names(at.model.layered),
        meeting=tuple(part for part in parts if isinstance(part, Meeting)),
        lines=tuple(part for part in parts if not isinstance(part, Meeting | Step)),
        leaps=tuple(part for part in parts if isinstance(part, Step)),
        working=tuple(
            Working(tuple(w), float(v))
            for k, (w, v) in enumerate(zip(units.w, units.v, strict=True))
            if k not in gone
        ),
    )


def _reached(
    at: LossAt, units: _Units, chosen: Sequence[Leaving], value: float
) -> CriticalEnd | None:
    """The end, if it attracts and the trajectory follows it."""
    limit = settled(at, _limit(at, units, chosen))
    end = None if limit is None else end_of_limit(at, limit)
    if limit is None or end is None or not end.attracting or end.inertia[1]:
        return None
    above, room = value - end.point.loss, ROUNDING * value
    explained = _explained(VectorLoss(at, limit), units, chosen)
    return end if -room <= above <= (1.0 + SLAVED) * explained + room else None


def _explained(loss: VectorLoss, units: _Units, chosen: Sequence[Leaving]) -> float:
    """How far the loss is above the limit by what is left of the weights that go."""
    pull, limit, total = loss.point(loss.like.unknowns)[0].residual, loss.like, 0.0
    meeting, lines, leaps = iter(limit.meeting), iter(limit.lines), iter(range(len(limit.leaps)))
    for way in chosen:
        if isinstance(way.part, Meeting):
            total += way.left * meeting_slope(loss, pull, next(meeting))
        elif isinstance(way.part, Step):
            gains, _ = pulls_of_leap(loss, next(leaps), pull)
            total += float(gains @ _unsaturated(loss, units.w[way.units[0]]))
        else:
            total += way.left * line_slope(loss, pull, next(lines))
    return total


def _unsaturated(loss: VectorLoss, w: Array) -> Array:
    """How far a unit is from its limits at every sample, relative to half their distance."""
    u, (low, high) = loss.inputs @ w, SATURATED[loss.name]
    gap = np.abs(step_values(loss.name, u) - activation_derivatives(loss.name, u, 0)[0])
    return np.asarray(2.0 * gap / (high - low))


def settled(at: LossAt, limit: VectorLimit) -> VectorLimit | None:
    """Newton's method from the trajectory; None unless it stays near and contracts to a minimum."""
    loss, z, before = VectorLoss(at, limit), limit.unknowns, np.inf
    linear = np.delete(np.arange(z.size), limit.bent)
    point, gradient = loss.point(z)
    block = point.hessian[np.ix_(linear, linear)]
    z[linear] -= np.linalg.lstsq(block, gradient[linear], rcond=1e-12)[0]
    for number in range(STEPS):
        point, gradient = loss.point(z)
        size = 1.0 / np.sqrt(np.maximum(np.abs(point.hessian).max(axis=1), 1e-300))
        try:
            factor = cho_factor(size[:, None] * point.hessian * size)
        except np.linalg.LinAlgError:
            return None
        step = -size * cho_solve(factor, size * gradient)
        change = float((np.abs(step) / (np.abs(z) + 1e-2 * np.abs(z).max())).max())
        if not change <= (FIRST if number == 0 else before):
            return limit.at(z) if before <= np.sqrt(CONVERGED) else None
        z, before = z + step, change
        if change <= CONVERGED:
            return limit.at(z)
    return None
