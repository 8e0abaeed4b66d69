"""The critical point that lies next to given weights, whatever its index, on manifolds too."""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.deadline import UNLIMITED, Deadline
from continuation.landscape.network import LossAt

STEPS = 60
"""Steps from weights that are next to a point: what takes more is not next to one."""

CLOSE, ROUNDING = 1e-10, 1e-14
"""Relative steps: of a converged point if the step before was twice as long, and of any."""

FARTHEST, FARTHER = 1e4, 10.0
"""Weights, in units that fit, beyond which a run is left to infinity, if it began so many times
nearer. One logistic unit on inputs of 1, 20, 400 and 8000 has a minimum at 1.1e4."""


def nearby_point(
    at: LossAt, theta: Array, steps: int = STEPS, deadline: Deadline = UNLIMITED
) -> Array | None:
    """The critical point (d,) that Levenberg-Marquardt steps on ∇L = 0 contract to; None if none.

    None as well where neither the steps nor the time suffice.

    The engine's Newton needs a regular Jacobian. Here the damping is |∇L|, over the largest weight
    where that is above 1, so that directions in which the Hessian vanishes (those along lines and
    manifolds) are left alone, and convergence is quadratic all the same.

    References
    ----------
    N. Yamashita and M. Fukushima, *Computing Suppl.* 15 (2001) 239.
    """
    before, theta = np.inf, np.array(theta, dtype=np.float64)
    farthest = max(FARTHEST, FARTHER * float(np.abs(theta).max()))
    for _ in deadline.within(range(steps)):
        _, gradient, hessian = at.evaluate(theta)
        if not (np.isfinite(hessian).all() and np.abs(theta).max() < farthest):
            return None
        step = _step(gradient, hessian, max(1.0, float(np.abs(theta).max())))
        theta = theta + step
        length = float(np.linalg.norm(step)) / (1.0 + float(np.linalg.norm(theta)))
        if length < ROUNDING or (length < CLOSE and length < 0.5 * before):
            return theta
        before = length
    return None


def _step(gradient: Array, hessian: Array, size: float) -> Array:
    """−(H² + |g|²/s²)⁻¹ H g: weights measured by their size s."""
    values, vectors = np.linalg.eigh(hessian)
    damped = values**2 + float(gradient @ gradient) / size**2
    filtered = np.divide(values, damped, out=np.zeros_like(values), where=damped > 0.0)
    return np.asarray(-vectors @ (filtered * (vectors.T @ gradient)))
