"""How far are weights from those of a smaller network: units nearly equal, silent or dead?

Each distance is Euclidean, to the linear space in which the function has one unit less.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import Layout, Symmetry
from continuation.landscape.sets import DEAD_UNIT, SILENT_UNIT
from symbolic import Model

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
    cancelling : bool
        Whether the outputs of two copies have opposite signs: the sign of a channel.
    """

    kind: str
    units: tuple[int, ...]
    distance: float
    cancelling: bool = False


def near_embeddings(model: Model, theta: Array) -> tuple[NearEmbedding, ...]:
    """All embeddings that weights θ (d,) may be near to, the nearest first."""
    if not model.free_output:
        return ()
    units = Layout.of(model).units(theta)
    return tuple(sorted([*_idle(units), *_copies(model, units)], key=lambda one: one.distance))


def _idle(units: Array) -> Iterator[NearEmbedding]:
    for k, unit in enumerate(units):
        yield NearEmbedding(SILENT_UNIT, (k,), abs(float(unit[-1])))
        yield NearEmbedding(DEAD_UNIT, (k,), float(np.linalg.norm(unit)))


def _copies(model: Model, units: Array) -> Iterator[NearEmbedding]:
    symmetry, inputs = Symmetry.of(model), units[:, :-1]
    for i, j in itertools.combinations(range(len(units)), 2):
        cancels = bool(units[i, -1] * units[j, -1] < 0.0)
        apart, summed = (float(np.linalg.norm(inputs[i] + s * inputs[j])) for s in (-1.0, 1.0))
        if symmetry.flip and summed < apart:
            opposite = cancels if symmetry.output_sign > 0 else not cancels
            yield NearEmbedding(OPPOSITE, (i, j), summed / np.sqrt(2.0), opposite)
        else:
            yield NearEmbedding(COPY, (i, j), apart / np.sqrt(2.0), cancels)
