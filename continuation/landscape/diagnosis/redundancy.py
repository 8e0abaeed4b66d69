"""How far are weights from those of a smaller network: units nearly equal, silent or dead?

Each distance is Euclidean, to the linear space in which the function has one unit less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from continuation.arrays import Array
from continuation.landscape.network import Layout, Symmetry
from continuation.landscape.sets import DEAD_UNIT, SILENT_UNIT
from symbolic import Model, centre_of, parity_of

MOST_PAIRS = 1_000
"""Pairs of units that are told of each layer: all of some 45 units."""

COINCIDENT = 1e-6
"""Distance, relative to 1 + |θ|, at which critical weights are those of a smaller network."""

COPY, OPPOSITE = "copied unit", "opposite unit"
"""Two units with equal input weights, or with opposite ones where a flip makes them equal."""


@dataclass(frozen=True)
class NearEmbedding:
    """An embedding of a smaller network next to given weights.

    Attributes
    ----------
    kind : {"copied unit", "opposite unit", "silent unit", "dead unit"}
    units : tuple of int
        One or two positions, from 0.
    distance : float
        Of the weights from the space of such embeddings, in units that fit the data.
    layer : int
        Hidden layer of the units, from 0.
    cancelling : bool
        Whether the outputs of two copies point against each other: the sign of a channel.
    """

    kind: str
    units: tuple[int, ...]
    distance: float
    layer: int = 0
    cancelling: bool = False


@dataclass(frozen=True, eq=False)
class _Layer:
    """The units of one hidden layer.

    Attributes
    ----------
    number : int
    inputs : ndarray, shape (h, a)
        Weights on the input side of each, bias included.
    outputs : ndarray, shape (h, b)
    parity : int
        −1 where the activation is odd, about a constant that the next biases take; 1 where even.
    """

    number: int
    inputs: Array
    outputs: Array
    parity: int


def near_embeddings(model: Model, theta: Array) -> tuple[NearEmbedding, ...]:
    """The embeddings that weights θ (d,) may be near to, the nearest first."""
    found = (near for layer in _layers(model, theta) for near in (*_idle(layer), *_copies(layer)))
    return tuple(sorted(found, key=lambda one: one.distance))


def shown_by(model: Model, theta: Array) -> tuple[NearEmbedding, ...]:
    """The embeddings that critical weights θ (d,) are: each unit is told of once."""
    room = COINCIDENT * (1.0 + float(np.linalg.norm(theta)))
    near = [one for one in near_embeddings(model, theta) if one.distance <= room]
    dead = {(one.layer, one.units) for one in near if one.kind == DEAD_UNIT}
    gone = {(one.layer, unit) for one in near if len(one.units) == 1 for unit in one.units}
    return tuple(
        one
        for one in near
        if one.kind == DEAD_UNIT
        or (one.kind == SILENT_UNIT and (one.layer, one.units) not in dead)
        or (len(one.units) > 1 and not any((one.layer, unit) in gone for unit in one.units))
    )


def _layers(model: Model, theta: Array) -> Iterator[_Layer]:
    """Hidden layers with free output weights."""
    if model.free_output:
        units, symmetry = Layout.of(model).units(theta), Symmetry.of(model)
        parity = symmetry.output_sign if symmetry.flip else 0
        yield _Layer(0, units[:, :-1], units[:, -1:], parity)
    if model.network is None:
        return
    weights, biases = model.unpack(theta)
    free = len(weights) - 1 - (model.network.output_weights is not None)
    for k, name in enumerate(model.network.activations[:free]):
        bias = biases[k]
        inputs = weights[k] if bias is None else np.vstack([weights[k], bias])
        yield _Layer(k, inputs.T, weights[k + 1], _parity(name, biases[k + 1] is not None))


def _parity(activation: str, biased: bool) -> int:
    """−1: φ(u) + φ(−u) = 0, or a constant where the next layer has biases; 1: φ(u) = φ(−u)."""
    centre = centre_of(activation)
    if centre is not None and (biased or centre == 0.0):
        return -1
    return max(parity_of(activation), 0)


def _idle(layer: _Layer) -> Iterator[NearEmbedding]:
    for k, (unit, out) in enumerate(zip(layer.inputs, layer.outputs, strict=True)):
        yield NearEmbedding(SILENT_UNIT, (k,), float(np.linalg.norm(out)), layer.number)
        whole = float(np.linalg.norm(np.append(unit, out)))
        yield NearEmbedding(DEAD_UNIT, (k,), whole, layer.number)


def _copies(layer: _Layer) -> Iterator[NearEmbedding]:
    """Pairs of units, of a wide layer the nearest."""
    first, second = np.triu_indices(len(layer.inputs), 1)
    apart, summed = (
        cdist(layer.inputs, side)[first, second] for side in (layer.inputs, -layer.inputs)
    )
    flipped = (summed < apart) & (layer.parity != 0)
    distance = np.where(flipped, summed, apart) / np.sqrt(2.0)
    products = (layer.outputs @ layer.outputs.T)[first, second]
    cancels = np.where(flipped, layer.parity, 1) * products < 0.0
    for k in np.argsort(distance, kind="stable")[:MOST_PAIRS]:
        pair = int(first[k]), int(second[k])
        kind = OPPOSITE if flipped[k] else COPY
        yield NearEmbedding(kind, pair, float(distance[k]), layer.number, bool(cancels[k]))
