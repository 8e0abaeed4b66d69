"""Checker of certificates about the theoretical optimum."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, arb_mat, fmpq

from continuation.certify.checker.problem import Problem, number, numbers, require


def check_optimum(record: Mapping[str, Any]) -> None:
    """The form of the teacher, the bound of the gradient, the distances."""
    problem = Problem.read(record["problem"])
    claim = record["claim"]
    units = [(_rational(w), _rational(v)) for w, v in claim["units"]]
    _require_teacher(problem, record["problem"], units, _rational(claim["offset"]))
    if record["verdict"] == "REFUTED":
        silent = all(bool(problem.sigma * e == 0) for e in problem.noise)
        require(silent, "there is noise, so θ* need not be critical")
        return
    require(record["verdict"] == "PROVED", "the verdict is unknown")
    bound, constant = number(claim["gradient_bound"]), number(claim["constant"])
    require(bound > 0 and constant > 0 and constant <= 1, "a bound is not positive")
    spare = problem.model.hidden - len(units)
    require(bound * bound <= _squared_gradient(problem, units, spare), "|∇L(θ*)| may be smaller")
    require(constant * _stiffness(problem, constant) < bound, "a critical point may be closer")
    if record["radius"] is not None:
        require(spare == 0, "Θ* is a manifold, not an orbit")
        _require_empty_box(problem, record, units)


def _rational(text: str) -> fmpq:
    value = Fraction(text)
    return fmpq(value.numerator, value.denominator)


def _require_teacher(
    problem: Problem, record: Mapping[str, Any], units: list[tuple[fmpq, fmpq]], offset: fmpq
) -> None:
    model = problem.model
    require(model.is_tanh, "this is no tanh network")
    require(model.free_output and problem.decay == 0, "output weights are fixed, or decay")
    taught = model.teacher_expr is not None and record["target"] is None
    require(taught, "the targets are not those of a teacher")
    require(len(units) <= model.hidden, "the student has too few units")
    widths = [w for w, _ in units]
    require(all(w > 0 for w in widths) and len(set(map(str, widths))) == len(units), "equal units")
    require(all(v != 0 for _, v in units), "a unit of the teacher is silent")
    require(offset == 0 or model.offset, "the student has no offset")
    x = model.input_symbol
    number_of = [(sp.Rational(str(w)), sp.Rational(str(v))) for w, v in units]
    stated = sum((v * sp.tanh(w * x) for w, v in number_of), sp.Rational(str(offset)))
    require(sp.expand(model.teacher_expr - stated) == 0, "the teacher has other units")


def _squared_gradient(problem: Problem, units: list[tuple[fmpq, fmpq]], spare: int) -> arb:
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


def _require_empty_box(
    problem: Problem, record: Mapping[str, Any], units: list[tuple[fmpq, fmpq]]
) -> None:
    claim = record["claim"]["isolated"]
    theta = [_rational(text) for text in claim["theta"]]
    zeros = [fmpq(0)] * len(units) if problem.model.bias else []
    offset = [_rational(record["claim"]["offset"])] if problem.model.offset else []
    stated = [*(w for w, _ in units), *zeros, *(v for _, v in units), *offset]
    require(theta == stated, "θ* is another point")
    radius = number(record["radius"])
    require(radius > 0, "the radius is not positive")
    inverse = arb_mat([numbers(row) for row in claim["inverse"]])
    _, slope, *_ = problem.derivatives([arb(t) for t in theta])
    box = [arb(t) + arb(0, radius) for t in theta]
    _, _, square, curved = problem.derivatives(box)
    rows = (inverse * (square + curved)).tolist()
    steps = zip((inverse * slope).entries(), rows, strict=True)
    away = [abs(s).lower() > radius * sum((abs(e).upper() for e in r), arb(0)) for s, r in steps]
    require(any(away), "the box may hold a critical point")
