"""What the branch that a region rests on gives anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.landscape import CriticalSet, Loss
from continuation.landscape.branches import in_region, optimum_loss
from continuation.landscape.sets import EvidenceBranch, squared_distance, working_units

RESIDUAL = 1e-7
"""Gradient on a branch relative to what the Hessian makes of the weights; steps end at 1e-10."""


def evidence_again(loss: Loss, found: CriticalSet) -> dict[str, Any]:
    """Region and evidence of a set at finite weights, as its own branch gives them.

    Every sample of the branch is a critical point of the loss at its noise, at the stored distance
    to the teacher, and the last one is where the evidence says that the branch ends. What does
    not hold gives NaN in its place. A function of fewer units than the teacher needs no branch.
    Nothing where another set has none, or its branch lies at infinity.
    """
    why = found.evidence
    if why is None:
        return {}
    limit, theta = found.limit, found.theta
    again = replace(
        why,
        units=working_units(found.model, found.weights) if limit is None else limit.working_units,
        required=len(loss.model.teacher_units or ()),
        optimum_loss=optimum_loss(loss, found),
    )
    if again.units >= again.required:
        if why.branch is None or theta is None:
            return {}
        branch = replace(why.branch, distance=_distances(loss, found, why.branch))
        again = replace(
            again, lowest_noise=branch.noise[-1], distance=branch.distance[-1], branch=branch
        )
    return {"evidence": again, "region": in_region(found, again).region}


def _distances(loss: Loss, found: CriticalSet, branch: EvidenceBranch) -> tuple[float, ...]:
    """Distances to the teacher along a branch; NaN if one of its samples is not critical."""
    smaller, base = _below(loss, found)
    states = [np.array(state) for state in branch.state]
    conditions = found.conditions.keywords
    for noise, state in zip(branch.noise, states, strict=True):
        if not _is_critical(smaller, state, {**conditions, "noise": noise}):
            return (np.nan,) * len(states)
    return tuple(float(np.sqrt(squared_distance(replace(base, theta=s)))) for s in states)


def _below(loss: Loss, found: CriticalSet) -> tuple[Loss, CriticalSet]:
    """The loss in which the branch lies: that of the smaller network of an embedding."""
    if found.base is None or found.embedding is None:
        return loss, found
    smaller = Loss(loss.model.with_hidden(len(found.embedding.copies)), loss.data)
    return smaller, replace(found, model=smaller.model, theta=found.base, embedding=None)


def _is_critical(loss: Loss, theta: Array, conditions: dict[str, Any]) -> bool:
    _, gradient, hessian = loss.at(**conditions).evaluate(theta)
    size = np.abs(hessian).max() * np.abs(theta).max()
    return bool(np.abs(gradient).max() <= RESIDUAL * size)
