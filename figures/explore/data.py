"""The data set of a document, its axes, and the loss over two input weights."""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.landscape import Loss
from continuation.landscape.network import LossAlong
from continuation.landscape.search import reduced_loss
from continuation.storage import Result
from figures.explore.plain import Document, numbers, rows

ABSCISSAE = 61
"""Inputs at which network functions are shown."""

MOST_SAMPLES = 400
"""Samples that are shown: the first ones."""

BEYOND = 0.04
"""Of the range of inputs, shown on both sides of it."""

NODES = 81
"""Of the map of the loss, each way."""

MAP_DIGITS = 8
"""Of its values: colours show how far they lie above the lowest loss, down to 1e-5 of it."""

SIZES = 9
"""Sizes at which the map is made; those between see the nearest one."""


def is_scalar(loss: Loss) -> bool:
    """Whether there is one input and one output, so that functions are curves."""
    return loss.data.inputs == loss.data.outputs == 1


def inputs_shown(loss: Loss) -> Array:
    """Inputs on which functions are compared: a grid for one input, else the first samples."""
    x = loss.data.x
    if not is_scalar(loss):
        return x[:ABSCISSAE]
    margin = BEYOND * float(np.ptp(x))
    return np.linspace(x.min() - margin, x.max() + margin, ABSCISSAE)


def data_document(result: Result) -> Document:
    """Samples in measured units, with the teacher; empty where functions are no curves."""
    loss, (x_axis, y_axis) = result.loss, result.axes
    if not is_scalar(loss):
        return {}
    data, grid = loss.data, inputs_shown(loss)
    teacher = None if loss.model.teacher is None else loss.model.teacher_function()
    return {
        "names": [x_axis.name, y_axis.name],
        "grid": numbers(x_axis.measured(grid)),
        "unit": {"centre": y_axis.centre, "scale": y_axis.scale},
        "x": numbers(x_axis.measured(data.x[:MOST_SAMPLES])),
        "target": numbers(data.target[:MOST_SAMPLES]),
        "noise": numbers(data.noise[:MOST_SAMPLES]),
        "teacher": None if teacher is None else numbers(teacher(grid)),
        "samples": data.size,
    }


def maps_document(along: LossAlong, values: list[float]) -> Document:
    """The reduced loss over a compactified grid of two input weights, at several values.

    Along the noise it is a polynomial of degree two, so that three values give all others.

    Parameters
    ----------
    along : LossAlong
    values : list of float
        Limits of the parameter, or its one value.
    """
    axis = (np.arange(NODES) + 0.5) / NODES
    at, exact = _map_values(along, values)
    return {
        "axis": numbers(axis),
        "exact": exact,
        "at": at,
        "rows": [_triangle(_reduced(along, value, axis / (1.0 - axis))) for value in at],
    }


def _map_values(along: LossAlong, values: list[float]) -> tuple[list[float], bool]:
    if len(values) == 1:
        return values, True
    if along.parameter == "noise":
        return np.linspace(values[0], values[-1], 3).tolist(), True
    return sorted({float(round(v)) for v in np.linspace(values[0], values[-1], SIZES)}), False


def _reduced(along: LossAlong, value: float, nodes: Array) -> Array:
    loss, conditions = along.loss_at(value), along.conditions(value)
    if conditions.size is not None:
        loss = Loss(loss.model, loss.data.first(round(conditions.size)))
    return reduced_loss(loss, nodes, noise=conditions.noise)


def _triangle(reduced: Array) -> list[list[float | None]]:
    """Rows of the lower triangle, |w₁| ≤ |w₂|; the map is symmetric."""
    return rows([row[: k + 1] for k, row in enumerate(reduced)], MAP_DIGITS)
