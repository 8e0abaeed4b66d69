"""A square cut into faces by curves: every point of it belongs to one face, exactly.

The square is cut into slabs at the ends and crossings of all segments; within a slab segments do
not meet, so that they are in order and bound trapezoids. Trapezoids of neighbouring slabs that
share more than a point of their wall are parts of one face. Curves may end anywhere, be closed, or
lie within another.

References
----------
D. Dobkin, R. J. Lipton, *SIAM J. Comput.* 5 (1976) 181: slabs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from continuation.arrays import Array

SHEAR = 0.0193724
"""Coordinates are sheared by this much, so that vertical lines, as limits are, do not stand along
the walls of slabs."""

GRID = 2.0**-36
"""Vertices lie on this grid, so that what ends at the border does so exactly."""

THINNEST = 1e-12
"""Shared parts of walls that are shorter are rounding."""

CANDIDATES = 4000
"""Trapezoids among whose middles the one farthest from all curves is sought."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """The unit square cut by segments.

    Attributes
    ----------
    segments : ndarray, shape (m, 2, 2)
        Ends in sheared coordinates, from left to right.
    walls : ndarray, shape (k + 1,)
        Between the slabs.
    order : tuple of ndarray
        In each slab, the segments that pass it, from below.
    faces : tuple of ndarray
        In each slab, the face above each of those segments.
    areas : ndarray, shape (f,)
        Of the faces, decreasing.
    inner : ndarray, shape (f, 2)
        A point of each face, far from the curves, in the square.
    """

    segments: Array = field(repr=False)
    walls: Array = field(repr=False)
    order: tuple[NDArray[np.intp], ...] = field(repr=False)
    faces: tuple[NDArray[np.intp], ...] = field(repr=False)
    areas: Array
    inner: Array

    def face_at(self, point: Array) -> int:
        """The face of a point (2,) of the square; on a curve, the one above it."""
        return int(self.faces_at(np.asarray(point)[None])[0])

    def faces_at(self, points: Array) -> NDArray[np.intp]:
        """The faces of points (m, 2), shape (m,)."""
        x, y = _sheared(points).T
        slabs = np.clip(np.searchsorted(self.walls, x) - 1, 0, len(self.order) - 1)
        found = np.empty(len(points), dtype=np.intp)
        by_slab = np.argsort(slabs, kind="stable")
        for here in np.split(by_slab, np.flatnonzero(np.diff(slabs[by_slab])) + 1):
            slab = int(slabs[here[0]])
            inside = np.clip(x[here], *self.walls[slab : slab + 2])
            heights = _heights(self.segments[self.order[slab]][:, None], inside)
            below = (heights <= y[here]).sum(axis=0) - 1
            found[here] = self.faces[slab][np.clip(below, 0, self.faces[slab].size - 1)]
        return found


def arrangement_of(curves: Sequence[Array]) -> Arrangement:
    """Cut the unit square by polylines.

    Parameters
    ----------
    curves : sequence of ndarray, shape (m, 2)
        Vertices; what lies outside the square is left out.
    """
    border = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    segments = _segments([border, *curves])
    walls = _walls(segments)
    order = _orders(segments, walls)
    trapezoids = np.concatenate([[0], np.cumsum([max(o.size - 1, 0) for o in order])])
    part = _joined(segments, walls, order, trapezoids)
    sizes, middles = _measured(segments, walls, order)
    areas: Array = np.bincount(part, weights=sizes).astype(np.float64)
    rank = np.argsort(-areas, kind="stable")
    name = np.empty_like(rank)
    name[rank] = np.arange(rank.size)
    part = name[part]
    inner = _inner(part, middles, sizes, _sampled(segments))
    faces = tuple(part[a:b] for a, b in pairwise(trapezoids))
    return Arrangement(segments, walls, order, faces, np.asarray(areas[rank]), inner)


def crossings(curves: Sequence[Array]) -> list[tuple[int, int, Array]]:
    """Where polylines cross each other: their positions in the list, and the point (2,)."""
    pieces = [_segments([curve]) for curve in curves]
    owner = np.repeat(np.arange(len(pieces)), [len(p) for p in pieces])
    segments = np.concatenate(pieces) if pieces else np.empty((0, 2, 2))
    found = []
    for i, j, point in _meetings(segments):
        if owner[i] != owner[j]:
            x, y = point
            found.append((int(owner[i]), int(owner[j]), np.array([x - SHEAR * y, y])))
    return found


def _sheared(points: Array) -> Array:
    points = np.asarray(points, dtype=np.float64)
    return np.stack([points[..., 0] + SHEAR * points[..., 1], points[..., 1]], axis=-1)


def _segments(curves: Sequence[Array]) -> Array:
    """All pieces within the square, from left to right, none vertical or without length."""
    lines = [np.round(curve / GRID) * GRID for curve in map(np.asarray, curves)]
    rows = [np.stack([c[:-1], c[1:]], axis=1) for c in lines if len(c) > 1]
    pieces = _clipped(np.concatenate(rows)) if rows else np.empty((0, 2, 2))
    pieces = _sheared(pieces)
    swap = pieces[:, 0, 0] > pieces[:, 1, 0]
    pieces[swap] = pieces[swap, ::-1]
    return pieces[pieces[:, 1, 0] - pieces[:, 0, 0] > 0.0]


def _clipped(pieces: Array) -> Array:
    """The parts of segments (m, 2, 2) that lie in the unit square (Liang and Barsky)."""
    start, way = pieces[:, 0], pieces[:, 1] - pieces[:, 0]
    enter, leave = np.zeros(len(pieces)), np.ones(len(pieces))
    for axis in (0, 1):
        with np.errstate(divide="ignore", invalid="ignore"):
            at = (np.array([[0.0], [1.0]]) - start[:, axis]) / way[:, axis]
        level = way[:, axis] == 0.0
        outside = level & ((start[:, axis] < 0.0) | (start[:, axis] > 1.0))
        enter = np.where(level, np.where(outside, 2.0, enter), np.maximum(enter, at.min(axis=0)))
        leave = np.where(level, leave, np.minimum(leave, at.max(axis=0)))
    kept = enter < leave
    ends = [start[kept] + t[kept, None] * way[kept] for t in (enter, leave)]
    whole = [pieces[kept, 0], pieces[kept, 1]]
    exact = [(enter[kept] == 0.0)[:, None], (leave[kept] == 1.0)[:, None]]
    return np.stack([np.where(e, w, c) for e, w, c in zip(exact, whole, ends, strict=True)], axis=1)


def _heights(segments: Array, x: Array | float) -> Array:
    """Height of segments (..., 2, 2) at x, exact at their ends."""
    x0, y0 = segments[..., 0, 0], segments[..., 0, 1]
    x1, y1 = segments[..., 1, 0], segments[..., 1, 1]
    t = (x - x0) / (x1 - x0)
    return np.asarray((1.0 - t) * y0 + t * y1)


def _meetings(segments: Array) -> list[tuple[int, int, Array]]:
    """Pairs of segments that cross, and where."""
    by_start = np.argsort(segments[:, 0, 0], kind="stable")
    starts = segments[by_start, 0, 0]
    low, high = segments[:, :, 1].min(axis=1), segments[:, :, 1].max(axis=1)
    found = []
    for k, i in enumerate(by_start):
        until = int(np.searchsorted(starts, segments[i, 1, 0], side="right"))
        near = by_start[k + 1 : until]
        near = near[(low[near] <= high[i]) & (high[near] >= low[i])]
        left, right = segments[near, 0, 0], np.minimum(segments[near, 1, 0], segments[i, 1, 0])
        gap = [_heights(segments[near], x) - _heights(segments[i], x) for x in (left, right)]
        crossed = near[gap[0] * gap[1] < 0.0]
        found += [(int(i), int(j), _crossing(segments[i], segments[j])) for j in crossed]
    return found


def _crossing(a: Array, b: Array) -> Array:
    """Where two segments cross that do."""
    left, right = max(a[0, 0], b[0, 0]), min(a[1, 0], b[1, 0])
    ends = np.array([left, right])
    gap = _heights(a, ends) - _heights(b, ends)
    x = left + (right - left) * gap[0] / (gap[0] - gap[1])
    return np.array([x, float(_heights(a, x))])


def _walls(segments: Array) -> Array:
    """Ends and crossings, from left to right."""
    crossed = [point[0] for _, _, point in _meetings(segments)]
    return np.unique(np.concatenate([segments[:, :, 0].ravel(), crossed]))


def _orders(segments: Array, walls: Array) -> tuple[NDArray[np.intp], ...]:
    """The segments that pass each slab, from below."""
    first = np.searchsorted(walls, segments[:, 0, 0])
    last = np.searchsorted(walls, segments[:, 1, 0])
    passing: list[list[int]] = [[] for _ in range(walls.size - 1)]
    for k, (a, b) in enumerate(zip(first, last, strict=True)):
        for slab in range(a, b):
            passing[slab].append(k)
    ordered = []
    for slab, members in enumerate(passing):
        here = np.array(members, dtype=np.intp)
        middle = 0.5 * (walls[slab] + walls[slab + 1])
        ordered.append(here[np.argsort(_heights(segments[here], middle), kind="stable")])
    return tuple(ordered)


def _joined(
    segments: Array, walls: Array, order: Sequence[NDArray[np.intp]], start: NDArray[np.intp]
) -> NDArray[np.intp]:
    """The face of every trapezoid."""
    rows: list[NDArray[np.intp]] = []
    columns: list[NDArray[np.intp]] = []
    for slab in range(len(order) - 1):
        a, b = (_heights(segments[order[slab + k]], walls[slab + 1]) for k in (0, 1))
        if min(a.size, b.size) < 2:
            continue
        top = np.minimum(a[1:, None], b[None, 1:])
        bottom = np.maximum(a[:-1, None], b[None, :-1])
        i, j = np.nonzero(top - bottom > THINNEST)
        rows.append(start[slab] + i)
        columns.append(start[slab + 1] + j)
    count = int(start[-1])
    i, j = (np.concatenate([np.empty(0, dtype=np.intp), *parts]) for parts in (rows, columns))
    graph = coo_matrix((np.ones(i.size), (i, j)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def _measured(
    segments: Array, walls: Array, order: Sequence[NDArray[np.intp]]
) -> tuple[Array, Array]:
    """Area and middle of every trapezoid."""
    sizes, middles = [np.empty(0)], [np.empty((0, 2))]
    for slab, members in enumerate(order):
        x = 0.5 * (walls[slab] + walls[slab + 1])
        heights = _heights(segments[members], x)
        sizes.append(np.diff(heights) * (walls[slab + 1] - walls[slab]))
        y = 0.5 * (heights[1:] + heights[:-1])
        middles.append(np.column_stack([x - SHEAR * y, y]))
    return np.concatenate(sizes), np.concatenate(middles)


def _sampled(segments: Array) -> Array:
    """Points of all segments, in the square."""
    t = np.linspace(0.0, 1.0, 21)[:, None, None]
    points = ((1.0 - t) * segments[None, :, 0] + t * segments[None, :, 1]).reshape(-1, 2)
    return np.column_stack([points[:, 0] - SHEAR * points[:, 1], points[:, 1]])


def _inner(part: NDArray[np.intp], middles: Array, sizes: Array, border: Array) -> Array:
    """For each face the middle of a trapezoid that is farthest from all curves."""
    tree = cKDTree(border)
    inner = np.empty((int(part.max()) + 1, 2))
    for face in range(len(inner)):
        members = np.flatnonzero(part == face)
        if members.size > CANDIDATES:
            members = members[np.linspace(0, members.size - 1, CANDIDATES).astype(int)]
        distance = tree.query(middles[members])[0]
        inner[face] = middles[members[int(np.lexsort((sizes[members], distance))[-1])]]
    return inner
