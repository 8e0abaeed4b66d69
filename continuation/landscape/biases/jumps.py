"""Jumps with a unit, an exponential or another jump beside them: which may attract, many at once.

In a gap both neighbours must gain from a steeper jump, a value at a sample must lie between the two
sides: necessary conditions, which leave few of the pairs. What moves beside a jump is settled for
many jumps together, each with features of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.biases.input_grid import (
    SAME,
    SEEN_AT_MINIMA,
    Fits,
    settled,
    settled_beside,
    turn_of,
    unit_features,
)
from continuation.landscape.biases.nodes import INDEPENDENT, Nodes, gains_of
from continuation.landscape.biases.parts import JumpPart, tail_rates, tail_rows
from continuation.landscape.network import Responses

TIE = 1e-9
"""Relative difference of the distances of two inputs that are equally near and decide together."""

HELD = 1e-10
"""Pulls of an input that the jumps fit, relative to the residual: rounding of zero."""

DESCENDS = 1e-6
"""A curvature below minus this, relative to the largest, is no minimum's."""


@dataclass(frozen=True, eq=False)
class Jumps:
    """All jumps on the data that are of one sort: in a gap, or at a sample.

    Attributes
    ----------
    parts : sequence of JumpPart
    sides : Sides
    fixed : ndarray, shape (m, f, q)
        Features that every limit has, the side of each jump, and its sample if it lies at one.
    groups : ndarray, shape (g, q)
        Of each distinct input, √ω of its samples.
    """

    parts: Sequence[JumpPart]
    sides: Sides
    fixed: Array
    groups: Array

    @classmethod
    def of(cls, responses: Responses, parts: Sequence[JumpPart], background: Array) -> Jumps:
        """Of jumps of one sort beside features (f, q)."""
        rows = [np.vstack([background, part.rows(responses)]) for part in parts]
        return cls(parts, Sides.of(responses.x, parts), np.array(rows), _groups(responses))

    def units(self, responses: Responses, nodes: Nodes) -> list[tuple[Array, JumpPart]]:
        """Places (2,) of units at the best beside a jump, where it may attract."""
        tops = [nodes.is_top(gains) for gains in nodes.gains(responses.target, self.fixed)]
        owner = np.repeat(np.arange(len(tops)), [top.sum() for top in tops])
        starts = np.concatenate([nodes.places[top] for top in tops])
        places, number = settled_beside(responses, starts, self.fixed[owner], SEEN_AT_MINIMA)
        owner = owner[number]
        fit = Fits.of(responses, *unit_features(responses, places), self.fixed[owner])
        kept = np.flatnonzero(self._may_attract(fit, owner, turn_of(places)))
        once = kept[_each_once(places[kept], owner[kept])]
        return [(places[k], self.parts[owner[k]]) for k in once]

    def rates(self, responses: Responses) -> list[tuple[float, JumpPart]]:
        """Rates of exponentials at the best beside a jump, where it may attract."""
        rates = tail_rates(responses.x)
        rows = tail_rows(responses, rates)
        owner, starts = [np.empty(0, np.int64)], [np.empty(0)]
        for k, fixed in enumerate(self.fixed):
            best = highest_inside(gains_of(rows, fixed, responses.target))
            owner.append(np.full(best.size, k))
            starts.append(rates[best])
        of, first = np.concatenate(owner), np.concatenate(starts)
        found, number = _settled_rates(responses, first, self.fixed[of])
        of = of[number]
        fit = Fits.of(responses, *_tail_features(responses, found), self.fixed[of])
        kept = np.flatnonzero(self._may_attract(fit, of, found[:, None, None]))
        once = kept[_each_once(found[kept, None], of[kept])]
        return [(float(found[k]), self.parts[of[k]]) for k in once]

    def _may_attract(self, fit: Fits, owner: NDArray[np.int64], turn: Array) -> NDArray[np.bool_]:
        """Whether fits are minima, in unknowns that are turned so, and the jumps pass."""
        curvature = turn.transpose(0, 2, 1) @ fit.reduced @ turn
        scale = np.abs(curvature).max(axis=(1, 2), initial=0.0)
        finite = np.isfinite(scale)
        lowest = np.linalg.eigvalsh(np.where(finite[:, None, None], curvature, 0.0))
        lowest = lowest.min(axis=1, initial=np.inf)
        size, value = fit.coefficients[:, -1], np.zeros(len(owner))
        if self.parts[0].at_sample:
            size, value = fit.coefficients[:, -2], fit.coefficients[:, -1]
        sides, norm = self.sides[owner], np.linalg.norm(fit.residual, axis=1)
        pulls = sides.of_groups(fit.residual @ self.groups.T)
        passes = sides.may_attract(pulls, norm, size, value)
        return np.asarray(finite & (lowest > -DESCENDS * scale) & passes)


def _each_once(places: Array, owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers of places (k, d) of owners (k,), each once."""
    kept: dict[int, list[int]] = {}
    for k, place in enumerate(places):
        own = kept.setdefault(int(owner[k]), [])
        if all(np.abs(place / places[other] - 1.0).max() > SAME for other in own):
            own.append(k)
    return np.array(sorted(itertools.chain(*kept.values())), dtype=np.int64)


def _groups(responses: Responses) -> Array:
    """Of each distinct input (g,), √ω of its samples, (g, q)."""
    x = np.unique(responses.x)
    return np.asarray((responses.x == x[:, None]) * responses.rows(np.ones_like(responses.x)))


@dataclass(frozen=True, eq=False)
class Sides:
    """The inputs beside jumps.

    Attributes
    ----------
    beside : ndarray of int, shape (m, 2)
        Numbers of the distinct inputs on the left and on the right.
    decides : ndarray of bool, shape (m, 2)
        Which of them must gain from a steeper jump: both in a gap, the nearer one at a sample.
    at_sample : ndarray of bool, shape (m,)
    """

    beside: NDArray[np.int64]
    decides: NDArray[np.bool_]
    at_sample: NDArray[np.bool_]

    @classmethod
    def of(cls, x: Array, parts: Sequence[JumpPart]) -> Sides:
        """Of jumps among inputs (n,)."""
        x, places = np.unique(x), np.array([part.place for part in parts])
        at_sample = np.array([part.at_sample for part in parts])
        right = np.searchsorted(x, places) + at_sample
        beside = np.array([np.searchsorted(x, places) - 1, right]).T
        there = (beside >= 0) & (beside < x.size)
        beside = np.clip(beside, 0, x.size - 1)
        away = np.where(there, np.abs(x[beside] - places[:, None]), np.inf)
        nearer = away < (1.0 - TIE) * away[:, ::-1]
        return cls(beside, np.where(at_sample[:, None], nearer, there), at_sample)

    def __getitem__(self, number: NDArray[np.int64]) -> Sides:
        return Sides(self.beside[number], self.decides[number], self.at_sample[number])

    def of_groups(self, values: Array) -> Array:
        """Of values (m, g) at the distinct inputs those on either side, (m, 2)."""
        return np.take_along_axis(values, self.beside, axis=1)

    def may_attract(
        self, pulls: Array, norm: Array, size: Array, value: Array
    ) -> NDArray[np.bool_]:
        """Whether jumps of these sizes, values at samples and pulls (m, 2) on either side may.

        Two inputs that are equally near decide by what each sees of the jump, as at the ends.
        """
        between = ~self.at_sample | (np.abs(value) < np.abs(size))
        gains, held = np.array([1.0, -1.0]) * size[:, None] * pulls, HELD * np.abs(size) * norm
        half = np.where(self.at_sample & between, value, 0.0) / np.where(size == 0.0, 1.0, size)
        seen = (1.0 + half) / (1.0 - half)
        both = gains[:, 0] * seen + gains[:, 1] / seen > -held * (seen + 1.0 / seen)
        each = ((gains > -held[:, None]) | ~self.decides).all(axis=1)
        return np.asarray(between & np.where(self.decides.any(axis=1), each, both))


def highest_inside(gain: Array) -> NDArray[np.int64]:
    """Where gains (m,) are positive and no lower than before and after."""
    inner = gain[1:-1]
    best = (inner >= gain[:-2]) & (inner >= gain[2:]) & (inner > 0.0)
    return 1 + np.flatnonzero(best)


def _settled_rates(
    responses: Responses, rates: Array, fixed: Array
) -> tuple[Array, NDArray[np.int64]]:
    """Newton's method in ln |k| from rates (k,), each beside features of its own (k, f, q)."""

    def steps(some: Array, number: NDArray[np.int64]) -> Array:
        fit = Fits.of(responses, *_tail_features(responses, some[:, 0]), fixed[number])
        gradient, slope = fit.forces()
        with np.errstate(divide="ignore", invalid="ignore"):
            step = -gradient / (slope[:, 0] * some)
        return np.where(np.isfinite(step), step, np.inf)

    def moved(some: Array, step: Array) -> Array:
        return np.asarray(some * np.exp(step))

    found, number = settled(rates[:, None], steps, moved)
    return found[:, 0], number


def _tail_features(responses: Responses, rates: Array) -> tuple[Array, Array, Array]:
    """Exponentials of rates (k,) and their derivatives by them, as those of units."""
    x = responses.x
    e = np.exp(-rates[:, None] * x)[:, None]
    return responses.rows(e), responses.rows(-x * e)[:, None], responses.rows(x * x * e)[:, None]


@dataclass(frozen=True, eq=False)
class JumpPairs:
    """All jumps on the data by their inner products, to ask which may attract beside another.

    Attributes
    ----------
    sides, samples : ndarray, shape (m, q)
        Their sides; the sample that each lies at, 0 in a gap.
    products : ndarray, shape (m, 5)
        ⟨s, s⟩, ⟨s, e⟩, ⟨e, e⟩, ⟨s, y⟩ and ⟨e, y⟩ of side s, sample e and target y.
    own : ndarray, shape (m, 2, 2)
        What a side and a sample are worth at the inputs on either side.
    groups : ndarray, shape (g, q)
        Of each distinct input, √ω of its samples.
    beside : Sides
    """

    sides: Array
    samples: Array
    products: Array
    own: Array
    groups: Array
    beside: Sides

    @classmethod
    def of(cls, responses: Responses, parts: Sequence[JumpPart]) -> JumpPairs:
        """Of a list of jumps."""
        blank, groups = np.zeros(responses.target.size), _groups(responses)
        beside = Sides.of(responses.x, parts)
        rows = [part.rows(responses) for part in parts]
        sides = np.array([row[0] for row in rows])
        samples = np.array([row[1] if len(row) > 1 else blank for row in rows])
        both = ((sides, sides), (sides, samples), (samples, samples))
        products = [np.einsum("mq,mq->m", a, b) for a, b in both]
        products += [sides @ responses.target, samples @ responses.target]
        own = [beside.of_groups(rows @ groups.T) for rows in (sides, samples)]
        return cls(
            sides, samples, np.array(products).T, np.array(own).transpose(1, 0, 2), groups, beside
        )

    def attracting(self, target: Array, fixed: Array, number: int) -> NDArray[np.int64]:
        """Later jumps with which jump `number`, the last of the fixed features, may attract."""
        later, f = np.arange(number + 1, len(self.sides)), len(fixed)
        basis, back = np.linalg.qr(fixed.T)[0], np.linalg.pinv(fixed)
        here, there = self.beside[np.full(later.size, number)], self.beside[later]
        beside = self.groups[self.beside.beside[number]]
        tools = np.hstack([basis, back, beside.T])
        side, sample, aim = (
            np.split(rows @ tools, [f, 2 * f], axis=-1)
            for rows in (self.sides[later], self.samples[later], target)
        )
        size, value, norm, possible = self._fits(later, side[0], sample[0], target, aim[0])
        parts = np.array([size, value]).T
        first = aim[1] - size[:, None] * side[1] - value[:, None] * sample[1]
        own = np.einsum("mp,mpi->mi", parts, self.own[later])
        own += there.of_groups(first @ (fixed @ self.groups.T) - target @ self.groups.T)
        other = size[:, None] * side[2] + value[:, None] * sample[2]
        other += first @ (fixed @ beside.T) - aim[2]
        at_sample = self.beside.at_sample[number]
        height, half = (first[:, -2], first[:, -1]) if at_sample else (first[:, -1], 0.0 * size)
        passes = there.may_attract(own, norm, size, value)
        passes &= here.may_attract(other, norm, height, half)
        return np.asarray(later[possible & passes])

    def _fits(
        self, later: NDArray[np.int64], side: Array, sample: Array, target: Array, aim: Array
    ) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        """Size, value, norm of the residual and whether there is one, from parts in a basis."""
        ss, se, ee, sy, ey = self.products[later].T
        ss_left = ss - np.einsum("mf,mf->m", side, side)
        se_left = se - np.einsum("mf,mf->m", side, sample)
        ee_left = ee - np.einsum("mf,mf->m", sample, sample)
        sy, ey = sy - side @ aim, ey - sample @ aim
        has_value = ee_left > 0.0
        share = np.where(has_value, se_left / np.where(has_value, ee_left, 1.0), 0.0)
        whole = ss_left - share * se_left
        possible = whole > INDEPENDENT * ss
        size = np.where(possible, (sy - share * ey) / np.where(possible, whole, 1.0), 0.0)
        value = np.where(has_value, (ey - size * se_left) / np.where(has_value, ee_left, 1.0), 0.0)
        square = target @ target - aim @ aim - size * sy - value * ey
        return size, value, np.sqrt(np.maximum(square, 0.0)), possible
