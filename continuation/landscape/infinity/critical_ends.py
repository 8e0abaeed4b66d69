"""Critical sets at infinity of one and two odd units without bias, as critical points of limits.

Two input weights that meet leave a φ(w x) + b x φ'(w x); a weight that vanishes leaves c x; one
that diverges leaves s sign(x); two that vanish leave c x + c₃ x³. Each limit is critical when
its model is; the derivative of the loss in the coordinate that vanishes at the end decides
whether the flow is attracted (docs/theory.md, Attraction).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity.critical_models import (
    ModelPoint,
    confluent_points,
    fixed_point,
    silent_points,
    working_points,
)
from continuation.landscape.infinity.ends import end_of
from continuation.landscape.infinity.limit_model import LimitModel, LimitUnit
from continuation.landscape.network import Responses, saturation, scaled_inertia


@dataclass(frozen=True, eq=False)
class CriticalEnd:
    """A critical set at infinity.

    Attributes
    ----------
    limit : LimitModel
    point : ModelPoint
        Critical point of the limit model.
    normals : tuple of float
        Derivatives of the loss in the coordinates that vanish, up to positive factors.
    """

    limit: LimitModel
    point: ModelPoint
    normals: tuple[float, ...]

    @property
    def subkind(self) -> str:
        """Name of its kind of end."""
        return end_of(self.limit).name

    @property
    def inertia(self) -> tuple[int, int, int]:
        """That of the limit model, with the signs of the normal derivatives."""
        negative, zero, positive = scaled_inertia(self.point.hessian)
        falling = sum(slope < 0.0 for slope in self.normals)
        return negative + falling, zero, positive + len(self.normals) - falling

    @property
    def index(self) -> int:
        """Descending directions, those away from infinity included."""
        return self.inertia[0]

    @property
    def attracting(self) -> bool:
        """Whether the flow runs to it from an open set."""
        return self.point.index == 0 and all(slope > 0.0 for slope in self.normals)


def ends_of_one(responses: Responses) -> list[CriticalEnd]:
    """Ends of a single unit: linear and step."""
    x = responses.monomial(1)
    point = fixed_point(responses, x)
    c = float(point.coefficients[0])
    limit = LimitModel(powers=(c,))
    ends = [CriticalEnd(limit, point, (linear_slope(responses, point, c),))]
    if saturation(responses.model) is not None:
        step = fixed_point(responses, _step(responses))
        s = float(step.coefficients[0])
        limit = LimitModel(step=s)
        ends.append(CriticalEnd(limit, step, (step_slope(responses, step, s),)))
    return ends


def ends_of_two(responses: Responses, grid: Array) -> list[CriticalEnd]:
    """Ends of two units: confluence, linear, step and their corners."""
    x = responses.monomial(1)
    ends = [_confluence(responses, point) for point in confluent_points(responses, grid)]
    for point in _beside(responses, grid, x):
        v, c = map(float, point.coefficients)
        limit = LimitModel((LimitUnit(point.w, (v,)),), (c,))
        ends.append(CriticalEnd(limit, point, (linear_slope(responses, point, c),)))
    ends.append(_cubic_corner(responses))
    if saturation(responses.model) is not None:
        step = _step(responses)
        for point in _beside(responses, grid, step):
            v, s = map(float, point.coefficients)
            limit = LimitModel((LimitUnit(point.w, (v,)),), step=s)
            ends.append(CriticalEnd(limit, point, (step_slope(responses, point, s),)))
        ends.append(_step_corner(responses, step))
    return ends


def normal_slopes(responses: Responses, limit: LimitModel, point: ModelPoint) -> tuple[float, ...]:
    """Normal derivatives at a critical point of this limit model."""
    slopes = []
    for pair in (unit for unit in limit.units if unit.meets):
        here = replace(point, w=pair.weight, coefficients=np.array(pair.coefficients))
        slopes.append(confluence_slope(responses, here))
    if limit.step is not None:
        slopes.append(step_slope(responses, point, limit.step))
    if len(limit.powers) == 1:
        slopes.append(linear_slope(responses, point, limit.powers[0]))
    elif limit.powers:
        slopes.append(cubic_slope(responses, point, limit.powers[1]))
    return tuple(slopes)


def linear_slope(responses: Responses, point: ModelPoint, c: float) -> float:
    """∂L/∂q at w → 0 with c = φ'(0) v w and q = w²: c φ'''(0)/(6 φ'(0)) ⟨r, x³⟩."""
    zero = responses.at_zero
    return float(c * zero[3] / (6.0 * zero[1]) * (point.residual @ responses.monomial(3)))


def step_slope(responses: Responses, point: ModelPoint, s: float) -> float:
    """∂L/∂q at w → ∞, q = 1 − φ(w |x_j|)/φ(∞), x_j the input nearest to 0 (ties add up).

    The tails of the other samples are of higher order in q.
    """
    root = responses.samples.root_weight  # the nearest inputs are never compressed
    x, residual = responses.x[: root.size], point.residual[: root.size]
    distance = np.abs(x)
    nearest = distance == distance[distance > 0.0].min()
    return float(-s * (root * residual * np.sign(x))[nearest].sum())


def confluence_slope(responses: Responses, point: ModelPoint) -> float:
    """∂L/∂D at D = δ² = 0: ⟨r, a x²φ''/8 + b x³φ'''/24⟩."""
    _, _, second, third = responses.features(point.w, 3)
    a, b = point.coefficients
    return float(point.residual @ (a * second / 8.0 + b * third / 24.0))


def cubic_slope(responses: Responses, point: ModelPoint, c3: float) -> float:
    """∂L/∂(w₁² + w₂²) at the {x, x³} corner: φ⁗′(0) c₃/(20 φ'''(0)) ⟨r, x⁵⟩."""
    zero = responses.at_zero
    return float(zero[5] * c3 / (20.0 * zero[3]) * (point.residual @ responses.monomial(5)))


def _beside(responses: Responses, grid: Array, fixed: Array) -> list[ModelPoint]:
    return working_points(responses, grid, fixed) + silent_points(responses, grid, fixed)


def _confluence(responses: Responses, point: ModelPoint) -> CriticalEnd:
    a, b = map(float, point.coefficients)
    limit = LimitModel((LimitUnit(point.w, (a, b)),))
    return CriticalEnd(limit, point, (confluence_slope(responses, point),))


def _cubic_corner(responses: Responses) -> CriticalEnd:
    point = fixed_point(responses, responses.monomial(1), responses.monomial(3))
    c, c3 = map(float, point.coefficients)
    return CriticalEnd(LimitModel(powers=(c, c3)), point, (cubic_slope(responses, point, c3),))


def _step_corner(responses: Responses, step: Array) -> CriticalEnd:
    point = fixed_point(responses, step, responses.monomial(1))
    s, c = point.coefficients
    slopes = (step_slope(responses, point, s), linear_slope(responses, point, c))
    limit = LimitModel(powers=(float(c),), step=float(s))
    return CriticalEnd(limit, point, slopes)


def _step(responses: Responses) -> Array:
    return responses.rows(np.sign(responses.x))
