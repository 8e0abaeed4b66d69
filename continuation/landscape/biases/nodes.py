"""Where the loss fitted beside given features is least among the nodes of a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.biases.input_grid import SEEN_AT_MINIMA, InputGrid, is_seen
from continuation.landscape.biases.parts import JumpPart, projected
from continuation.landscape.infinity import LimitLoss, LimitModel, limit_step
from continuation.landscape.network import Responses, activation

INDEPENDENT = 1e-6
"""Share of a feature that others do not make up, squared, below which it adds nothing."""

HELD = 1e-10
"""Pulls of an input that the jumps fit, relative to the residual: rounding of zero."""

STEPS, CONVERGED = 14, 1e-11
"""Of Newton's method, which needs six to ten from a node; its last step relative to the size of
each unknown."""

NEAR = (5, 0.05)
"""After so many steps those from a node near a minimum are smaller than this."""

FLAT = 1e-5
"""Gradients relative to the largest that a residual of this size can have."""

ROUNDED = 1e-6
"""A step that no longer shrinks and is smaller than this is rounding."""


@dataclass(frozen=True, eq=False)
class Nodes:
    """All units of a grid, on the data.

    Attributes
    ----------
    places : ndarray, shape (m, 2)
        (w, c).
    rows : ndarray, shape (m, q)
    neighbours : ndarray of int, shape (m, 6)
    eligible : ndarray of bool, shape (m,)
        Those that enough samples see turn, not at the rim of the grid.
    """

    places: Array
    rows: Array
    neighbours: NDArray[np.int64]
    eligible: NDArray[np.bool_]

    @classmethod
    def of(cls, responses: Responses, grid: InputGrid) -> Nodes:
        """On these data."""
        places, x = np.array([grid.w, grid.c]).T, responses.x
        phi = activation(responses.model, 0)(grid.w[:, None] * x + grid.c[:, None])[0]
        eligible = is_seen(places, x, SEEN_AT_MINIMA) & ~grid.on_rim()
        return cls(places, responses.rows(phi), grid.neighbours(), eligible)

    def gains(self, responses: Responses, fixed: Array) -> Array:
        """What each unit takes off the sum of squares beside fixed features, shape (m,)."""
        return gains_of(self.rows, fixed, responses.target)

    def is_top(self, gains: Array) -> NDArray[np.bool_]:
        """Eligible nodes whose neighbours gain no more, (m,)."""
        highest = gains[self.neighbours].max(axis=1)
        return np.asarray(self.eligible & (gains >= highest) & (gains > 0.0))

    def tops(self, responses: Responses, fixed: Array) -> Array:
        """Their places (k, 2)."""
        return self.places[self.is_top(self.gains(responses, fixed))]


def gains_of(rows: Array, fixed: Array, target: Array) -> Array:
    """What each of the rows (m, q) takes off |target|² beside fixed features, shape (m,)."""
    basis = np.linalg.qr(fixed.T)[0].T if len(fixed) else np.empty((0, target.size))
    seen, whole = rows @ basis.T, np.einsum("mq,mq->m", rows, rows)
    own = whole - np.einsum("mf,mf->m", seen, seen)
    along = rows @ target - seen @ (basis @ target)
    independent = own > INDEPENDENT * whole
    return np.asarray(np.where(independent, along**2 / np.where(independent, own, 1.0), 0.0))


@dataclass(frozen=True, eq=False)
class JumpPairs:
    """All jumps on the data, to ask which of them may attract beside another.

    Attributes
    ----------
    sides, samples : ndarray, shape (m, q)
        Their sides; the sample that each lies at, 0 in a gap.
    groups : ndarray, shape (g, q)
        Of each distinct input, √ω of its samples.
    left : ndarray of int, shape (m,)
        The group on the left of a jump in a gap; −1 at a sample.
    """

    sides: Array
    samples: Array
    groups: Array
    left: NDArray[np.int64]

    @classmethod
    def of(cls, responses: Responses, jumps: list[JumpPart]) -> JumpPairs:
        """Of a list of jumps."""
        x, blank = np.unique(responses.x), np.zeros(responses.target.size)
        rows = [jump.rows(responses) for jump in jumps]
        samples = np.array([row[1] if len(row) > 1 else blank for row in rows])
        roots = responses.rows(np.ones_like(responses.x))
        groups = (responses.x == x[:, None]) * roots
        left = [-1 if j.at_sample else int(np.searchsorted(x, j.place)) - 1 for j in jumps]
        return cls(np.array([row[0] for row in rows]), samples, groups, np.array(left))

    def attracting(self, target: Array, fixed: Array, number: int) -> NDArray[np.int64]:
        """Later jumps with which jump `number`, the last of the fixed features, may attract.

        In a gap both neighbours must gain from a steeper jump, a value at a sample must lie
        between the two sides: necessary conditions, all pairs at once.
        """
        later = np.arange(number + 1, len(self.left))
        alone = projected(target, fixed)
        values, size = self.samples[later], np.ones(later.size)
        values = projected(values, fixed)
        norm = np.linalg.norm(values, axis=1)
        unit = values / np.where(norm > 0.0, norm, 1.0)[:, None]
        sides = projected(self.sides[later], fixed)
        along = np.einsum("mq,mq->m", sides, unit)
        sides = sides - along[:, None] * unit
        whole = np.einsum("mq,mq->m", sides, sides)
        possible = whole > INDEPENDENT * np.einsum("mq,mq->m", self.sides[later], self.sides[later])
        size = np.where(possible, sides @ alone / np.where(possible, whole, 1.0), 0.0)
        value = (unit @ alone - size * along) / np.where(norm > 0.0, norm, 1.0)
        residual = size[:, None] * sides + (unit @ alone)[:, None] * unit - alone
        own = self._falls(residual, size, value, self.left[later])
        back = np.linalg.pinv(fixed)
        parts = self.sides[later] * size[:, None] + self.samples[later] * value[:, None]
        first = (target - parts) @ back
        at_sample = self.left[number] < 0
        heights = first[:, -2] if at_sample else first[:, -1]
        halves = first[:, -1] if at_sample else np.zeros(later.size)
        other = self._falls(residual, heights, halves, np.full(later.size, self.left[number]))
        return np.asarray(later[possible & own & other])

    def _falls(
        self, residual: Array, size: Array, value: Array, left: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Whether jumps of these sizes and values at samples pass, (m,)."""
        pulls = residual @ self.groups.T
        own = np.arange(left.size)
        before, after = pulls[own, left], pulls[own, np.minimum(left + 1, len(self.groups) - 1)]
        held = HELD * np.abs(size) * np.linalg.norm(residual, axis=1)
        in_gap = (size * before > -held) & (size * after < held)
        return np.where(left < 0, np.abs(value) < np.abs(size), in_gap)


def settled_limit(responses: Responses, limit: LimitModel) -> LimitModel | None:
    """The minimum of the limit's loss near a limit; None where the descent is lost."""
    loss, z = LimitLoss(responses, limit), limit.unknowns
    moving = [*limit.slots.weights, *(rate for rate, _ in limit.slots.tails)]
    before = np.inf
    for number in range(STEPS):
        point, gradient = loss.point(z)
        step = limit_step(point.hessian, gradient, z, moving, descend=True)
        z = z + step
        if not np.isfinite(z).all():
            return None
        last = float((np.abs(step) / (np.abs(z) + 1e-3 * np.abs(z).max())).max())
        if last <= CONVERGED or (before <= ROUNDED and last >= before / 2.0):
            settled = limit.at(z)
            return settled if all(jump.is_real for jump in settled.jumps) else None
        if number == NEAR[0] and last > NEAR[1]:
            return None
        before = last
    return None


def is_critical(responses: Responses, limit: LimitModel) -> bool:
    """Whether the gradient of the limit's loss is no larger than rounding in a fit of its parts."""
    point, gradient = LimitLoss(responses, limit).point(limit.unknowns)
    if responses.fitted_to(np.sqrt(2.0 * point.loss)):
        return True
    size = np.sqrt(np.abs(np.diag(point.hessian)) * (2.0 * point.loss + np.finfo(float).tiny))
    return bool((np.abs(gradient) <= FLAT * size).all())
