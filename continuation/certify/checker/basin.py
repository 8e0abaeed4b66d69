"""Checker of certified basins and of the states that entered them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flint import arb, arb_mat

from continuation.certify.checker.points import check_point, require_inertia
from continuation.certify.checker.problem import Problem, around, number, numbers, require


def check_basin(record: Mapping[str, Any]) -> None:
    """A certified minimum, the level on the sphere around it, and every entry."""
    check_point(record)
    problem, claim = Problem.read(record["problem"]), record["claim"]
    centre, d = numbers(claim["theta"]), problem.model.dimension
    ball, level = number(claim["ball"]), number(claim["level"])
    require(ball > 0 and ball <= number(record["uniqueness_radius"]), "the ball is too large")
    value, slope, square, curved = problem.derivatives(centre)
    require_inertia(square + curved, [0, 0, d])
    lowest = value - number(record["radius"]) * sum((abs(s) for s in slope.entries()), arb(0))
    away = ball - number(record["radius"]) * arb(d).sqrt()
    require(away > 0, "the minimum may lie outside the ball")
    curvature = _smallest_eigenvalue(problem, centre, ball, claim)
    require(level < lowest + curvature * away**2 / 2, "L may be below the level on the sphere")
    require(level > value, "the level is not above the minimum")
    for entry in claim["entries"]:
        state = numbers(entry["theta"])
        distance = sum(((a - b) * (a - b) for a, b in zip(state, centre, strict=True)), arb(0))
        require(distance < ball**2, f"the entry from {entry['source']} is not in the ball")
        require(
            problem.derivatives(state)[0] < level,
            f"the entry from {entry['source']} is not below the level",
        )


def _smallest_eigenvalue(
    problem: Problem, centre: list[arb], ball: arb, claim: Mapping[str, Any]
) -> arb:
    """Lower bound of the eigenvalues of the Hessian on the ball: (1 − ‖I − CH‖)/‖C‖."""
    inverse = arb_mat([numbers(row) for row in claim["inverse"]])
    d = len(centre)
    one = arb_mat(d, d, [int(a == b) for a in range(d) for b in range(d)])
    _, _, square, curved = problem.derivatives(around(centre, ball))
    rate = _norm(one - inverse * (square + curved))
    require(rate < 1, "the Hessian may be singular on the ball")
    return (1 - rate) / _norm(inverse)


def _norm(matrix: arb_mat) -> arb:
    return max(sum((abs(e) for e in row), arb(0)).upper() for row in matrix.tolist())
