"""Polylines that run along each other within their error: one of them divides the plane.

Two events are often one curve: what arrives at a step arrives at the split line over the step, too.
Between both lie hundreds of slivers of rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.plane.arrangement import Arrangement, arrangement_of
from continuation.landscape.plane.curves import distances, feet

__all__ = ["divided", "merged"]

ONE = 1e-4
"""Distance within which two curves are one, in units of the limits: both are interpolations."""

LONG = 20.0
"""What runs along another curve for so many times the tolerance is no crossing."""

OVER = 0.1
"""What is left of a curve is drawn over the other one by this part of the tolerance."""


def divided(curves: Sequence[Array]) -> Arrangement:
    """The unit square cut by curves (m, 2), of those that are one the first."""
    return arrangement_of(merged(curves, ONE))


def merged(curves: Sequence[Array], within: float) -> list[Array]:
    """The parts of curves (m, 2) that are on none before, each drawn over what it leaves.

    Parameters
    ----------
    curves : sequence of ndarray, shape (m, 2)
    within : float
        Distance at which two are one.
    """
    kept: list[Array] = []
    for curve in curves:
        pieces = [np.asarray(curve)]
        for other in kept:
            pieces = [part for piece in pieces for part in _off(piece, other, within)]
        kept += pieces
    return kept


def _off(piece: Array, other: Array, within: float) -> Iterator[Array]:
    """The parts of a polyline that do not run along another one."""
    on = _along(piece, other, within)
    if not on.any():
        yield piece
        return
    free = np.flatnonzero(~on)
    for run in np.split(free, np.flatnonzero(np.diff(free) > 1) + 1):
        if run.size:
            low, high = max(run[0] - 1, 0), min(run[-1] + 1, len(piece) - 1)
            ends = [_over(piece[i], other, within) for i in (low, high) if on[i]]
            before, after = ends[: int(on[low])], ends[int(on[low]) :]
            yield np.concatenate([*before, piece[low : high + 1], *after])


def _over(end: Array, other: Array, within: float) -> Array:
    """From the end of a part onto the other curve and a little over it, shape (1, 2)."""
    foot = feet(end[None], other)[0]
    way = foot - end
    return np.asarray(foot + OVER * within * way / max(np.linalg.norm(way), 1e-300))[None]


def _along(piece: Array, other: Array, within: float) -> NDArray[np.bool_]:
    """Which points lie in a stretch along another polyline, long enough to be no crossing."""
    if ((piece.min(axis=0) > other.max(axis=0) + within)
            | (piece.max(axis=0) < other.min(axis=0) - within)).any():  # fmt: skip
        return np.zeros(len(piece), dtype=bool)
    on = distances(piece, other) <= within
    places = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(piece, axis=0), axis=1)))
    near = np.flatnonzero(on)
    for run in np.split(near, np.flatnonzero(np.diff(near) > 1) + 1):
        if run.size and places[run[-1]] - places[run[0]] < LONG * within:
            on[run] = False
    return on
