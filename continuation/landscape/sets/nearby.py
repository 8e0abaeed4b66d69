"""The critical point that lies next to given weights, whatever its index, on manifolds too.

Where weights are free, critical points form manifolds of any shape: softmax is the same when one
number is added to all outputs, a unit of ReLU may be scaled, and with more weights than samples
every exact fit has others beside it. Such a valley is recognised by its Hessian, which vanishes
along it, and by what lies beside: after a step along it and back by Newton's method the loss is the
same to rounding. In a flat channel to infinity, or at a degenerate point, it is not.
"""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.deadline import UNLIMITED, Deadline
from continuation.landscape.network import LossAt
from continuation.landscape.sets.error_bounds import equations_of_weights

STEPS = 60
"""Steps from weights that are next to a point: what takes more is not next to one."""

CLOSE, ROUNDING = 1e-10, 1e-14
"""Relative steps: of a converged point if the step before was twice as long, and of any."""

VANISHES = 1e-14
"""Eigenvalues that are smaller, relative to the largest, are rounding: no step is taken there."""

RESTING = 10.0
"""Gradients below so many bounds of their rounding are zero."""

BESIDE, BENT, SAME = 1e-2, 0.2, 1e-12
"""Steps along a valley, relative to 1 + |θ|; how far from them, relative, it may lie; and the
change of the loss by rounding, relative."""

FARTHEST, FARTHER = 1e4, 10.0
"""Weights, in units that fit, beyond which a run is left to infinity, if it began so many times
nearer. One logistic unit on inputs of 1, 20, 400 and 8000 has a minimum at 1.1e4."""


def nearby_point(
    at: LossAt,
    theta: Array,
    steps: int = STEPS,
    deadline: Deadline = UNLIMITED,
    space: Array | None = None,
) -> Array | None:
    """The critical point (d,) that Levenberg-Marquardt steps on ∇L = 0 contract to; None if none.

    None as well where neither the steps nor the time suffice. With orthonormal columns as `space`
    (d, r) steps are taken in it alone, and so it is critical.

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
        _, gradient, hessian = _within(at, theta, space)
        if not (np.isfinite(hessian).all() and np.abs(theta).max() < farthest):
            return None
        step = _step(gradient, hessian, max(1.0, float(np.abs(theta).max())))
        theta = theta + (step if space is None else space @ step)
        length = float(np.linalg.norm(step)) / (1.0 + float(np.linalg.norm(theta)))
        if length < ROUNDING or (length < CLOSE and length < 0.5 * before):
            return theta if _is_critical(at, theta, space) else None
        before = length
    return None


def _within(at: LossAt, theta: Array, space: Array | None) -> tuple[float, Array, Array]:
    """Loss, gradient (r,) and Hessian (r, r) in a space (d, r), or in all of it."""
    value, gradient, hessian = at.evaluate(theta)
    if space is None:
        return value, gradient, hessian
    return value, space.T @ gradient, space.T @ hessian @ space


def _is_critical(at: LossAt, theta: Array, space: Array | None) -> bool:
    """Whether the gradient is rounding, where no step is taken in some direction.

    In a channel to infinity the Hessian falls to rounding long before the gradient.
    """
    _, gradient, hessian = _within(at, theta, space)
    values = np.abs(np.linalg.eigvalsh(hessian))
    if values.min(initial=np.inf) > VANISHES * values.max(initial=0.0):
        return True
    rounding = float(np.linalg.norm(equations_of_weights(at, theta).rounding))
    return float(np.linalg.norm(gradient)) <= RESTING * rounding


def _step(gradient: Array, hessian: Array, size: float) -> Array:
    """−(H² + |g|²/s²)⁻¹ H g: weights measured by their size s."""
    values, vectors = np.linalg.eigh(hessian)
    damped = values**2 + float(gradient @ gradient) / size**2
    seen = np.abs(values) > VANISHES * np.abs(values).max(initial=0.0)
    filtered = np.divide(values, damped, out=np.zeros_like(values), where=seen & (damped > 0.0))
    return np.asarray(-vectors @ (filtered * (vectors.T @ gradient)))


def is_in_valley(at: LossAt, point: Array, space: Array | None = None) -> bool:
    """Whether critical weights (d,) lie on a manifold of critical points, regular across it.

    By steps along every direction in which the Hessian vanishes, on both sides, see the module.
    """
    value, _, hessian = _within(at, point, space)
    signs = scaled_inertia(hessian)
    if not signs[1]:
        return False
    values, vectors = np.linalg.eigh(hessian)
    flat = vectors[:, np.argsort(np.abs(values), kind="stable")[: signs[1]]].T
    flat = flat if space is None else flat @ space.T
    step = BESIDE * (1.0 + float(np.linalg.norm(point)))
    room = SAME * (abs(value) + SAME * _size(at))
    for moved in (point + side * step * along for along in flat for side in (1.0, -1.0)):
        there = nearby_point(at, moved, space=space)
        if there is None or not np.linalg.norm(there - moved) <= BENT * step:
            return False
        other, _, bend = _within(at, there, space)
        if not (abs(other - value) <= room and scaled_inertia(bend) == signs):
            return False
    return True


def _size(at: LossAt) -> float:
    """Σ ω y², roughly the loss of the zero function."""
    targets = at.targets + at.conditions.noise * at.noises
    return float(at.weights @ (targets**2).reshape(len(targets), -1).sum(axis=1))
