"""Certificates that training cannot end at the theoretical optimum (claim 4).

A teacher Σ_k v_k tanh(w_k x) with different |w_k| > 0 is represented by a student of H units only
where every teacher unit k is carried by m ≥ 1 student units with input weights ±w_k (zero biases)
whose output weights, with these signs, add up to v_k: functions tanh(wx + c) of different ±(w, c)
and constants are linearly independent. At every such θ*, a manifold where the student has units
to spare, ∇L(θ*) = −σ Σ ω ε ∇f(x; θ*), so with a_k = σ Σ ω ε tanh(w_k x) and
b_k = σ Σ ω ε x tanh'(w_k x)

    |∇L(θ*)|² ≥ Σ_k (m a_k² + v_k² b_k²/m) ≥ Σ_k (a_k² + v_k² b_k²/(H − H* + 1)).

The Hessian within R ≤ 1 of θ* is at most κ(R) (1 + |v|)², v the output weights of θ*, so that no
critical point is closer to θ* than g/(κ (1 + |v|)²): one number for the whole manifold, its
unbounded ends included. Where Θ* is one orbit, a box around it is excluded by a Newton step, which
reaches nearly to the closest critical point.

References
----------
H. J. Sussmann, *Neural Networks* 5 (1992) 589: minimal networks are unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Unpack

import numpy as np
import sympy as sp
from flint import arb, arb_mat

from continuation.certify.certificate import REFUTED, Certificate, hexadecimal
from continuation.certify.enclosures import (
    ExactLoss,
    exact,
    lower,
    midpoints,
    norm,
    upper,
    working_precision,
)
from continuation.certify.provers.any_optimum import certify_any_optimum
from continuation.certify.provers.points import rows_of
from continuation.certify.provers.question import Question
from continuation.landscape.network import CERTIFIED_OPTIMUM, Given, Loss
from symbolic import Model

OPTIMUM = "optimum"

STEEPEST_CURVATURE = Fraction(77, 100)
"""Above max |tanh''| = 4/(3√3) = 0.7698."""

MARGIN = 0.9
"""Bounds are claimed with this margin, for checkers with other roundings."""

TRIALS = 40
"""Boxes tried around an isolated optimum; each is 0.8 times the last."""


@dataclass(frozen=True)
class Teacher:
    """A teacher as Σ v tanh(w x) + constant, exactly; w > 0 and different, v ≠ 0."""

    units: tuple[tuple[Fraction, Fraction], ...]
    constant: Fraction


def certify_never_optimal(loss: Loss, **given: Unpack[Given]) -> Certificate:
    """Prove that no point of the theoretical optimum Θ* is critical, with a distance.

    Parameters
    ----------
    loss : Loss
        A tanh perceptron with free output weights and a teacher of at most as many units; or any
        other network, see `certify_any_optimum`: the statement is without the distance there.
    **given : noise, size, weight_decay
        Parameters of the loss, as in `Loss.at`.

    Returns
    -------
    Certificate
        PROVED: |∇L(θ*)| ≥ `claim["gradient_bound"]` at every θ* ∈ Θ*, and no critical point lies
        within c/(1 + |v|)² of it (Euclidean; c = `claim["constant"]`, |v| the norm of its output
        weights). Where Θ* is one orbit, the box of `radius` around it holds no critical point.
        REFUTED: the gradient vanishes at θ* (no noise). UNDECIDED with the reason else.

    Examples
    --------
    >>> from continuation.certify import certify_never_optimal
    >>> from continuation.landscape import Dataset, Loss
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> certify_never_optimal(loss, noise=0.1).verdict
    'PROVED'
    """
    if not CERTIFIED_OPTIMUM.holds(loss.model):
        return certify_any_optimum(loss, **given)
    question = Question.of(loss, **given)
    enclosed = question.loss
    teacher = teacher_of(loss.model)
    if isinstance(teacher, str):
        return question.undecided(OPTIMUM, teacher)
    spare = loss.model.hidden - len(teacher.units)
    if spare < 0:
        reason = "Θ* is empty: the teacher has more units than the student"
        return question.undecided(OPTIMUM, reason)
    if enclosed.decay != 0:
        return question.undecided(OPTIMUM, "with weight decay the bound along Θ* does not hold")
    with working_precision():
        if all(bool(enclosed.sigma * e == 0) for e in enclosed.noise):
            claim = _teacher_claim(teacher)
            return Certificate(OPTIMUM, REFUTED, problem=question.problem, claim=claim)
        bound = lower(gradient_bound(enclosed, teacher, spare))
        if not bound > 0.0:
            return question.undecided(OPTIMUM, "the bound of |∇L(θ*)| is not separated from zero")
        constant = manifold_constant(enclosed, bound)
        alone = _isolated(enclosed, teacher) if spare == 0 else None
    bounds = {"gradient_bound": hexadecimal(bound), "constant": hexadecimal(constant)}
    claim = {**_teacher_claim(teacher), **bounds, "isolated": alone}
    return question.proved(OPTIMUM, claim)


def teacher_of(model: Model) -> Teacher | str:
    """The teacher's units, or why there is no such form."""
    if model.teacher_expr is None:
        return "there is no teacher, so there is no Θ*"
    units: dict[Fraction, Fraction] = {}
    constant = Fraction(0)
    for term in sp.Add.make_args(sp.expand(model.teacher_expr)):
        weight, rest = term.as_independent(model.input_symbol)
        slope = sp.S(0) if rest == 1 else _slope(rest, model.input_symbol)
        if slope is None or not weight.is_Rational:
            return f"the teacher's term {term} is no tanh unit with rational weights"
        w, v = (Fraction(int(q.p), int(q.q)) for q in (slope, weight))
        if w == 0:
            constant += v
        else:
            units[abs(w)] = units.get(abs(w), Fraction(0)) + (v if w > 0 else -v)
    if constant != 0 and not model.offset:
        return "the teacher has a constant term and the student no offset"
    return Teacher(tuple((w, v) for w, v in sorted(units.items()) if v != 0), constant)


def _slope(rest: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    """The w of tanh(w x), a rational number; None where it has another form."""
    if not isinstance(rest, sp.tanh):
        return None
    slope = rest.args[0] / x
    return slope if slope.is_Rational else None


def gradient_bound(loss: ExactLoss, teacher: Teacher, spare: int) -> arb:
    """Enclosure of the square root of Σ (a² + v² (b² [+ b₀²])/(spare + 1)) [+ offset's]."""
    parts = []
    for w, v in teacher.units:
        t = [(exact(w) * x).tanh() for x in loss.x]
        slopes = [1 - q * q for q in t]
        share = exact(v) / arb(spare + 1).sqrt()
        parts.append(loss.mean_noise(t))
        parts.append(share * loss.mean_noise([s * x for s, x in zip(slopes, loss.x, strict=True)]))
        if loss.model.bias:
            parts.append(share * loss.mean_noise(slopes))
    if loss.model.offset:
        parts.append(loss.mean_noise([arb(1)] * len(loss.x)))
    return loss.sigma * norm(parts)


def manifold_constant(loss: ExactLoss, bound: float) -> float:
    """Largest c such that no critical point lies within c/(1 + |v|)² of any θ*.

    κ(R) = Σ ω (γ² + (σ|ε| + R γ)(M X² + X)) with X² = x² [+ 1], γ² = X² + H [+ 1] and
    M ≥ max |tanh''|; c ≤ min(R, g/κ(R)) for any R ≤ 1.
    """
    reach = 1.0
    for _ in range(3):  # g/κ(R) falls with R: the results lie below, above, below the fixed point
        reach = min(1.0, lower(exact(bound) / stiffness(loss, reach)))
    return MARGIN * reach


def stiffness(loss: ExactLoss, reach: float) -> arb:
    """κ(R)."""
    width = loss.model.hidden + loss.model.offset
    terms = []
    for x, e in zip(loss.x, loss.noise, strict=True):
        square = x * x + int(loss.model.bias)
        size, gamma = square.sqrt(), (square + width).sqrt()
        pull = abs(loss.sigma * e) + exact(reach) * gamma
        terms.append(gamma * gamma + pull * (exact(STEEPEST_CURVATURE) * square + size))
    return loss.mean(terms)


def _isolated(loss: ExactLoss, teacher: Teacher) -> dict[str, Any] | None:
    """θ* with the largest box around it that a Newton step proves free of critical points."""
    theta = optimal_weights(loss.model, teacher)
    here = loss.evaluate([exact(t) for t in theta])
    try:
        inverse = np.linalg.inv(np.array(midpoints(here.hessian)))
    except np.linalg.LinAlgError:
        return None
    matrix = arb_mat(inverse.tolist())
    steps = [lower(abs(entry)) for entry in (matrix * here.gradient).entries()]
    radius = MARGIN * max(steps)
    for _ in range(TRIALS):
        around = [exact(t) + arb(0, radius) for t in theta]
        if _is_empty(matrix * loss.hessian(around), steps, radius):
            return {
                "theta": [str(t) for t in theta],
                "inverse": rows_of(inverse),
                "radius": hexadecimal(radius),
            }
        radius *= 0.8
    return None


def _is_empty(rates: arb_mat, steps: list[float], radius: float) -> bool:
    """Whether some component of C ∇L cannot vanish in the box: |C ∇L(θ*)| > r Σ |C ∇²L|."""
    return any(
        upper(exact(radius) * sum((abs(rate) for rate in row), arb(0))) < MARGIN * step
        for row, step in zip(rates.tolist(), steps, strict=True)
    )


def optimal_weights(model: Model, teacher: Teacher) -> list[Fraction]:
    """The θ* of a student with exactly the teacher's units."""
    zeros = [Fraction(0)] * len(teacher.units) if model.bias else []
    w, v = ([unit[k] for unit in teacher.units] for k in (0, 1))
    return [*w, *zeros, *v, *([teacher.constant] if model.offset else [])]


def _teacher_claim(teacher: Teacher) -> dict[str, Any]:
    units = [[str(w), str(v)] for w, v in teacher.units]
    return {"units": units, "offset": str(teacher.constant)}
