"""All critical points of one unit with bias on a grid of weights and biases, without a seed."""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.landscape.biases.input_grid import InputGrid, critical_places
from continuation.landscape.biases.parts import Background, UnitPart
from continuation.landscape.network import LossAt, Responses
from continuation.landscape.sets import ISOLATED, Assembler, CriticalSet

NEWTON_STEPS = 3
"""From places that are right to rounding in other coordinates."""


def one_unit(at: LossAt) -> list[CriticalSet]:
    """The genuine critical points of one tanh unit with bias.

    Parameters
    ----------
    at : LossAt
        Of a model of `BIASED_ENDS` with one unit, without weight decay.

    Returns
    -------
    list of CriticalSet
        Regular ones whose unit at least three inputs see turn.
    """
    responses, build = Responses.at(at), Assembler(at)
    background = Background(responses, at.model.offset)
    if np.unique(responses.x).size < at.model.dimension:
        return []  # a continuum of exact fits
    centre = responses.centre
    near = responses.about(centre)
    places = critical_places(near, InputGrid.of(near.x), 1, background.rows)
    places[:, 1] -= places[:, 0] * centre
    points = (build.point(_weights(at, background, place), ISOLATED) for place in places)
    return [point for point in points if not point.nullity]


def _weights(at: LossAt, background: Background, place: Array) -> Array:
    """θ (d,) of a unit at a place (w, c)."""
    w, c = map(float, place)
    rows = np.concatenate([UnitPart(w, c).rows(background.responses), background.rows])
    outputs = np.linalg.lstsq(rows.T, background.responses.target, rcond=None)[0]
    theta = np.concatenate([[w, c], outputs])
    for _ in range(NEWTON_STEPS):
        _, gradient, hessian = at.evaluate(theta)
        try:
            theta = theta - np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            break  # degenerate: it is left out
    return np.asarray(theta)
