"""Certified basins: neighbourhoods of an attracting point that no trajectory leaves.

On the box of uniqueness of a minimum θ̂, ‖I − C ∇²L‖ ≤ Z < 1 with a fixed C, so that every
eigenvalue of ∇²L there is at least m = (1 − Z)/‖C‖ (an eigenvalue of the inverse is at most its
norm, and ∇²L⁻¹ = (C ∇²L)⁻¹ C). So L is convex on it, and on the sphere of radius ρ around the
centre L ≥ L(θ̂) + ½ m (ρ − δ)², δ the distance of θ̂ from the centre. L falls along trajectories:
whoever is inside the ball below that level stays, and tends to θ̂, the only critical point.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import ArrayLike

from continuation.certify.certificate import (
    Certificate,
    from_hexadecimal,
    from_hexadecimals,
    hexadecimal,
    hexadecimals,
    problem_of,
)
from continuation.certify.enclosures import (
    ExactLoss,
    box,
    contraction_rate,
    exact,
    lower,
    norm,
    row_norm,
    working_precision,
)
from continuation.certify.provers.points import matrix_of, point_certificate, undecided
from continuation.landscape.network import Loss

MARGIN = 0.9
"""The height of the level above the minimum is claimed with this margin."""


def certify_basin(
    loss: Loss,
    theta: ArrayLike,
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
) -> Certificate:
    """Prove a neighbourhood of an attracting point that no trajectory leaves.

    Parameters
    ----------
    loss : Loss
    theta : array_like, shape (d,)
        Approximate minimum.
    noise, size, weight_decay : float
        Parameters of the loss, as in `Loss.at`.

    Returns
    -------
    Certificate
        PROVED: every trajectory of θ' = −∇L with a point in the (Euclidean) ball of
        `claim["ball"]` around θ where L is below `claim["level"]` tends to the one critical point
        of the ball, a minimum. UNDECIDED where θ is no certified minimum.

    Raises
    ------
    InvalidInputError
        θ has the wrong length, or a parameter is out of range.
    """
    parameters: dict[str, Any] = {"noise": noise, "size": size, "weight_decay": weight_decay}
    enclosed = ExactLoss.of(loss, **parameters)
    point = point_certificate(enclosed, problem_of(loss, **parameters), theta)
    return basin_certificate(enclosed, point)


def basin_certificate(loss: ExactLoss, point: Certificate) -> Certificate:
    """The basin of a certified point."""
    if not point.proved:
        return undecided("basin", point.problem, point.reason)
    centre = from_hexadecimals(point.claim["theta"])
    assert point.inertia is not None
    if point.inertia[0] > 0:
        reason = f"the point has index {point.inertia[0]}: it attracts nothing of full dimension"
        return undecided("basin", point.problem, reason)
    with working_precision():
        level = _level(loss, point, centre)
        inside = bool(loss.value(box(centre, 0.0)) < exact(level))
    if not inside:
        reason = "the level is not separated from the minimum: the point is nearly degenerate"
        return undecided("basin", point.problem, reason)
    basin = {"ball": point.claim["uniqueness_radius"], "level": hexadecimal(level), "entries": []}
    return replace(point, kind="basin", claim={**point.claim, **basin})


def _level(loss: ExactLoss, point: Certificate, centre: Sequence[float]) -> float:
    """A lower bound of L on the sphere of the radius of uniqueness."""
    assert point.radius is not None
    assert point.uniqueness_radius is not None
    inverse = matrix_of(point.claim["inverse"])
    here = loss.evaluate(box(centre, 0.0))
    rate = contraction_rate(loss, centre, inverse, point.uniqueness_radius)
    curvature = (1 - exact(rate)) / exact(row_norm(inverse))
    off = exact(point.radius)
    # L is convex: L(θ̂) ≥ L(centre) − |∇L(centre)|₁ δ in the maximum norm.
    lowest = here.value - off * sum((abs(g) for g in here.gradient.entries()), arb(0))
    distance = exact(point.uniqueness_radius) - off * exact(len(centre)).sqrt()
    if not distance > 0:  # the minimum may lie outside the ball
        return -math.inf
    return lower(lowest + exact(MARGIN) * curvature * distance * distance / 2)


def enters(loss: ExactLoss, basin: Certificate, theta: ArrayLike) -> bool:
    """Whether a state certainly lies in a certified basin.

    Parameters
    ----------
    loss : ExactLoss
    basin : Certificate
        Proved, of kind "basin".
    theta : array_like, shape (d,)
    """
    state = [float(t) for t in np.asarray(theta, dtype=np.float64)]
    centre = from_hexadecimals(basin.claim["theta"])
    ball, level = (from_hexadecimal(basin.claim[name]) for name in ("ball", "level"))
    assert ball is not None
    assert level is not None
    if not np.linalg.norm(np.subtract(state, centre)) < ball:  # saves the enclosures
        return False
    with working_precision():
        away = norm([exact(a) - exact(b) for a, b in zip(state, centre, strict=True)])
        return bool(away < ball) and bool(loss.value(box(state, 0.0)) < level)


def with_entries(basin: Certificate, states: Iterable[ArrayLike]) -> Certificate:
    """The certificate of a basin with computed states that lie in it."""
    listed = [hexadecimals(np.asarray(state, dtype=np.float64)) for state in states]
    return replace(basin, claim={**basin.claim, "entries": listed})
