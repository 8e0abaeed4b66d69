"""Bifurcation diagram of the loss: every critical set followed in one parameter, none twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from continuation.errors import InvalidInputError
from continuation.landscape.critical_sets import CriticalSet
from continuation.landscape.following import SetBranch, follow
from continuation.landscape.loss import Loss
from continuation.landscape.search import find_critical_sets
from continuation.landscape.symmetry import Symmetry

SAME_STATE = 1e-6
"""Relative distance below which a set lies on a branch that passes the same parameter value:
both are known to about 1e-10, and a fold keeps them apart by the root of the distance to it."""


@dataclass(frozen=True, eq=False)
class LossDiagram:
    """Branches of critical sets along one parameter of the loss.

    Attributes
    ----------
    parameter : str
    limits : tuple of two float
    branches : tuple of SetBranch
        In order of discovery; the name of a branch is its set's label.
    searched_at : tuple of float
        Parameter values at which all critical sets were searched.
    failures : tuple of str
        Sets that could not be followed, with the reason.
    """

    parameter: str
    limits: tuple[float, float]
    branches: tuple[SetBranch, ...]
    searched_at: tuple[float, ...]
    failures: tuple[str, ...] = ()


def loss_diagram(
    loss: Loss,
    parameter: str,
    limits: tuple[float, float],
    searched_at: Sequence[float],
    *,
    noise: float = 0.0,
    weight_decay: float = 0.0,
    schedule: Sequence[int] = (),
    on_set: Callable[[CriticalSet], None] = lambda critical: None,
) -> LossDiagram:
    """Search all critical sets at some parameter values and follow each one once.

    A set that lies on a branch traced before is not followed again; a branch that ends in a
    fold pair or is disconnected from the others is found if it exists at one of the values.

    Parameters
    ----------
    loss : Loss
    parameter : {"noise", "size"}
    limits : (float, float)
    searched_at : sequence of float
        Within the limits; more values find more of the short-lived branches.
    noise, weight_decay : float
        What stays fixed (the noise is ignored where it is continued).
    schedule : sequence of int
        With "size", see `Loss.problem`; the values of `searched_at` must belong to it.
    on_set : callable
        Called with each set before it is followed, for progress.

    Raises
    ------
    InvalidInputError
        For another parameter, or values outside the limits.
    """
    if parameter not in ("noise", "size"):
        raise InvalidInputError(f"a diagram runs in 'noise' or 'size', not in {parameter!r}")
    values = tuple(float(v) for v in searched_at)
    if not values or not all(limits[0] <= v <= limits[1] for v in values):
        raise InvalidInputError(f"searched_at must lie within {limits}, but is {values}")
    branches: list[SetBranch] = []
    failures: list[str] = []
    for value in values:
        fixed = _fixed(parameter, value, noise, weight_decay)
        for critical in find_critical_sets(loss, **fixed):
            if any(_contains(branch, critical, value) for branch in branches):
                continue
            on_set(critical)
            try:
                traced = follow(
                    loss, critical, parameter, limits, schedule=schedule, targets=values
                )
            except InvalidInputError as error:
                failures.append(f"{critical.label} at {parameter} = {value:g}: {error}")
            else:
                branches.append(traced)
    return LossDiagram(parameter, limits, tuple(branches), values, tuple(failures))


def _fixed(parameter: str, value: float, noise: float, decay: float) -> dict[str, float]:
    if parameter == "noise":
        return {"noise": value, "weight_decay": decay}
    return {"noise": noise, "size": value, "weight_decay": decay}


def _contains(branch: SetBranch, critical: CriticalSet, value: float) -> bool:
    """Whether a set found at `value` is one of the branch's states there."""
    if branch.set.subkind != critical.subkind:
        return False
    at = np.flatnonzero(np.isclose(branch.p, value, rtol=1e-12, atol=0.0))
    if critical.theta is not None:
        symmetry = Symmetry.of(critical.model)
        scale = 1.0 + float(np.linalg.norm(critical.theta))
        return any(
            symmetry.distance(branch.theta[k], critical.theta) < SAME_STATE * scale for k in at
        )
    return any(abs(branch.loss[k] - critical.loss) < SAME_STATE * critical.loss for k in at)
