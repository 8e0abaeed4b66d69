"""Bifurcation diagram of the loss: every critical set followed in one parameter, none twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.branches import SetBranch, follow
from continuation.landscape.evolution.cutting import strands_of
from continuation.landscape.evolution.strands import StrandAt, is_among, living
from continuation.landscape.network import (
    Conditions,
    Loss,
    LossAlong,
    as_limits,
    require_level,
    weights_of,
)
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import CriticalSet
from continuation.progress import Progress, Report, require_report, silent


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

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, loss_diagram
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> diagram = loss_diagram(loss, "noise", (0.05, 0.2), searched_at=[0.1])
    >>> [branch.set.label for branch in diagram.branches]
    ['isolated 1', 'linear 1', 'step 1', 'origin 1']
    """
    require_report(progress)
    if parameter not in ("noise", "size"):
        raise InvalidInputError(f"a diagram runs in 'noise' or 'size', not in {parameter!r}")
    limits = as_limits(limits)
    for value in searched_at:
        require_level("each of searched_at", value)
    values = tuple(float(v) for v in searched_at)
    if not values or not all(limits[0] <= v <= limits[1] for v in values):
        raise InvalidInputError(f"searched_at must lie within {limits}, but is {values}")
    if schedule and not set(values) <= {float(size) for size in schedule}:
        raise InvalidInputError(f"searched_at must be sizes of the schedule {list(schedule)}")
    fixed = Conditions(noise, weight_decay=weight_decay)
    collected = _Collected(LossAlong(loss, parameter, fixed, tuple(schedule)), limits, values)
    for value in values:
        collected.cover(value, progress)
    return LossDiagram(
        parameter, limits, tuple(collected.branches), values, tuple(collected.failures)
    )


@dataclass(eq=False)
class _Collected:
    """Branches so far, cut into the strands on which later sets may lie."""

    along: LossAlong
    limits: tuple[float, float]
    values: tuple[float, ...]
    branches: list[SetBranch] = field(default_factory=list)
    strands: list[StrandAt] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def cover(self, value: float, progress: Report) -> None:
        """Follow the sets at a value that lie on no branch yet."""
        along = self.along
        there = list(living(self.strands, value))
        given = along.fixed.where(along.parameter, value).keywords
        for critical in find_critical_sets(along.loss, **given):
            if is_among(critical, there):
                continue
            stage = f"following {critical.label} of {along.parameter} = {value:g}"
            known = len(self.branches)
            progress(Progress(stage, known, known + 1, known))
            fresh = self._followed(critical, value)
            there += living(fresh, value)
            self.strands += fresh

    def _followed(self, critical: CriticalSet, value: float) -> list[StrandAt]:
        """The strands of a set's branch; none where it cannot be followed."""
        along, place = self.along, f"{critical.label} at {self.along.parameter} = {value:g}"
        if along.schedule and critical.at_infinity:
            self.failures.append(f"{place}: blocks are not followed at infinity")
            return []
        try:
            branch = follow(
                along.loss, critical, along.parameter, self.limits,
                schedule=along.schedule, targets=self.values,
            )  # fmt: skip
        except InvalidInputError as error:
            self.failures.append(f"{place}: {error}")
            return []
        self.branches.append(branch)
        return [StrandAt(along, strand) for strand in strands_of(branch)]


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
    stable on the segment or on the rays. Where that curvature is within rounding of zero, as
    near a linear end, it may be negative and yet not among the signs that the inertia counts.
    """
    if not branch.set.is_line:
        return branch.inertia[:, 0]
    inside = (branch.transverse < 0.0).sum(axis=1)
    base = np.maximum(branch.inertia[:, 0] - inside, 0)
    return base + np.minimum(inside, branch.transverse.shape[1] - inside)
