"""Certified sets at infinity, confluence, linear end and {x, x³}: schema, check, statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp
from flint import arb

from continuation.certify.checker import schema
from continuation.certify.checker.points import (
    POINT_FIELDS,
    Claim,
    balls,
    inertia,
    loss_of_point,
    require_point,
)
from continuation.certify.checker.problem import Problem, around, plain
from continuation.certify.checker.refusal import require
from continuation.certify.checker.words import at_least, at_most
from symbolic import Model, parse_expression

CONFLUENCE = ("confluence", ["w", "a", "b"])
LINEAR = ("linear", ["w", "v", "c"])
LINEAR_ALONE = ("linear", ["c"])
CORNER = ("corner", ["c", "c3"])

INFINITY = schema.record(
    {
        **POINT_FIELDS,
        "subkind": schema.word("confluence", "linear", "corner"),
        "names": schema.rows(schema.word("w", "v", "a", "b", "c", "c3"), 1, 3),
    }
)


def check_infinity(problem: Problem, claim: Claim) -> arb:
    """A critical point of the limit model, and the sign in the normal coordinate; its loss."""
    end = (claim["subkind"], claim["names"])
    require(end in (CONFLUENCE, LINEAR, LINEAR_ALONE, CORNER), "there is no such end")
    _require_network(problem, 1 if end == LINEAR_ALONE else 2)
    limit = replace(problem, model=_limit_model(*end))
    require_point(limit, claim)
    theta = around(balls(claim["theta"]), arb(claim["radius"]))
    _, _, square, curved = limit.derivatives(theta)
    negative, positive = inertia(square + curved)
    slope = _slope(limit, dict(zip(claim["names"], theta, strict=True)), claim["subkind"])
    require(slope < 0 or slope > 0, "the derivative in the normal coordinate may vanish")
    stated = (negative + bool(slope < 0), 0, positive + bool(slope > 0))
    require(claim["inertia"] == stated, "the set has another inertia")
    return loss_of_point(limit, claim)


def state_infinity(claim: Claim) -> str:
    """What `check_infinity` shows."""
    return (
        f"{claim['subkind']} at infinity: one critical point of the limit model within "
        f"{at_most(claim['radius'])} of {', '.join(claim['names'])}, no other within "
        f"{at_least(claim['uniqueness_radius'])}; index {claim['inertia'][0]} with the normal "
        "coordinate"
    )


def _require_network(problem: Problem, hidden: int) -> None:
    model = problem.model
    require(model.is_tanh, "this is no tanh network")
    require(model.free_output and model.hidden == hidden, "this network has no such end")
    require(model.is_unbiased, "the charts hold without bias and offset")
    require(problem.decay == 0, "with weight decay nothing lies at infinity")


def _limit_model(subkind: str, names: list[str]) -> Model:
    """The formula of the limit."""
    terms = {"a": "a*tanh(w*x)", "b": "b*x*(1 - tanh(w*x)**2)", "v": "v*tanh(w*x)"}
    terms |= {"c": "c*x", "c3": "c3*x**3"}
    return Model.from_expression(" + ".join(terms[n] for n in names if n != "w"), names)


def _slope(problem: Problem, theta: Mapping[str, arb], subkind: str) -> arb:
    """Σ ω r ∂f in the normal coordinate: D = (w₁ − w₂)², q = w² or q = w₁² + w₂².

    For the confluence from f = a sinh c/(cosh c + C) + 2 b x s/(cosh c + C) with c = 2wx,
    C = cosh √z, s = sinh √z/√z and z = D x²: dC/dz = 1/2 and ds/dz = 1/6 at z = 0.
    """
    across = "-2*c3*x**5/5" if subkind == "corner" else "-c*x**3/3"
    if subkind == "confluence":
        across = (
            "x**2*(-a*sinh(2*w*x)/(2*(cosh(2*w*x) + 1)**2) + b*x/(3*(cosh(2*w*x) + 1))"
            " - b*x/(cosh(2*w*x) + 1)**2)"
        )
    names = [*theta, problem.model.input_symbol.name]
    formula, outputs = parse_expression(across, names), problem.model.expression
    known = dict(zip(problem.model.parameter_symbols, theta.values(), strict=True))
    total = arb(0)
    for x, target, noise, weight in zip(
        problem.x, problem.target, problem.noise, problem.weights, strict=True
    ):
        here: dict[sp.Symbol, arb] = {**known, problem.model.input_symbol: x}
        residual = plain(outputs, here) - target - problem.sigma * noise
        total += weight * residual * plain(formula, here)
    return total
