"""Critical sets of a network that are embeddings of critical points of smaller ones.

A critical point (w*, v*) of one unit less, with residual r, lifts to

- a split line: one unit copied, w₁ = w₂ = w*, v₁ = λ v*, v₂ = (1 − λ) v*;
- a dead unit: a new unit with w = v = 0 (φ odd, no bias);
- a silent unit: a new unit with v = 0 and w a root of h(w) = ⟨r, φ(w x)⟩.

See docs/theory.md, Split lines.

References
----------
K. Fukumizu and S. Amari, *Neural Networks* 13 (2000) 317.
"""

from __future__ import annotations

import itertools

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import SPLIT_LINES, Layout, Symmetry
from continuation.landscape.sets.critical_sets import Segment
from continuation.landscape.sets.layer_embeddings import LayerEmbedding, layer_curvatures
from continuation.landscape.sets.manifolds import Embedding
from symbolic import Model

SILENT = 1e-9
"""Relative size below which an output weight is zero."""

COINCIDENT = 1e-6
"""Relative distance of the input parameters of two units that sit on a split line."""


def copied_unit(model: Model, base: Array, theta: Array) -> int:
    """The unit of a smaller network of which θ, of one unit more, holds two copies."""
    kept, _ = copies(model.with_hidden(model.hidden + 1), theta)
    layout = Layout.of(model)
    copy = layout.with_hidden(model.hidden + 1).units(theta)[kept, :-1]
    return int(np.argmin(np.abs(layout.units(base)[:, :-1] - copy).max(axis=1)))


def merge_units(model: Model, theta: Array, kept: int, dropped: int) -> Array:
    """One unit less: the outputs of two coinciding units are added."""
    layout = Layout.of(model)
    units, rest = layout.split(theta.copy())
    inputs = units[:, :-1]
    opposite = np.abs(inputs[kept] - inputs[dropped]).max() > COINCIDENT * (
        1.0 + np.abs(inputs[kept]).max()
    )
    sign = Symmetry.of(model).output_sign if opposite else 1
    if opposite and sign < 0 and model.offset:
        rest = rest + 2.0 * Symmetry.of(model).centre * units[dropped, -1]
    units[kept, -1] += sign * units[dropped, -1]
    return layout.join(np.delete(units, dropped, axis=0), rest)


def copies(model: Model, theta: Array) -> tuple[int, int]:
    """The two units of weights on a split line that share one output weight.

    Raises
    ------
    InvalidInputError
        Where no two units are equal.
    """
    pair = coinciding_units(model, theta)
    if pair is None:
        raise InvalidInputError("no two units are equal: the weights lie on no split line")
    return pair


def coinciding_units(model: Model, theta: Array) -> tuple[int, int] | None:
    """Two units with the same input parameters up to a flip, both working; else None."""
    if not SPLIT_LINES.holds(model):
        return None
    units = Layout.of(model).units(theta)
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


def reduced_network(model: Model, theta: Array, *, decays: bool = False) -> tuple[Array, Embedding]:
    """The smallest network with the same function that θ shows: units merged, idle ones removed.

    Parameters
    ----------
    model : Model
        Free output weights.
    theta : ndarray, shape (d,)
    decays : bool
        Under weight decay equal and silent units cost something; only dead ones are removed.

    Returns
    -------
    base : ndarray, shape (d₀,)
    embedding : Embedding
        Where copies, silent and dead units were; `silent_freedom` is that of the model.
    """
    base, copies = np.asarray(theta, dtype=np.float64), [1] * model.hidden
    narrow = model
    while not decays and narrow.hidden > 1 and (pair := coinciding_units(narrow, base)) is not None:
        kept, dropped = pair
        base = merge_units(narrow, base, kept, dropped)
        copies[kept] += copies.pop(dropped)
        narrow = narrow.with_hidden(narrow.hidden - 1)
    layout = Layout.of(narrow)
    units, rest = layout.split(base)
    tiny = SILENT * (1.0 + np.abs(units).max())
    works = np.abs(units if decays else units[:, -1:]).max(axis=1) > tiny
    silent, dead = [], 0
    for unit in units[~works]:
        if np.abs(unit).max() <= tiny:
            dead += 1
        else:
            silent.append(tuple(float(u) for u in unit[:-1]))
    embedding = Embedding(
        tuple(m for m, working in zip(copies, works, strict=True) if working),
        tuple(silent),
        dead,
        layout.inputs - 1 if silent else 0,
    )
    return layout.join(units[works], rest), embedding


def working_units(model: Model, theta: Array) -> int:
    """Distinct units with nonzero input and output weights (coinciding ones count once)."""
    if not model.is_perceptron:
        return 0
    layout = Layout.of(model)
    units = layout.units(theta)
    outputs = units[:, -1] if model.free_output else np.array(model.output_weights)
    tiny = COINCIDENT * (1.0 + np.abs(units).max())
    inputs = units[:, : layout.inputs]
    working = (np.abs(outputs) > tiny) & (np.abs(inputs[:, 0]) > tiny)
    distinct: list[Array] = []
    for unit in inputs[working]:
        gaps = [min(np.abs(unit - other).max(), np.abs(unit + other).max()) for other in distinct]
        if min(gaps, default=np.inf) > tiny:
            distinct.append(unit)
    return len(distinct)


def unit_curvatures(model: Model, hessian: Array, embedding: Embedding) -> tuple[Array, ...]:
    """Eigenvalues of K_j = v_j Σ ω r ∂²φ/∂u², u = (w, [c]), for every copied unit.

    Parameters
    ----------
    model : Model
        The larger network.
    hessian : ndarray, shape (d, d)
        At the lifted weights with equal shares. There u₁ = u + t, u₂ = u − t changes f at second
        order only, by (v_j/m) φ''(u)[t, t], so that K_j/m is its restriction to such t.
    embedding : Embedding

    Returns
    -------
    tuple of ndarray, shape (1,) or (2,), increasing
        Empty arrays for units with one copy. The curvature across a split line is λ(1−λ) times
        these.
    """
    if isinstance(embedding, LayerEmbedding):
        return layer_curvatures(model, hessian, embedding)
    layout = Layout.of(model)
    values: list[Array] = []
    for unit, m in enumerate(embedding.copies):
        if m == 1:
            values.append(np.empty(0))
            continue
        first, second = map(layout.input_places, embedding.copies_of(unit)[:2])
        directions = np.zeros((len(hessian), layout.inputs))
        directions[first, np.arange(layout.inputs)] = np.sqrt(0.5)
        directions[second, np.arange(layout.inputs)] = -np.sqrt(0.5)
        restricted = directions.T @ hessian @ directions
        values.append(m * np.asarray(np.linalg.eigvalsh(restricted), dtype=np.float64))
    return tuple(values)


def segments(base_index: int, curvatures: Array) -> tuple[Segment, ...]:
    """Pieces of a split line.

    Parameters
    ----------
    base_index : int
        Index of the critical point of the smaller network.
    curvatures : ndarray
        From `unit_curvatures`.
    """
    inside, outside = 0.25 * curvatures, -2.0 * curvatures[::-1]
    ranges = ((-np.inf, 0.0, outside), (0.0, 1.0, inside), (1.0, np.inf, outside))
    return tuple(
        Segment(lower, upper, float(values[0]), base_index + int((values < 0.0).sum()))
        for lower, upper, values in ranges
    )
