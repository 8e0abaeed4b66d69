"""Critical sets at infinity of odd units, as critical points of limits.

Input weights that meet leave a φ(w x) + b x φ'(w x) + …; those that vanish leave c x + c₃ x³ + …;
one that diverges leaves s sign(x). Each limit is critical when its model is; the derivatives of the
loss in the coordinates that vanish at the end decide whether the flow is attracted (docs/theory.md,
Attraction). Of the coordinates of several units that meet, or vanish, their squared size is the
largest near the end. What biases add is in `biased_slopes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.landscape.infinity.biased_slopes import (
    deciding_neighbours,
    flat_slope,
    jump_slopes,
    tail_slope,
)
from continuation.landscape.infinity.critical_models import ModelPoint
from continuation.landscape.infinity.ends import end_of
from continuation.landscape.infinity.limit_model import LimitModel, LimitUnit
from continuation.landscape.network import Responses, activation


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


@dataclass(frozen=True, eq=False)
class SearchedEnds:
    """Ends that random starts have reached, with what supports completeness.

    Attributes
    ----------
    ends : tuple of CriticalEnd
        Genuine ones, in order of loss.
    hits : tuple of int
        How many runs reached each.
    runs, asked : int
        Runs that there was time for, and those of a whole search.
    kinds, left : str
        What was searched, and what is not listed, in words.
    """

    ends: tuple[CriticalEnd, ...]
    hits: tuple[int, ...]
    runs: int
    asked: int
    kinds: str
    left: str

    @classmethod
    def by_loss(
        cls,
        ends: Sequence[CriticalEnd],
        hits: Sequence[int],
        runs: tuple[int, int],
        kinds: str,
        left: str,
    ) -> SearchedEnds:
        """The ends in order of loss; runs made and asked for."""
        order = np.argsort([end.point.loss for end in ends], kind="stable")
        return cls(tuple(ends[i] for i in order), tuple(hits[i] for i in order), *runs, kinds, left)

    @property
    def note(self) -> str:
        """What was searched, and how often each end was reached."""
        least = f", each reached {min(self.hits)} times or more" if self.hits else ""
        cut = f" of {self.asked}, cut by seconds" if self.runs < self.asked else ""
        return (
            f"sets at infinity: {len(self.ends)} {self.kinds} from {self.runs} runs{cut}{least}"
            f"{self.left}"
        )


def normal_slopes(responses: Responses, limit: LimitModel, point: ModelPoint) -> tuple[float, ...]:
    """Normal derivatives at a critical point of this limit model."""
    r = point.residual
    slopes = [meeting_slope(responses, r, unit) for unit in limit.units if unit.meets]
    if limit.step is not None:
        slopes.append(step_slope(responses, r, limit.step))
    if limit.jumps:
        neighbours = deciding_neighbours(responses.x, limit, responses.model.hidden)
        slopes += jump_slopes(responses, r, neighbours)
    slopes += [tail_slope(responses, r, tail) for tail in limit.tails]
    if limit.powers and responses.model.bias and limit.shift is None:
        slopes.append(flat_slope(responses, r, limit.powers[-1]))
    elif limit.powers:
        slopes.append(vanishing_slope(responses, r, limit.powers, limit.shift or 0.0))
    return tuple(slopes)


def step_slope(responses: Responses, residual: Array, s: float) -> float:
    """∂L/∂q at w → ∞, q = 1 − φ(w |x_j|)/φ(∞), x_j the input nearest to 0 (ties add up).

    The tails of the other samples are of higher order in q.
    """
    root = responses.samples.root_weight  # the nearest inputs are never compressed
    x, residual = responses.x[: root.size], residual[: root.size]
    distance = np.abs(x)
    nearest = distance == distance[distance > 0.0].min()
    return float(-s * (root * residual * np.sign(x))[nearest].sum())


def meeting_slope(responses: Responses, residual: Array, unit: LimitUnit) -> float:
    """Derivative of L in 2 Σ (w_k − w)² of m units that meet at w; for two it is D = δ².

    With the coefficient c_j of x^j φ^(j), at the end itself:
    c_(m−1) ⟨r, x^(m+1) φ^(m+1)⟩/(4m(m + 1)) + c_(m−2) ⟨r, x^m φ^(m)⟩/(4m(m − 1)).
    """
    m, (*_, before, last) = len(unit.coefficients), unit.coefficients
    features = _features(responses, unit, m + 1)
    far = last * (residual @ features[m + 1]) / (4 * m * (m + 1))
    return float(far + before * (residual @ features[m]) / (4 * m * (m - 1)))


def _features(responses: Responses, unit: LimitUnit, order: int) -> Array:
    """(x + κ)^k φ^(k)(w x + bias), k = 0 … order, as coordinates."""
    arm = responses.x + (unit.shift or 0.0)
    phi = activation(responses.model, order)(unit.weight * responses.x + (unit.bias or 0.0))
    return responses.rows(arm ** np.arange(order + 1.0)[:, None] * phi)


def vanishing_slope(
    responses: Responses, residual: Array, powers: Sequence[float], shift: float = 0.0
) -> float:
    """Derivative of L in Σ w_k² of m units that vanish and leave x, x³, …, x^(2m−1).

    With the coefficient c of the last power and φ(u) = Σ a_k u^(2k+1): c a_m/a_(m−1) ⟨r, x^(2m+1)⟩;
    with bias x + κ stands for x.
    """
    m, series = len(powers), responses.series_at_zero
    slope = powers[-1] * series[m] / series[m - 1]
    return float(slope * (residual @ responses.rows((responses.x + shift) ** (2 * m + 1))))
