"""Spots: what is shown of a network or of a limit of networks, at one value of the parameter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from continuation.arrays import Array
from continuation.landscape import CriticalSet, Loss
from continuation.landscape.infinity import LimitModel
from continuation.landscape.network import REDUCED_LOSS
from figures.explore.plain import DIGITS
from figures.landscape import compactified

AXES = 2
"""Of every plane."""


@dataclass(frozen=True, eq=False)
class Spot:
    """Weights, or the limit of weights that diverge, with the network function.

    Attributes
    ----------
    outputs : ndarray, shape (m,)
        Of the network, on inputs that all spots of a document share.
    theta : ndarray, shape (d,), or None
    limit : LimitModel or None
        One of the two is given.
    """

    outputs: Array = field(repr=False)
    theta: Array | None
    limit: LimitModel | None = None

    @classmethod
    def of(cls, found: CriticalSet, x: Array) -> Spot:
        """Where a critical set is, with its function on inputs x (m,) or (m, d)."""
        return cls(np.ravel(found.outputs(x)), found.theta, found.limit)

    @property
    def text(self) -> str:
        """The weights, or the parameters of the limit."""
        if self.limit is not None:
            return f"limit {self.limit.text(DIGITS)}"
        values = [] if self.theta is None else self.theta.tolist()
        return "(" + ", ".join(f"{value:.{DIGITS}g}" for value in values) + ")"


class Plane(Protocol):
    """A picture of the space of networks in two coordinates."""

    @property
    def names(self) -> tuple[str, str]:
        """Of the coordinates."""

    def place(self, spot: Spot) -> tuple[float, float]:
        """Coordinates of a spot."""


@dataclass(frozen=True)
class InputWeights:
    """Input weights |w₁| ≤ |w₂| of two odd units, [0, ∞] mapped to [0, 1] by w/(1 + w).

    Sets at infinity stand on the edges, and meeting units on the diagonal.
    """

    names: tuple[str, str] = ("smaller input weight |w₁|", "larger input weight |w₂|")

    def place(self, spot: Spot) -> tuple[float, float]:
        """Of the smaller and of the larger input weight."""
        if spot.limit is not None:
            weights: Sequence[float] = spot.limit.input_weights
        else:
            weights = sorted(np.abs(np.asarray(spot.theta)[:AXES]).tolist())
        return float(compactified(weights[0])), float(compactified(weights[-1]))


@dataclass(frozen=True, eq=False)
class Functions:
    """Network functions, projected on the two directions in which those of the sets differ most.

    Distances are distances of functions, so that sets at infinity have a place as well.

    Attributes
    ----------
    centre : ndarray, shape (m,)
    directions : ndarray, shape (2, m)
        Orthonormal.
    names : (str, str)
    """

    centre: Array = field(repr=False)
    directions: Array = field(repr=False)
    names: tuple[str, str] = ("first principal function", "second principal function")

    @classmethod
    def of(cls, spots: Iterable[Spot]) -> Functions:
        """Principal directions of the functions of all spots."""
        rows = np.array([spot.outputs for spot in spots])
        centre = rows.mean(axis=0)
        directions = np.zeros((AXES, rows.shape[1]))
        _, _, right = np.linalg.svd(rows - centre, full_matrices=False)
        directions[: len(right)] = right[:AXES]
        return cls(centre, directions)

    def place(self, spot: Spot) -> tuple[float, float]:
        """Root mean square distances along both directions."""
        along = self.directions @ (spot.outputs - self.centre) / np.sqrt(self.centre.size)
        return float(along[0]), float(along[1])


def plane_of(loss: Loss, decays: bool, spots: Iterable[Spot]) -> Plane:
    """Input weights where the loss that they leave can be drawn over them, else functions."""
    return InputWeights() if has_map(loss, decays) else Functions.of(spots)


def has_map(loss: Loss, decays: bool) -> bool:
    """Whether the reduced loss over two input weights is defined."""
    return REDUCED_LOSS.holds(loss.model) and not decays
