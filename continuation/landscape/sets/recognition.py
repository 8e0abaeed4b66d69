"""The critical set that critical weights show: a genuine point, an embedding, or a valley."""

from __future__ import annotations

from dataclasses import replace

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.landscape.network import Conditions, Loss
from continuation.landscape.sets.assembly import Assembler
from continuation.landscape.sets.critical_sets import CriticalSet
from continuation.landscape.sets.embedding import reduced_network
from continuation.landscape.sets.kinds import ISOLATED, MANIFOLD, VALLEY
from continuation.landscape.sets.nearby import is_in_valley


def shown_set(loss: Loss, conditions: Conditions, theta: Array) -> CriticalSet:
    """The set on which critical weights θ (d,) lie, with all that is known of its kind.

    Parameters
    ----------
    loss : Loss
    conditions : Conditions
    theta : ndarray, shape (d,)
        Critical to rounding: units that are equal, silent or dead show as such.
    """
    build = Assembler(loss.under(conditions))
    if not loss.model.free_output:
        return _point(build, theta)
    base, embedding = reduced_network(loss.model, theta, decays=conditions.decays)
    if len(embedding.copies) == loss.model.hidden:
        return _point(build, theta)
    if not embedding.copies:
        return build.embedded(base, 0, embedding)
    smaller = Loss(embedding.smaller(loss.model), loss.data)
    index = scaled_inertia(smaller.under(conditions).hessian(base))[0]
    return build.embedded(base, index, embedding)


def _point(build: Assembler, theta: Array) -> CriticalSet:
    """A point, or one of a valley, which attracts where nothing beside it leads down."""
    found = build.unbounded_point(theta, ISOLATED)
    if found.nullity and is_in_valley(build.at, theta):
        return replace(found, kind=MANIFOLD, subkind=VALLEY, attracting=not found.inertia[0])
    return build.bounded([found])[0]
