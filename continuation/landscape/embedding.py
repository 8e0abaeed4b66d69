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

import numpy as np
from numpy.typing import NDArray

from continuation.landscape.critical_sets import Segment
from symbolic import Model

Array = NDArray[np.float64]


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


def append_unit(model: Model, base: Array, *parameters: float) -> Array:
    """θ of one unit more, the new one first with the given (w, [c], v)."""
    blocks, rest = _blocks(model, base)
    wide = np.column_stack([np.array(parameters), blocks])
    return np.concatenate([wide.ravel(), rest])


def merge_units(model: Model, theta: Array, kept: int, dropped: int) -> Array:
    """Inverse of `copy_unit`: output weights added, the dropped unit removed."""
    blocks, rest = _blocks(model, theta)
    blocks = blocks.copy()
    blocks[-1, kept] += blocks[-1, dropped]
    return np.concatenate([np.delete(blocks, dropped, axis=1).ravel(), rest])


def segments(base_index: int, transverse: float) -> tuple[Segment, ...]:
    """Pieces of a split line.

    Parameters
    ----------
    base_index : int
        Index of the critical point of the smaller network.
    transverse : float
        v* Σ ω r φ''(w* x) x²; the curvature across the line is λ(1−λ) times this.
    """
    inside, outside = 0.25 * transverse, -2.0 * transverse
    ranges = ((-np.inf, 0.0, outside), (0.0, 1.0, inside), (1.0, np.inf, outside))
    return tuple(
        Segment(lower, upper, curvature, base_index + int(curvature < 0.0))
        for lower, upper, curvature in ranges
    )


def _blocks(model: Model, theta: Array) -> tuple[Array, Array]:
    inner = len(model.unit_parameters) * model.hidden
    return np.asarray(theta[:inner]).reshape(-1, model.hidden), np.asarray(theta[inner:])
