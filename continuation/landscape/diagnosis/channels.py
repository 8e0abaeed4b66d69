"""Are weights in a channel to infinity: which units, towards what function, and how fast?

References
----------
J. Brea, F. Martinelli, B. Şimşek and W. Gerstner, "Flat channels to infinity in neural loss
landscapes", *NeurIPS* (2025).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.landscape.basins import NEAR
from continuation.landscape.flow import FlowResult, biased_arrival
from continuation.landscape.infinity import (
    EscapeLaw,
    LimitLoss,
    LimitModel,
    end_of,
)
from continuation.landscape.network import Layout, LossAt, Responses, Units
from continuation.landscape.sets import CriticalSet
from continuation.landscape.vectors import VectorLimit, vector_arrival


@dataclass(frozen=True, eq=False)
class Channel:
    """A channel along which the gradient flow runs to infinity.

    Attributes
    ----------
    end : CriticalSet
        At infinity, where it leads.
    units : tuple of tuple of int
        Which units meet, which vanish together, which diverges: groups of positions from 0.
    function_gap : float
        Root mean square of the network function minus the limit function on the data, relative to
        that of the targets.
    loss_gap : float
        What the loss can still fall by along it.
    law : EscapeLaw or None
        Rate: |v| ≈ weight_factor · t^¼ in units that fit the data, where the end has such a law.
    """

    end: CriticalSet
    units: tuple[tuple[int, ...], ...]
    function_gap: float
    loss_gap: float
    law: EscapeLaw | None = field(default=None)

    @property
    def limit(self) -> LimitModel:
        """The limit function."""
        return self.end.end

    @property
    def subkind(self) -> str:
        """Kind of the end: "confluence", "linear", "step" or "corner"."""
        return self.end.subkind

    def rescaled(self, units: Units) -> Channel:
        """The same, given in `units`, in the ones that these are multiples of."""
        return replace(self, end=self.end.rescaled(units), loss_gap=self.loss_gap * units.loss)


def channel_of(
    at: LossAt, theta: Array, result: FlowResult, end: CriticalSet | None
) -> Channel | None:
    """The channel that θ (d,) is in: the flow runs to infinity, and its function is there almost.

    Where the loss curves down in some direction the flow has not come to it yet.

    Parameters
    ----------
    at : LossAt
    theta : ndarray, shape (d,)
    result : FlowResult
        Of the flow from θ.
    end : CriticalSet or None
        Where it ends.
    """
    if end is None or end.limit is None or result.limit is None or not end.limit.input_weights:
        return None
    gap = function_gap(at, theta, end)
    if gap > NEAR or not _has_come(at, theta, result):
        return None
    loss_gap = at.value(theta) - end.loss
    groups = groups_of(at, result.theta, result.limit)
    return Channel(end, groups, gap, loss_gap, law_of(at, end.limit))


def _has_come(at: LossAt, theta: Array, result: FlowResult) -> bool:
    """Whether θ (d,) follows the limit of the flow, or at least has nothing curve down."""
    return (
        result.steps == 0
        or not scaled_inertia(at.hessian(theta))[0]
        or (result.limit is not None and bool(_arrived(at, theta, result.limit)))
    )


def function_gap(at: LossAt, theta: Array, found: CriticalSet) -> float:
    """Distance of the network function to that of a set on the data, relative to the targets."""
    out = at.kernels.outputs(theta, at.x)
    targets = at.targets + at.conditions.noise * at.noises
    gap, size = (
        float(np.sqrt(at.weights @ (each**2).reshape(len(at.x), -1).sum(axis=1)))
        for each in (out - found.outputs(at.x), targets)
    )
    return gap / (size or 1.0)


def groups_of(at: LossAt, theta: Array, limit: LimitModel | None) -> tuple[tuple[int, ...], ...]:
    """Units of late weights θ (d,) that meet, vanish together or diverge, group by group."""
    if limit is None:
        return ()
    if isinstance(limit, VectorLimit) or limit.jumps or limit.tails:
        return _arrived(at, theta, limit)
    return diverging_units(Layout.of(at.model), theta, limit)


def _arrived(at: LossAt, theta: Array, limit: LimitModel) -> tuple[tuple[int, ...], ...]:
    """The groups as weights show that follow a limit of vectors, jumps or tails; () where none."""
    if isinstance(limit, VectorLimit):
        arrival = vector_arrival(at, theta, at.value(theta))
    elif limit.jumps or limit.tails:
        arrival = biased_arrival(Responses.at(at), theta, at.value(theta))
    else:
        arrival = None
    return () if arrival is None else arrival.groups


def diverging_units(layout: Layout, theta: Array, limit: LimitModel) -> tuple[tuple[int, ...], ...]:
    """Units of late weights θ (d,) that meet, vanish or diverge in a limit, group by group.

    Each unit goes to the term of the limit whose input weights are nearest, up to sign.
    """
    terms = list(_terms(layout.input_weights(theta), layout.biases(theta), limit))
    places, units = linear_sum_assignment(np.array([cost for _, cost in terms]))
    groups: dict[str, list[int]] = {}
    for place, unit in zip(places, units, strict=True):
        groups.setdefault(terms[place][0], []).append(int(unit))
    return tuple(tuple(sorted(each)) for name, each in groups.items() if name)


def _terms(weights: Array, biases: Array, limit: LimitModel) -> Iterator[tuple[str, Array]]:
    """For each term the name of its group, "" where it stays finite, and what each unit costs."""
    for number, unit in enumerate(limit.units):
        cost = _gap(weights, biases, unit.weight, unit.bias)
        yield from ((f"meet {number}" if unit.meets else "", cost) for _ in unit.coefficients)
    yield from (("vanish", np.abs(weights)) for _ in limit.powers)
    if limit.step is not None:
        yield "diverge", np.abs(weights).max() - np.abs(weights)


def _gap(weights: Array, biases: Array, weight: float, bias: float | None) -> Array:
    """Distance of input parameters (H,) from those of a term, up to a common sign."""
    shift = np.zeros(weights.size) if bias is None else biases
    centre = 0.0 if bias is None else bias
    same = np.hypot(weights - weight, shift - centre)
    return np.asarray(np.minimum(same, np.hypot(weights + weight, shift + centre)))


def law_of(at: LossAt, limit: LimitModel) -> EscapeLaw | None:
    """How fast the flow runs to a limit, from its normal derivative; None where no law is known."""
    if not (limit.is_simple and at.model.is_plain_odd):
        return None
    slopes = LimitLoss(Responses.at(at), limit).end(limit.unknowns).normals
    return end_of(limit).escape(limit, slopes[0]) if min(slopes, default=0.0) > 0.0 else None
