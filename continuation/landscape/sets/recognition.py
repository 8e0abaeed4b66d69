"""The critical set that critical weights show: a genuine point, or an embedding."""

from __future__ import annotations

from continuation.arrays import Array
from continuation.congruence import scaled_inertia
from continuation.landscape.network import Conditions, Loss
from continuation.landscape.sets.assembly import Assembler
from continuation.landscape.sets.critical_sets import CriticalSet
from continuation.landscape.sets.embedding import reduced_network
from continuation.landscape.sets.kinds import ISOLATED


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
        return build.point(theta, ISOLATED)
    base, embedding = reduced_network(loss.model, theta, decays=conditions.decays)
    if len(embedding.copies) == loss.model.hidden:
        return build.point(theta, ISOLATED)
    if not embedding.copies:
        return build.embedded(base, 0, embedding)
    smaller = Loss(embedding.smaller(loss.model), loss.data)
    index = scaled_inertia(smaller.under(conditions).hessian(base))[0]
    return build.embedded(base, index, embedding)
