"""Certificates of sets at infinity whose limit model is smooth: confluence, linear end, {x, x³}.

A set at infinity is a critical point of its limit model, and the loss goes on smoothly beyond it
in one more coordinate that vanishes there. With t = tanh(wx):

- confluence, in D = (w₁ − w₂)²: f = a t + b x (1 − t²) at D = 0, and
  ∂f/∂D = x² [−a t (1 − t²)/4 + b x (1 − t²)/6 − b x (1 − t²)²/4];
- linear end, in q = w² of the unit c tanh(√q x)/√q: f = c x (+ v t) at q = 0, and
  ∂f/∂q = −c x³/3;
- corner of two linear units, in q = w₁² + w₂²: f = c x + c₃ x³ at q = 0. With moments
  m_k = Σ v w^(2k+1), c = m₀ and c₃ = −m₁/3, two units have m₂ = (w₁² + w₂²) m₁ − w₁² w₂² m₀, of
  which the last is smaller: ∂f/∂q = (2/15) m₁ x⁵ = −(2/5) c₃ x⁵.

The index of the set is that of the critical point of the limit model, plus one where the
derivative Σ ω r ∂f of the loss in the normal coordinate is negative: both are certified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from continuation.certify.certificate import Certificate
from continuation.certify.enclosures import (
    ExactLoss,
    Failure,
    as_column,
    box,
    compile_formulas,
    exact,
    midpoints,
    working_precision,
)
from continuation.certify.provers.points import ProvedPoint, prove_point
from continuation.certify.provers.question import Question
from continuation.landscape.network import CERTIFIED_ENDS
from symbolic import Model, parse_expression


@dataclass(frozen=True)
class Chart:
    """A limit model of a perceptron of some width, with the derivative of f across it."""

    hidden: int
    formula: str
    across: str


_S = "(1 - tanh(w*x)**2)"

CHARTS: Mapping[tuple[str, tuple[str, ...]], Chart] = {
    ("confluence", ("w", "a", "b")): Chart(
        2,
        f"a*tanh(w*x) + b*x*{_S}",
        f"x**2*(-a*tanh(w*x)*{_S}/4 + b*x*{_S}/6 - b*x*{_S}**2/4)",
    ),
    ("linear", ("w", "v", "c")): Chart(2, "v*tanh(w*x) + c*x", "-c*x**3/3"),
    ("linear", ("c",)): Chart(1, "c*x", "-c*x**3/3"),
    ("corner", ("c", "c3")): Chart(2, "c*x + c3*x**3", "-2*c3*x**5/5"),
}
"""By kind of end and names of the parameters of its limit model."""

POLISHING_STEPS = 2
"""From the 1e-9 of the other coordinates, rounding is reached in one."""

NO_CHART = "there is no certificate for this kind of end, or for this network, at infinity"


def infinity_certificate(
    question: Question, subkind: str, limit: Mapping[str, float]
) -> Certificate:
    """Prove a set at infinity: a critical point of the limit model, and the sign across.

    Parameters
    ----------
    question : Question
        Of the loss of the network.
    subkind : str
        "confluence", "linear" or "corner"; others are undecided.
    limit : mapping
        Parameters of the limit model, as in `CriticalSet.limit`.

    Returns
    -------
    Certificate
        `inertia` includes the sign in the normal coordinate, as that of `CriticalSet`.
    """
    names, loss = in_order(subkind, limit), question.loss
    model = loss.model
    chart = CHARTS.get((subkind, names))
    if (
        chart is None
        or not CERTIFIED_ENDS.holds(model)
        or chart.hidden != model.hidden
        or loss.decay != 0
    ):
        return question.undecided("infinity", NO_CHART)
    end = replace(loss, model=_limit_model(chart, names))
    point = prove_point(end, _polished(end, [limit[name] for name in names]))
    if isinstance(point, Failure):
        return question.undecided("infinity", point.reason)
    sign = _sign_across(end, chart, point)
    if sign == 0:
        reason = "the derivative in the normal coordinate may vanish"
        return question.undecided("infinity", reason)
    return question.proved("infinity", _claim(point, subkind, names, sign))


def in_order(subkind: str, limit: Iterable[str]) -> tuple[str, ...]:
    """The names of a limit in the order of its chart; as they came where there is none."""
    names = tuple(limit)
    charts = (known for kind, known in CHARTS if kind == subkind and set(known) == set(names))
    return next(charts, names)


@lru_cache(maxsize=16)
def _limit_model(chart: Chart, names: tuple[str, ...]) -> Model:
    return Model.from_expression(chart.formula, parameters=names)


def _polished(end: ExactLoss, theta: Sequence[float]) -> NDArray[np.float64]:
    """A few Newton steps: limits are found in other coordinates, to fewer digits.

    In balls, where the loss of the limit model is known; the engine's Newton has doubles.
    """
    point = np.array(theta)
    with working_precision():
        for _ in range(POLISHING_STEPS):
            here = end.evaluate(box(list(point), 0.0))
            gradient, hessian = (
                np.array(midpoints(here.gradient)),
                np.array(midpoints(here.hessian)),
            )
            if not np.isfinite(hessian).all() or np.linalg.matrix_rank(hessian) < point.size:
                break
            point = point - np.linalg.solve(hessian, gradient).ravel()
    return point


def _sign_across(end: ExactLoss, chart: Chart, point: ProvedPoint) -> int:
    """Sign of Σ ω r ∂f over the box of the critical point; 0 where it is open."""
    symbols = (*end.model.parameter_symbols, end.model.input_symbol)
    names = tuple(symbol.name for symbol in symbols)
    program = compile_formulas([parse_expression(chart.across, names)], symbols)
    with working_precision():
        theta = box(point.theta, point.radius)
        (slope_of_each,) = program([*theta, end.x])
        residual, slopes = end.residual(theta), as_column(slope_of_each, len(end.x))
        slope = end.mean([r * f for r, f in zip(residual, slopes, strict=True)])
        return int(bool(slope > exact(0.0))) - int(bool(slope < exact(0.0)))


def _claim(point: ProvedPoint, subkind: str, names: tuple[str, ...], sign: int) -> dict[str, Any]:
    negative, zero, positive = point.inertia
    signs = [negative + (sign < 0), zero, positive + (sign > 0)]
    return {**point.claim, "inertia": signs, "subkind": subkind, "names": list(names)}
