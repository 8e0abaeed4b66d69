"""What the branch that a region rests on gives anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.landscape import CriticalSet, Loss
from continuation.landscape.branches import (
    conditions_at,
    in_region,
    optimum_loss,
    reasons_of,
    trend_of,
)
from continuation.landscape.infinity import LimitLoss
from continuation.landscape.network import Conditions, Given, Responses
from continuation.landscape.sets import (
    EvidenceBranch,
    squared_distance,
    squared_distances,
    working_units,
)

UNLABELLED = "unlabelled"
"""Region of a set of which nothing is known by that it could be told."""

RESIDUAL = 1e-7
"""Gradient on a branch relative to what the Hessian makes of the weights; steps end at 1e-10."""

BEGINNING = 1e-6
"""The first state of a branch is the set itself, corrected on the branch's own equations."""


def evidence_again(loss: Loss, found: CriticalSet) -> dict[str, Any]:
    """Region and evidence of a set, as its own branch gives them.

    The branch begins at the set, every sample is a critical point of the loss (at infinity of the
    limit model) at its noise and at the stored distance to the teacher; the last one is where the
    evidence says that the branch ends, and those at the lowest noises give the exponent. What does
    not hold gives NaN in its place. A function of fewer units than the teacher needs no branch.
    Without evidence there is no region. Nothing where a branch could not be followed, which says
    nothing of the set.
    """
    why = found.evidence
    if why is None:
        return {"region": UNLABELLED}
    limit = found.limit
    again = replace(
        why,
        units=working_units(found.model, found.weights) if limit is None else limit.working_units,
        required=len(loss.model.teacher_units or ()),
        optimum_loss=optimum_loss(loss, found),
    )
    if again.units >= again.required:
        if why.branch is None and found.conditions.noise > 0.0:
            return {}
        if limit is not None and not limit.is_followed:
            return {}
        again = replace(again, **_trend(loss, found, why.branch))
    reasons = reasons_of(found, again)
    again = replace(again, reason=why.reason if why.reason in reasons else reasons[0])
    return {"evidence": again, "region": in_region(found, again).region}


def _trend(loss: Loss, found: CriticalSet, branch: EvidenceBranch | None) -> Mapping[str, Any]:
    """What the label rests on, at zero noise the set itself."""
    if branch is None:
        slope, tends = trend_of(found, None)
        here = float(np.sqrt(squared_distance(found)))
        return {"lowest_noise": 0.0, "distance": here, "slope": slope, "tends_to_teacher": tends}
    smaller, base = below(loss, found)
    distance = tuple(np.sqrt(squared_distances(base, np.array(branch.state))).tolist())
    if not _holds(smaller, base, branch):
        distance = (np.nan,) * len(distance)
    branch = replace(branch, distance=distance)
    slope, tends = trend_of(base, branch)
    return {
        "lowest_noise": branch.noise[-1],
        "distance": distance[-1],
        "slope": slope,
        "tends_to_teacher": tends,
        "branch": branch,
    }


def below(loss: Loss, found: CriticalSet) -> tuple[Loss, CriticalSet]:
    """The loss in which a set's branch lies: that of the smaller network of an embedding."""
    if found.base is None or found.embedding is None or not found.embedding.copies:
        return loss, found  # genuine, or over no unit at all
    smaller = Loss(found.embedding.smaller(loss.model), loss.data)
    return smaller, replace(found, model=smaller.model, theta=found.base, embedding=None)


def _holds(loss: Loss, base: CriticalSet, branch: EvidenceBranch) -> bool:
    """Whether the branch begins at the set, and all its samples are critical."""
    start = base.weights if base.limit is None else base.limit.unknowns
    moved = np.abs(np.array(branch.state[0]) - start).max(initial=0.0)
    size = 1.0 + np.abs(start).max(initial=0.0)
    if branch.noise[0] != base.conditions.noise or not moved <= BEGINNING * size:
        return False
    return all(
        _is_critical(loss, base, np.array(state), conditions_at(base, noise).keywords)
        for noise, state in zip(branch.noise, branch.state, strict=True)
    )


def _is_critical(loss: Loss, base: CriticalSet, z: Array, given: Given) -> bool:
    if base.limit is None:
        _, gradient, hessian = loss.at(**given).evaluate(z)
    else:
        responses = Responses.of(loss, Conditions(**given))
        point, gradient = LimitLoss(responses, base.limit).point(z)
        hessian = point.hessian
    size = np.abs(hessian).max() * np.abs(z).max()
    return bool(np.abs(gradient).max() <= RESIDUAL * size)
