"""Certificates about the theoretical optimum: schema, check and statement."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import sympy as sp
from flint import arb, fmpq

from continuation.certify.checker import schema
from continuation.certify.checker.points import Claim, square_matrix
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import require
from continuation.certify.checker.words import at_least

Units = list[tuple[fmpq, fmpq]]

UNITS = schema.rows(schema.rows(schema.rational, 2, 2), 0, schema.MOST_WEIGHTS)
"""(w, v) of each unit of the teacher."""

OPTIMUM = schema.record(
    {
        "units": UNITS,
        "offset": schema.rational,
        "gradient_bound": schema.positive,
        "constant": schema.real(0.0, 1.0),
        "isolated": schema.optional(
            schema.record(
                {
                    "theta": schema.rows(schema.rational, 1, schema.MOST_WEIGHTS),
                    "inverse": schema.matrix,
                    "radius": schema.positive,
                }
            )
        ),
    }
)

CRITICAL_OPTIMUM = schema.record({"units": UNITS, "offset": schema.rational})

INDEPENDENCE = "functions tanh(wx + c) of different ±(w, c), and constants, are independent"


def check_optimum(problem: Problem, claim: Claim) -> None:
    """The form of the teacher, the bound of the gradient, the distances."""
    units = require_teacher(problem, claim["units"], claim["offset"])
    spare = problem.model.hidden - len(units)
    bound, constant = arb(claim["gradient_bound"]), arb(claim["constant"])
    require(constant > 0, "the distance is zero")
    require(bound * bound <= _squared_gradient(problem, units, spare), "|∇L(θ*)| may be smaller")
    require(constant * _stiffness(problem, constant) < bound, "a critical point may be closer")
    if claim["isolated"] is not None:
        require(spare == 0, "Θ* is a manifold, not an orbit")
        _require_empty_box(problem, claim, units)


def check_critical_optimum(problem: Problem, claim: Claim) -> None:
    """The form of the teacher, and that no sample has noise."""
    require_teacher(problem, claim["units"], claim["offset"])
    silent = all(bool(problem.sigma * e == 0) for e in problem.noise)
    require(silent, "there is noise, so θ* need not be critical")


def state_optimum(claim: Claim) -> str:
    """What `check_optimum` shows."""
    box = claim["isolated"]
    near = "" if box is None else f"; none in the box of radius {at_least(box['radius'])} around it"
    return (
        f"at every θ* ∈ Θ*, |∇L(θ*)| ≥ {at_least(claim['gradient_bound'])} and no critical point "
        f"lies within {at_least(claim['constant'])}/(1 + |v|)²{near}"
    )


def state_critical_optimum(_: Claim) -> str:
    """What `check_critical_optimum` shows."""
    return "without noise every point of Θ* is critical: its residual is zero"


def require_teacher(
    problem: Problem, stated: Sequence[Sequence[Fraction]], constant: Fraction
) -> Units:
    """The teacher is the sum of these tanh units, all different and none silent."""
    model = problem.model
    units = [(_exact(w), _exact(v)) for w, v in stated]
    require(model.is_tanh, "this is no tanh network")
    require(model.free_output and problem.decay == 0, "output weights are fixed, or decay")
    require(problem.taught and model.teacher_expr is not None, "the targets are not a teacher's")
    require(len(units) <= model.hidden, "the student has too few units")
    widths = [w for w, _ in stated]
    require(all(w > 0 for w in widths) and len(set(widths)) == len(units), "equal units")
    require(all(v != 0 for _, v in units), "a unit of the teacher is silent")
    require(constant == 0 or model.offset, "the student has no offset")
    x = model.input_symbol
    terms = [sp.Rational(str(v)) * sp.tanh(sp.Rational(str(w)) * x) for w, v in stated]
    total = sp.Add(*terms, sp.Rational(str(constant)))
    require(sp.expand(model.teacher_expr - total) == 0, "the teacher has other units")
    return units


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _squared_gradient(problem: Problem, units: Units, spare: int) -> arb:
    """Lower bound of |∇L(θ*)|² on all of Θ*."""
    total = arb(0)
    rows = list(zip(problem.x, problem.noise, problem.weights, strict=True))
    for w, v in units:
        outer = inner = bias = arb(0)
        for x, e, weight in rows:
            t = (arb(w) * x).tanh()
            outer += weight * e * t
            inner += weight * e * x * (1 - t * t)
            bias += weight * e * (1 - t * t)
        shared = inner * inner + (bias * bias if problem.model.bias else 0)
        total += outer * outer + arb(v) ** 2 * shared / (spare + 1)
    if problem.model.offset:
        mean = sum((weight * e for _, e, weight in rows), arb(0))
        total += mean * mean
    return problem.sigma**2 * total


def _stiffness(problem: Problem, reach: arb) -> arb:
    """κ(R): the Hessian within R ≤ 1 of θ* is at most κ (1 + |v|)²."""
    model, total = problem.model, arb(0)
    largest = 4 / (3 * arb(3).sqrt())  # max |tanh''|
    for x, e, weight in zip(problem.x, problem.noise, problem.weights, strict=True):
        square = x**2 + (1 if model.bias else 0)
        gradient = (square + model.hidden + (1 if model.offset else 0)).sqrt()
        residual = problem.sigma * abs(e) + reach * gradient
        total += weight * (gradient**2 + residual * (largest * square + square.sqrt()))
    return total


def _require_empty_box(problem: Problem, claim: Claim, units: Units) -> None:
    isolated = claim["isolated"]
    theta = [_exact(value) for value in isolated["theta"]]
    zeros = [fmpq(0)] * len(units) if problem.model.bias else []
    offset = [_exact(claim["offset"])] if problem.model.offset else []
    stated = [*(w for w, _ in units), *zeros, *(v for _, v in units), *offset]
    require(theta == stated, "θ* is another point")
    radius = arb(isolated["radius"])
    inverse = square_matrix(isolated["inverse"], len(theta))
    _, slope, *_ = problem.derivatives([arb(t) for t in theta])
    box = [arb(t) + arb(0, radius) for t in theta]
    _, _, square, curved = problem.derivatives(box)
    rows = (inverse * (square + curved)).tolist()
    steps = zip((inverse * slope).entries(), rows, strict=True)
    away = [abs(s).lower() > radius * sum((abs(e).upper() for e in r), arb(0)) for s, r in steps]
    require(any(away), "the box may hold a critical point")
