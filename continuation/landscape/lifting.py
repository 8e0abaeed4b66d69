"""All embeddings of the critical points of a network with one unit less."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from continuation.landscape.assembly import Assembler
from continuation.landscape.critical_sets import CriticalSet
from continuation.landscape.embedding import append_unit
from continuation.landscape.responses import Responses
from continuation.landscape.two_units import Grid, silent_weights

Array = NDArray[np.float64]

SILENT = 1e-9
"""Relative size below which an output weight is zero."""


def lift_all(
    build: Assembler, below: Sequence[CriticalSet], responses: Responses | None
) -> tuple[list[CriticalSet], tuple[str, ...]]:
    """Split lines, dead and silent units over the points of the smaller network.

    Parameters
    ----------
    build : Assembler
        Of the larger network.
    below : sequence of CriticalSet
        Of the smaller network.
    responses : Responses or None
        None with a hidden bias, where dead and silent units form curves.

    Returns
    -------
    sets : list of CriticalSet
    notes : tuple of str
        What exists but is not listed.
    """
    points = [s for s in below if s.kind == "point" and s.nullity == 0]
    sets: list[CriticalSet] = []
    for base in points:
        sets += lines_over(build, base)
        if responses is not None:
            sets += _units_without_effect(build, base, responses)
    return sets, tuple(_notes(below, points, responses))


def lines_over(build: Assembler, base: CriticalSet) -> list[CriticalSet]:
    """The split lines of every working unit of a point of the smaller network."""
    if base.theta is None or base.nullity:
        return []
    working = np.flatnonzero(_working(base))
    return [build.line(base.theta, base.index, int(unit)) for unit in working]


def _units_without_effect(
    build: Assembler, base: CriticalSet, responses: Responses
) -> list[CriticalSet]:
    """A dead unit where φ is odd, and silent units at the roots of h."""
    model, theta = base.model, base.theta
    assert theta is not None
    sets = []
    nodes = Grid.of(responses).nodes
    weights = np.abs(theta[: model.hidden][_working(base)])
    residual = responses.rows(base.outputs(responses.x)) - responses.target
    if model.is_odd and np.any(theta != 0.0):
        sets.append(build.point(append_unit(model, theta, 0.0, 0.0), "dead unit", theta))
    for sign in (1.0,) if model.is_odd else (1.0, -1.0):
        mirrored = responses.mirrored() if sign < 0.0 else responses
        working = weights if model.is_odd else _of_sign(sign * theta[: model.hidden])
        for w in silent_weights(mirrored, residual, working, nodes):
            lifted = append_unit(model, theta, sign * w, 0.0)
            sets.append(build.point(lifted, "silent unit", theta))
    return sets


def _of_sign(weights: Array) -> Array:
    return weights[weights > 0.0]


def _working(base: CriticalSet) -> NDArray[np.bool_]:
    theta, model = base.theta, base.model
    assert theta is not None
    first = len(model.unit_parameters) * model.hidden - model.hidden
    outputs = theta[first : first + model.hidden]
    return np.abs(outputs) > SILENT * (1.0 + np.abs(theta).max())


def _notes(
    below: Sequence[CriticalSet], points: Sequence[CriticalSet], responses: Responses | None
) -> list[str]:
    notes = []
    if responses is None and points:
        notes.append(
            "with a hidden bias, silent units (v = 0, h(w, c) = 0) and dead units form curves "
            f"over each of the {len(points)} points of the smaller network; they are not listed"
        )
    manifolds = sum(s.kind == "line" for s in below)
    if manifolds:
        notes.append(
            f"{manifolds} split lines of the smaller network lift to critical manifolds of "
            "dimension one (another unit dead or silent) and two (a unit split again); "
            "they are not listed"
        )
    ends = sum(s.kind == "infinity" for s in below)
    if ends:
        notes.append(f"{ends} ends of the smaller network at infinity are not lifted")
    return notes
