"""Points of unstable manifolds next to a critical point, and invariant subspaces through them."""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import Layout, LossAt, Symmetry
from symbolic import Model

DISTANCE = 1e-3
"""Distance of a start from its set, relative to 1 + the largest weight: the quadratic
approximation then errs by about 1e-9."""
SPLITTING = 1e-6
"""Relative perturbation that aligns the eigenvectors of a multiple eigenvalue with units; at a
simple eigenvalue it turns them by no more than this over the relative gap."""


def unstable_directions(hessian: Array, index: int, model: Model) -> Array:
    """Orthonormal eigenvectors (index, d) of the lowest eigenvalues, aligned with units."""
    units = np.maximum(Layout.of(model).unit_of_each_weight(), 0.0)
    scale = SPLITTING * np.abs(hessian).max()
    _, aligned = np.linalg.eigh(hessian + np.diag(scale * units))
    _, exact = np.linalg.eigh(hessian)
    # the perturbation only chooses within the unstable space
    basis = exact[:, :index]
    chosen, _ = np.linalg.qr(basis @ (basis.T @ aligned[:, :index]))
    rows = chosen.T
    rows[np.abs(rows) < 1e-8] = 0.0
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def manifold_points(
    at: LossAt, theta: Array, hessian: Array, unstable: Array, directions: Array, distance: float
) -> Array:
    """θ + ε e + ε² W(e) (m, d), e of `directions` (m, d): the unstable manifold to second order.

    W = −½ (H − 2μ)⁻¹ D³L[e, e] in the complement of the unstable space (k, d), μ = eᵀHe.
    """
    values, vectors = np.linalg.eigh(hessian)
    growth = ((directions @ hessian) * directions).sum(axis=1, keepdims=True)
    third = np.array([jet.third for jet in at.jets(theta, directions)])
    components = (third - third @ unstable.T @ unstable) @ vectors
    # eigenvectors within the unstable space have no component left, whatever their value
    bend = -0.5 * (components / np.maximum(values - 2.0 * growth, -growth)) @ vectors.T
    bend -= bend @ unstable.T @ unstable
    return np.asarray(theta + distance * directions + distance**2 * bend)


def fixed_subspace(model: Model, theta: Array, *, decays: bool = False) -> Array | None:
    """Projector onto the weights that share all symmetries of θ; None if θ has none.

    The gradient flow cannot leave this subspace.
    """
    symmetry = Symmetry.of(model, decays=decays)
    elements = symmetry.stabiliser(theta).elements
    if len(elements) < 2:
        return None
    identity = np.eye(theta.size)
    images = [[symmetry.act(g, column) for column in identity] for g in elements]
    return np.asarray(np.mean(images, axis=0)).T


def reach(theta: Array) -> float:
    """Distance of a start from the critical point θ (d,)."""
    return DISTANCE * (1.0 + float(np.abs(theta).max()))
