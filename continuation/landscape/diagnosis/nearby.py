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

FARTHEST = 1e4
"""Weights, in units that fit, beyond which a run is left to infinity. One logistic unit on inputs
of 1, 30 and 900 has a minimum at 1.1e3."""


def nearby_point(
    at: LossAt, theta: Array, steps: int = STEPS, deadline: Deadline = UNLIMITED
) -> Array | None:
    """The critical point (d,) that Levenberg-Marquardt steps on ∇L = 0 contract to; None if none.

    None as well where neither the steps nor the time suffice.

    The engine's Newton needs a regular Jacobian. Here the damping is |∇L|, so that directions in
    which the Hessian vanishes (those along lines and manifolds) are left alone, and convergence is
    quadratic all the same.

    References
    ----------
    N. Yamashita and M. Fukushima, *Computing Suppl.* 15 (2001) 239.
    """
    before, theta = np.inf, np.array(theta, dtype=np.float64)
    for _ in deadline.within(range(steps)):
        _, gradient, hessian = at.evaluate(theta)
        if not (np.isfinite(hessian).all() and np.abs(theta).max() < FARTHEST):
            return None
        step = _step(gradient, hessian)
        theta = theta + step
        length = float(np.linalg.norm(step)) / (1.0 + float(np.linalg.norm(theta)))
        if length < ROUNDING or (length < CLOSE and length < 0.5 * before):
            return theta
        before = length
    return None


def _step(gradient: Array, hessian: Array) -> Array:
    """−(H² + |g|²)⁻¹ H g."""
    values, vectors = np.linalg.eigh(hessian)
    damped = values**2 + float(gradient @ gradient)
    filtered = np.divide(values, damped, out=np.zeros_like(values), where=damped > 0.0)
    return np.asarray(-vectors @ (filtered * (vectors.T @ gradient)))
