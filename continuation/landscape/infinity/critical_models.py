"""Critical points of v φ(w x) + Σ c_e e(x) with fixed features e: one-dimensional problems.

One unit alone, one unit beside a linear or a step end, and the edges of the triangle of the
Euler count are all of this form. Eliminating (v, c) leaves a function of w > 0 whose critical
points are the roots of ⟨r, xφ'(w x)⟩ (a working unit) and of v (a silent unit).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import Responses, project, scaled_inertia
from continuation.roots import roots_between

NEAR_DOUBLE_ROOT = 1e-5
"""Relative distance from w* within which h/(w − w*)² is taken from its rim: cancellation."""


@dataclass(frozen=True, eq=False)
class ModelPoint:
    """A critical point of a model with at most one nonlinear unit.

    Attributes
    ----------
    w : float
        Input weight of the unit (nan where the model has fixed features only).
    coefficients : ndarray
        (v, c_1, …); (c_1, …) without a unit; (a, b) for a confluent pair.
    residual : ndarray, shape (n,)
        √ω r, fit minus target.
    hessian : ndarray
        In (w, coefficients); restricted to the model.
    silent : bool
        Whether the unit has v = 0.
    """

    w: float
    coefficients: Array
    residual: Array
    hessian: Array
    silent: bool = False

    @property
    def loss(self) -> float:
        """½ Σ ω r²."""
        return 0.5 * float(self.residual @ self.residual)

    @property
    def index(self) -> int:
        """Number of negative eigenvalues, counted after scaling the diagonal to one."""
        return scaled_inertia(self.hessian)[0]


Search = Callable[..., list[ModelPoint]]
"""(responses, grid, *fixed features) ↦ critical points."""


def _remembered(search: Search) -> Search:
    """The search, its results kept with the data: lists, counts and ends ask for the same ones."""

    @wraps(search)
    def once(responses: Responses, grid: Array, *fixed: Array) -> list[ModelPoint]:
        key = (search.__name__, grid.tobytes(), *(feature.tobytes() for feature in fixed))
        if key not in responses.known:
            responses.known[key] = search(responses, grid, *fixed)
        return list(responses.known[key])

    return once


def fixed_point(responses: Responses, *features: Array) -> ModelPoint:
    """The least squares fit by fixed features alone."""
    rows = np.array(features)
    coefficients, residual = project(responses.target, rows[:, None])
    return ModelPoint(np.nan, coefficients[:, 0], residual[0], rows @ rows.T)


@_remembered
def working_points(responses: Responses, grid: Array, *fixed: Array) -> list[ModelPoint]:
    """Critical points with v ≠ 0 of v φ(w x) + Σ c e(x), w within the grid."""

    def slope(w: Array) -> Array:
        phi, dphi = responses.features(w, 1)
        _, residual = project(responses.target, _stack(phi, fixed))
        return np.einsum("kn,kn->k", residual, dphi)

    roots = roots_between(slope, grid, slope(grid))
    return [_point(responses, w, fixed, silent=False) for w in roots]


@_remembered
def silent_points(responses: Responses, grid: Array, *fixed: Array) -> list[ModelPoint]:
    """Critical points with v = 0: roots of h(w) = ⟨r, φ(w x)⟩, r the residual without the unit."""
    alone = -responses.target
    if fixed:
        alone = fixed_point(responses, *fixed).residual

    def response(w: Array) -> Array:
        return responses.features(w, 0)[0] @ alone

    roots = roots_between(response, grid, response(grid))
    return [_point(responses, w, fixed, silent=True) for w in roots]


@_remembered
def confluent_points(responses: Responses, grid: Array) -> list[ModelPoint]:
    """Critical points with b ≠ 0 of a φ(w x) + b x φ'(w x): roots of ⟨r, x²φ''(w x)⟩."""

    def slope(w: Array) -> Array:
        phi, dphi, ddphi = responses.features(w, 2)
        _, residual = project(responses.target, np.array([phi, dphi]))
        return np.einsum("kn,kn->k", residual, ddphi)

    roots = roots_between(slope, grid, slope(grid))
    return [confluent_point(responses, w) for w in roots]


def confluent_point(responses: Responses, w: float) -> ModelPoint:
    """The fit by {φ(w x), x φ'(w x)} at one w, with the Hessian in (w, a, b)."""
    phi, dphi, ddphi, dddphi = responses.features(np.array([w]), 3)
    (a, b), residual = project(responses.target, np.array([phi, dphi]))
    r = residual[0]
    jacobian = np.array([a * dphi[0] + b * ddphi[0], phi[0], dphi[0]])
    hessian = jacobian @ jacobian.T
    hessian[0, 0] += r @ (a * ddphi[0] + b * dddphi[0])
    hessian[0, 1] += r @ dphi[0]
    hessian[0, 2] += r @ ddphi[0]
    hessian[1:, 0] = hessian[0, 1:]
    return ModelPoint(float(w), np.array([a[0], b[0]]), r, hessian)


def _point(responses: Responses, w: float, fixed: tuple[Array, ...], *, silent: bool) -> ModelPoint:
    phi, dphi, ddphi = responses.features(np.array([w]), 2)
    coefficients, residual = project(responses.target, _stack(phi, fixed))
    c, r = coefficients[:, 0], residual[0]
    if silent:
        c = np.concatenate([[0.0], c[1:]])
    jacobian = np.array([c[0] * dphi[0], phi[0], *fixed])
    hessian = jacobian @ jacobian.T
    hessian[0, 0] += c[0] * (r @ ddphi[0])
    hessian[0, 1] += r @ dphi[0]
    hessian[1, 0] = hessian[0, 1]
    return ModelPoint(float(w), c, r, hessian, silent)


def _stack(phi: Array, fixed: tuple[Array, ...]) -> Array:
    return np.array([phi, *(np.broadcast_to(e, phi.shape) for e in fixed)])


def silent_weights(responses: Responses, residual: Array, working: Array, grid: Array) -> Array:
    """Input weights w > 0 of a silent unit beside working ones: roots of h(w) = ⟨r, φ(w x)⟩.

    h has a double root at the weight w* of every working unit, so the roots of
    h/Π (w − w*)² are sought.

    Parameters
    ----------
    residual : ndarray, shape (n,)
        √ω r of the working units.
    working : ndarray
        Their weights w*, positive.
    grid : ndarray, shape (m,)
    """

    def divided(w: Array) -> Array:
        for star in working:
            near = np.abs(w - star) < NEAR_DOUBLE_ROOT * star
            w = np.where(near, star * (1.0 + NEAR_DOUBLE_ROOT), w)
        response = responses.features(w, 0)[0] @ residual
        return response / np.prod((w[:, None] - working) ** 2, axis=1)

    return roots_between(divided, grid, divided(grid))
