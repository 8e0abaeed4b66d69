"""All branches that can be reached, as one graph: branches joined at special points.

A round traces every half-branch that leaves a branch point not yet seen, on any Executor; the
results are then taken in a fixed order, so that the diagram does not depend on the number of
workers. A half-branch that runs onto a branch already there ends at the point where it does.
Deflation at chosen parameters finds the parts that no branch point leads to.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.compiled_problem import CompiledProblem
from continuation.corrector import size_of
from continuation.deflation import find_solutions, guesses
from continuation.errors import ConvergenceError, InvalidInputError, require_type
from continuation.exports import Stored, Table, stacked
from continuation.fitting import farthest
from continuation.joining import cut, lies_on, solutions_at
from continuation.kinds import KINDS
from continuation.leaving import opposite_starts, sewn, special_point
from continuation.maps import period_k
from continuation.meaning import Quantity
from continuation.options import (
    NEWTON,
    STEP,
    NewtonOptions,
    StepOptions,
    as_numbers,
    as_state,
    as_states,
    require_count,
)
from continuation.plotting import draw_branches
from continuation.problem import AnyProblem
from continuation.run import Bounds, Functions, Run
from continuation.switching import (
    Offshoot,
    Reduced,
    branch_directions,
    on_one_half,
    workspace_at,
)
from continuation.symmetry_group import group
from continuation.wording import counted

__all__ = ["Diagram", "bifurcation_diagram"]

#: Special points nearer than this, relative to 1 + |x| in units that fit there, are one node.
SAME_NODE = 1e-5
#: Where the same branch passes both, nearer than this: it tells points apart as well as located.
SAME_PLACE = 1e-8
#: What to do about a branch that was found beside a node and is not among the branches.
FURTHER_AWAY = "it is missing; start one with trace_branch further away"
#: Why it is not.
TOO_NEAR = "its run went over to a known one, so near are they in these coordinates"
#: How a branch ends that leaves nothing to follow.
FINISHED = ("limit", "bound", "infinity", "closed loop", "joined")


@dataclass(frozen=True)
class Diagram(Stored):
    """Branches and the points where they meet.

    Attributes
    ----------
    branches : tuple of Branch
    nodes : tuple of SpecialPoint
        Points at which branches meet.
    ends : tuple of (int or None, int or None)
        For each branch the node at which it starts and the node at which it ends; None at a
        limit, on a closed loop, or where it stopped otherwise.
    passes : tuple of (int, int, int)
        (branch, sample, node): the branch runs through the node after that sample.
    notes : tuple of str
        What is known to be missing: half-branches that could not be followed, branches that
        stopped before a limit.
    periods : tuple of int
        Of the orbits on each branch: 1 but for maps.
    """

    branches: tuple[Branch, ...]
    nodes: tuple[SpecialPoint, ...]
    ends: tuple[tuple[int | None, int | None], ...]
    passes: tuple[tuple[int, int, int], ...]
    notes: tuple[str, ...] = ()
    periods: tuple[int, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every branch met has been followed to a limit, to its start or onto another."""
        return not self.notes

    def __repr__(self) -> str:
        loops = sum(b.stop_reason == "closed loop" for b in self.branches)
        counts = [counted(len(self.branches), "branch", "branches")]
        counts += [counted(loops, "loop")] if loops else []
        counts += [counted(len(self.nodes), "node")]
        return f"Diagram({', '.join(counts)}{''.join(f'; {note}' for note in self.notes)})"

    def plot(self, ax: Any, x: Quantity | None = None, y: Quantity | None = None) -> list[Any]:
        """Draw all branches with their special points; parameters as for `Branch.plot`."""
        starts = [None if at is None else self.nodes[at] for at, _ in self.ends]
        return draw_branches(ax, self.branches, x, y, starts)

    def to_dataframe(self) -> Table:
        """The tables of all branches below each other, with the number of each in `branch`."""
        return stacked([branch.to_dataframe() for branch in self.branches])


def bifurcation_diagram(
    problem: AnyProblem,
    x0: Array,
    p0: float,
    p_limits: tuple[float, float],
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
    starts: Sequence[Array] = (),
    search: Sequence[float] = (),
    max_branches: int = 100,
    executor: Executor | None = None,
    targets: Sequence[float] = (),
    functions: Functions | None = None,
    generators: Sequence[Array] = (),
    max_period: int = 1,
    bounds: Bounds | None = None,
) -> Diagram:
    """Follow everything reachable from a start, both ways, and what deflation finds besides.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x0, p0, p_limits, step, newton
        As for `trace_branch`; the limits must be finite.
    starts : sequence of (n,) array_like
        Guesses for deflation, tried at every parameter of `search` besides the known solutions.
    search : sequence of float
        Parameters at which deflation looks for parts not connected to the start.
    max_branches : int
        Bound on the number of branches.
    executor : concurrent.futures.Executor, optional
        Traces the branches of one round in parallel; with processes the problem must be picklable.
    targets, functions, bounds
        As for `trace_branch`, on every branch.
    generators : sequence of (n, n) array_like
        Matrices S with F(S x, p) = S F(x, p): of branches that the group made by them maps to
        each other, one is followed.
    max_period : int
        Of a map: orbits that leave at flips are followed up to this period.

    Returns
    -------
    Diagram

    Raises
    ------
    InvalidInputError, ConvergenceError
        For a start that cannot be used, as by `trace_branch`; a start on a special point can.

    Examples
    --------
    >>> from continuation import Problem, bifurcation_diagram
    >>> problem = Problem(lambda x, p: p * x - x**3)
    >>> diagram = bifurcation_diagram(problem, [0.0], -1.0, p_limits=(-1, 1))
    >>> len(diagram.branches), [point.kind for point in diagram.nodes]
    (3, ['pitchfork'])
    """
    run = Run(problem, p_limits, step, newton, targets, functions, bounds=bounds)
    if not np.isfinite(run.limits).all():
        raise InvalidInputError(f"a diagram needs finite p_limits, got {p_limits}.")
    require_count("max_branches", max_branches)
    require_count("max_period", max_period)
    if executor is not None:
        require_type("executor", executor, Executor, "a concurrent.futures.Executor")
    x, p = as_state(x0), run.parameter(p0)
    tried = as_states("starts", starts, x.size)
    symmetries = group(problem, generators, x, p)
    builder = _Builder(run, symmetries, max_branches, max_period, executor)
    builder.explore(x, p)
    for p in map(run.parameter, as_numbers("search", search)):
        known = builder.solutions_at(p)
        for found in find_solutions(problem, p, [*tried, *guesses(known, x.size)], known, newton):
            if not builder.is_known(np.append(found, p)):
                builder.explore(found, float(p))
    return builder.diagram()


@dataclass(frozen=True)
class Task:
    """One branch to trace."""

    run: Run
    z: Array
    direction: Array
    node: int | None = None
    period: int = 1


def trace(task: Task) -> Branch | str:
    """Trace one branch; in words why not even its start can be used."""
    run, problem = task.run, task.run.problem
    if isinstance(problem, CompiledProblem):  # scratch must not be shared between threads
        problem = replace(problem, work=problem.work.copy())
    try:
        return trace_branch(
            problem, task.z[:-1], float(task.z[-1]), run.limits, task.direction, run.step,
            run.newton, run.targets, run.functions, None, run.bounds,
        )  # fmt: skip
    except (ConvergenceError, InvalidInputError) as error:
        return str(error)


class _Builder:
    def __init__(
        self,
        run: Run,
        symmetries: tuple[Array, ...],
        max_branches: int,
        max_period: int,
        executor: Executor | None,
    ) -> None:
        self.runs, self.symmetries = {1: run}, symmetries
        self.max_branches, self.max_period = max_branches, max_period
        self.map: Callable[..., Iterable[Any]] = map if executor is None else executor.map
        self.branches: list[Branch] = []
        self.periods: list[int] = []
        self.ends: list[tuple[int | None, int | None]] = []
        self.nodes: list[SpecialPoint] = []
        self.node_periods: list[int] = []
        self.units: list[Array] = []  # what counts as 1 around each node
        self.passes: list[tuple[int, int, int]] = []
        self.notes: list[str] = []

    def explore(self, x: Array, p: float) -> None:
        """The branch through a start, both ways, and everything it leads to."""
        first = len(self.nodes)
        self._accept_root(np.append(x, p))
        while first < len(self.nodes):
            fresh = range(first, len(self.nodes))
            first = len(self.nodes)
            tasks = [task for node in fresh for task in self._tasks(node)]
            for task, branch in zip(tasks, self.map(trace, tasks), strict=True):
                self._accept_traced(task, branch)

    def is_known(self, z: Array, period: int = 1) -> bool:
        """Whether a solution, or one symmetric to it, lies on a branch already there."""
        run = self.runs[period]
        return any(
            lies_on(run.problem, b, image, run.step, run.limits)
            for b, of in zip(self.branches, self.periods, strict=True)
            if of == period
            for image in self._images(z)
        )

    def solutions_at(self, p: float) -> list[Array]:
        """Known solutions at a parameter, with those symmetric to them."""
        run = self.runs[1]
        return [
            s @ x
            for b, period in zip(self.branches, self.periods, strict=True)
            if period == 1
            for x in solutions_at(run.problem, b, p, run.step, run.limits)
            for s in self.symmetries
        ]

    def diagram(self) -> Diagram:
        """What has been found."""
        return Diagram(
            branches=tuple(self.branches), nodes=tuple(self.nodes), ends=tuple(self.ends),
            passes=tuple(self.passes), notes=tuple(dict.fromkeys(self.notes)),
            periods=tuple(self.periods),
        )  # fmt: skip

    def _run(self, period: int) -> Run:
        if period not in self.runs:
            first = self.runs[1]
            self.runs[period] = replace(first, problem=period_k(first.problem, period))
        return self.runs[period]

    def _tasks(self, node: int) -> list[Task]:
        """Branches to trace from a node: one of each symmetry orbit, within the limits."""
        point, period = self.nodes[node], self.node_periods[node]
        if point.kind == "flip":
            period, point = 2 * period, replace(point, kind="pitchfork")
        run = self._run(period)
        offshoots = branch_directions(run.problem, point, run.newton, run.step, run.limits)
        if not offshoots:
            self.notes.append(f"no other branch is found at the {point.kind} at {_place(point)}")
        if self.nodes[node].kind == "flip":
            offshoots = offshoots[:1]  # the others are the other points of the same orbit
        low, high = run.limits
        w = workspace_at(run.problem, point, run.newton, run.step, run.limits)
        reduced = Reduced.at(w, point)
        chosen: list[Offshoot] = []
        for o in offshoots:
            images = self._images(o.z)
            twin = any(on_one_half(w, reduced, point.point, c.z, z) for c in chosen for z in images)
            if low <= o.z[-1] <= high and not twin and not self.is_known(o.z, period):
                chosen.append(o)
        return [Task(run, o.z, o.direction, node, period) for o in chosen]

    def _images(self, z: Array) -> list[Array]:
        """A point (x, p) and what the symmetries make of it."""
        return [np.append(s @ z[:-1], z[-1]) for s in self.symmetries]

    def _accept_root(self, z: Array) -> None:
        run = self.runs[1]
        starts = opposite_starts(run, z)
        low, high = run.limits
        if not all(low <= s.z[-1] <= high for s in starts):  # a branch point at the limit itself
            point = special_point(run.problem, z[:-1], float(z[-1]), run.step, run.newton)
            self._node_or_new(replace(point, tangent=np.zeros(z.size)), 1)
            return
        at_end = [s.z[-1] == run.limits[int(s.direction[-1] > 0)] for s in starts]
        tasks = [
            Task(run, s.z, s.direction) for s, no in zip(starts, at_end, strict=True) if not no
        ]
        traced = list(self.map(trace, tasks))
        for branch in traced:
            if isinstance(branch, str):
                raise InvalidInputError(branch)
        if len(traced) == 2 and traced[0].stop_reason != "closed loop":
            self._note(traced[1])
            self._accept(sewn(run, traced[1], traced[0]), None, 1, traced[0])
        elif traced:
            self._accept(traced[0], None, 1, traced[0])

    def _accept_traced(self, task: Task, branch: Branch | str) -> None:
        if not isinstance(branch, str):
            if not self.is_known(np.append(branch.x[0], branch.p[0]), task.period):
                self._accept(branch, task.node, task.period, branch)
                return
            if self.is_known(task.z, task.period):  # the other end of one that was traced
                return
        why = branch if isinstance(branch, str) else TOO_NEAR
        point = self.nodes[task.node or 0]
        place = f"{point.kind} at {_place(point)}"
        self.notes.append(f"a branch from the {place}: {FURTHER_AWAY} ({why.rstrip('.')}).")

    def _accept(self, branch: Branch, start: int | None, period: int, run_to_end: Branch) -> None:
        """Add a branch, cut where it runs onto one already there."""
        if len(self.branches) >= self.max_branches:
            self.notes.append(f"max_branches = {self.max_branches} reached")
            return
        end, number = None, len(self.branches)
        for point in branch.special:
            node = self._node(point)
            following = min(point.index + 1, len(branch) - 1)
            z = np.append(branch.x[following], branch.p[following])
            if node is not None and KINDS[point.kind].branching and self.is_known(z, period):
                branch, end = cut(branch, point), node
                break
        if end is None:
            self._note(run_to_end)
        self.branches.append(branch)
        self.periods.append(period)
        self.ends.append((start, end))
        passed: set[int] = set()
        for point in branch.special:
            if self._leads_on(point, period):
                node = self._node_or_new(point, period, passed)
                passed.add(node)
                self.passes.append((number, point.index, node))

    def _leads_on(self, point: SpecialPoint, period: int) -> bool:
        """Whether branches leave a special point; one that is not located is noted."""
        branching = KINDS[point.kind].branching
        if branching and not point.located:
            self.notes.append(f"the {point.kind} at {_place(point)} is not located")
        flips = point.kind == "flip" and 2 * period <= self.max_period
        return (branching or flips) and point.located

    def _note(self, branch: Branch) -> None:
        if branch.stop_reason not in FINISHED:
            place = f"{branch.meaning.parameter} = {branch.p[-1]:.6g}"
            self.notes.append(f"a branch stopped at {place}: {branch.message}")

    def _node(self, point: SpecialPoint, passed: Collection[int] = ()) -> int | None:
        """The nearest node that a special point is, or an image of.

        Of one that the same branch has passed already it is the same place to rounding, or another.
        """
        images = self._images(point.point)
        near: list[tuple[float, int]] = []
        run = self.runs[1]
        most = farthest(run.problem, run.step, run.limits)
        for i, (node, unit) in enumerate(zip(self.nodes, self.units, strict=True)):
            gap = min(float(np.linalg.norm((z - node.point) / unit)) for z in images)
            gap /= size_of(float(np.linalg.norm(node.x / unit[:-1])), most)
            if gap <= (SAME_PLACE if i in passed else SAME_NODE):
                near.append((gap, i))
        return min(near)[1] if near else None

    def _node_or_new(self, point: SpecialPoint, period: int, passed: Collection[int] = ()) -> int:
        known = self._node(point, passed)
        if known is None:
            self.nodes.append(point)
            self.node_periods.append(period)
            run = self._run(period)
            w = workspace_at(run.problem, point, run.newton, run.step, run.limits)
            self.units.append(w.units.columns)
            return len(self.nodes) - 1
        return known


def _place(point: SpecialPoint) -> str:
    return f"{point.meaning.parameter} = {point.p:.6g}"
