"""Certificates of sets at infinity: critical points of limit models, and what decides across.

A set at infinity is a critical point of its limit model, and the loss goes on beyond it in one
coordinate or more that vanish there and are positive before: D = Σ (w_k − w)² of units that meet,
Σ w² of those that vanish, e^{−2c} of a bias that diverges, and of a steep unit what the nearest
inputs do not see of it. The index of the set is that of the critical point of the limit model,
plus one for each of these in which the derivative of the loss is negative: both are certified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from continuation.certify.certificate import Certificate
from continuation.certify.enclosures import ExactLoss, Failure, box, midpoints, working_precision
from continuation.certify.provers.limits import (
    NO_CHART,
    exact_limit,
    names_of,
    signs_across,
    walls_of,
    why_not,
)
from continuation.certify.provers.points import ProvedPoint, prove_point
from continuation.certify.provers.question import Question
from continuation.landscape.infinity import LimitModel, end_of

POLISHING_STEPS = 2
"""From the 1e-9 of the other coordinates, rounding is reached in one."""


def infinity_certificate(question: Question, limit: LimitModel) -> Certificate:
    """Prove a set at infinity: a critical point of the limit model, and the signs across.

    Parameters
    ----------
    question : Question
        Of the loss of the network.
    limit : LimitModel

    Returns
    -------
    Certificate
        `inertia` includes the signs in the normal coordinates, as that of `CriticalSet`.
    """
    loss = question.loss
    reason = NO_CHART if loss.decay != 0 else why_not(loss.model, limit, loss.x)
    if reason:
        return question.undecided("infinity", reason)
    end = exact_limit(loss, limit)
    names = names_of(limit)
    point = prove_point(end, _polished(end, [limit[name] for name in names]))
    if isinstance(point, Failure):
        return question.undecided("infinity", point.reason)
    signs = signs_across(end, limit, point.theta, point.radius)
    if isinstance(signs, str):
        return question.undecided("infinity", signs)
    stated = named(limit, [float(value) for value in loss.x])
    return question.proved("infinity", _claim(point, stated, signs))


def named(limit: LimitModel, x: Sequence[float]) -> dict[str, Any]:
    """What the claim says of a limit on inputs x, besides its numbers."""
    walls = {"walls": walls_of(limit, x)} if limit.jumps else {}
    return {"subkind": end_of(limit).name, "names": list(names_of(limit)), **walls}


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


def _claim(point: ProvedPoint, stated: Mapping[str, Any], signs: Sequence[int]) -> dict[str, Any]:
    negative, zero, positive = point.inertia
    falling = sum(sign < 0 for sign in signs)
    inertia = [negative + falling, zero, positive + len(signs) - falling]
    return {**point.claim, **stated, "inertia": inertia}
