"""Branches through infinity as values: their legs, and what stays the same along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.landscape.branches.course import Course
from continuation.landscape.branches.ranges import Where
from continuation.landscape.infinity import Chart, Passage
from continuation.landscape.network import LossAlong, split_plain

IN_WEIGHTS = "weights"
"""Where a leg is that is in no chart."""


@dataclass(frozen=True, eq=False)
class Leg:
    """A part of a branch in one set of coordinates: of a chart, or the weights themselves.

    Attributes
    ----------
    p : ndarray, shape (m,)
    coordinates : ndarray, shape (m, d)
        Of the chart, see `charts`; θ itself in the weights.
    theta : ndarray, shape (m, d)
        Weights; nan where they are not real.
    virtual : ndarray of bool, shape (m,)
    loss : ndarray, shape (m,)
    inertia : ndarray of int, shape (m, 3)
        Of the Hessian in these coordinates: at real points that of the weights.
    passages : tuple of Passage
    special : tuple of SpecialPoint
        Folds and the like, in these coordinates.
    stop_reason : str
        "limit", "returned" (the next leg goes on in the weights; none follows where these are
        singular to rounding), "arrival: …" (the next one in
        a chart), "at the end" (step), "corner" (both units of a pair become linear; not followed
        further), or as in `Branch`.
    """

    p: Array
    coordinates: Array = field(repr=False)
    theta: Array = field(repr=False)
    virtual: NDArray[np.bool_] = field(repr=False)
    loss: Array = field(repr=False)
    inertia: NDArray[np.int64] = field(repr=False)
    passages: tuple[Passage, ...]
    special: tuple[SpecialPoint, ...]
    stop_reason: str

    def __len__(self) -> int:
        return int(self.p.size)

    @property
    def chart(self) -> str:
        """End whose chart it is: "confluence", "linear", "step"; "weights" in the weights."""
        raise NotImplementedError

    def outputs(self, row: int, x: Array) -> Array:
        """Network function of one row at inputs x (m,), real for virtual units too."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class ChartLeg(Leg):
    """A leg in the chart of an end.

    Attributes
    ----------
    unit : Chart
        Which units the coordinates stand for.
    """

    unit: Chart = field(repr=False)

    @property
    def chart(self) -> str:
        """End whose chart it is."""
        return self.unit.end.name

    def outputs(self, row: int, x: Array) -> Array:
        """Network function of one row at inputs x (m,), real for virtual units too."""
        return self.unit.values(self.coordinates[row], x)[0]


@dataclass(frozen=True, eq=False)
class WeightsLeg(Leg):
    """A leg that has come back to the weights."""

    @property
    def chart(self) -> str:
        """That there is none."""
        return IN_WEIGHTS

    def outputs(self, row: int, x: Array) -> Array:
        """Network function of one row at inputs x (m,)."""
        w, v = split_plain(self.theta[row])
        return np.asarray(v @ np.tanh(np.outer(w, x)))


@dataclass(frozen=True, eq=False)
class Route:
    """What stays the same along one direction of a branch.

    Attributes
    ----------
    along : LossAlong
    course : Course
    where : callable
        θ ↦ the end it has come to, see `ranges`.
    """

    along: LossAlong
    course: Course
    where: Where

    @property
    def input_scale(self) -> float:
        """Root mean square of the inputs."""
        return float(np.sqrt(np.mean(self.along.loss.data.x**2)))


def passages_of(legs: Sequence[Leg]) -> tuple[Passage, ...]:
    """All passages of infinity, in order."""
    return tuple(passage for leg in legs for passage in leg.passages)
