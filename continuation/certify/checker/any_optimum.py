"""Certificates about the theoretical optimum of any network: schema, check and statement.

At every θ* with f(·; θ*) = T the derivatives of L by the last layer f = Vᵀa + b obey, whatever
stands below it (the theorem "any optimum"),

    ∂L/∂b = −σ Σ ω ε,      [V; b]ᵀ ∂L/∂[V; b] = −σ Σ ω T εᵀ,

so that |∇L(θ*)| is at least the norm of the first, and |[V; b]| |∇L(θ*)| that of the second.
"""

from __future__ import annotations

from flint import arb

from continuation.certify.checker import schema
from continuation.certify.checker.points import Claim
from continuation.certify.checker.problem import Problem
from continuation.certify.checker.refusal import require
from continuation.certify.checker.words import at_least

EVERYWHERE, PER_WEIGHT = "1", "|V|"
"""What the bound is divided by: nothing, or the norm of the weights and biases of the outputs."""

ANY_OPTIMUM = schema.record({"bound": schema.positive, "over": schema.word(EVERYWHERE, PER_WEIGHT)})

CRITICAL_ANY_OPTIMUM = schema.record({})

LAST_LAYER = "at θ* the derivatives by the last layer are those of the theorem 'any optimum'"


def check_any_optimum(problem: Problem, claim: Claim) -> None:
    """The sums over the samples, from the noise and the teacher's values alone."""
    _require_taught(problem)
    model, m = problem.model, problem.model.outputs
    shared = claim["over"] == EVERYWHERE
    require(model.offset or not shared, "the outputs have no biases")
    require(model.has_free_last_layer or shared, "the output weights are given")
    ones = [arb(1)] * len(problem.weights)
    factors = [ones] if shared else [problem.target[j::m] for j in range(m)]
    total = arb(0)
    for factor in factors:
        for k in range(m):
            rows = zip(problem.weights, factor, problem.noise[k::m], strict=True)
            total += (problem.sigma * sum((w * t * e for w, t, e in rows), arb(0))) ** 2
    bound = arb(claim["bound"])
    require(bound * bound <= total, "|∇L(θ*)| may be smaller")


def check_critical_any_optimum(problem: Problem, _: Claim) -> None:
    """That no sample has noise."""
    _require_taught(problem)
    silent = all(bool(problem.sigma * e == 0) for e in problem.noise)
    require(silent, "there is noise, so θ* need not be critical")


def state_any_optimum(claim: Claim) -> str:
    """What `check_any_optimum` shows."""
    bound = at_least(claim["bound"])
    if claim["over"] == EVERYWHERE:
        return f"at every θ* ∈ Θ*, |∇L(θ*)| ≥ {bound}"
    return f"at every θ* ∈ Θ*, |∇L(θ*)| ≥ {bound}/|V|, V the weights and biases of the outputs"


def _require_taught(problem: Problem) -> None:
    require(problem.model.loss == "squared", "the loss of a sample is not half the squared error")
    require(problem.taught, "the targets are not a teacher's")
    require(bool(problem.decay == 0), "there is weight decay")
