"""What one unit contributes, on a grid of input weights, in few coordinates.

The features G_a = w^a x^a φ^(a)(w x) of all input weights w of a range span some forty dimensions
to rounding, however many samples there are. In an orthonormal frame of that span inner products
cost the same for every data set; the part of the targets outside it changes no fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import Grid, Responses

ORDERS = 9
"""Derivatives a = 0 … 8 on every node: within half a spacing Taylor's series is exact to rounding
for the first three, and to 1e-10 for the fourth."""

FRAME_SPACING = 0.1
"""Ratio of the weights, minus one, whose features span the frame: those between them are in the
span to rounding."""

RANK = 1e-15
"""Relative singular value below which a direction is rounding."""

BEYOND = 6
"""Nodes beyond either end of the range: two cells of three clusters."""


@dataclass(frozen=True, eq=False)
class UnitTable:
    """Features of single units at equidistant ln w.

    Attributes
    ----------
    responses : Responses
        The data.
    grid : Grid
        The nodes within the range that is searched.
    second : float
        Upper end W of the range of all units but one, the steepest.
    weights : ndarray, shape (N,)
        All nodes, `BEYOND` either end of the range included.
    frame : ndarray, shape (r, q)
        Orthonormal rows.
    rows : ndarray, shape (ORDERS, N, r)
        G_a at the nodes.
    """

    responses: Responses
    grid: Grid
    second: float
    weights: Array
    frame: Array
    rows: Array

    @classmethod
    def of(
        cls,
        responses: Responses,
        spacing: float,
        lowest: float,
        widening: float = 1.0,
        steeper: float = 1.0,
    ) -> UnitTable:
        """The table of a range, with this ratio of nodes, minus one, as of `Grid`.

        One unit may be as many times `steeper` as the others.
        """
        grid = Grid.of(responses, spacing, lowest, widening * steeper)
        second = min(grid.highest, Grid.of(responses, spacing, lowest, widening).highest)
        places = np.arange(-BEYOND, grid.nodes.size + BEYOND)
        weights = grid.lowest * np.exp(_step(grid) * places)
        features = scaled_features(responses, weights, ORDERS - 1)
        frame = _frame(responses, features[:, :: max(1, int(FRAME_SPACING / spacing))])
        rows = np.ascontiguousarray(features @ frame.T)
        return cls(responses, grid, second, weights, frame, rows)

    @property
    def step(self) -> float:
        """Distance of the nodes in ln w."""
        return _step(self.grid)

    @property
    def highest(self) -> float:
        """Upper end V ≥ W of the range of the steepest unit."""
        return self.grid.highest

    @property
    def one_is_steeper(self) -> bool:
        """Whether one unit may be steeper than all others: V > W."""
        return self.highest > self.second

    def places(self, w: Array | float) -> Array:
        """Input weights in nodes: 0 is the first node, 1 the next."""
        return np.asarray(np.log(w / self.weights[0]) / self.step)

    def weights_at(self, places: Array) -> Array:
        """Inverse of `places`."""
        return np.asarray(self.weights[0] * np.exp(self.step * places))

    def response(self, residual: Array) -> Array:
        """⟨r, φ(w x)⟩ of a residual (q,) at the nodes of the grid."""
        return np.asarray(self.rows[0, BEYOND:-BEYOND] @ (self.frame @ residual))

    @property
    def sizes(self) -> Array:
        """|φ(w x)| at the nodes of the grid, shape (m,)."""
        return np.asarray(np.linalg.norm(self.rows[0, BEYOND:-BEYOND], axis=1))

    def orthonormal(self, features: Array) -> Array:
        """An orthonormal basis (f, r) of features (f, q) without a weight."""
        return np.ascontiguousarray(np.linalg.qr(self.frame @ features.T)[0].T)


def scaled_features(responses: Responses, w: Array, order: int) -> Array:
    """G_a = w^a x^a φ^(a)(w x), a = 0 … order, at weights w (m,); shape (order + 1, m, q)."""
    features = responses.features(w, order)
    features *= (w ** np.arange(order + 1)[:, None])[:, :, None]
    return features


def _step(grid: Grid) -> float:
    return float(np.log(grid.highest / grid.lowest)) / (grid.nodes.size - 1)


def _frame(responses: Responses, features: Array) -> Array:
    """Orthonormal rows that span the features of these weights and those without one."""
    powers = np.array([responses.monomial(k) for k in (1, 3, 5)])
    step = responses.rows(np.sign(responses.x))
    spanning = np.vstack([features[0], features[1], features[2, -1], powers, step])
    spanning /= np.linalg.norm(spanning, axis=1, keepdims=True)
    _, values, rows = np.linalg.svd(spanning, full_matrices=False)
    return np.asarray(rows[values > RANK * values[0]])
