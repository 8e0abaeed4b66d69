"""The phase plane of a model with two weights: field, critical points, invariant manifolds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.graph.curves import invariant_curve
from continuation.landscape.network import PHASE_PLANE, Loss, LossAt, Symmetry
from continuation.landscape.sets import CriticalSet, conditions_on

SIDES_LONG = 2.0
"""Length of the manifolds in units of the window, so that they leave it."""


@dataclass(frozen=True, eq=False)
class PhasePlane:
    """The gradient flow of a model with two weights in a window.

    Attributes
    ----------
    first, second : ndarray, shape (m,)
        Values of the two weights.
    gradient : ndarray, shape (m, m, 2)
        ∇L at (second, first); the flow goes against it.
    points : ndarray, shape (k, 2)
        Critical points in the window, all images under symmetry.
    index : ndarray of int, shape (k,)
    curves : tuple of ndarray, shape (j, 2)
        Halves of the manifolds of the saddles.
    stable : tuple of bool
        Which of them are stable.
    """

    first: Array = field(repr=False)
    second: Array = field(repr=False)
    gradient: Array = field(repr=False)
    points: Array
    index: NDArray[np.int64]
    curves: tuple[Array, ...] = field(repr=False)
    stable: tuple[bool, ...] = field(repr=False)


def phase_plane(
    loss: Loss,
    sets: Sequence[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
    extent: tuple[float, float] = (-3.0, 3.0),
    resolution: int = 201,
) -> PhasePlane:
    """Compute the phase plane of a model with two weights.

    Parameters
    ----------
    loss : Loss
        Its model has two weights, such as one unit (w, v).
    sets : sequence of CriticalSet
        As found by `find_critical_sets`.
    noise, size, weight_decay : float, optional
        Parameters of the loss, as in `Loss.at`. Omitted: those that the sets were found at.
    extent : (float, float)
        Range of both weights.
    resolution : int
        Points of the grid along each weight.

    Returns
    -------
    PhasePlane

    Raises
    ------
    InvalidInputError
        A model with another number of weights, an empty range, under two points, or sets that
        were found at other parameters.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, phase_plane
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> plane = phase_plane(loss, sets, resolution=21)
    >>> plane
    PhasePlane(points=array([[ 0.7866833 ,  1.16344283],
           [-0.7866833 , -1.16344283],
           [ 0.        ,  0.        ]]), index=array([0, 0, 1]))
    """
    PHASE_PLANE.require(loss.model)
    low, high = extent
    if not (np.isfinite(extent).all() and low < high) or resolution < 2:
        raise InvalidInputError(
            f"extent must increase and resolution be 2 or more, not {extent} and {resolution}"
        )
    at = loss.under(conditions_on(loss, sets, noise=noise, size=size, weight_decay=weight_decay))
    axis = np.linspace(low, high, resolution)
    gradient = np.array([[at.gradient([a, b]) for a in axis] for b in axis])
    points = [p for found in sets for p in _images(found, extent)]
    curves = [curve for p in points for curve in _manifolds(at, p, SIDES_LONG * (high - low))]
    index = np.array([int((np.linalg.eigvalsh(at.hessian(p)) < 0.0).sum()) for p in points])
    return PhasePlane(
        axis,
        axis.copy(),
        gradient,
        np.array(points).reshape(-1, 2),
        index.astype(np.int64),
        tuple(curve for _, curve in curves),
        tuple(stable for stable, _ in curves),
    )


def _images(found: CriticalSet, extent: tuple[float, float]) -> Iterator[Array]:
    """The orbit of a point, as far as it lies in the window."""
    if found.theta is None:
        return
    symmetry = Symmetry.of(found.model, decays=found.conditions.decays)
    seen: list[Array] = []
    for g in symmetry.elements():
        image = symmetry.act(g, found.theta) + 0.0
        if all(np.abs(image - other).max() > 0.0 for other in seen):
            seen.append(image)
    yield from (p for p in seen if p.min() >= extent[0] and p.max() <= extent[1])


def _manifolds(at: LossAt, point: Array, length: float) -> Iterator[tuple[bool, Array]]:
    """Both halves of both manifolds of a saddle."""
    values, vectors = np.linalg.eigh(at.hessian(point))
    if not values[0] < 0.0 < values[1]:
        return
    for k, stable in ((0, False), (1, True)):
        for side in (1.0, -1.0):
            direction = side * vectors[:, k]
            yield stable, invariant_curve(at, point, direction, stable=stable, length=length)
