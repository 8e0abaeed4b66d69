"""Bifurcation diagram of the loss: every critical set followed in one parameter, none twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.kinds import KINDS
from continuation.landscape.branches import SetBranch, follow, lifted_problem
from continuation.landscape.network import Loss, weights_of
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import FOLLOWED, CriticalSet, limit_gap, weight_gap
from continuation.progress import Progress, Report, silent


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
    progress: Report = silent,
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
    progress : callable
        Called with a `Progress` before every set is followed.

    Raises
    ------
    InvalidInputError
        For another parameter, limits without an interior, or values outside the limits or the
        schedule.
    """
    if parameter not in ("noise", "size"):
        raise InvalidInputError(f"a diagram runs in 'noise' or 'size', not in {parameter!r}")
    values = tuple(float(v) for v in searched_at)
    if not values or not all(limits[0] <= v <= limits[1] for v in values):
        raise InvalidInputError(f"searched_at must lie within {limits}, but is {values}")
    if not limits[0] < limits[1]:
        raise InvalidInputError(f"limits must be increasing, but are {limits}")
    if schedule and not set(values) <= {float(size) for size in schedule}:
        raise InvalidInputError(f"searched_at must be sizes of the schedule {list(schedule)}")
    branches: list[SetBranch] = []
    failures: list[str] = []
    for value in values:
        level, size = (value, None) if parameter == "noise" else (noise, value)
        for critical in find_critical_sets(loss, noise=level, size=size, weight_decay=weight_decay):
            if any(_contains(loss, branch, critical, value) for branch in branches):
                continue
            if schedule and critical.at_infinity:
                failures.append(
                    f"{critical.label} at size = {value:g}: blocks are not followed at infinity"
                )
                continue
            stage = f"following {critical.label} of {parameter} = {value:g}"
            progress(Progress(stage, len(branches), len(branches) + 1, len(branches)))
            try:
                traced = follow(
                    loss, critical, parameter, limits, schedule=schedule, targets=values
                )
            except InvalidInputError as error:
                failures.append(f"{critical.label} at {parameter} = {value:g}: {error}")
            else:
                branches.append(traced)
    return LossDiagram(parameter, limits, tuple(branches), values, tuple(failures))


def _contains(loss: Loss, branch: SetBranch, critical: CriticalSet, value: float) -> bool:
    """Whether a set found at `value` is one of the branch's states there."""
    if branch.set.subkind != critical.subkind:
        return False
    fixed = critical.conditions.on(loss.data)
    state = lifted_problem(loss, critical, branch.parameter, fixed, ()).state
    passed = [s.x for s in branch.special if KINDS[s.kind].prescribed and s.p == value]
    if value == branch.set.conditions.value(branch.parameter):
        passed.append(lifted_problem(loss, branch.set, branch.parameter, fixed, ()).state)
    return any(_gap(critical, state, other) <= FOLLOWED.weights for other in passed)


def _gap(critical: CriticalSet, state: Array, other: Array) -> float:
    """Relative distance modulo symmetry, in the unknowns that the branch is followed in."""
    model = critical.model
    if critical.limit is not None:
        return limit_gap(model, critical.limit.at(other), critical.limit.at(state))
    if state.size == model.dimension and critical.is_point:
        return weight_gap(model, other, state)
    if critical.base is not None and state.size == critical.base.size:
        return weight_gap(model.with_hidden(model.hidden - 1), other, state)
    # One unit beside a root: its flip changes signs only.
    distance = float(np.linalg.norm(np.abs(state) - np.abs(other)))
    return distance / (1.0 + float(np.linalg.norm(state)))


def function_distance(loss: Loss, branch: SetBranch) -> Array:
    """Root mean square over the population of f − T along a branch, shape (m,).

    The teacher makes branches comparable that have no weights in common: those of lines and of
    sets at infinity are known by their functions alone.
    """
    population = loss.population.data
    weights = weights_of(population)
    distance = np.empty(len(branch))
    for k, (theta, state) in enumerate(zip(branch.theta, branch.state, strict=True)):
        if branch.set.limit is None:
            outputs = loss.predict(theta, population.x)
        else:
            outputs = branch.set.limit.at(state).outputs(loss.model, population.x)
        distance[k] = np.sqrt(weights @ (outputs - population.target) ** 2)
    return distance


def lowest_index(branch: SetBranch) -> NDArray[np.int64]:
    """Index along a branch, shape (m,); on a line that of its most attracting piece.

    The curvature across a line changes sign at λ = 0 and 1, so that each direction across it is
    stable on the segment or on the rays.
    """
    if not branch.set.is_line:
        return branch.inertia[:, 0]
    inside = (branch.transverse < 0.0).sum(axis=1)
    base = branch.inertia[:, 0] - inside
    return base + np.minimum(inside, branch.transverse.shape[1] - inside)
