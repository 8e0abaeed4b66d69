"""Critical sets of a network that are embeddings of critical points of smaller ones.

A critical point (w*, v*) of one unit less, with residual r, lifts to

- a split line: one unit copied, w₁ = w₂ = w*, v₁ = λ v*, v₂ = (1 − λ) v*;
- a dead unit: a new unit with w = v = 0 (φ odd, no bias);
- a silent unit: a new unit with v = 0 and w a root of h(w) = ⟨r, φ(w x)⟩.

References
----------
K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from continuation.landscape.critical_sets import Segment
from continuation.landscape.symmetry import Symmetry
from symbolic import Model

Array = NDArray[np.float64]

COINCIDENT = 1e-6
"""Relative distance of the input parameters of two units that sit on a split line."""


def copy_unit(model: Model, base: Array, unit: int, share: float) -> Array:
    """θ of one unit more: the given unit copied, v* shared as λ v* and (1 − λ) v*.

    Parameters
    ----------
    model : Model
        The smaller network, free output weights.
    base : ndarray, shape (d₀,)
    unit : int
    share : float
        λ.

    Returns
    -------
    ndarray, shape (d₀ + blocks,)
        The two copies are the last two units.
    """
    blocks, rest = _blocks(model, base)
    order = [k for k in range(model.hidden) if k != unit] + [unit, unit]
    wide = blocks[:, order].copy()
    wide[-1, -2] *= share
    wide[-1, -1] *= 1.0 - share
    return np.concatenate([wide.ravel(), rest])


def copied_unit(model: Model, base: Array, theta: Array) -> int:
    """The unit of a smaller network of which θ, made by `copy_unit`, holds two copies."""
    wide = np.asarray(theta)[: len(model.unit_parameters) * (model.hidden + 1)]
    last = wide.reshape(-1, model.hidden + 1)[:-1, -1]
    return int(np.argmin(np.abs(_blocks(model, base)[0][:-1].T - last).max(axis=1)))


def append_unit(model: Model, base: Array, *parameters: float) -> Array:
    """θ of one unit more, the new one first with the given (w, [c], v)."""
    blocks, rest = _blocks(model, base)
    wide = np.column_stack([np.array(parameters), blocks])
    return np.concatenate([wide.ravel(), rest])


def merge_units(model: Model, theta: Array, kept: int, dropped: int) -> Array:
    """Inverse of `copy_unit` for any two coinciding units: outputs added, one unit removed."""
    blocks, rest = _blocks(model, theta)
    blocks = blocks.copy()
    opposite = np.abs(blocks[:-1, kept] - blocks[:-1, dropped]).max() > COINCIDENT * (
        1.0 + np.abs(blocks[:-1, kept]).max()
    )
    sign = Symmetry.of(model).output_sign if opposite else 1
    if opposite and sign < 0 and model.offset:
        rest = rest + 2.0 * Symmetry.of(model).centre * blocks[-1, dropped]
    blocks[-1, kept] += sign * blocks[-1, dropped]
    return np.concatenate([np.delete(blocks, dropped, axis=1).ravel(), rest])


def coinciding_units(model: Model, theta: Array) -> tuple[int, int] | None:
    """Two units with the same input parameters up to a flip, both working; else None."""
    if not model.free_output or model.kind == "expression" or model.hidden < 2:
        return None
    units = _blocks(model, theta)[0].T
    inputs, outputs = units[:, :-1], units[:, -1]
    flips = bool(Symmetry.of(model).flip)
    for i, j in itertools.combinations(range(model.hidden), 2):
        tiny = COINCIDENT * (1.0 + np.abs(inputs[[i, j]]).max())
        gap = np.abs(inputs[i] - inputs[j]).max()
        if flips:
            gap = min(gap, np.abs(inputs[i] + inputs[j]).max())
        if gap < tiny and min(abs(outputs[i]), abs(outputs[j])) > 0.0:
            return i, j
    return None


def working_units(model: Model, theta: Array) -> int:
    """Distinct units with nonzero input and output weights (coinciding ones count once)."""
    if model.kind == "expression":
        return 0
    units = _blocks(model, theta)[0]
    outputs = units[-1] if model.free_output else np.array(model.output_weights)
    tiny = COINCIDENT * (1.0 + np.abs(units).max())
    inputs = units[:-1] if model.free_output else units
    working = (np.abs(outputs) > tiny) & (np.abs(inputs[0]) > tiny)
    distinct: list[Array] = []
    for unit in inputs.T[working]:
        gaps = [min(np.abs(unit - other).max(), np.abs(unit + other).max()) for other in distinct]
        if min(gaps, default=np.inf) > tiny:
            distinct.append(unit)
    return len(distinct)


def transverse_curvatures(model: Model, middle_hessian: Array) -> Array:
    """Eigenvalues of v* Σ ω r ∂²φ/∂u², u = (w, [c]) the copied unit's input parameters.

    Parameters
    ----------
    model : Model
        The larger network, whose last two units are the copies.
    middle_hessian : ndarray, shape (d, d)
        Hessian at λ = 1/2. There u₁ = u + t, u₂ = u − t changes f at second order only, by
        v* φ''(u)[t, t]/2, so that half of the matrix sought is its restriction to such t.

    Returns
    -------
    ndarray, shape (1,) or (2,)
        Increasing. The curvature across the line is λ(1−λ) times these.
    """
    inner = 1 + model.bias
    directions = np.zeros((len(middle_hessian), inner))
    for k in range(inner):
        last = (k + 1) * model.hidden - 1
        directions[last - 1, k], directions[last, k] = np.sqrt(0.5), -np.sqrt(0.5)
    restricted = directions.T @ middle_hessian @ directions
    return 2.0 * np.asarray(np.linalg.eigvalsh(restricted), dtype=np.float64)


def segments(base_index: int, curvatures: Array) -> tuple[Segment, ...]:
    """Pieces of a split line.

    Parameters
    ----------
    base_index : int
        Index of the critical point of the smaller network.
    curvatures : ndarray
        From `transverse_curvatures`.
    """
    inside, outside = 0.25 * curvatures, -2.0 * curvatures[::-1]
    ranges = ((-np.inf, 0.0, outside), (0.0, 1.0, inside), (1.0, np.inf, outside))
    return tuple(
        Segment(lower, upper, float(values[0]), base_index + int((values < 0.0).sum()))
        for lower, upper, values in ranges
    )


def _blocks(model: Model, theta: Array) -> tuple[Array, Array]:
    inner = len(model.unit_parameters) * model.hidden
    return np.asarray(theta[:inner]).reshape(-1, model.hidden), np.asarray(theta[inner:])
