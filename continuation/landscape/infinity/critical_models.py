"""Critical points of v φ(w x) + Σ c_e e(x) with fixed features e: one-dimensional problems.

One unit alone, one unit beside a linear or a step end, and the edges of the triangle of the
Euler count are all of this form. Eliminating (v, c) leaves a function of w > 0 whose critical
points are the roots of ⟨r, xφ'(w x)⟩ (a working unit) and of v (a silent unit).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.landscape.network import Responses, project
from continuation.roots import roots_between

NEAR_ROOT = 1e-10
"""Relative |w − w*|^m within which h/(w − w*)^m is taken from the rim: cancellation."""

ROUNDING = 100.0 * np.finfo(np.float64).eps
"""Of |r| |φ(w x)|, within which h is not known: the frame of a table loses as much of φ. Beside a
steep unit h is flat to rounding where all inputs but the nearest to zero are saturated."""


@dataclass(frozen=True, eq=False)
class ModelPoint:
    """A critical point of a model with at most one nonlinear unit.

    Attributes
    ----------
    w : float
        Input weight of the unit (nan where the model has fixed features only).
    coefficients : ndarray
        (v, c_1, …); (c_1, …) without a unit;
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


def fixed_point(responses: Responses, *features: Array) -> ModelPoint:
    """The least squares fit by fixed features alone."""
    rows = np.array(features)
    coefficients, residual = project(responses.target, rows[:, None])
    return ModelPoint(np.nan, coefficients[:, 0], residual[0], rows @ rows.T)


def working_points(responses: Responses, grid: Array, *fixed: Array) -> list[ModelPoint]:
    """Critical points with v ≠ 0 of v φ(w x) + Σ c e(x), w within the grid."""

    def slope(w: Array) -> Array:
        phi, dphi = responses.features(w, 1)
        _, residual = project(responses.target, _stack(phi, fixed))
        return np.einsum("kn,kn->k", residual, dphi)

    roots = roots_between(slope, grid, slope(grid))
    return [_point(responses, w, fixed, silent=False) for w in roots]


def silent_points(responses: Responses, grid: Array, *fixed: Array) -> list[ModelPoint]:
    """Critical points with v = 0: roots of h(w) = ⟨r, φ(w x)⟩, r the residual without the unit."""
    alone = -responses.target
    if fixed:
        alone = fixed_point(responses, *fixed).residual

    def response(w: Array) -> Array:
        return responses.features(w, 0)[0] @ alone

    roots = roots_between(response, grid, response(grid))
    return [_point(responses, w, fixed, silent=True) for w in roots]


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


def silent_weights(
    responses: Responses,
    residual: Array,
    own: Array,
    orders: Array,
    grid: Array,
    on_grid: Array,
    sizes: Array,
) -> Array:
    """Input weights w > 0 of a silent unit beside others: roots of h(w) = ⟨r, φ(w x)⟩.

    The zeros that h has at the other units are divided out: a double one where a unit works at a
    critical point. Signs are compared where h is more than rounding.

    Parameters
    ----------
    residual : ndarray, shape (n,)
        √ω r of the others.
    own : ndarray, shape (k,)
        Their weights, positive.
    orders : ndarray, shape (k,)
        Orders of the zeros there.
    grid, on_grid, sizes : ndarray, shape (m,)
        Input weights, h there, and |φ(w x)| there.
    """

    def off(w: Array) -> Array:
        for star, order in zip(own, orders, strict=True):
            rim = NEAR_ROOT ** (1.0 / max(order, 2))
            w = np.where(np.abs(w - star) < rim * star, star * (1.0 + rim), w)
        return w

    def zeros(w: Array) -> Array:
        return np.asarray(np.prod((w[:, None] - own) ** orders, axis=1))

    def response(w: Array) -> Array:
        return np.asarray(responses.features(w, 0)[0] @ residual)

    def divided(w: Array) -> Array:
        w = off(w)
        return response(w) / zeros(w)

    scale = max(np.linalg.norm(residual), np.linalg.norm(responses.target))

    def known(h: Array) -> NDArray[np.bool_]:
        return np.abs(h) > ROUNDING * scale * sizes

    places, on_grid = off(grid), on_grid.copy()
    near = places != grid
    on_grid[near] = response(places[near])
    rows = np.flatnonzero(known(on_grid))
    values = on_grid / zeros(places)
    changes = np.flatnonzero(np.sign(values[rows[1:]]) != np.sign(values[rows[:-1]]))
    beside = rows[np.union1d(changes, changes + 1)]
    on_grid[beside] = response(places[beside])  # what is given may be rounded more than a sum is
    rows = np.flatnonzero(known(on_grid))
    values = on_grid / zeros(places)
    return roots_between(divided, grid[rows], values[rows])
