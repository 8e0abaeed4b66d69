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

from collections.abc import Iterator, Mapping
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
    are_apart,
    jump_slopes,
    neighbours_of_jumps,
)
from continuation.landscape.network import Layout, Responses
from continuation.landscape.vectors import Arrival

STEEP = 2.0
"""w|x − t| of the neighbours of a jump from which it is tried as one: they see e^{−2w|x − t|}."""

WIDEST = 3
"""Inputs at most whose values a pair of steep units leaves free."""

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
    """Where a unit with bias may go, or a pair of them.

    Attributes
    ----------
    units : tuple of int
    parts : tuple of Jump or Tail
        With their present coefficients.
    offset : float
        What they leave to the offset.
    left : mapping of float to float
        What is left to vanish, by the neighbours of jumps that see it; of a tail, by infinity.
    """

    units: tuple[int, ...]
    parts: tuple[Jump | Tail, ...]
    offset: float
    left: Mapping[float, float]


def biased_arrival(responses: Responses, theta: Array, loss: float) -> Arrival | None:
    """The end that a flow at weights θ (d,) of this loss runs to; None where none is known.

    Parameters
    ----------
    responses : Responses
        Of a model of `BIASED_FLOWS`.
    theta : ndarray, shape (d,)
    loss : float
    """
    layout = Layout.of(responses.model)
    ways = _Ways.of(responses, layout, theta)
    for leaving in ways.choices(tuple(range(layout.hidden))):
        if leaving:
            end = _reached(responses, _limit(layout, theta, leaving), leaving, loss)
            if end is not None:
                return Arrival(end, tuple(escape.units for escape in leaving))
    return None


@dataclass(frozen=True, eq=False)
class _Ways:
    """Ways that units may go.

    Attributes
    ----------
    places : ndarray, shape (n,)
        Distinct inputs.
    w, c, v : ndarray, shape (H,)
        With w > 0.
    offset : bool
        Whether the model has one.
    """

    places: Array
    w: Array
    c: Array
    v: Array
    offset: bool

    @classmethod
    def of(cls, responses: Responses, layout: Layout, theta: Array) -> _Ways:
        w, side = layout.input_weights(theta), np.sign(layout.input_weights(theta))
        c, v = side * layout.biases(theta), side * layout.output_weights(theta)
        return cls(np.unique(responses.x), np.abs(w), c, v, responses.model.offset)

    def choices(self, units: tuple[int, ...]) -> Iterator[list[Escape]]:
        """Each unit stays, goes alone or with another."""
        if not units:
            yield []
            return
        first, *others = units
        for rest in self.choices(tuple(others)):
            yield rest
            yield from ([escape, *rest] for escape in self._alone(first))
        for other in others:
            pairs = list(self._together((first, other)))
            for rest in self.choices(tuple(k for k in others if k != other)) if pairs else ():
                yield from ([escape, *rest] for escape in pairs)

    def _alone(self, k: int) -> Iterator[Escape]:
        """A jump in the gap where the unit turns, or at the nearest input; a tail."""
        if self.w[k] == 0.0:
            return
        places, after = self.places, self._after(k)
        yield from self._block((k,), after, after)
        if self.offset:  # the unit sees the outermost input alone
            yield from self._block((k,), places.size - 1, places.size)
            yield from self._block((k,), 0, 1)
        yield from self._at_input(k)
        yield from self._tail(k)

    def _together(self, pair: tuple[int, int]) -> Iterator[Escape]:
        """Two steep units with a few inputs between them, whose outputs may cancel."""
        first, last = sorted(map(self._after, pair))
        for low in range(max(0, first - WIDEST), last + 1):
            for high in range(low + 1, min(low + WIDEST, self.places.size) + 1):
                if self.offset or 0 < low <= high < self.places.size:
                    yield from self._block(pair, low, high)

    def _after(self, k: int) -> int:
        """The first input after the place where a unit turns, with another before it."""
        after = np.searchsorted(self.places, -self.c[k] / self.w[k])
        return int(np.clip(after, 1, self.places.size - 1))

    def _block(self, units: tuple[int, ...], low: int, high: int) -> Iterator[Escape]:
        """Units that are saturated but at the inputs `low` … `high` − 1: jumps around these."""
        chosen, places = list(units), self.places
        if low == 0 and high == places.size:
            return
        v, u = self.v[chosen], self.w[chosen, None] * places + self.c[chosen, None]
        with np.errstate(over="ignore"):
            rise, rest = (2.0 * v @ (1.0 / (1.0 + np.exp(s * u))) for s in (-2.0, 2.0))
        ends = [-v.sum()] if low > 0 else [], [v.sum()] if high < places.size else []
        levels = np.concatenate([ends[0], rise[low:high] - v.sum(), ends[1]])
        sizes = np.diff(levels) / 2.0
        middles = (places[1:] + places[:-1]) / 2.0
        beside = [(low - 1, rise, sizes[0])] if low > 0 else []
        beside += [(high, rest, sizes[-1])] if high < places.size else []
        left = {float(places[k]): float(seen[k] / (2.0 * size)) for k, seen, size in beside if size}
        if len(left) == len(beside) and all(0.0 < q < np.exp(-2.0 * STEEP) for q in left.values()):
            first = max(low, 1) - 1
            gaps = middles[first : first + sizes.size]
            jumps = tuple(Jump(float(t), float(s)) for t, s in zip(gaps, sizes, strict=True))
            yield Escape(units, jumps, float(levels[0] + sizes.sum()), left)

    def _at_input(self, k: int) -> Iterator[Escape]:
        """A jump at the nearest input, where the unit keeps a value."""
        w, c, places = float(self.w[k]), float(self.c[k]), self.places
        nearest = int(np.argmin(np.abs(places + c / w)))
        around = [i for i in (nearest - 1, nearest + 1) if 0 <= i < places.size]
        if len(around) < 2 and self.offset:
            return
        away = {float(places[i]): abs(float(places[i] - places[nearest])) for i in around}
        if w * min(away.values()) > STEEP:
            place = float(places[nearest])
            jump = Jump(place, float(self.v[k]), float(np.tanh(w * place + c)))
            left = {x: float(np.exp(-2.0 * w * gap)) for x, gap in away.items()}
            yield Escape((k,), (jump,), 0.0, left)

    def _tail(self, k: int) -> Iterator[Escape]:
        """An exponential, of which the offset takes what is constant."""
        side = 1.0 if self.c[k] > 0.0 else -1.0
        w, c, v = (side * float(value[k]) for value in (self.w, self.c, self.v))
        if self.offset and float((w * self.places + c).min()) > SATURATED:
            vanishing = float(np.exp(-2.0 * c))
            yield Escape((k,), (Tail(2.0 * w, -2.0 * v * vanishing),), v, {np.inf: vanishing})


def _limit(layout: Layout, theta: Array, leaving: list[Escape]) -> LimitModel:
    """The limit model at the present weights."""
    gone = {k for escape in leaving for k in escape.units}
    w, c, v = layout.input_weights(theta), layout.biases(theta), layout.output_weights(theta)
    units = tuple(
        LimitUnit(float(w[k]), (float(v[k]),), float(c[k])).positive()
        for k in range(layout.hidden)
        if k not in gone
    )
    offset = float(theta[-1]) + sum(e.offset for e in leaving) if layout.rest else None
    parts = [part for escape in leaving for part in escape.parts]
    jumps = tuple(part for part in parts if isinstance(part, Jump))
    return LimitModel(
        units, offset=offset, jumps=jumps, tails=tuple(p for p in parts if isinstance(p, Tail))
    )


def _reached(
    responses: Responses, limit: LimitModel, leaving: list[Escape], loss: float
) -> CriticalEnd | None:
    """The end, if it attracts and the trajectory follows it."""
    settled = _settled(LimitLoss(responses, limit), limit)
    if settled is None or not all(jump.is_real for jump in settled.jumps):
        return None
    if not are_apart(responses.x, settled.jumps):
        return None
    limit = settled.canonical(odd=True)
    end = LimitLoss(responses, limit).end(limit.unknowns)
    if not end.attracting or end.inertia[1]:
        return None
    explained = _explained(responses, end, leaving)
    above = loss - end.point.loss
    room = ROUNDING * loss
    return end if -room <= above <= (1.0 + SLAVED) * explained + room else None


def _explained(responses: Responses, end: CriticalEnd, leaving: list[Escape]) -> float:
    """How much what is left to vanish adds to the loss, by the slopes there."""
    parts = [(part, escape.left) for escape in leaving for part in escape.parts]
    by_place = {part.place: left for part, left in parts if isinstance(part, Jump)}
    tails = sorted((part.rate, left[np.inf]) for part, left in parts if isinstance(part, Tail))
    x, explained = responses.x, 0.0
    if by_place:
        beside = neighbours_of_jumps(x, end.limit)
        left = [by_place[jump.place][float(x[some][0])] for jump, some in beside]
        explained += float(np.dot(jump_slopes(responses, end.point.residual, beside), left))
    slopes = end.normals[len(end.normals) - len(tails) :]
    return explained + sum(slope * q for slope, (_, q) in zip(slopes, tails, strict=True))


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
