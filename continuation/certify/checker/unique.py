"""Certificates that one critical point lies near θ*, and it is a minimum: Newton and Kantorovich.

In coordinates z, θ = θ* + S z, let β = 1/(1 − ‖SᵀAS − 1‖), A the Hessian at θ*, η = β |Sᵀ∇L(θ*)|
and K a bound of the third derivatives over |z| ≤ R. Where h = β K η < ½ and
t = 2η/(1 + √(1 − 2h)) ≤ R, there is one critical point with |z| ≤ t and no other with
|z| < min(R, (1 + √(1 − 2h))/(β K)); the Hessian there is positive definite, as β K t < 1.

References
----------
J. M. Ortega and W. C. Rheinboldt, *Iterative Solution of Nonlinear Equations* (1970), 12.6.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, fmpq

from continuation.certify.checker import schema
from continuation.certify.checker.forms import parts, size, turned
from continuation.certify.checker.optimum import UNITS, require_teacher
from continuation.certify.checker.points import Claim, identity, square_matrix
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import require
from continuation.certify.checker.words import at_least, at_most

MOST_UNITS = 4
"""The fifth derivatives of more have too many entries to be checked in a minute."""

UNIQUE = schema.record(
    {
        "units": UNITS,
        "scale": schema.matrix,
        "near": schema.positive,
        "distance": schema.positive,
        "wide": schema.positive,
        "radius": schema.positive,
    }
)
"""Teacher's units, S, a ball that holds the minimum with its distance, and one in which it is
alone within the radius."""


@dataclass(frozen=True, eq=False)
class _Start:
    """Everything at θ*."""

    problem: Problem
    theta: list[arb]
    scale: arb_mat
    beta: arb
    eta: arb

    def condition(self, reach: arb) -> tuple[arb, arb]:
        """Distance t and (1 + √(1 − 2h))/(βK) of a ball; `Refused` where h may be ½."""
        bound = self._third(reach)
        h = self.beta * bound * self.eta
        require(h < 0.5, "h is not below 1/2")
        root = (1 - 2 * h).sqrt()
        return 2 * self.eta / (1 + root), (1 + root) / (self.beta * bound)

    def _third(self, reach: arb) -> arb:
        """Bound of the third derivatives in z over the ball, by Taylor's formula from θ*."""
        rows = self.scale.tolist()
        box = [t + arb(0, reach * _norm(row)) for t, row in zip(self.theta, rows, strict=True)]
        forms = [*parts(self.problem, self.theta, (3, 4)), *parts(self.problem, box, (5,))]
        third, fourth, fifth = (size(turned(form, self.scale)) for form in forms)
        return third + reach * fourth + reach**2 * fifth / 2


def check_unique(problem: Problem, claim: Claim) -> None:
    """The teacher's form, h < ½ on both balls, the distance and the radius."""
    model = problem.model
    units = require_teacher(problem, claim["units"], schema.rational("0", "offset"))
    require(model.is_unbiased, "the student has biases or an offset")
    require(len(units) == model.hidden <= MOST_UNITS, "θ* is not isolated, or has too many units")
    start = _start(problem, [*(w for w, _ in units), *(v for _, v in units)], claim["scale"])
    near, wide, distance, radius = (
        arb(claim[name]) for name in ("near", "wide", "distance", "radius")
    )
    require(distance <= near, "the minimum may lie outside the ball")
    require(start.condition(near)[0] <= distance, "the minimum may be farther away")
    t, other = start.condition(wide)
    require(t <= wide, "the larger ball may not hold the minimum")
    require(radius <= wide and radius <= other, "another critical point may be as close")
    require(distance < radius, "the radii are not in order")


def _start(problem: Problem, theta: Sequence[fmpq], rows: Sequence[Sequence[float]]) -> _Start:
    exact = [arb(t) for t in theta]
    scale = square_matrix(rows, len(theta))
    _, slope, square, curved = problem.derivatives(exact)
    require(any(bool(entry != 0) for entry in slope.entries()), "θ* itself may be critical")
    away = scale.transpose() * (square + curved) * scale - identity(len(theta))
    off = _norm(away.entries())
    require(off < 1, "the Hessian at θ* may be singular")
    beta = 1 / (1 - off)
    return _Start(problem, exact, scale, beta, beta * _norm((scale.transpose() * slope).entries()))


def _norm(values: Sequence[arb]) -> arb:
    return sum((abs(value).upper() ** 2 for value in values), arb(0)).sqrt()


def state_unique(claim: Claim) -> str:
    """What `check_unique` shows."""
    return (
        f"with |S⁻¹(θ − θ*)| as the distance, exactly one critical point is closer to θ* than "
        f"{at_least(claim['radius'])}; it is a minimum, not θ* itself, and at most "
        f"{at_most(claim['distance'])} away"
    )
