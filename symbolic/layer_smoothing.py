"""Kinks as limits of smooth activations: max(u, 0) is r_0 of r_s(u) = s softplus(u/s).

The smoothing s is the width over which the kink is rounded, the inverse of β in softplus(βu)/β.
Off the kinks r_s and all its derivatives, that by s too, tend to those of r_0 faster than every
power of s, so that branches of critical points in s end in those of the network with kinks.
"""

from collections.abc import Sequence

import numpy as np

from symbolic.layer_functions import ABS, KINKED, RELU, SOFTPLUS, Term
from symbolic.layer_plan import Plan
from symbolic.layer_series import Passed

Array = np.ndarray


def smoothing_of(terms: Sequence[Term]) -> float | None:
    """The s of an activation that is a sum of smooth functions and r_s(±u); None if it is none."""
    found = {_width(term) for term in terms} - {None}
    return found.pop() if len(found) == 1 else None


def _width(term: Term) -> float | None:
    code, _, inner, by_u = term
    if code in KINKED:
        return 0.0
    return 1.0 / abs(inner) if code == SOFTPLUS and not by_u else None


def smoothed(terms: Sequence[Term], smoothing: float) -> tuple[Term, ...]:
    """The same activation with another s; it is even in s, for differences at 0."""
    s, changed = abs(smoothing), []
    for term in terms:
        code, factor, inner, _ = term
        if _width(term) is None:
            changed.append(term)
            continue
        for sign in (1.0, -1.0) if code == ABS else (float(np.sign(inner)),):
            weight = factor * abs(inner)
            rounded = (SOFTPLUS, weight * s, sign / s, False) if s else (RELU, weight, sign, False)
            changed.append(rounded)
    return tuple(changed)


def drift_of(terms: Sequence[Term], u: Array) -> tuple[Array, Array]:
    """∂φ/∂s and ∂φ'/∂s at u of any shape: the entropy of a share σ(u/s), and its slope."""
    value, slope = np.zeros_like(u), np.zeros_like(u)
    for term in terms:
        width, (code, factor, inner, _) = _width(term), term
        if width is None or code in KINKED:
            continue
        z = inner * u
        e = np.exp(-np.abs(z))
        value += factor / width * (np.log1p(e) + np.abs(z) * e / (1.0 + e))
        slope -= factor / width * inner * z * e / (1.0 + e) ** 2
    return value, slope


def add_drift(
    plan: Plan,
    theta: Array,
    passed: Passed,
    errors: list[Array],
    curvature: Array,
    gradient: Array,
) -> None:
    """Add the derivative of the gradient by s, (P,), over the samples of a block.

    Parameters
    ----------
    plan : Plan
    theta : ndarray, shape (P,)
        All weights.
    passed : Passed
        With the first two derivatives of the activations.
    errors : list of ndarray, shape (n, fan_out)
        Gradients of the loss in the arguments of all layers.
    curvature : ndarray, shape (n, m, m)
        Hessian of each sample's loss in the outputs.
    gradient : ndarray, shape (P,)
    """
    moved, bends = _drifted_forward(plan, theta, passed)
    change = np.einsum("njk,nk->nj", curvature, moved.pop())
    for k in range(len(plan.layers) - 1, -1, -1):
        row = plan.layers[k]
        total = row.matrix(gradient)
        total += passed.inputs[k][0].T @ change
        total[: row.fan_in] += moved[k].T @ errors[k]
        if k == 0:
            return
        weights = row.matrix(theta)[: row.fan_in].T
        change = (change @ weights) * passed.slopes[k - 1][0]
        change += (errors[k] @ weights) * bends[k - 1]


def _drifted_forward(plan: Plan, theta: Array, passed: Passed) -> tuple[list[Array], list[Array]]:
    """Derivatives by s of the inputs of all layers and of the outputs, and of all φ'."""
    samples = len(passed.inputs[0][0])
    moved, bends = [np.zeros((samples, plan.inputs))], []
    for k, row in enumerate(plan.layers):
        z = moved[k] @ row.matrix(theta)[: row.fan_in]
        if k == len(plan.layers) - 1:
            moved.append(z)
            break
        value, slope = drift_of(row.terms, passed.arguments[k][0])
        first, second = passed.slopes[k][:2]
        moved.append(first * z + value)
        bends.append(second * z + slope)
    return moved, bends
