"""`follow`: the branch of one critical set along a parameter of the loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import Branch, Sample, SpecialPoint
from continuation.errors import InvalidInputError, require_type
from continuation.exports import Table, table
from continuation.kinds import KINDS
from continuation.landscape.branches.course import CORRECTOR, Course, usual_steps
from continuation.landscape.branches.kinks import kinks_at_end
from continuation.landscape.branches.legs import Leg, Route, passages_of
from continuation.landscape.branches.nodes import with_fold_at_node
from continuation.landscape.branches.problems import Lifted, lifted_problem
from continuation.landscape.branches.ranges import arrival_along, arrival_of, stuck_under_decay
from continuation.landscape.branches.relabelling import relabelled
from continuation.landscape.branches.through_infinity import MEMORY, go_on, has_charts, stuck_at
from continuation.landscape.network import Loss, LossAlong
from continuation.landscape.sets import CriticalSet
from continuation.options import NewtonOptions, StepOptions

FARTHEST_START = 1e-3
"""Relative Newton step from the start beyond which it is no critical point of this loss."""


@dataclass(frozen=True, eq=False)
class Traced:
    """The branches of a set as traced, one for each direction.

    Attributes
    ----------
    lifted : Lifted
        What was traced.
    branches : tuple of Branch
        Special points named by the engine.
    arrivals : tuple of str or None
        As of `SetBranch`.
    """

    lifted: Lifted
    branches: tuple[Branch, ...]
    arrivals: tuple[str | None, ...]

    @property
    def stop_reasons(self) -> tuple[str, ...]:
        """Why each direction ended."""
        return _stop_reasons(self.branches, self.arrivals)


def _stop_reasons(
    branches: tuple[Branch, ...], arrivals: tuple[str | None, ...]
) -> tuple[str, ...]:
    return tuple(
        branch.stop_reason if end is None else f"arrival: {end}"
        for branch, end in zip(branches, arrivals, strict=True)
    )


@dataclass(frozen=True, eq=False)
class SetBranch:
    """The branch of a critical set, from the far end of one direction to that of the other.

    Attributes
    ----------
    set : CriticalSet
        Where it started.
    parameter : str
    p : ndarray, shape (m,)
    theta : ndarray, shape (m, d)
        Weights of the full network (a line's representative with λ = 1/2); nan at infinity.
    state : ndarray, shape (m, k)
        What was continued: the smaller network's weights for a line or a dead unit, the limit
        model's for a set at infinity, else θ.
    loss : ndarray, shape (m,)
    inertia : ndarray of int, shape (m, 3)
        Of the full Hessian at `theta`; at infinity as in `CriticalSet.inertia`.
    transverse : ndarray, shape (m, j)
        On a line the eigenvalues of v* Σ ω r φ''x² (the curvature across the line is λ(1−λ)
        times these; all positive: the segment attracts if the base does); at infinity the normal
        derivatives; else j = 0.
    special : tuple of SpecialPoint
        Of both directions; `index` refers to the rows here.
    branches : tuple of Branch
        As traced: one for each direction.
    arrivals : tuple of str or None
        For each of them where it has come to (see `ranges`): an end at infinity, where it goes on
        in a chart ("confluence", "linear", "step", "corner"), or a "split line"; None for those
        that ended otherwise.
    beyond : tuple of tuple of Leg
        For each of them what follows after an arrival, in charts and after a return in the
        weights: the passages of infinity with their parameters, virtual rows marked.
    """

    set: CriticalSet
    parameter: str
    p: Array
    theta: Array
    state: Array = field(repr=False)
    loss: Array = field(repr=False)
    inertia: NDArray[np.int64] = field(repr=False)
    transverse: Array = field(repr=False)
    special: tuple[SpecialPoint, ...]
    branches: tuple[Branch, ...] = field(repr=False)
    arrivals: tuple[str | None, ...] = field(repr=False)
    beyond: tuple[tuple[Leg, ...], ...] = field(default=(), repr=False)

    @property
    def branch(self) -> Branch:
        """The engine's branch in the last direction traced."""
        return self.branches[-1]

    @property
    def stop_reasons(self) -> tuple[str, ...]:
        """Why each direction ended."""
        return _stop_reasons(self.branches, self.arrivals)

    def to_dataframe(self) -> Table:
        """Samples and special points in order: parameter, loss, index, weights, special.

        At special points loss and index are those of the sample before them; `special` holds
        their kind, and is empty at samples. The weights are not given at infinity.
        """
        before = np.array([max(point.index, 0) for point in self.special], dtype=np.int64)
        rows = np.append(np.arange(len(self)), before)
        theta = self.theta[rows]
        names = self.set.model.parameter_names
        columns = {
            self.parameter: np.append(self.p, [point.p for point in self.special]),
            "loss": self.loss[rows],
            "index": self.inertia[rows, 0],
            **dict(zip(names, theta.T, strict=True)),
            "special": [""] * len(self) + [point.kind for point in self.special],
        }
        return table(columns, rows + 0.5 * (np.arange(rows.size) >= len(self)))

    def __len__(self) -> int:
        return int(self.p.size)

    def __repr__(self) -> str:
        kinds = ", ".join(point.kind for point in self.special) or "no special points"
        at = ", ".join(f"{q.end} at {q.p:.10g}" for legs in self.beyond for q in passages_of(legs))
        passed = f"; through infinity: {at}" if at else ""
        return (
            f"SetBranch({self.set.label}, {self.parameter} {self.p[0]:.4g} to {self.p[-1]:.4g}, "
            f"{len(self)} samples, {kinds}; stopped: {', '.join(self.stop_reasons)}{passed})"
        )


def follow(
    loss: Loss,
    critical_set: CriticalSet,
    parameter: str,
    limits: tuple[float, float],
    *,
    noise: float | None = None,
    size: float | None = None,
    weight_decay: float | None = None,
    schedule: Sequence[int] = (),
    direction: int = 0,
    step: StepOptions | None = None,
    newton: NewtonOptions = CORRECTOR,
    targets: Sequence[float] = (),
) -> SetBranch:
    """Follow a critical set along a parameter, through folds and through infinity, to the limits.

    An isolated point of tanh units without bias that runs to infinity, in the noise or in the
    size, is continued in a chart (`SetBranch.beyond`).

    A split line and a dead unit are followed through the smaller network and lifted; a silent
    unit with its root; a set at infinity through its limit model; every other point directly.

    Parameters
    ----------
    loss : Loss
    critical_set : CriticalSet
        Of `find_critical_sets`; the start.
    parameter : {"noise", "size", "weight_decay", "population", "smoothing"}
        The smoothing of kinks starts at the model's own, 1/β of softplus(βu)/β or 0 of ReLU, and
        ends at 0 in the network with kinks; a branch on which samples stay on kinks ends there,
        and its arrival names them.
    limits : (float, float)
        The branch ends exactly there.
    noise, size, weight_decay : float, optional
        Values at the start, by default those at which the set was found.
    schedule : sequence of int
        With "size", see `Loss.problem`.
    direction : {-1, 0, 1}
        At the start the parameter falls or rises; 0: both, joined to one branch.
    step, newton, targets
        Of `trace_branch`.

    Returns
    -------
    SetBranch

    Raises
    ------
    InvalidInputError
        Where the set is no critical set of this loss at these parameters, cannot be followed in
        this parameter, or lies outside the limits.
    UnknownNameError
        For another parameter name.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, follow
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> branch = follow(loss, sets[0], "noise", limits=(0.05, 0.2))
    >>> branch
    SetBranch(isolated 1, noise 0.05 to 0.2, 14 samples, limit, limit; stopped: limit, limit)
    """
    require_type("the set", critical_set, CriticalSet, "one of those that find_critical_sets gives")
    start = critical_set.conditions.unless(noise, size, weight_decay)
    along = LossAlong(loss, parameter, start, tuple(schedule))
    step = usual_steps(critical_set) if step is None else step
    course = Course(limits, direction, step, newton, tuple(targets))
    found = follow_to_infinity(along, critical_set, course, along.value(start))
    where = arrival_of(loss, critical_set) if critical_set.is_isolated else None
    if where is None or along.decays or not has_charts(along):
        return found
    return _gone_on(found, Route(along, course, where))


def follow_to_infinity(
    along: LossAlong, critical_set: CriticalSet, course: Course, start: float | None = None
) -> SetBranch:
    """`follow` that ends where the branch arrives at an end.

    Parameters
    ----------
    along : LossAlong
    critical_set : CriticalSet
    course : Course
    start : float, optional
        Value of the parameter, by default that at which the set was found.

    Raises
    ------
    InvalidInputError, UnknownNameError
        As `follow`.
    """
    return _assemble(critical_set, along.parameter, traced(along, critical_set, course, start))


def traced(
    along: LossAlong, critical_set: CriticalSet, course: Course, start: float | None = None
) -> Traced:
    """What `follow_to_infinity` traces, its samples not yet lifted to the full network."""
    lifted = lifted_problem(along, critical_set)
    start = along.value(critical_set.conditions) if start is None else start
    directions = course.directions(start, along.parameter)
    _require_critical(lifted, start, along.parameter)
    problem, scale = lifted.balanced(start)
    arrival = arrival_along(along, critical_set, course.limits)
    began = None if arrival is None else arrival(lifted.state)  # out there already: no arrival

    def come_to(state: Array) -> str | None:
        end = None if arrival is None else arrival(state)
        return None if end == began else end

    def arrived(sample: Sample) -> bool:
        return come_to(sample.x * scale) is not None

    branches = [
        _unscaled(
            trace_branch(
                problem,
                lifted.state / scale,
                start,
                course.limits,
                direction,
                course.step,
                course.newton,
                targets=course.targets,
                stop=None if arrival is None else arrived,
            ),
            scale,
        )
        for direction in directions
    ]
    arrivals = tuple(
        come_to(branch.x[-1]) or stuck_under_decay(along, critical_set, branch)
        for branch in branches
    )
    if along.parameter == "smoothing":
        arrivals = tuple(kinks_at_end(along, lifted, branch) for branch in branches)
    if along.parameter == "size":
        branches = [with_fold_at_node(lifted.problem, b, along.schedule) for b in branches]
    return Traced(lifted, tuple(branches), arrivals)


def _gone_on(found: SetBranch, route: Route) -> SetBranch:
    """A branch with what follows after its arrivals at ends that have a chart."""
    arrivals = tuple(
        stuck_at(branch) if end is None else end
        for branch, end in zip(found.branches, found.arrivals, strict=True)
    )
    beyond = tuple(
        go_on(route, branch.x[-MEMORY:], branch.p[-MEMORY:], end) if len(branch) > 1 else ()
        for branch, end in zip(found.branches, arrivals, strict=True)
    )
    arrivals = tuple(
        end if legs else known
        for end, known, legs in zip(arrivals, found.arrivals, beyond, strict=True)
    )
    return replace(found, arrivals=arrivals, beyond=beyond)


def _require_critical(lifted: Lifted, start: float, parameter: str) -> None:
    """The Newton step from the start must be small."""
    x = lifted.state
    residual = lifted.problem.residual(x, start)
    jacobian = lifted.problem.jacobian(x, start)
    change = np.abs(np.linalg.lstsq(jacobian, residual, rcond=1e-14)[0]).max()
    if not change <= FARTHEST_START * (1.0 + np.abs(x).max()):
        raise InvalidInputError(
            f"the set is no critical set of this loss at {parameter} = {start:g}: Newton's method "
            f"moves it by {change:.2g}. Pass the parameters at which it was found"
        )


def _assemble(critical_set: CriticalSet, parameter: str, found: Traced) -> SetBranch:
    """Join the directions, the first one backwards, and evaluate the full network."""
    lifted = found.lifted
    branches = [relabelled(lifted, branch) for branch in found.branches]
    last = branches[-1]
    x, p = last.x, last.p
    if len(branches) == 2:
        first = branches[0]
        x, p = np.concatenate([first.x[:0:-1], x]), np.concatenate([first.p[:0:-1], p])
    rows = [lifted.describe(state, value) for state, value in zip(x, p, strict=True)]
    theta, loss, inertia, transverse = zip(*rows, strict=True)
    return SetBranch(
        critical_set,
        parameter,
        p,
        np.array(theta),
        x,
        np.array(loss),
        np.array(inertia),
        np.array(transverse),
        joined_special_points(branches),
        tuple(branches),
        found.arrivals,
    )


def joined_special_points(branches: Sequence[Branch]) -> tuple[SpecialPoint, ...]:
    """Special points of one or two directions in the order and with the indices of the join.

    Hopf points are left out: in a gradient flow there are none, but a silent unit is followed by
    equations that are no gradient, where two real eigenvalues may meet within rounding.
    """
    special = list(branches[-1].special)
    if len(branches) == 2:
        offset = len(branches[0]) - 1
        mirrored = [_moved(s, offset - 1 - s.index) for s in reversed(branches[0].special)]
        special = mirrored + [_moved(s, s.index + offset) for s in special]
    return tuple(s for s in special if KINDS[s.kind].gradient)


def _unscaled(branch: Branch, scale: Array) -> Branch:
    """The branch in the original unknowns (points only; tangents keep the traced units)."""
    if (scale == 1.0).all():
        return branch
    special = tuple(replace(point, x=point.x * scale) for point in branch.special)
    return replace(branch, x=branch.x * scale, special=special)


def _moved(point: SpecialPoint, index: int) -> SpecialPoint:
    return replace(point, index=index)
