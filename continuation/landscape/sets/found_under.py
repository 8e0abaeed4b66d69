"""The conditions that critical sets were found under, where they are used for something else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from continuation.errors import InvalidInputError, require_type
from continuation.landscape.network import Conditions, Dataset, Loss, LossAt
from continuation.landscape.sets.critical_sets import CriticalSet

EXACT_FIT = 1e-20
"""Loss, relative to the mean square of the targets, below which it is the rounding of an exact fit:
another one in other units, or on another machine."""

OTHER_DATA = 1e-3
"""Difference of the losses of one set, relative to the larger, that no rounding explains."""


def conditions_on(
    loss: Loss,
    sets: Sequence[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
) -> Conditions:
    """`shared_conditions`, of sets that are those of this loss and of no other data or model.

    Raises
    ------
    InvalidInputError
        Also for sets of another model, or whose loss is another one here.
    """
    conditions = shared_conditions(
        loss.data, sets, noise=noise, size=size, weight_decay=weight_decay
    )
    for one in sets:
        if one.model.dimension != loss.model.dimension:
            raise InvalidInputError(
                f"{one.label or one.subkind} is a set of a model of {one.model.dimension} weights; "
                f"this one has {loss.model.dimension}"
            )
    finite = next((one for one in sets if one.theta is not None), None)
    if finite is not None and finite.theta is not None:
        at = loss.under(conditions)
        here = at.value(finite.theta)
        if abs(here - finite.loss) > OTHER_DATA * max(here, finite.loss) + loss_of_exact_fits(at):
            raise InvalidInputError(
                f"{finite.label or finite.subkind} was found with loss {finite.loss:.6g}, which is "
                f"{here:.6g} on this loss: it is a set of other data. Search the sets of this loss"
            )
    return conditions


def loss_of_exact_fits(at: LossAt) -> float:
    """The largest loss that may be the rounding of an exact fit."""
    squares = (at.targets + at.conditions.noise * at.noises) ** 2
    return EXACT_FIT * float(np.mean(squares))


def shared_conditions(
    data: Dataset,
    sets: Sequence[CriticalSet],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
) -> Conditions:
    """The conditions that sets were found under, which those that are given must equal.

    Parameters
    ----------
    data : Dataset
        Of the loss.
    sets : sequence of CriticalSet
        Without any, what is not given has the value of `Conditions()`.
    noise, size, weight_decay : float, optional
        Omitted: as the sets.

    Raises
    ------
    InvalidInputError
        Sets that were found under different conditions, or under others than are given.
    """
    require_type(
        "sets", sets, Sequence, "a sequence of critical sets, as find_critical_sets gives it"
    )
    for one in sets:
        require_type(
            "a critical set", one, CriticalSet, "one of those that find_critical_sets gives"
        )
    found = next((one.conditions for one in sets), Conditions())
    if found.size == data.size:  # said as those say it who omit it
        found = found.without("size")
    wanted = found.unless(noise, size, weight_decay)
    for one in sets:
        if one.conditions.on(data) != wanted.on(data):
            raise InvalidInputError(
                f"{one.label or one.subkind} was found at {one.conditions.on(data)}, and is to be "
                f"used at {wanted.on(data)}: it is no critical set there. Search the sets at these "
                "values, or leave them out: then those of the sets are taken"
            )
    return wanted
