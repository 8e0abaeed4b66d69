"""Does a flow of units with bias run to a jump or a tail, and to which limit model?

Along such an escape the weights creep: a jump steepens like log t, a bias grows like log t while
the output weight grows like t^⅓. What is left moves with the limit model, whose minimum Newton's
method finds from the trajectory. The flow is decided when

- the limit attracts: a regular minimum, and every slope at the end is positive;
- the trajectory lies in its neighbourhood: Newton's first step is small, its loss is above the
  limit's, and by no more than the slopes explain, L − L₀ = Σ slope · (what is left to vanish).

See docs/theory.md, Attraction.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import (
    CriticalEnd,
    Jump,
    LimitLoss,
    LimitModel,
    LimitUnit,
    Tail,
)
from continuation.landscape.network import Layout, Responses

STEEP = 2.0
"""w|x − t| of the neighbours of a jump from which it is tried as one."""

SATURATED = 0.8
"""w x + c at all inputs from which a unit is tried as a tail: they differ by e^{−2u}."""

SLAVED = 0.3
"""How much more than the slopes explain the loss may lie above its limit, relative to that."""

STEEPEST_TAIL = 60.0
"""|k| times the width of the data: e^{−60} of a tail is left on the other side."""

FIRST, STEPS, CONVERGED = 0.3, 20, 1e-10
"""Newton's method: the largest relative first step, how many, and the last."""

ROUNDING = 1e-13
"""Of losses, relative."""


@dataclass(frozen=True)
class Escape:
    """Where a unit with bias may go.

    Attributes
    ----------
    unit : int
    part : Jump or Tail
        With its present coefficients.
    offset : float
        What it leaves to the offset.
    left : tuple of float
        What is left to vanish, in the order of the slopes of its end.
    """

    unit: int
    part: Jump | Tail
    offset: float
    left: tuple[float, ...]


def biased_end(responses: Responses, theta: Array, loss: float) -> CriticalEnd | None:
    """The end that a flow at weights θ (d,) of this loss runs to; None where none is known.

    Parameters
    ----------
    responses : Responses
        Of a model of `BIASED_FLOWS`.
    theta : ndarray, shape (d,)
    loss : float
    """
    layout = Layout.of(responses.model)
    escapes = [list(_escapes(responses, layout, theta, k)) for k in range(layout.hidden)]
    for chosen in itertools.product(*([None, *some] for some in escapes)):
        leaving = [escape for escape in chosen if escape is not None]
        if leaving:
            end = _reached(responses, _limit(layout, theta, leaving), leaving, loss)
            if end is not None:
                return end
    return None


def _escapes(responses: Responses, layout: Layout, theta: Array, k: int) -> Iterator[Escape]:
    """Ways that unit k may go."""
    x, model = responses.x, responses.model
    w, c = float(layout.input_weights(theta)[k]), float(layout.biases(theta)[k])
    v = float(layout.output_weights(theta)[k])
    side = 1.0 if w > 0.0 else -1.0
    w, c, v = side * w, side * c, side * v
    if w > 0.0:
        yield from _jumps(x, k, w, c, v)
    side = 1.0 if c > 0.0 else -1.0
    w, c, v = (-w, -c, -v) if c < 0.0 else (w, c, v)
    if model.offset and float((w * x + c).min()) > SATURATED:
        tail = Tail(2.0 * w, -2.0 * v * float(np.exp(-2.0 * c)))
        yield Escape(k, tail, v, (float(np.exp(-2.0 * c)),))


def _jumps(x: Array, k: int, w: float, c: float, v: float) -> Iterator[Escape]:
    """A jump in the gap where the unit turns, or at the input that is nearest to it."""
    places, at = np.unique(x), -c / w
    after = int(np.searchsorted(places, at))
    if not 0 < after < places.size:
        return
    low, high = float(places[after - 1]), float(places[after])
    if min(at - low, high - at) * w > STEEP:
        left = tuple(float(np.exp(-2.0 * w * gap)) for gap in (at - low, high - at))
        yield Escape(k, Jump((low + high) / 2.0, v), 0.0, left)
    nearest = after - 1 if at - low < high - at else after
    if not 0 < nearest < places.size - 1:
        return
    place = float(places[nearest])
    gap = min(place - float(places[nearest - 1]), float(places[nearest + 1]) - place)
    if gap * w > STEEP:
        half = float(np.tanh(w * place + c))
        yield Escape(k, Jump(place, v, half), 0.0, (float(np.exp(-2.0 * w * gap)),))


def _limit(layout: Layout, theta: Array, leaving: list[Escape]) -> LimitModel:
    """The limit model at the present weights."""
    gone = {escape.unit for escape in leaving}
    w, c, v = layout.input_weights(theta), layout.biases(theta), layout.output_weights(theta)
    units = tuple(
        LimitUnit(float(w[k]), (float(v[k]),), float(c[k])).positive()
        for k in range(layout.hidden)
        if k not in gone
    )
    offset = float(theta[-1]) + sum(e.offset for e in leaving) if layout.rest else None
    jumps = tuple(e.part for e in leaving if isinstance(e.part, Jump))
    tails = tuple(e.part for e in leaving if isinstance(e.part, Tail))
    return LimitModel(units, offset=offset, jumps=jumps, tails=tails)


def _rank(escape: Escape) -> tuple[bool, float]:
    """Jumps in the order of their places, then tails in that of their rates."""
    part = escape.part
    return (False, part.place) if isinstance(part, Jump) else (True, part.rate)


def _reached(
    responses: Responses, limit: LimitModel, leaving: list[Escape], loss: float
) -> CriticalEnd | None:
    """The end, if it attracts and the trajectory follows it."""
    settled = _settled(LimitLoss(responses, limit), limit)
    if settled is None or not all(jump.is_real for jump in settled.jumps):
        return None
    limit = settled.canonical(odd=True)
    end = LimitLoss(responses, limit).end(limit.unknowns)
    if not end.attracting or end.inertia[1]:
        return None
    # slopes stand in the order of the canonical jumps, then of the tails
    left = [value for escape in sorted(leaving, key=_rank) for value in escape.left]
    explained = float(np.dot(end.normals, left))
    above = loss - end.point.loss
    room = ROUNDING * loss
    return end if -room <= above <= (1.0 + SLAVED) * explained + room else None


def _settled(loss: LimitLoss, limit: LimitModel) -> LimitModel | None:
    """Newton's method from the trajectory; None unless it stays near and contracts to a minimum."""
    if not _is_within(loss, limit, limit.unknowns):
        return None
    z, before = _fitted(loss, limit), np.inf
    for step_number in range(STEPS):
        point, gradient = loss.point(z)
        size = 1.0 / np.sqrt(np.maximum(np.abs(point.hessian).max(axis=1), 1e-300))
        try:
            factor = np.linalg.cholesky(size[:, None] * point.hessian * size)
        except np.linalg.LinAlgError:
            return None
        step = -size * np.linalg.solve(factor.T, np.linalg.solve(factor, size * gradient))
        change = float((np.abs(step) / (np.abs(z) + 1e-2 * np.abs(z).max())).max())
        if not change <= (FIRST if step_number == 0 else before):
            return limit.at(z) if before <= np.sqrt(CONVERGED) else None
        z, before = z + step, change
        if not _is_within(loss, limit, z):
            return None
        if change <= CONVERGED:
            return limit.at(z)
    return None


def _fitted(loss: LimitLoss, limit: LimitModel) -> Array:
    """Unknowns with the coefficients fitted in which the limit is linear, the rest as they are."""
    slots, z = limit.slots, limit.unknowns
    linear = [k for _, places in slots.units for k in places]
    linear += [size for size, _ in slots.jumps] + [size for _, size in slots.tails]
    linear += [] if slots.offset is None else [slots.offset]
    point, gradient = loss.point(z)
    block = point.hessian[np.ix_(linear, linear)]
    z[linear] -= np.linalg.lstsq(block, gradient[linear], rcond=None)[0]
    return z


def _is_within(loss: LimitLoss, limit: LimitModel, z: Array) -> bool:
    """Whether no tail differs from zero at the outermost input alone."""
    rates = np.array([z[rate] for rate, _ in limit.slots.tails])
    return bool((np.abs(rates) * np.ptp(loss.responses.x) < STEEPEST_TAIL).all())
