"""The conditions that critical sets were found under, where they are used for something else."""

from __future__ import annotations

from collections.abc import Sequence

from continuation.errors import InvalidInputError, require_type
from continuation.landscape.network import Conditions, Dataset
from continuation.landscape.sets.critical_sets import CriticalSet


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
