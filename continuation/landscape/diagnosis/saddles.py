"""Do weights pass a saddle, and when will the gradient flow have left it?

Next to a saddle the unstable coordinates grow as u_k e^{κ_k t}; a neighbourhood is as large as the
cubic and quartic terms leave the rates right to a half (docs/theory.md, Diagnosis).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.landscape.basins import exit_time, rate_terms
from continuation.landscape.flow import Trajectory
from continuation.landscape.network import LossAt, Units
from continuation.landscape.sets import KINK, CriticalSet, Member

NONLINEAR = 0.5
"""Relative error of a linear rate up to which a neighbourhood of a saddle reaches."""

FARTHEST = 1.0
"""No neighbourhood is larger, in units that fit: there every weight has changed by its size."""

ROUNDING = 1e-15
"""Rates that are smaller, relative to the largest eigenvalue, are no rates but rounding."""

NEAREST = 8
"""So many of the nearest sets are asked whether they are passed."""


@dataclass(frozen=True, eq=False)
class SaddlePassage:
    """A passage by a saddle.

    Attributes
    ----------
    saddle : CriticalSet
    theta : ndarray, shape (d,)
        Its point that is nearest to the weights, in their frame.
    distance, radius : float
        From the weights to it, and of the neighbourhood in which the linear flow predicts.
    rates : ndarray, shape (k,)
        κ = −λ > 0 of its unstable directions there, the fastest first.
    time : float
        Flow time until the linear flow leaves the neighbourhood; inf on the stable manifold.
    flow_time : float
        The same of the integrated flow; nan where it does not leave.
    direction : ndarray, shape (d,)
        Unit vector along which the linear flow leaves.
    """

    saddle: CriticalSet
    theta: Array = field(repr=False)
    distance: float
    radius: float
    rates: Array
    time: float
    flow_time: float
    direction: Array = field(repr=False)

    def rescaled(self, units: Units) -> SaddlePassage:
        """The same, given in `units`, in the ones that these are multiples of."""
        return replace(
            self,
            saddle=self.saddle.rescaled(units),
            theta=units.weights(self.theta),
            direction=_unit(units.weights(self.direction)),
        )


def passage_by(
    at: LossAt, theta: Array, path: Trajectory, near: Iterable[tuple[CriticalSet, Member]]
) -> SaddlePassage | None:
    """The saddle in whose neighbourhood θ (d,) lies deepest; None if in none.

    Parameters
    ----------
    at : LossAt
    theta : ndarray, shape (d,)
    path : Trajectory
        The flow from there.
    near : iterable of (CriticalSet, Member)
        Sets with their points nearest to θ.
    """
    saddles = (one for one in near if one[0].subkind != KINK)
    close = sorted(saddles, key=lambda one: one[1].distance)[:NEAREST]
    found = [_passage(at, theta, path, *one) for one in close if one[1].distance < FARTHEST]
    passed = [one for one in found if one is not None and one.distance < one.radius]
    return min(passed, key=lambda one: one.distance / one.radius, default=None)


def _passage(
    at: LossAt, theta: Array, path: Trajectory, saddle: CriticalSet, member: Member
) -> SaddlePassage | None:
    hessian = at.hessian(member.theta)
    values, vectors = np.linalg.eigh(hessian)
    real = int((values < -ROUNDING * np.abs(values).max(initial=0.0)).sum())
    unstable = min(scaled_inertia(hessian)[0], real)
    if not unstable:
        return None
    terms = [rate_terms(at, member.theta, values, vectors, k) for k in range(unstable)]
    radius = min(FARTHEST, *(_reach(*each) for each in terms))
    rates, coordinates = -values[:unstable], vectors[:, :unstable].T @ (theta - member.theta)
    time = exit_time(coordinates, rates, radius)
    growth = np.exp(rates * (time if np.isfinite(time) else 0.0))
    leaving = coordinates * growth if np.isfinite(time) else np.eye(unstable)[0]
    return SaddlePassage(
        saddle,
        member.theta,
        member.distance,
        radius,
        rates,
        time,
        _leaves_at(path, member.theta, radius),
        _unit(vectors[:, :unstable] @ leaving),
    )


def _reach(first: float, second: float) -> float:
    """The r > 0 with first r + second r² = `NONLINEAR`; inf where both vanish."""
    if second == 0.0:
        return NONLINEAR / first if first > 0.0 else np.inf
    return float(2.0 * NONLINEAR / (first + np.sqrt(first**2 + 4.0 * second * NONLINEAR)))


def _leaves_at(path: Trajectory, place: Array, radius: float) -> float:
    """When a trajectory crosses a sphere outwards, between the accepted steps; nan if never."""
    distance = np.linalg.norm(path.theta - place, axis=1)
    outside = np.flatnonzero(distance >= radius)
    if not outside.size:
        return float("nan")
    k = int(outside[0])
    return float(np.interp(radius, distance[k - 1 : k + 1], path.t[k - 1 : k + 1])) if k else 0.0


def _unit(direction: Array) -> Array:
    return np.asarray(direction / np.linalg.norm(direction))
