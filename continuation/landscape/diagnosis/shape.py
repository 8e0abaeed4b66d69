"""What the loss looks like at given weights: slope and curvature, with bounds of their rounding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.congruence import scaled_inertia, spectral_bound
from continuation.deadline import TimeIsUp
from continuation.landscape.diagnosis.questions import Questions
from continuation.landscape.network import LossAt
from continuation.landscape.sets import equations_of_weights


@dataclass(frozen=True, eq=False)
class Shape:
    """Loss, gradient and Hessian in numbers; the attributes are those of `Location`."""

    loss: float
    gradient_norm: float
    gradient_scale: float
    gradient_error: float
    eigenvalues: Array
    eigenvalue_error: float
    inertia: tuple[int, int, int] | None
    direction: Array | None


def shape_at(at: LossAt, theta: Array, questions: Questions) -> Shape:
    """The shape at θ (d,), as far as it is asked for."""
    return _whole(at, theta) if questions.spectrum else _lowest(at, theta, questions)


def _whole(at: LossAt, theta: Array) -> Shape:
    value, gradient, hessian = at.evaluate(theta)
    values, vectors = np.linalg.eigh(hessian)
    equations = equations_of_weights(at, theta)
    return Shape(
        loss=value,
        gradient_norm=float(np.linalg.norm(gradient)),
        gradient_scale=equations.residual * float(np.linalg.norm(equations.slopes)),
        gradient_error=float(np.linalg.norm(equations.rounding)),
        eigenvalues=values,
        eigenvalue_error=spectral_bound(equations.blur),
        inertia=scaled_inertia(hessian, equations.blur),
        direction=_downhill(vectors[:, 0], gradient),
    )


def _lowest(at: LossAt, theta: Array, questions: Questions) -> Shape:
    """Products of the Hessian only: the lowest eigenvalue, where Lanczos' method comes to it."""
    gradient = at.gradient(theta)
    try:
        values, vectors = at.lowest_eigenpairs(theta, 1, questions.deadline)
    except TimeIsUp:
        values, vectors = np.empty(0), np.empty((theta.size, 0))
    return Shape(
        loss=at.value(theta),
        gradient_norm=float(np.linalg.norm(gradient)),
        gradient_scale=np.nan,
        gradient_error=np.nan,
        eigenvalues=values,
        eigenvalue_error=np.nan,
        inertia=None,
        direction=_downhill(vectors[:, 0], gradient) if values.size else None,
    )


def _downhill(direction: Array, gradient: Array) -> Array:
    """The direction, signed so that the loss falls along it."""
    return direction * (-1.0 if direction @ gradient > 0.0 else 1.0)
