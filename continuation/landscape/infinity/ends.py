"""Critical sets at infinity of one and two odd units without bias, as critical points of limits.

Two input weights that meet leave a φ(w x) + b x φ'(w x); a weight that vanishes leaves c x; one
that diverges leaves s sign(x); two that vanish leave c x + c₃ x³. Each limit is critical when
its model is; the derivative of the loss in the coordinate that vanishes at the end decides
whether the flow is attracted (MODEL: at infinity; charts in the docstrings below).
"""

from __future__ import annotations

from collections.abc import Mapping
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
from continuation.landscape.network import Responses, saturation


@dataclass(frozen=True, eq=False)
class End:
    """A critical set at infinity.

    Attributes
    ----------
    subkind : str
        "confluence", "linear", "step" or "corner".
    limit : mapping
        Parameters of the limit model, see `limit_functions`.
    point : ModelPoint
        Critical point of the limit model.
    normals : tuple of float
        Derivatives of the loss in the coordinates that vanish, up to positive factors.
    """

    subkind: str
    limit: Mapping[str, float]
    point: ModelPoint
    normals: tuple[float, ...]

    @property
    def index(self) -> int:
        """Descending directions, those away from infinity included."""
        return self.point.index + sum(slope < 0.0 for slope in self.normals)

    @property
    def attracting(self) -> bool:
        """Whether the flow runs to it from an open set."""
        return self.point.index == 0 and all(slope > 0.0 for slope in self.normals)


def ends_of_one(responses: Responses) -> list[End]:
    """Ends of a single unit: linear and step."""
    x = responses.monomial(1)
    point = fixed_point(responses, x)
    c = point.coefficients[0]
    ends = [End("linear", {"c": c}, point, (linear_slope(responses, point, c),))]
    if saturation(responses.model) is not None:
        step = fixed_point(responses, _step(responses))
        s = step.coefficients[0]
        limit = {"s": s}
        ends.append(End("step", limit, step, (step_slope(responses, step, s),)))
    return ends


def ends_of_two(responses: Responses, grid: Array) -> list[End]:
    """Ends of two units: confluence, linear, step and their corners."""
    x = responses.monomial(1)
    ends = [_confluence(responses, point) for point in confluent_points(responses, grid)]
    for point in _beside(responses, grid, x):
        limit = {"w": point.w, "v": point.coefficients[0], "c": point.coefficients[1]}
        ends.append(End("linear", limit, point, (linear_slope(responses, point, limit["c"]),)))
    ends.append(_cubic_corner(responses))
    if saturation(responses.model) is not None:
        step = _step(responses)
        for point in _beside(responses, grid, step):
            v, s = point.coefficients
            limit = {"w": point.w, "v": v, "s": s}
            ends.append(End("step", limit, point, (step_slope(responses, point, s),)))
        ends.append(_step_corner(responses, step))
    return ends


def normal_slopes(
    responses: Responses, subkind: str, names: tuple[str, ...], point: ModelPoint
) -> tuple[float, ...]:
    """Normal derivatives of an end whose coefficients are in the order of their names."""
    named = (name for name in names if name[0] != "w")
    value = dict(zip(named, point.coefficients, strict=True))
    if subkind == "confluence":
        pair = np.array([value["a"], value["b"]])
        return (confluence_slope(responses, replace(point, coefficients=pair)),)
    if "c3" in names:
        return (cubic_slope(responses, point),)
    slopes = []
    if "s" in value:
        slopes.append(step_slope(responses, point, value["s"]))
    if "c" in value:
        slopes.append(linear_slope(responses, point, value["c"]))
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


def cubic_slope(responses: Responses, point: ModelPoint) -> float:
    """∂L/∂(w₁² + w₂²) at the {x, x³} corner: φ⁗′(0) c₃/(20 φ'''(0)) ⟨r, x⁵⟩."""
    zero = responses.at_zero
    c3 = point.coefficients[1]
    return float(zero[5] * c3 / (20.0 * zero[3]) * (point.residual @ responses.monomial(5)))


def _beside(responses: Responses, grid: Array, fixed: Array) -> list[ModelPoint]:
    return working_points(responses, grid, fixed) + silent_points(responses, grid, fixed)


def _confluence(responses: Responses, point: ModelPoint) -> End:
    a, b = point.coefficients
    limit = {"w": point.w, "a": float(a), "b": float(b)}
    return End("confluence", limit, point, (confluence_slope(responses, point),))


def _cubic_corner(responses: Responses) -> End:
    point = fixed_point(responses, responses.monomial(1), responses.monomial(3))
    c, c3 = point.coefficients
    slope = cubic_slope(responses, point)
    return End("corner", {"c": float(c), "c3": float(c3)}, point, (slope,))


def _step_corner(responses: Responses, step: Array) -> End:
    point = fixed_point(responses, step, responses.monomial(1))
    s, c = point.coefficients
    slopes = (step_slope(responses, point, s), linear_slope(responses, point, c))
    limit = {"c": float(c), "s": float(s)}
    return End("corner", limit, point, slopes)


def _step(responses: Responses) -> Array:
    return responses.rows(np.sign(responses.x))
