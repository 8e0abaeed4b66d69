"""All ways in which a plane through the origin divides points: the cells of an arrangement.

A unit that diverges is a step, whose function on the data depends on the sides of the samples only.
In general position there are O(n^(D−1)) ways for n points in D dimensions: every cell of the
arrangement of the planes u·x = 0 in the space of u has an edge, on which D − 1 of them meet, and
around an edge the cells are those of an arrangement in one dimension less.

References
----------
T. M. Cover, *IEEE Trans. Electronic Computers* 14 (1965) 326: how many there are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import comb

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array

MOST_DIMENSIONS = 3
"""Of x̃: two inputs with a bias, or three without."""

ON_PLANE = 1e-9
"""|u·x| relative to |u||x| below which a point lies on a plane."""

Sides = NDArray[np.int64]


def count_of_divisions(n: int, dimensions: int) -> int:
    """Ways to divide n points in general position, a way and its opposite counted once."""
    return sum(comb(n - 1, k) for k in range(dimensions))


def divisions(points: Array) -> list[Sides]:
    """Sides (n,) of points (n, D), D ≤ `MOST_DIMENSIONS`: 1 or −1, 0 of points at the origin.

    Of a way and its opposite only the one is listed whose first side is 1.
    """
    found = {tuple(sides * _first(sides)) for sides in _cells(points)}
    return [np.array(sides) for sides in sorted(found, reverse=True)]


def _first(sides: Sides) -> int:
    return int(next((side for side in sides if side), 1))


def _cells(points: Array) -> Iterator[Sides]:
    """Sides in every cell, up to the sign of all."""
    norms = np.linalg.norm(points, axis=1)
    seen = np.flatnonzero(norms > ON_PLANE * norms.max(initial=0.0))
    rank = np.linalg.matrix_rank(points[seen], tol=ON_PLANE * norms.max(initial=0.0) * len(points))
    if not seen.size:
        yield np.zeros(len(points), dtype=np.int64)
        return
    flat = np.linalg.svd(points[seen], full_matrices=False)[2][:rank]
    inside = points[seen] @ flat.T / norms[seen, None]
    for sides in _of_full_rank(inside):
        whole = np.zeros(len(points), dtype=np.int64)
        whole[seen] = sides
        yield whole


def _of_full_rank(points: Array) -> Iterator[Sides]:
    """Cells of unit vectors (n, D) that span the space."""
    n, d = points.shape
    if d == 1:
        yield np.sign(points[:, 0]).astype(np.int64)
        return
    for chosen in itertools.combinations(range(n), d - 1):
        *_, size, basis = np.linalg.svd(points[list(chosen)], full_matrices=True)
        if d > 2 and size[-1] < ON_PLANE:
            continue
        product = points @ basis[-1]
        on = np.flatnonzero(np.abs(product) < ON_PLANE)
        for beside in _cells(points[on] - np.outer(product[on], basis[-1])):
            sides = np.sign(product).astype(np.int64)
            for sign in (1, -1):
                sides[on] = sign * beside
                yield sides.copy()
