"""The unstable sphere of a critical point of index k ≥ 2, modulo the symmetries of the point.

A symmetry that fixes the point acts on its unstable space as an orthogonal map R. Directions that
R leaves alone form invariant subspaces; where such a subspace is a single line, its two rays are
connections of their own ("symmetric"). For k = 2 the mirrors among the R cut the circle into
equal arcs, and one of them stands for all.

References
----------
M. Golubitsky, I. Stewart and D. G. Schaeffer, *Singularities and Groups in Bifurcation Theory* II
(1988), XIII: isotropy subgroups and fixed-point subspaces.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from continuation.arrays import Array
from continuation.landscape.graph.manifold_points import manifold_points, reach, unstable_directions
from continuation.landscape.network import LossAt, Symmetry
from continuation.landscape.sets import CriticalSet

SAME_MAP = 1e-6
"""Distance of two orthogonal maps, or directions, that are the same: eigenvectors are known to
1e-10 over the relative gap of their eigenvalue."""
GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)
"""Fractional parts of its multiples fill an interval evenly, whatever their number."""


@dataclass(frozen=True)
class UnstableSphere:
    """Unit vectors of the unstable space of a critical point.

    Attributes
    ----------
    at : LossAt
    source : CriticalSet
    hessian : ndarray, shape (d, d)
    basis : ndarray, shape (k, d)
        Orthonormal, aligned with units.
    maps : ndarray, shape (m, k, k)
        Distinct orthogonal maps of the unstable space by symmetries of the point, the identity
        first.
    """

    at: LossAt = field(repr=False)
    source: CriticalSet
    hessian: Array = field(repr=False)
    basis: Array = field(repr=False)
    maps: Array = field(repr=False)

    @classmethod
    def of(cls, at: LossAt, source: CriticalSet) -> UnstableSphere:
        """The unstable sphere of a critical point."""
        hessian = at.hessian(source.weights)
        basis = unstable_directions(hessian, source.index, at.model)
        return cls(at, source, hessian, basis, _maps(source, basis))

    @property
    def dimension(self) -> int:
        """k, the index of the point."""
        return len(self.basis)

    def starts(self, directions: Array) -> Array:
        """Weights (m, d) on the unstable manifold in directions (m, k)."""
        theta, rows = self.source.weights, directions @ self.basis
        return manifold_points(self.at, theta, self.hessian, self.basis, rows, reach(theta))

    def multiplicity(self, direction: Array) -> int:
        """Number of images of a direction under the symmetries of the point, which are a group."""
        moved = np.abs(self.maps @ direction - direction).max(axis=1)
        return len(self.maps) // int((moved <= SAME_MAP).sum())

    def symmetric(self) -> Array:
        """Directions (m, k) that are alone in an invariant subspace, one of each orbit."""
        rays: list[Array] = []
        for r in self.maps[1:]:
            values, vectors = np.linalg.eigh(0.5 * (r + r.T))
            fixed = vectors[:, values > 1.0 - SAME_MAP]
            if fixed.shape[1] == 1:
                rays += [fixed[:, 0], -fixed[:, 0]]
        kept: list[Array] = []
        for ray in rays:
            images = self.maps @ ray
            if all(np.abs(images - other).max(axis=1).min() > SAME_MAP for other in kept):
                kept.append(ray)
        return np.array(kept).reshape(-1, self.dimension)

    def domain(self) -> tuple[float, float]:
        """Start and width of an arc of the circle (k = 2) that represents all directions.

        It lies between two neighbouring mirrors; without any it is the whole circle.
        """
        mirrors = [r for r in self.maps if np.linalg.det(r) < 0.0]
        if not mirrors:
            return 0.0, 2.0 * np.pi
        axes = [0.5 * np.arctan2(r[1, 0], r[0, 0]) for r in mirrors]
        return float(axes[np.argmin(np.abs(axes))]), np.pi / len(mirrors)

    def sample(self, count: int) -> Array:
        """The first `count` members (count, k) of a fixed quasi-uniform sequence of directions.

        For k = 2 they lie in the `domain`, and never on its ends.
        """
        if self.dimension > 2:
            return sphere(self.dimension, count)
        start, width = self.domain()
        angle = start + width * ((0.5 + np.arange(count)) * GOLDEN % 1.0)
        return np.column_stack([np.cos(angle), np.sin(angle)])


def sphere(dimension: int, count: int) -> Array:
    """Fixed quasi-uniform unit vectors, shape (count, k).

    The additive recurrence of the generalised golden ratio, mapped to normal variates.
    """
    ratio = 2.0
    for _ in range(60):
        ratio = (1.0 + ratio) ** (1.0 / (dimension + 1.0))
    steps = np.arange(1, count + 1)[:, None]
    uniform = (0.5 + steps * ratio ** -np.arange(1.0, dimension + 1)) % 1.0
    normal = ndtri(uniform)
    return np.asarray(normal / np.linalg.norm(normal, axis=1, keepdims=True))


def _maps(source: CriticalSet, basis: Array) -> Array:
    """Distinct orthogonal maps of the unstable space (k, d), the identity first."""
    symmetry = Symmetry.of(source.model)
    maps = [np.eye(len(basis))]
    for g in source.stabiliser.elements:
        image = np.array([symmetry.act(g, row) for row in basis]) @ basis.T
        if np.abs(image @ image.T - maps[0]).max() < SAME_MAP:
            maps.append(image.T)
    return _distinct(np.array(maps))


def _distinct(rows: Array) -> Array:
    """Members of a list of arrays (m, …), equal ones once."""
    kept: list[Array] = []
    for row in rows:
        if all(np.abs(row - other).max() > SAME_MAP for other in kept):
            kept.append(row)
    return np.array(kept)
