"""Certificates that training cannot end at the theoretical optimum, whatever the network.

Where Θ* is not described as a set (layers, several inputs and outputs, other activations than
tanh), two parts of the gradient are still the same at all of it. With f = Vᵀa + b in the last layer
and f(·; θ*) = T,

    ∂L/∂b = −σ Σ ω ε,      [V; b]ᵀ ∂L/∂[V; b] = −σ Σ ω T εᵀ.

Their norms, which need the noise and the teacher's values only, bound |∇L(θ*)| and
|[V; b]| |∇L(θ*)| from below.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, Unpack

from flint import arb

from continuation.certify.certificate import (
    PROVED,
    REFUTED,
    UNDECIDED,
    Certificate,
    hexadecimal,
    problem_of,
)
from continuation.certify.enclosures import (
    Column,
    as_column,
    compile_formulas,
    exact,
    lower,
    norm,
    size_weights,
    working_precision,
)
from continuation.landscape.network import ANY_OPTIMUM_BOUND, Conditions, Dataset, Given, Loss
from symbolic import Model

ANY_OPTIMUM = "any optimum"


def certify_any_optimum(loss: Loss, **given: Unpack[Given]) -> Certificate:
    """Prove that no θ* with f(·; θ*) = T is critical, by the derivatives by the last layer.

    Parameters
    ----------
    loss : Loss
        A network of any layers, inputs and outputs, with a teacher and squared error; its output
        weights are free, or it has output biases.
    **given : noise, size, weight_decay
        Parameters of the loss, as in `Loss.at`.

    Returns
    -------
    Certificate
        PROVED: |∇L(θ*)| ≥ `claim["bound"]`, divided by the norm of the weights and biases of the
        outputs where `claim["over"]` is "|V|". REFUTED: there is no noise. UNDECIDED with the
        reason else.
    """
    conditions = Conditions(**given)
    conditions.require_meaning(loss.data)
    problem = problem_of(loss, **given)
    reason = _excluded(loss, conditions)
    if reason:
        return Certificate(ANY_OPTIMUM, UNDECIDED, reason, problem)
    if conditions.noise == 0.0 or not loss.data.noise.any():
        return Certificate(ANY_OPTIMUM, REFUTED, problem=problem)
    with working_precision():
        for over, bound in _bounds(loss, conditions).items():
            if bound > 0.0:
                claim = {"bound": hexadecimal(bound), "over": over}
                return Certificate(ANY_OPTIMUM, PROVED, problem=problem, claim=claim)
    reason = "the bound of |∇L(θ*)| is not separated from zero"
    return Certificate(ANY_OPTIMUM, UNDECIDED, reason, problem)


def _excluded(loss: Loss, conditions: Conditions) -> str:
    """Why there is no bound; "" where there is one."""
    if loss.model.teacher is None or loss.data.kind == "observed":
        return "there is no teacher, so there is no Θ*"
    if not ANY_OPTIMUM_BOUND.holds(loss.model):
        return ANY_OPTIMUM_BOUND.reason
    return "with weight decay the bound along Θ* does not hold" if conditions.decays else ""


def _bounds(loss: Loss, conditions: Conditions) -> Mapping[str, float]:
    """Lower bounds by what they are divided by."""
    model, data = loss.model, loss.data
    weights, n = _weights(data, conditions.size)
    sigma = exact(conditions.noise)
    noises = [[exact(e) for e in column] for column in _columns(data.noise, n, model.outputs)]
    found = {}
    if model.offset:
        found["1"] = _norm(sigma, weights, [[arb(1)] * n], noises)
    if model.has_free_last_layer:
        found["|V|"] = _norm(sigma, weights, _taught(model, data, n), noises)
    return found


def _norm(sigma: arb, weights: Column, left: list[Column], right: list[Column]) -> float:
    """Lower bound of |σ Σ ω l rᵀ|."""
    sums = [
        sum((w * a * b for w, a, b in zip(weights, one, other, strict=True)), arb(0))
        for one, other in product(left, right)
    ]
    return lower(sigma * norm(sums))


def _weights(data: Dataset, size: float | None) -> tuple[Column, int]:
    """Weights of the samples that count, and their number."""
    if data.weights is not None:
        return [exact(w) for w in data.weights], data.size
    n, weights = size_weights(data.size if size is None else size)
    return weights or [arb(1) / n] * n, n


def _taught(model: Model, data: Dataset, n: int) -> list[Column]:
    """Enclosures of the teacher's values, a column for each output."""
    program = compile_formulas(model.teachers, model.input_symbols)
    columns = [[exact(t) for t in column] for column in _columns(data.x, n, model.inputs)]
    return [as_column(values, n) for values in program(columns)]


def _columns(rows: Any, n: int, count: int) -> Any:
    """The first n rows of an array (N,) or (N, count), by columns."""
    return rows.reshape(-1, count)[:n].T
