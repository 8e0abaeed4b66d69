"""Weighted samples as an orthonormal frame for inner products, compressed where they are many.

All inner products of the layer are Σ ω_i f(x_i) g(x_i) of functions that are analytic between
bins of the inputs. On a bin such a function is its interpolant at p Chebyshev points ξ, f = L f(ξ),
so that the sum over its samples is f(ξ)ᵀ M g(ξ) with M = Lᵀ Ω L of size p: 10⁶ samples become a
few hundred coordinates, exact to rounding. What the interpolants do not see of the targets
(their noise) is kept in two more coordinates, so that losses agree as well.

References
----------
L. N. Trefethen, *Approximation Theory and Approximation Practice*, SIAM 2013, chs. 5, 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array

LARGEST_PLAIN = 3000
"""Data sets up to this size are not compressed."""

POINTS = 22
"""Interpolation points of a bin."""

KEPT = 16
"""Samples nearest to 0 that stay as they are: step ends depend on the very nearest."""

GROWTH = 1.5
"""Ratio of the ends of a bin. v φ(w x) varies on the scale of |x| where it varies at all."""

SMALLEST_BIN = 0.012
"""First bin, relative to the root mean square of x: tanh(w x) with the largest w of the search,
100 over the root mean square, has its poles at 0.0157."""

RANK = 1e-14
"""Relative eigenvalue of M below which a direction is not seen by the samples of a bin."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Nodes, and the map from values at the nodes to coordinates with a plain dot product.

    Attributes
    ----------
    x : ndarray, shape (m,)
        Nodes: single samples first, then the points of the bins.
    root_weight : ndarray, shape (s,)
        √ω of the s single samples.
    blocks : ndarray, shape (b, p, p)
        Maps of the bins.
    teacher, noise : ndarray, shape (q,)
        Coordinates of T and ε.
    """

    x: Array
    root_weight: Array
    blocks: Array
    teacher: Array
    noise: Array

    @property
    def is_plain(self) -> bool:
        """Whether every node is a sample."""
        return len(self.blocks) == 0

    @classmethod
    def plain(cls, x: Array, weight: Array, teacher: Array, noise: Array) -> Samples:
        """Every sample for itself; zero weights are left out."""
        seen = weight > 0.0
        root = np.sqrt(weight[seen])
        return cls(x[seen], root, np.empty((0, 1, 1)), root * teacher[seen], root * noise[seen])

    @classmethod
    def of(cls, x: Array, weight: Array, teacher: Array, noise: Array) -> Samples:
        """The samples, compressed if there are more than `LARGEST_PLAIN`."""
        if np.count_nonzero(weight) <= LARGEST_PLAIN:
            return cls.plain(x, weight, teacher, noise)
        seen = weight > 0.0
        x, weight, teacher, noise = x[seen], weight[seen], teacher[seen], noise[seen]
        rms = float(np.sqrt(weight @ x**2))
        bins = _bins(x, rms)
        counts = np.bincount(bins)
        single = counts[bins] < 2 * POINTS
        single[np.argpartition(np.abs(x), KEPT)[:KEPT]] = True
        parts = [cls.plain(x[single], weight[single], teacher[single], noise[single])]
        for k in np.flatnonzero(counts >= 2 * POINTS):
            inside = (bins == k) & ~single
            if inside.any():
                parts.append(_compressed(x[inside], weight[inside], teacher[inside], noise[inside]))
        left = _left_over(parts, weight, teacher, noise)
        return cls(
            np.concatenate([part.x for part in parts]),
            parts[0].root_weight,
            np.concatenate([part.blocks for part in parts[1:]]),
            np.concatenate([*(part.teacher for part in parts), left[:, 0]]),
            np.concatenate([*(part.noise for part in parts), left[:, 1]]),
        )

    def coordinates(self, values: Array) -> Array:
        """Values at the nodes, shape (..., m), as coordinates, shape (..., q)."""
        single = self.root_weight.size
        first = values[..., :single] * self.root_weight
        if self.is_plain:
            return first
        shape = (*values.shape[:-1], len(self.blocks), POINTS)
        rest = np.einsum("...bp,bpq->...bq", values[..., single:].reshape(shape), self.blocks)
        rest = rest.reshape(*values.shape[:-1], rest.shape[-2] * rest.shape[-1])
        return np.concatenate([first, rest, np.zeros((*values.shape[:-1], 2))], axis=-1)


def _bins(x: Array, rms: float) -> NDArray[np.int64]:
    """Bin of every sample: geometric in |x|, separate for the two signs."""
    scaled = np.maximum(np.abs(x) / (SMALLEST_BIN * rms), 1.0)
    level = np.floor(np.log(scaled) / np.log(GROWTH) + (scaled > 1.0)).astype(np.int64)
    return 2 * level + (x < 0.0)


def _compressed(x: Array, weight: Array, teacher: Array, noise: Array) -> Samples:
    """One bin at its Chebyshev points."""
    low, high = x.min(), x.max()
    angle = np.pi * (np.arange(POINTS) + 0.5) / POINTS
    nodes = (low + high) / 2.0 - (high - low) / 2.0 * np.cos(angle)
    signs = np.resize(np.array([1.0, -1.0]), POINTS)
    basis = _interpolation(x, nodes, np.asarray(signs * np.sin(angle), dtype=np.float64))
    values, vectors = np.linalg.eigh(basis.T @ (weight[:, None] * basis))
    root = np.sqrt(np.where(values > RANK * values[-1], values, 0.0))
    inverse = np.where(root > 0.0, 1.0 / np.where(root > 0.0, root, 1.0), 0.0)
    teacher, noise = (
        inverse * (vectors.T @ (basis.T @ (weight * target))) for target in (teacher, noise)
    )
    return Samples(nodes, np.empty(0), (vectors * root)[None], teacher, noise)


def _interpolation(x: Array, nodes: Array, barycentric: Array) -> Array:
    """Lagrange basis at x, shape (n, p), by the second barycentric formula."""
    gap = x[:, None] - nodes
    hit = gap == 0.0
    terms = barycentric / np.where(hit, 1.0, gap)
    basis = terms / terms.sum(axis=1, keepdims=True)
    on_node = hit.any(axis=1)
    basis[on_node] = hit[on_node]
    return np.asarray(basis, dtype=np.float64)


def _left_over(parts: list[Samples], weight: Array, teacher: Array, noise: Array) -> Array:
    """Two more coordinates (2, 2) that restore the inner products of T and ε."""
    targets = np.array([teacher, noise])
    whole = (targets * weight) @ targets.T
    seen = np.array([np.concatenate([getattr(p, name) for p in parts]) for name in _TARGETS])
    values, vectors = np.linalg.eigh(whole - seen @ seen.T)
    values = np.where(values > RANK * np.trace(whole), values, 0.0)
    return np.asarray((vectors * np.sqrt(values)).T, dtype=np.float64)


_TARGETS = ("teacher", "noise")
