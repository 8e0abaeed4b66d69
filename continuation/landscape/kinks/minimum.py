"""Minima at which samples stand on kinks of units (ReLU, |u|): the loss has no gradient there.

With the argument z_a(θ) of a unit at a sample, the loss is smooth on both sides of z_a = 0, and its
gradients differ by J_a = c_a ∇z_a. Where the loss bends up across all kinks, c_a > 0, and

    ∇L⁻ + Σ t_a J_a = 0,   0 < t_a < 1,

with L rising along the kinks, no direction leads down: a minimum, which is no critical point. The
gradient flow slides onto the kinks and along them to it, and an integrator takes ever shorter
steps. Newton's method on the kinks finds it, from where the flow is.

References
----------
F. H. Clarke, *Optimization and Nonsmooth Analysis* (1983); A. F. Filippov, *Differential Equations
with Discontinuous Righthand Sides* (1988).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.network import LossAt
from symbolic import Network, activation_derivatives

NEAR, MOST = 1e-2, 8
"""Distance of a kink from the weights, relative to 1 + |θ|, up to which it is tried, and how many
kinks at once: the nearest one, the nearest two …"""

BESIDE = 1e-7
"""How far from the kinks the gradients of their sides are taken, relative to 1 + |θ|."""

FIRST, CONTRACTION, STEPS, CONVERGED = 0.5, 0.25, 12, 1e-9
"""Newton's method, as for minima of smooth losses (`flow.decision`): the largest first step, how
much shorter the next ones are, how many, and the last one. Sides are taken `BESIDE` the kinks, so
that steps are right to the square of it."""

FLAT = 1e-6
"""Eigenvalues along the kinks that are smaller, relative to the largest, are zero: the sides are
known to `BESIDE`. Units whose (w, b) differ by less, as directions, are parallel."""

INSIDE = 1e-6
"""How far a share t must be from 0 and 1."""

Places = NDArray[np.int64]
"""Rows (sample, layer, unit) of `LossAt.kink_places`."""


@dataclass(frozen=True, eq=False)
class KinkMinimum:
    """A minimum on kinks.

    Attributes
    ----------
    theta : ndarray, shape (d,)
    places : ndarray of int, shape (k, 3)
        Sample, hidden layer and unit of each kink, from 0.
    shares : ndarray, shape (k,)
        t, how much of each jump makes the gradient vanish.
    loss : float
    eigenvalues : ndarray, shape (d - k,)
        Of the Hessian along the kinks, increasing.
    nullity : int
        How many of them vanish: along changes that no output feels.
    """

    theta: Array
    places: Places
    shares: Array
    loss: float
    eigenvalues: Array
    nullity: int


def minimum_on_kinks(at: LossAt, theta: Array) -> KinkMinimum | None:
    """The minimum on kinks next to weights θ (d,); None if there is none.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation.landscape import Dataset, Loss
    >>> from continuation.landscape.kinks import minimum_on_kinks
    >>> from symbolic import Model
    >>> model = Model.mlp(inputs=1, hidden=1, activation="relu", bias=False, offset=True)
    >>> loss = Loss(model, Dataset.from_observations([[-1.0], [1.0]], [0.0, 1.0]))
    >>> minimum_on_kinks(loss.at(), np.array([1.0, 1.0, 0.0])) is None  # a smooth minimum
    True
    """
    near = _nearest_kinks(at, theta)
    for count in range(1, len(near) + 1):
        found = settled_on(at, theta, near[:count])
        if found is not None:
            return found
    return None


def _nearest_kinks(at: LossAt, theta: Array) -> Places:
    """Kinks near θ (d,), the nearest first."""
    found = []
    reach = NEAR * (1.0 + float(np.linalg.norm(theta)))
    for row in _smallest_arguments(at, theta):
        value, slope = argument(at, theta, row)
        length = float(np.linalg.norm(slope))
        if length > 0.0 and abs(value) < reach * length:
            found.append((abs(value) / length, row))
    found.sort(key=lambda one: one[0])
    return np.array([row for _, row in found[:MOST]], dtype=np.int64).reshape(-1, 3)


def _smallest_arguments(at: LossAt, theta: Array) -> Iterator[tuple[int, int, int]]:
    network = at.model.layered
    for layer, z in enumerate(network.arguments(theta, _inputs(at))[:-1]):
        if network.kinked[layer]:
            sizes = np.where((at.weights > 0.0)[:, None], np.abs(z), np.inf)
            for k in np.argsort(sizes, axis=None, kind="stable")[: 2 * MOST]:
                sample, unit = divmod(int(k), z.shape[1])
                yield sample, layer, unit


def argument(at: LossAt, theta: Array, row: tuple[int, int, int]) -> tuple[float, Array]:
    """Z of one unit at one sample, and ∇z (d,)."""
    sample, layer, unit = row
    network = at.model.layered
    weights, biases = network.unpack(theta)
    below, reached = _inputs(at)[sample], []
    for w, b in zip(weights[: layer + 1], biases, strict=False):
        reached.append((below, below @ w + (0.0 if b is None else b)))
        below = reached[-1][1]
        if len(reached) <= layer:
            name = network.activations[len(reached) - 1]
            below = activation_derivatives(name, below, 0)[0]
    by_weights = [np.zeros_like(w) for w in weights]
    by_biases = [None if b is None else np.zeros_like(b) for b in biases]
    pull = np.zeros(weights[layer].shape[1])
    pull[unit] = 1.0
    for k in range(layer, -1, -1):
        by_weights[k] = np.outer(reached[k][0], pull)
        if by_biases[k] is not None:
            by_biases[k] = pull
        if k:
            slope = activation_derivatives(network.activations[k - 1], reached[k - 1][1], 1)[1]
            pull = (weights[k] @ pull) * slope
    free = by_weights if network.output_weights is None else by_weights[:-1]
    return float(reached[layer][1][unit]), network.pack(free, by_biases)


def _inputs(at: LossAt) -> Array:
    return at.x.reshape(len(at.weights), -1)


@dataclass(frozen=True, eq=False)
class Sides:
    """A loss beside kinks, at weights (d,) on all of them.

    Attributes
    ----------
    gradient, hessian : ndarray, shapes (d,) and (d, d)
        Where all z_a < 0.
    jumps : ndarray, shape (k, d)
        J_a.
    bends : ndarray, shape (k, d, d)
        What the Hessian gains where z_a > 0.
    normals : ndarray, shape (k, d)
        ∇z_a.
    """

    gradient: Array
    hessian: Array
    jumps: Array
    bends: Array
    normals: Array

    def along(self, shares: Array) -> Array:
        """The Hessian (d, d) with shares t (k,) of the sides."""
        return np.asarray(self.hessian + np.tensordot(shares, self.bends, axes=1))

    def sliding_shares(self) -> Array:
        """T (k,), with which the gradient lies along the kinks: they are slid on where 0 < t < 1.

        Where the loss bends down across a kink flows leave it: nan.
        """
        pulls = -np.linalg.lstsq(self.normals.T, self.gradient, rcond=None)[0]
        return np.divide(
            pulls, self.heights, out=np.full(len(pulls), np.nan), where=self.heights > 0
        )

    @property
    def heights(self) -> Array:
        """C (k,): positive where the loss bends up across a kink."""
        return np.asarray((self.jumps * self.normals).sum(axis=1) / (self.normals**2).sum(axis=1))


def sides_of(at: LossAt, theta: Array, normals: Array) -> Sides:
    """The loss beside kinks, at weights (d,) on all of them with ∇z (k, d).

    By values on both sides, moved onto the kinks by the Hessian.
    """
    small = BESIDE * (1.0 + float(np.linalg.norm(theta)))
    lengths = np.linalg.norm(normals, axis=1)
    back = np.linalg.pinv(normals)

    def side(above: Array) -> tuple[Array, Array]:
        moved = back @ (small * lengths * above)
        _, gradient, hessian = at.evaluate(theta + moved)
        return gradient - hessian @ moved, hessian

    below = -np.ones(len(normals))
    gradient, hessian = side(below)
    others = [side(below + 2.0 * row) for row in np.eye(len(normals))]
    jumps = np.array([g - gradient for g, _ in others])
    return Sides(gradient, hessian, jumps, np.array([h - hessian for _, h in others]), normals)


def settled_on(at: LossAt, theta: Array, places: Places) -> KinkMinimum | None:
    """The minimum on given kinks (k, 3) by Newton's method; None unless it contracts to one."""
    shares, before = np.full(len(places), 0.5), np.inf
    idle = (rows_of_unit(at, unit) for unit in idle_units(at, theta))
    fixed = np.vstack([np.empty((0, theta.size)), *idle])
    for number in range(STEPS):
        values, normals = zip(*(argument(at, theta, tuple(row)) for row in places), strict=True)
        rows = np.array(normals)
        if np.linalg.matrix_rank(rows, tol=FLAT * np.abs(rows).max()) < len(rows):
            return None
        onto = np.linalg.pinv(rows) @ -np.array(values)
        sides = sides_of(at, theta + onto, rows)
        if not (np.isfinite(sides.hessian).all() and (sides.heights > 0.0).all()):
            return None
        along = _along(rows, fixed)
        step, multipliers = _newton_step(sides, shares, along)
        shares = multipliers / sides.heights
        length = float(np.linalg.norm(onto + step))
        if not length <= (FIRST if number == 0 else max(CONTRACTION * before, CONVERGED)):
            return None
        theta, before = theta + onto + step, length
        if length <= CONVERGED * (1.0 + float(np.linalg.norm(theta))):
            return _minimum(at, theta, places, shares, sides, along)
    return None


def _along(normals: Array, fixed: Array) -> Array:
    """Orthonormal changes (d, r) along kinks, of all weights but fixed ones (k, d)."""
    rows = np.vstack([normals, fixed])
    _, sizes, turn = np.linalg.svd(rows)
    return np.asarray(turn[int((sizes > FLAT * sizes[0]).sum()) :].T)


def _newton_step(sides: Sides, shares: Array, along: Array) -> tuple[Array, Array]:
    """The step (d,) along the kinks, and the multipliers (k,) of ∇z_a there."""
    bend = sides.along(shares)
    values, vectors = np.linalg.eigh(along.T @ bend @ along)
    seen = np.abs(values) > FLAT * np.abs(values).max(initial=0.0)
    slopes = vectors.T @ (along.T @ sides.gradient)
    step = along @ (vectors @ -np.divide(slopes, values, out=np.zeros_like(slopes), where=seen))
    return step, -np.linalg.lstsq(sides.normals.T, sides.gradient + bend @ step, rcond=None)[0]


def _minimum(
    at: LossAt, theta: Array, places: Places, shares: Array, sides: Sides, along: Array
) -> KinkMinimum | None:
    """A minimum, if the shares lie between 0 and 1 and nothing along the kinks leads down."""
    if not ((shares > INSIDE) & (shares < 1.0 - INSIDE)).all():
        return None
    values = np.asarray(np.linalg.eigvalsh(along.T @ sides.along(shares) @ along), dtype=np.float64)
    flat = np.abs(values) <= FLAT * np.abs(values).max(initial=0.0)
    if (values[~flat] < 0.0).any() or flat.sum() != _freedom(at, theta):
        return None
    return KinkMinimum(theta, places, shares, at.value(theta), values, int(flat.sum()))


def idle_units(at: LossAt, theta: Array) -> tuple[int, ...]:
    """Units of the first hidden layer that no sample drives: they stand still, or decay."""
    network = at.model.layered
    z = network.arguments(theta, _inputs(at)[at.weights > 0.0])[0]
    value, slope = activation_derivatives(network.activations[0], z, 1)
    silent = ~(value.any(axis=0) | slope.any(axis=0)) & (z < 0.0).all(axis=0)
    return tuple(int(k) for k in np.flatnonzero(silent & network.kinked[0]))


def rows_of_unit(at: LossAt, unit: int) -> Array:
    """Unit vectors (k, d) of all weights that enter or leave a unit of the first hidden layer."""
    return np.eye(at.model.dimension)[_marked(at, (unit,), bias=True)]


def decaying_of_units(at: LossAt, units: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which weights (d,) are of units of the first hidden layer, and decay."""
    return _marked(at, units, bias=at.model.layered.decay_biases)


def _marked(at: LossAt, units: tuple[int, ...], *, bias: bool) -> NDArray[np.bool_]:
    network, chosen = at.model.layered, list(units)
    weights, biases = network.unpack(np.zeros(at.model.dimension))
    marks = [np.zeros_like(w) for w in weights]
    shifts = [None if b is None else np.zeros_like(b) for b in biases]
    marks[0][:, chosen] = 1.0
    if bias and (own := shifts[0]) is not None:
        own[chosen] = 1.0
    free = marks if network.output_weights is None else marks[:-1]
    if len(free) > 1:
        free[1][chosen] = 1.0
    return np.asarray(network.pack(free, shifts) > 0.0)


def _freedom(at: LossAt, theta: Array) -> int:
    """Independent changes of θ (d,) that neither outputs nor the decay feel, on kinks as beside.

    Parallel units of the first layer trade their outputs, with weight decay in turns that keep
    Σ |θ|². Without it a unit of ReLU may be scaled as well, and one of a later layer that no sample
    drives is free.
    """
    network = at.model.layered
    traded = _parallel_units(at, theta)
    if at.conditions.decays:
        return traded
    directions = list(_scalings(network, theta, _inputs(at)[at.weights > 0.0]))
    return traded + (int(np.linalg.matrix_rank(np.array(directions))) if directions else 0)


def _parallel_units(at: LossAt, theta: Array) -> int:
    """How many units of the first layer more there are than directions of their (w, b)."""
    weights, biases = at.model.layered.unpack(theta)
    rows = weights[0].T if biases[0] is None else np.column_stack([weights[0].T, biases[0]])
    rows = np.delete(rows, idle_units(at, theta), axis=0)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1), 1e-300)[:, None]
    first = [
        all(np.linalg.norm(row - other) > FLAT for other in rows[:k]) for k, row in enumerate(rows)
    ]
    return len(rows) - sum(first)


def _scalings(network: Network, theta: Array, x: Array) -> Iterator[Array]:
    """Weights of units that scale, and all coordinates of units that are idle."""
    weights, biases = network.unpack(theta)
    arguments = network.arguments(theta, x)
    free = len(weights) if network.output_weights is None else len(weights) - 1
    for layer, name in enumerate(network.activations):
        if not network.kinked[layer] or layer + 1 >= free:
            continue
        value, slope = activation_derivatives(name, arguments[layer], 1)
        for unit in range(weights[layer].shape[1]):
            idle = not (value[:, unit].any() or slope[:, unit].any())
            if idle and not layer:
                continue
            yield from _unit_directions(network, weights, biases, layer, unit, idle=idle)


def _unit_directions(
    network: Network,
    weights: list[Array],
    biases: list[Array | None],
    layer: int,
    unit: int,
    *,
    idle: bool,
) -> Iterator[Array]:
    """The scaling of a unit, or every weight that enters or leaves it."""

    def packed(entering: Array, bias: float, leaving: Array) -> Array:
        rows = [np.zeros_like(w) for w in weights]
        shifts = [None if b is None else np.zeros_like(b) for b in biases]
        rows[layer][:, unit], rows[layer + 1][unit] = entering, leaving
        if (own := shifts[layer]) is not None:
            own[unit] = bias
        free = rows if network.output_weights is None else rows[:-1]
        return network.pack(free, shifts)

    w, b, v = weights[layer][:, unit], biases[layer], weights[layer + 1][unit]
    if not idle:
        yield packed(w, 0.0 if b is None else float(b[unit]), -v)
        return
    for row in np.eye(w.size):
        yield packed(row, 0.0, 0.0 * v)
    if b is not None:
        yield packed(0.0 * w, 1.0, 0.0 * v)
    for row in np.eye(v.size):
        yield packed(0.0 * w, 0.0, row)
