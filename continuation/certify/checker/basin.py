"""Certified basins and the states that lie in them: schema, check and statement."""

from __future__ import annotations

from flint import arb

from continuation.certify.checker import schema
from continuation.certify.checker.points import (
    POINT_FIELDS,
    Claim,
    balls,
    check_point,
    identity,
    largest_row,
    square_matrix,
)
from continuation.certify.checker.problem import Problem, around
from continuation.certify.checker.refusal import require
from continuation.certify.checker.words import exactly

BASIN = schema.record(
    {
        **POINT_FIELDS,
        "ball": schema.positive,
        "level": schema.real(0.0),
        "entries": schema.rows(schema.weights),
    }
)

NOT_INTEGRATED = "the trajectories that lead to the states were computed, not certified"


def check_basin(problem: Problem, claim: Claim) -> arb:
    """A certified minimum, the level on the sphere around it, every state; the loss there."""
    loss = check_point(problem, claim)
    centre, d = balls(claim["theta"]), problem.model.dimension
    ball, level, radius = (arb(claim[name]) for name in ("ball", "level", "radius"))
    require(ball <= claim["uniqueness_radius"], "the ball is too large")
    require(claim["inertia"] == (0, 0, d), "the critical point is no minimum")
    value, slope, *_ = problem.derivatives(centre)
    lowest = value - radius * sum((abs(s) for s in slope.entries()), arb(0))
    away = ball - radius * arb(d).sqrt()
    require(away > 0, "the minimum may lie outside the ball")
    curvature = _smallest_eigenvalue(problem, centre, ball, claim)
    require(level < lowest + curvature * away**2 / 2, "L may be below the level on the sphere")
    require(level > value, "the level is not above the minimum")
    for entry in claim["entries"]:
        _require_inside(problem, centre, balls(entry), ball, level)
    return loss


def _require_inside(
    problem: Problem, centre: list[arb], state: list[arb], ball: arb, level: arb
) -> None:
    require(len(state) == len(centre), "a state has another length than the weights")
    distance = sum(((a - b) * (a - b) for a, b in zip(state, centre, strict=True)), arb(0))
    require(distance < ball**2, "a state is not in the ball")
    require(problem.derivatives(state)[0] < level, "a state is not below the level")


def _smallest_eigenvalue(problem: Problem, centre: list[arb], ball: arb, claim: Claim) -> arb:
    """Lower bound of the eigenvalues of the Hessian on the ball: (1 − ‖I − CH‖)/‖C‖.

    Positive: the ball lies in the box of uniqueness, on which ‖I − CH‖ < 1 holds already.
    """
    d = len(centre)
    inverse = square_matrix(claim["inverse"], d)
    _, _, square, curved = problem.derivatives(around(centre, ball))
    rate = largest_row(identity(d) - inverse * (square + curved))
    return (1 - rate) / largest_row(inverse)


def state_basin(claim: Claim) -> str:
    """What `check_basin` shows."""
    states = len(claim["entries"])
    inside = f"; {states} stated state{'s' * (states > 1)} lie{'s' * (states == 1)} there"
    return (
        f"every trajectory that is within {exactly(claim['ball'])} of θ with L below "
        f"{exactly(claim['level'])} stays and tends to the one critical point there, a minimum"
    ) + inside * bool(states)
