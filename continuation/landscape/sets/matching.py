"""Are two findings one critical set? Sameness modulo symmetry, by what is known of their errors.

Two sets with error bounds are the same if their boxes meet. Where a bound is missing (the end of a
flow, a Hessian too singular to say), one table of tolerances is used: points are compared by the
distance of their orbits relative to 1 + |θ|, sets at infinity by the parameters of their limit
models relative to 1 + their size, and both by their losses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import LimitModel
from continuation.landscape.network import Symmetry
from continuation.landscape.sets.critical_sets import CriticalSet
from symbolic import Model


@dataclass(frozen=True)
class Closeness:
    """How far apart two findings of one set may be.

    Attributes
    ----------
    weights : float
        Orbit distance of the weights, relative to 1 + |θ|.
    limit : float
        Distance of the parameters of limit models, relative to 1 + their size.
    loss, limit_loss : float
        Relative difference of the losses, of sets at finite weights and at infinity.
    """

    weights: float
    limit: float
    loss: float
    limit_loss: float


CONVERGED = Closeness(weights=1e-7, limit=1e-6, loss=1e-7, limit_loss=1e-7)
"""Both by Newton's method on the same equations: distinct points are not this close except
within 1e-14 of a fold."""

FOLLOWED = Closeness(weights=1e-5, limit=1e-5, loss=1e-6, limit_loss=5e-6)
"""One by a search, the other on a branch: both are known to about 1e-10, and next to a fold to
the root of rounding."""

FLOWN = Closeness(weights=1e-4, limit=0.05, loss=1e-6, limit_loss=1e-3)
"""One is where a flow was decided to end: at finite weights by Newton's method, far below these;
at infinity by extrapolation."""

SMALLEST_LOSS = 1e-6
"""Losses are compared relative to themselves plus this: an exact fit has none."""


def symmetry_of(found: CriticalSet) -> Symmetry:
    """The group of the loss that a set was found of."""
    return Symmetry.of(found.model, decays=found.conditions.decays)


def weight_gap(symmetry: Symmetry, a: Array, b: Array) -> float:
    """Orbit distance of weights a from b, both (d,), relative to 1 + |b|."""
    return symmetry.distance(a, b) / (1.0 + float(np.linalg.norm(b)))


def limit_gap(model: Model, a: LimitModel, b: LimitModel) -> float:
    """Largest difference of the parameters relative to 1 + those of b; inf for other kinds."""
    ours, theirs = (limit.canonical(odd=model.is_odd).to_dict() for limit in (a, b))
    if ours.keys() != theirs.keys():
        return np.inf
    gaps = (abs(ours[name] - value) / (1.0 + abs(value)) for name, value in theirs.items())
    return max(gaps, default=np.inf)


def same_set(a: CriticalSet, b: CriticalSet) -> bool:
    """Whether two critical sets of one loss are the same modulo symmetry, as far as is known."""
    if a.subkind != b.subkind:
        return False
    room = _room(a, b)
    if a.theta is not None and b.theta is not None:
        if room is None:
            return weight_gap(symmetry_of(a), a.theta, b.theta) <= FOLLOWED.weights
        distance = symmetry_of(a).distance(a.theta, b.theta)
        return distance <= float(np.linalg.norm(room))
    if a.limit is None or b.limit is None:
        return False
    if room is None:
        return limit_gap(a.model, a.limit, b.limit) <= FOLLOWED.limit
    ours, theirs = (limit.canonical(odd=a.model.is_odd) for limit in (a.limit, b.limit))
    return ours.keys() == theirs.keys() and bool(
        (np.abs(ours.unknowns - theirs.unknowns) <= room).all()
    )


def _room(a: CriticalSet, b: CriticalSet) -> Array | None:
    """Largest distance of two findings of one set, weight by weight; None where it is unknown."""
    if a.error_bound is None or b.error_bound is None:
        return None
    if a.error_bound.shape != b.error_bound.shape:
        return None
    room = a.error_bound + b.error_bound
    return room if np.isfinite(room).all() else None


def nearest_by_weights(
    theta: Array, loss: float, sets: Iterable[CriticalSet], within: Closeness
) -> CriticalSet | None:
    """The set at finite weights that is the same as θ (d,) of this loss; None if there is none."""
    best, nearest = None, within.weights
    for candidate in sets:
        gap = abs(candidate.loss - loss)
        if candidate.theta is None or gap > within.loss * (SMALLEST_LOSS + abs(loss)):
            continue
        distance = weight_gap(symmetry_of(candidate), candidate.theta, theta)
        if distance <= nearest:
            best, nearest = candidate, distance
    return best


def nearest_by_limit(
    limit: LimitModel, loss: float, sets: Iterable[CriticalSet], within: Closeness
) -> CriticalSet | None:
    """The set at infinity that has the same limit model and loss; None if there is none."""
    best, nearest = None, within.limit
    for candidate in sets:
        if candidate.limit is None or abs(candidate.loss - loss) > within.limit_loss * abs(loss):
            continue
        distance = limit_gap(candidate.model, limit, candidate.limit)
        if distance <= nearest:
            best, nearest = candidate, distance
    return best


def valley_of_loss(
    loss: float, sets: Iterable[CriticalSet], within: Closeness
) -> CriticalSet | None:
    """The attracting manifold of this loss; None if there is none.

    Two points of a valley have nothing else in common that is known.
    """
    flat = (one for one in sets if one.nullity and one.attracting and one.theta is not None)
    gaps = ((abs(one.loss - loss), one) for one in flat)
    room = within.loss * (SMALLEST_LOSS + abs(loss))
    close = [(gap, one) for gap, one in gaps if gap <= room]
    return min(close, key=lambda each: each[0])[1] if close else None
