"""Certified basins: neighbourhoods of an attracting point that no trajectory leaves.

On the box of uniqueness of a minimum θ̂, ‖I − C ∇²L‖ ≤ Z < 1 with a fixed C, so that every
eigenvalue of ∇²L there is at least m = (1 − Z)/‖C‖ (an eigenvalue of the inverse is at most its
norm, and ∇²L⁻¹ = (C ∇²L)⁻¹ C). So L is convex on it, and on the sphere of radius ρ around the
centre L ≥ L(θ̂) + ½ m (ρ − δ)², δ the distance of θ̂ from the centre. L falls along trajectories:
whoever is inside the ball below that level stays, and tends to θ̂, the only critical point.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Unpack

import numpy as np
from flint import arb
from numpy.typing import ArrayLike

from continuation.certify.certificate import Certificate, hexadecimal, hexadecimals
from continuation.certify.enclosures import (
    ExactLoss,
    Failure,
    box,
    contraction_rate,
    exact,
    lower,
    norm,
    row_norm,
    working_precision,
)
from continuation.certify.provers.points import ProvedPoint, prove_point
from continuation.certify.provers.question import Question
from continuation.landscape.network import Given, Loss, in_fitting_units

MARGIN = 0.9
"""The height of the level above the minimum is claimed with this margin."""


@in_fitting_units
def certify_basin(loss: Loss, theta: ArrayLike, **given: Unpack[Given]) -> Certificate:
    """Prove a neighbourhood of an attracting point that no trajectory leaves.

    Parameters
    ----------
    loss : Loss
    theta : array_like, shape (d,)
        Approximate minimum.
    **given : noise, size, weight_decay
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

    Examples
    --------
    >>> from continuation.certify import certify_basin
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> certificate = certify_basin(loss, sets[0].theta, noise=0.1)
    >>> certificate.verdict, certificate.kind
    ('PROVED', 'basin')
    """
    question = Question.of(loss, **given)
    return basin_certificate(question, prove_point(question.loss, theta))


def basin_certificate(question: Question, point: ProvedPoint | Failure) -> Certificate:
    """The basin of a proved point."""
    if isinstance(point, Failure):
        return question.undecided("basin", point.reason)
    if point.inertia[0] > 0:
        reason = f"the point has index {point.inertia[0]}: it attracts nothing of full dimension"
        return question.undecided("basin", reason)
    with working_precision():
        level = _level(question.loss, point)
        inside = bool(question.loss.value(box(point.theta, 0.0)) < exact(level))
    if not inside:
        reason = "the level is not separated from the minimum: the point is nearly degenerate"
        return question.undecided("basin", reason)
    basin = Basin(point.theta, point.uniqueness_radius, level)
    return question.proved("basin", {**point.claim, **basin.claim})


def _level(loss: ExactLoss, point: ProvedPoint) -> float:
    """A lower bound of L on the sphere of the radius of uniqueness."""
    here = loss.evaluate(box(point.theta, 0.0))
    rate = contraction_rate(loss, point.theta, point.contraction, point.uniqueness_radius)
    curvature = (1 - exact(rate)) / exact(row_norm(point.contraction))
    off = exact(point.radius)
    # L is convex: L(θ̂) ≥ L(centre) − |∇L(centre)|₁ δ in the maximum norm.
    lowest = here.value - off * sum((abs(g) for g in here.gradient.entries()), arb(0))
    distance = exact(point.uniqueness_radius) - off * exact(len(point.theta)).sqrt()
    if not distance > 0:  # the minimum may lie outside the ball
        return -math.inf
    return lower(lowest + exact(MARGIN) * curvature * distance * distance / 2)


@dataclass(frozen=True)
class Basin:
    """A neighbourhood that no trajectory leaves: the part of a ball below a level.

    Attributes
    ----------
    centre : tuple of float, length d
    ball : float
        Its Euclidean radius.
    level : float
        Of the loss.
    """

    centre: tuple[float, ...]
    ball: float
    level: float

    @classmethod
    def of(cls, certificate: Certificate) -> Basin:
        """What a certificate of kind "basin" that is proved speaks of."""
        centre, ball, level = (certificate.claim[name] for name in ("theta", "ball", "level"))
        return cls(tuple(map(float.fromhex, centre)), float.fromhex(ball), float.fromhex(level))

    @property
    def claim(self) -> dict[str, Any]:
        """What a checker needs beside the point."""
        return {"ball": hexadecimal(self.ball), "level": hexadecimal(self.level), "entries": []}

    def holds(self, loss: ExactLoss, theta: ArrayLike) -> bool:
        """Whether a state θ (d,) certainly lies in it."""
        state = [float(t) for t in np.asarray(theta, dtype=np.float64)]
        if not np.linalg.norm(np.subtract(state, self.centre)) < self.ball:  # saves the enclosures
            return False
        with working_precision():
            away = norm([exact(a) - exact(b) for a, b in zip(state, self.centre, strict=True)])
            return bool(away < self.ball) and bool(loss.value(box(state, 0.0)) < self.level)


def with_entries(basin: Certificate, states: Iterable[ArrayLike]) -> Certificate:
    """The certificate of a basin with computed states that lie in it."""
    listed = [hexadecimals(np.asarray(state, dtype=np.float64)) for state in states]
    return replace(basin, claim={**basin.claim, "entries": listed})
