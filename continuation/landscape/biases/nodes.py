"""Where the loss fitted beside given features is least among the nodes of a grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.biases.input_grid import SEEN_AT_MINIMA, InputGrid, is_seen
from continuation.landscape.infinity import LimitLoss, LimitModel, limit_step
from continuation.landscape.network import Responses, activation

INDEPENDENT = 1e-6
"""Share of a feature that others do not make up, squared, below which it adds nothing."""

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
    whole, along : ndarray, shape (m,)
        Inner products of the rows with themselves and with the targets.
    neighbours : ndarray of int, shape (m, 6)
    eligible : ndarray of bool, shape (m,)
        Those that enough inputs see turn, not at the rim of the grid.
    """

    places: Array
    rows: Array
    whole: Array
    along: Array
    neighbours: NDArray[np.int64]
    eligible: NDArray[np.bool_]

    @classmethod
    def of(cls, responses: Responses, grid: InputGrid) -> Nodes:
        """On these data."""
        places, x = np.array([grid.w, grid.c]).T, responses.x
        phi = activation(responses.model, 0)(grid.w[:, None] * x + grid.c[:, None])[0]
        eligible = is_seen(places, x, SEEN_AT_MINIMA) & ~grid.on_rim()
        rows = responses.rows(phi)
        whole, along = np.einsum("mq,mq->m", rows, rows), rows @ responses.target
        return cls(places, rows, whole, along, grid.neighbours(), eligible)

    def gains(self, target: Array, fixed: Array) -> Iterator[Array]:
        """What each unit takes off |target|² beside fixed features (k, f, q): k arrays (m,)."""
        basis = np.linalg.qr(fixed.transpose(0, 2, 1))[0].transpose(0, 2, 1)
        k, f, q = basis.shape
        seen = (self.rows @ basis.reshape(k * f, q).T).reshape(-1, k, f)
        for number in range(k):
            on = np.ascontiguousarray(seen[:, number])
            own = self.whole - np.einsum("mf,mf->m", on, on)
            yield _gain(own, self.along - on @ (basis[number] @ target), self.whole)

    def is_top(self, gains: Array) -> NDArray[np.bool_]:
        """Eligible nodes whose neighbours gain no more, (m,)."""
        highest = gains[self.neighbours].max(axis=1)
        return np.asarray(self.eligible & (gains >= highest) & (gains > 0.0))


def gains_of(rows: Array, fixed: Array, target: Array) -> Array:
    """What each of the rows (m, q) takes off |target|² beside fixed features, shape (m,)."""
    basis = np.linalg.qr(fixed.T)[0].T if len(fixed) else np.empty((0, target.size))
    seen, whole = rows @ basis.T, np.einsum("mq,mq->m", rows, rows)
    own = whole - np.einsum("mf,mf->m", seen, seen)
    return _gain(own, rows @ target - seen @ (basis @ target), whole)


def _gain(own: Array, along: Array, whole: Array) -> Array:
    """From what is left of a feature beside others, its part along the target, and its size."""
    independent = own > INDEPENDENT * whole
    return np.asarray(np.where(independent, along**2 / np.where(independent, own, 1.0), 0.0))


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
