"""Meshes on [0, 1]: how well one resolves a function, and one on which the error is even.

References
----------
.. [1] U. Ascher, R. Mattheij, R. Russell, *Numerical Solution of Boundary Value Problems for
       Ordinary Differential Equations*, SIAM 1995, section 9.1.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.orbits.scheme import Scheme, scheme_of

__all__ = ["MESH", "MeshOptions", "equidistributed", "interpolated", "interval_errors", "times"]

FLAT = 0.1
"""Where a function changes little, a mesh is at most so much coarser than on average."""


@dataclass(frozen=True)
class MeshOptions:
    """Intervals in which orbits are polynomials.

    Parameters
    ----------
    intervals : int
        Of the first mesh; as many more as the tolerance needs come by doubling.
    degree : int
        Of the polynomials, 2 to 7: as many Gauss points in every interval.
    tolerance : float
        Of the estimated error of the states, in the units of the run.
    most : int
        Intervals at most: a run ends where they do not resolve the orbit.
    uneven : float
        The mesh moves where the largest error of an interval exceeds the mean by this factor.

    Examples
    --------
    >>> from continuation.orbits import MeshOptions
    >>> MeshOptions(intervals=40).degree
    4
    """

    intervals: int = 20
    degree: int = 4
    tolerance: float = 1e-5
    most: int = 640
    uneven: float = 4.0

    def __post_init__(self) -> None:
        scheme_of(self.degree)
        for name in ("intervals", "most"):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < 1:
                raise InvalidInputError(f"{name} must be a positive integer, got {value!r}.")
        if self.intervals > self.most:
            raise InvalidInputError(f"intervals {self.intervals} exceed most = {self.most}.")
        if not self.tolerance > 0 or not self.uneven >= 1:
            raise InvalidInputError("tolerance must be positive, and uneven at least 1.")


MESH = MeshOptions()
"""The default."""


def times(mesh: Array, degree: int) -> Array:
    """All nodes of a mesh (N + 1,): shape (N degree + 1,)."""
    inner = mesh[:-1, None] + np.diff(mesh)[:, None] * (np.arange(degree) / degree)
    return np.append(inner.ravel(), mesh[-1])


def pieces(nodes: Array, degree: int) -> Array:
    """Values at nodes (N degree + 1, n) by interval: shape (N, degree + 1, n)."""
    return nodes[_indices((len(nodes) - 1) // degree, degree)]


@lru_cache(maxsize=64)
def _indices(count: int, degree: int) -> Any:
    return np.arange(count)[:, None] * degree + np.arange(degree + 1)


def interpolated(nodes: Array, mesh: Array, t: Array, scheme: Scheme) -> Array:
    """Values at times t (k,) in [0, 1] of a function given at nodes (N degree + 1, n): (k, n)."""
    i = np.clip(np.searchsorted(mesh, t, side="right") - 1, 0, mesh.size - 2)
    basis = scheme.at((t - mesh[i]) / (mesh[i + 1] - mesh[i]))
    return np.asarray((basis[:, None, :] @ pieces(nodes, scheme.degree)[i])[:, 0])


def _derivative(nodes: Array, mesh: Array, scheme: Scheme, periodic: bool) -> Array:
    """Size of the derivative of order degree + 1, interval by interval: shape (N,).

    That of order degree is constant on each; the next follows from its jumps.
    """
    m, h = scheme.degree, mesh[1:] - mesh[:-1]
    inner = nodes[:-1].reshape(h.size, m, -1)
    highest = (scheme.top[:m] @ inner + scheme.top[m] * nodes[m::m]) / h[:, None] ** m
    if h.size == 1:
        return np.sqrt((highest**2).sum(axis=1))
    jumps = np.empty((h.size + 1, nodes.shape[1]))  # at the ends of intervals
    jumps[1:-1] = (highest[1:] - highest[:-1]) / ((h[1:] + h[:-1]) / 2)[:, None]
    jumps[0], jumps[-1] = jumps[1], jumps[-2]
    if periodic:
        jumps[0] = jumps[-1] = (highest[0] - highest[-1]) * 2 / (h[0] + h[-1])
    size = np.sqrt(np.einsum("ij,ij->i", jumps, jumps))
    return np.asarray(np.maximum(size[1:], size[:-1]))


def interval_errors(nodes: Array, mesh: Array, scheme: Scheme, periodic: bool) -> Array:
    """Estimated error of the polynomial in each interval, shape (N,)."""
    rate = _derivative(nodes, mesh, scheme, periodic)
    return np.asarray(scheme.error * rate * (mesh[1:] - mesh[:-1]) ** (scheme.degree + 1))


def equidistributed(
    nodes: Array, mesh: Array, scheme: Scheme, periodic: bool, intervals: int
) -> Array:
    """A mesh of so many intervals on which the error of a function is the same in each [1]_."""
    rate = _derivative(nodes, mesh, scheme, periodic) ** (1 / (scheme.degree + 1))
    h = np.diff(mesh)
    mean = float(h @ rate)
    density = np.maximum(rate, FLAT * mean) if mean > 0 else np.ones(h.size)
    total = np.append(0.0, np.cumsum(h * density))
    new = np.interp(np.linspace(0, total[-1], intervals + 1), total, mesh)
    new[0], new[-1] = 0.0, 1.0
    return np.asarray(new)
