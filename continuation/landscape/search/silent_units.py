"""Where a unit without effect may stand: the zero set of h(u) = ⟨r, φ(u)⟩ beside a critical point.

Without a hidden bias u = w x, and the zeros are isolated input weights. With one, u = w x + c, and
they are curves in the (w, c) plane; a curve is known by one of its points. Where a flip maps
(w, c) to (−w, −c), a half turn of angles holds every unit once.

References
----------
W. E. Lorensen and H. E. Cline, *Computer Graphics* 21 (1987) 163: marching squares.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from continuation.arrays import Array
from continuation.landscape.infinity import silent_weights
from continuation.landscape.network import (
    LossAt,
    Responses,
    Symmetry,
    activation,
)

ANGLES, RADII = 180, 120
"""Grid of the (w, c) half plane: cells of one degree by 7 %. Components closer than that are
told apart only by chance."""

SMALLEST, LARGEST = 0.02, 60.0
"""Range of radii |(w s, c)|, s the deviation of the inputs: from nearly linear to steps that
hundreds of samples resolve."""

MOST_SAMPLES = 2000
"""More samples than this are joined to groups of neighbours for the grid; the point on each curve
is found with all of them."""


@dataclass(frozen=True)
class SilentUnits:
    """The zero set of h.

    Attributes
    ----------
    places : tuple of tuple of float
        Input parameters (w,) of each root, or (w, c) of a point on each curve.
    freedom : int
        Dimension of the components: 0 or 1.
    dead : bool
        Whether all parameters of a unit may be zero, apart from these.
    """

    places: tuple[tuple[float, ...], ...]
    freedom: int
    dead: bool


def silent_roots(responses: Responses, outputs: Array, weights: Array, nodes: Array) -> SilentUnits:
    """Roots of h without a hidden bias.

    Parameters
    ----------
    responses : Responses
    outputs : ndarray, shape (m,)
        Network function of the critical point at the nodes of the responses.
    weights : ndarray, shape (K,)
        Input weights of its units.
    nodes : ndarray, shape (m,)
        Grid of positive input weights between which roots are sought.
    """
    residual = responses.rows(outputs) - responses.target
    symmetry = Symmetry.of(responses.model)
    places: list[tuple[float, ...]] = []
    for sign in (1.0,) if symmetry.flip else (1.0, -1.0):
        side = responses if sign > 0.0 else responses.mirrored()
        working = np.abs(weights) if symmetry.flip else sign * weights[sign * weights > 0.0]
        double, features = np.full(working.size, 2.0), side.features(nodes, 0)[0]
        on_grid, sizes = features @ residual, np.linalg.norm(features, axis=1)
        places += [
            (sign * float(w),)
            for w in silent_weights(side, residual, working, double, nodes, on_grid, sizes)
        ]
    dead = responses.model.is_odd or responses.model.offset
    return SilentUnits(tuple(places), 0, dead)


def silent_curves(at: LossAt, outputs: Array, units: Array) -> SilentUnits:
    """Curves h(w, c) = 0 with a hidden bias.

    Parameters
    ----------
    at : LossAt
        Any network on the same data with the same activation: it gives the samples.
    outputs : ndarray, shape (n,)
        Network function of the critical point on the samples.
    units : ndarray, shape (K, 2)
        (w, c) of its units: there the gradient of h vanishes, and curves may cross.
    """
    plane = _Plane.of(at, outputs)
    values = plane.on_grid()
    labels, crossing = _components(values, [plane.cell(*unit) for unit in units])
    places = [_nearest_crossing(plane, crossing[labels == k]) for k in np.unique(labels)]
    return SilentUnits(tuple(place for place in places if place is not None), 1, dead=False)


@dataclass(frozen=True, eq=False)
class _Plane:
    """(w, c) = (ρ cos α / s, ρ sin α − w x̄) on a grid that closes up in α with a sign."""

    at: LossAt
    x: Array
    pull: Array
    centre: float
    spread: float
    turn: float
    sign: float

    @classmethod
    def of(cls, at: LossAt, outputs: Array) -> _Plane:
        x = at.x
        pull = at.weights * (outputs - at.targets - at.conditions.noise * at.noises)
        symmetry = Symmetry.of(at.model)
        turn, sign = (np.pi, float(symmetry.output_sign)) if symmetry.flip else (2 * np.pi, 1.0)
        return cls(at, x, pull, float(x.mean()), float(x.std()), turn, sign)

    @property
    def angles(self) -> Array:
        """Half a step off ±π/2, the line w = 0, on which h may vanish identically."""
        return self.turn * ((np.arange(ANGLES) + 0.5) / ANGLES - 0.5)

    @property
    def radii(self) -> Array:
        return np.geomspace(SMALLEST, LARGEST, RADII)

    def parameters(self, angle: float, radius: float) -> tuple[float, float]:
        w = radius * np.cos(angle) / self.spread
        return float(w), float(radius * np.sin(angle) - w * self.centre)

    def response(self, w: float, c: float) -> float:
        """The sum h with all samples."""
        return float(activation(self.at.model, 0)(w * self.x + c)[0] @ self.pull)

    def on_grid(self) -> Array:
        """Values of h, shape (ANGLES + 1, RADII); the last row is the first one, turned."""
        x, pull = _grouped(self.x, self.pull)
        x = (x - self.centre) / self.spread
        phi = activation(self.at.model, 0)
        rows = [phi(np.outer(self.radii, np.cos(a) * x + np.sin(a)))[0] @ pull for a in self.angles]
        return np.array([*rows, self.sign * rows[0]])

    def cell(self, w: float, c: float) -> tuple[int, int]:
        """Angle and radius indices of the cell that holds (w, c)."""
        across, along = w * self.spread, c + w * self.centre
        angle = (np.arctan2(along, across) / self.turn + 0.5) % 1.0 * ANGLES - 0.5
        ratio = np.log(np.hypot(across, along) / SMALLEST) / np.log(LARGEST / SMALLEST)
        return int(np.floor(angle)) % ANGLES, int(np.floor(ratio * (RADII - 1)))


def _grouped(x: Array, pull: Array) -> tuple[Array, Array]:
    if x.size <= MOST_SAMPLES:
        return x, pull
    order = np.argsort(x)
    groups = np.array_split(order, MOST_SAMPLES)
    return np.array([x[g].mean() for g in groups]), np.array([pull[g].sum() for g in groups])


def _components(
    values: Array, joints: list[tuple[int, int]]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Connected zero sets of a grid function.

    Returns
    -------
    labels : ndarray of int, shape (k,)
        Component of each grid edge with a change of sign.
    crossing : ndarray of int, shape (k, 3)
        Those edges: (axis, angle, radius) of their first node; axis 0 runs along the angle.
    """
    positive = values > 0.0
    along_angle = positive[:-1] != positive[1:]
    along_radius = positive[:-1, :-1] != positive[:-1, 1:]
    crossing = np.array(
        [(0, *node) for node in np.argwhere(along_angle)]
        + [(1, *node) for node in np.argwhere(along_radius)],
        dtype=np.int64,
    ).reshape(-1, 3)
    number = {tuple(edge): k for k, edge in enumerate(crossing.tolist())}
    pairs: list[tuple[int, int]] = []
    for i, j in itertools.product(range(ANGLES), range(RADII - 1)):
        pairs += _joined_in_cell(values, number, i, j)
    for i, j in joints:
        pairs += _joined_around(number, i, j)
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    graph = coo_array((np.ones(rows.size), (rows, columns)), shape=(len(crossing),) * 2)
    return connected_components(graph, directed=False)[1], crossing


def _edges(i: int, j: int) -> tuple[tuple[int, int, int], ...]:
    """Left, right, lower and upper edge of a cell, the upper one shared with the next angle."""
    return (0, i, j), (0, i, j + 1), (1, i, j), (1, (i + 1) % ANGLES, j)


def _joined_in_cell(
    values: Array, number: dict[tuple[int, ...], int], i: int, j: int
) -> list[tuple[int, int]]:
    met = [number[edge] for edge in _edges(i, j) if edge in number]
    if len(met) < 4:
        return [(met[0], other) for other in met[1:]]
    left, right, lower, upper = met
    centre = values[i : i + 2, j : j + 2].mean()
    if (centre > 0.0) == (values[i, j] > 0.0):  # the first corner is joined to the opposite one
        return [(left, upper), (lower, right)]
    return [(left, lower), (upper, right)]


def _joined_around(number: dict[tuple[int, ...], int], i: int, j: int) -> list[tuple[int, int]]:
    """All curves that come within one cell of a crossing belong together."""
    near = [
        number[edge]
        for di, dj in itertools.product((-1, 0, 1), repeat=2)
        for edge in _edges((i + di) % ANGLES, j + dj)
        if edge in number
    ]
    return [(near[0], other) for other in near[1:]]


def _nearest_crossing(plane: _Plane, edges: NDArray[np.int64]) -> tuple[float, float] | None:
    """(w, c) of the point of a component whose |(w s, c)| is nearest to 1.

    None for a component that joined samples show and all samples do not.
    """
    log_radii = np.log(plane.radii)
    axis, i, j = edges[np.argmin(np.abs(log_radii[edges[:, 2]]))]
    angle, radius = plane.angles[i], log_radii[j]
    turn = 0.0 if axis else plane.turn / ANGLES
    growth = log_radii[1] - log_radii[0] if axis else 0.0

    def along(t: float) -> tuple[float, float]:
        return plane.parameters(angle + t * turn, float(np.exp(radius + t * growth)))

    if not plane.response(*along(0.0)) * plane.response(*along(1.0)) < 0.0:
        return None
    return along(float(brentq(lambda t: plane.response(*along(t)), 0.0, 1.0, xtol=1e-15)))
