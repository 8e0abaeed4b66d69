"""Existence, uniqueness and inertia of a critical point by interval Newton steps.

With C ≈ (∇²L(m))⁻¹, Y ≥ |C ∇L(m)| and Z(r) ≥ ‖I − C ∇²L‖ over the box of radius r around m, both
in the maximum norm: θ ↦ θ − C ∇L(θ) is a contraction of every box of radius ρ ≤ r with
Y + Z(r) ρ ≤ ρ and Z(r) < 1. The box of radius Y/(1 − Z(r)) then holds a critical point, and the
box of radius r no other. As C ∇²L is nonsingular on the whole box, the inertia is the same on all
of it.

References
----------
R. Krawczyk, *Computing* 4 (1969) 187. W. Tucker, *Validated Numerics* (2011), chapter 5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from continuation.certify.enclosures.balls import box, is_finite, magnitude, midpoints, upper
from continuation.certify.enclosures.exact_loss import ExactLoss

FIRST_CONTRACTION = 0.1
"""The first box is as large as would give Z = 0.1 if third derivatives were of order one."""

WANTED_CONTRACTION = 0.8
"""Boxes are enlarged towards this Z; beyond, a little more radius costs many trials."""

LARGEST_STEP = 64.0
"""Largest factor from one trial radius to the next."""

TINY = 1e-300
"""Stands for a rate of zero where it divides."""

ENOUGH = 1.25
"""Enlarging stops when another trial would gain less than this factor."""

TRIALS = 12
"""Boxes tried before giving up: 64⁻¹² is below every rounding."""

MARGIN = 0.9
"""Radii are claimed with this margin, for checkers with other roundings."""


@dataclass(frozen=True)
class Contraction:
    """A critical point enclosed in a box.

    Attributes
    ----------
    inverse : ndarray, shape (d, d)
        C.
    shift, rate, reach : float
        Y, and Z on the box of radius `reach`.
    """

    inverse: NDArray[np.float64]
    shift: float
    rate: float
    reach: float

    @property
    def proves(self) -> bool:
        """Whether the box is mapped well into itself."""
        return self.rate < 1.0 and self.shift + self.rate * self.reach < MARGIN * self.reach

    @property
    def radius(self) -> float:
        """Radius of a box that holds the critical point."""
        bound = upper(arb(self.shift) / (1 - arb(self.rate)))
        return min(bound / MARGIN**2, self.uniqueness_radius)

    @property
    def uniqueness_radius(self) -> float:
        """Radius of a box that holds no other."""
        return MARGIN * self.reach


@dataclass(frozen=True)
class Failure:
    """Why nothing is proved."""

    reason: str


def contraction(
    loss: ExactLoss, theta: Sequence[float], gradient: arb_mat, hessian: arb_mat
) -> Contraction | Failure:
    """Enclose a critical point near θ in some box; `enlarge` makes it the largest.

    Parameters
    ----------
    loss : ExactLoss
    theta : sequence of float, length d
    gradient, hessian : arb_mat
        Enclosures at θ.
    """
    if not (is_finite(gradient) and is_finite(hessian)):
        return Failure("the loss or a derivative is not finite there")
    try:
        inverse = np.linalg.inv(np.array(midpoints(hessian)))
    except np.linalg.LinAlgError:
        return Failure("the Hessian is singular: the point is degenerate or lies on a line")
    if not np.isfinite(inverse).all():
        return Failure("the Hessian is singular to rounding")
    matrix = arb_mat(inverse.tolist())
    shift = max(magnitude(entry) for entry in (matrix * gradient).entries())
    if row_norm(matrix * hessian - identity(len(theta))) >= 1.0:
        return Failure("the Hessian is singular to rounding: degenerate, or on a line")
    return _first(loss, theta, inverse, shift)


def _first(
    loss: ExactLoss, theta: Sequence[float], inverse: NDArray[np.float64], shift: float
) -> Contraction | Failure:
    """Some box that contracts, mostly the first one tried."""
    matrix = arb_mat(inverse.tolist())
    radius = max(FIRST_CONTRACTION / float(np.abs(inverse).sum(axis=1).max()), 4.0 * shift)
    for _ in range(TRIALS):
        trial = Contraction(inverse, shift, contraction_rate(loss, theta, matrix, radius), radius)
        if trial.proves:
            return trial
        radius *= max(1.0 / LARGEST_STEP, 0.5 * min(1.0, WANTED_CONTRACTION / trial.rate))
        if radius < 2.0 * shift:
            break
    return Failure(
        f"no box contracts: the Newton step has length {shift:.2g} and the Hessian varies too much "
        "over boxes of that size; refine the point, or it is nearly degenerate"
    )


def enlarge(loss: ExactLoss, theta: Sequence[float], found: Contraction) -> Contraction:
    """The same point in a box as large as contracts, to a factor of `ENOUGH`."""
    matrix = arb_mat(found.inverse.tolist())
    refused = math.inf
    for _ in range(TRIALS):
        step = min(LARGEST_STEP, WANTED_CONTRACTION / max(found.rate, TINY))
        reach = min(found.reach * step, math.sqrt(found.reach * refused))
        if reach < ENOUGH * found.reach:
            break
        rate = contraction_rate(loss, theta, matrix, reach)
        trial = Contraction(found.inverse, found.shift, rate, reach)
        found, refused = (trial, refused) if trial.proves else (found, reach)
    return found


def contraction_rate(
    loss: ExactLoss, theta: Sequence[float], inverse: arb_mat, radius: float
) -> float:
    """Z(r): an upper bound of ‖I − C ∇²L‖ over a box, in the maximum norm."""
    return row_norm(inverse * loss.hessian(box(theta, radius)) - identity(len(theta)))


def inertia(hessian: arb_mat) -> tuple[int, int, int] | None:
    """Negative, zero and positive eigenvalues of every symmetric matrix in the enclosure.

    By Sylvester's law the signs of the pivots of QᵀHQ = LDLᵀ, Q the eigenvectors of the midpoint.

    Returns
    -------
    tuple of int, or None
        None where a pivot is not separated from zero.
    """
    if not is_finite(hessian):
        return None
    vectors = arb_mat(np.linalg.eigh(np.array(midpoints(hessian)))[1].tolist())
    pivots = ldl_pivots((vectors.transpose() * hessian * vectors).tolist())
    if pivots is None:
        return None
    negative = sum(bool(pivot < 0) for pivot in pivots)
    return negative, 0, len(pivots) - negative


def ldl_pivots(rows: list[list[arb]]) -> list[arb] | None:
    """D of LDLᵀ without pivoting, for a matrix that is nearly diagonal; None where it fails."""
    pivots: list[arb] = []
    while rows:
        first, *rest = rows
        pivot = first[0]
        if not (pivot < 0 or pivot > 0):
            return None
        pivots.append(pivot)
        rows = [
            [
                entry - row[0] * other / pivot
                for entry, other in zip(row[1:], first[1:], strict=True)
            ]
            for row in rest
        ]
    return pivots


def row_norm(matrix: arb_mat) -> float:
    """Upper bound of the matrix norm that belongs to the maximum norm."""
    return max(upper(sum((abs(entry) for entry in row), arb(0))) for row in matrix.tolist())


def identity(d: int) -> arb_mat:
    """The unit matrix."""
    return arb_mat(d, d, [int(i == j) for i in range(d) for j in range(d)])
