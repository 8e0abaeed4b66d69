"""All branches that can be reached, as one graph: branches joined at special points.

A round traces every half-branch that leaves a branch point not yet seen, on any Executor; the
results are then taken in a fixed order, so that the diagram does not depend on the number of
workers. A half-branch that runs onto a branch already there ends at the point where it does.
Deflation at chosen parameters finds the parts that no branch point leads to.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.deflation import find_solutions, guesses
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.exports import Stored, Table, stacked
from continuation.joining import cut, join, lies_on, solutions_at
from continuation.kinds import KINDS
from continuation.meaning import Quantity
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions, as_state
from continuation.plotting import draw_branches
from continuation.problem import AnyProblem, CompiledProblem
from continuation.switching import Offshoot, branch_directions

__all__ = ["Diagram", "bifurcation_diagram"]

#: Special points nearer than this, relative to 1 + |z|, are one node.
SAME_NODE = 1e-5


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
        return (
            f"Diagram({len(self.branches)} branches, {loops} of them loops, "
            f"{len(self.nodes)} nodes" + "".join(f"; {note}" for note in self.notes) + ")"
        )

    def plot(self, ax: Any, x: Quantity | None = None, y: Quantity | None = None) -> list[Any]:
        """Draw all branches with their special points; parameters as for `Branch.plot`."""
        return draw_branches(ax, self.branches, x, y)

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

    Returns
    -------
    Diagram
    """
    if not np.isfinite(p_limits).all():
        raise InvalidInputError(f"a diagram needs finite p_limits, got {p_limits}.")
    builder = _Builder(problem, p_limits, step, newton, max_branches, executor)
    builder.explore(as_state(x0), float(p0))
    for p in search:
        known = builder.solutions_at(float(p))
        tried = [*map(as_state, starts), *guesses(known, len(as_state(x0)))]
        for x in find_solutions(problem, float(p), tried, known, newton):
            if not builder.is_known(np.append(x, p)):
                builder.explore(x, float(p))
    return builder.diagram()


@dataclass(frozen=True)
class Task:
    """One branch to trace."""

    problem: AnyProblem
    z: Array
    direction: int | Array
    p_limits: tuple[float, float]
    step: StepOptions
    newton: NewtonOptions
    node: int | None = None


def trace(task: Task) -> Branch | None:
    """Trace one branch; None where not even its start can be used."""
    problem = task.problem
    if isinstance(problem, CompiledProblem):  # scratch must not be shared between threads
        problem = replace(problem, work=problem.work.copy())
    try:
        return trace_branch(
            problem, task.z[:-1], task.z[-1], task.p_limits, task.direction, task.step, task.newton
        )
    except (ConvergenceError, InvalidInputError):
        return None


class _Builder:
    def __init__(
        self,
        problem: AnyProblem,
        p_limits: tuple[float, float],
        step: StepOptions,
        newton: NewtonOptions,
        max_branches: int,
        executor: Executor | None,
    ) -> None:
        self.problem, self.p_limits, self.step, self.newton = problem, p_limits, step, newton
        self.max_branches = max_branches
        self.map: Callable[..., Iterable[Any]] = map if executor is None else executor.map
        self.branches: list[Branch] = []
        self.ends: list[tuple[int | None, int | None]] = []
        self.nodes: list[SpecialPoint] = []
        self.passes: list[tuple[int, int, int]] = []
        self.notes: list[str] = []

    def explore(self, x: Array, p: float) -> None:
        """The branch through a start, both ways, and everything it leads to."""
        first = len(self.nodes)
        self._accept_root(np.append(x, p))
        while first < len(self.nodes):
            fresh = range(first, len(self.nodes))
            first = len(self.nodes)
            tasks = [self._task(o.z, o.direction, i) for i in fresh for o in self._offshoots(i)]
            for task, branch in zip(tasks, self.map(trace, tasks), strict=True):
                if branch is not None and not self.is_known(np.append(branch.x[0], branch.p[0])):
                    self._accept(branch, task.node)

    def is_known(self, z: Array) -> bool:
        """Whether a solution lies on a branch already there."""
        return any(lies_on(self.problem, b, z, self.step, self.p_limits) for b in self.branches)

    def solutions_at(self, p: float) -> list[Array]:
        """Known solutions at a parameter."""
        return [
            x
            for b in self.branches
            for x in solutions_at(self.problem, b, p, self.step, self.p_limits)
        ]

    def diagram(self) -> Diagram:
        """What has been found."""
        return Diagram(
            tuple(self.branches), tuple(self.nodes), tuple(self.ends), tuple(self.passes),
            tuple(self.notes), (1,) * len(self.branches),
        )  # fmt: skip

    def _task(self, z: Array, direction: int | Array, node: int | None) -> Task:
        return Task(self.problem, z, direction, self.p_limits, self.step, self.newton, node)

    def _offshoots(self, node: int) -> list[Offshoot]:
        low, high = self.p_limits
        offshoots = branch_directions(self.problem, self.nodes[node], self.newton)
        return [o for o in offshoots if low <= o.z[-1] <= high and not self.is_known(o.z)]

    def _accept_root(self, z: Array) -> None:
        ways = [d for d, at in ((1, self.p_limits[1]), (-1, self.p_limits[0])) if z[-1] != at]
        traced = [b for b in self.map(trace, [self._task(z, d, None) for d in ways]) if b]
        if traced and traced[0].stop_reason == "closed loop":
            self._accept(traced[0], None)
        elif len(traced) == 2:
            self._accept(join(traced[1], traced[0]), None)
        elif traced:
            self._accept(traced[0], None)

    def _accept(self, branch: Branch, start: int | None) -> None:
        """Add a branch, cut where it runs onto one already there."""
        if len(self.branches) >= self.max_branches:
            self.notes.append(f"max_branches = {self.max_branches} reached")
            return
        end, number = None, len(self.branches)
        for point in branch.special:
            node = self._node(point)
            following = min(point.index + 1, len(branch) - 1)
            z = np.append(branch.x[following], branch.p[following])
            if node is not None and KINDS[point.kind].branching and self.is_known(z):
                branch, end = cut(branch, point), node
                break
        self.branches.append(branch)
        self.ends.append((start, end))
        for point in branch.special:
            if KINDS[point.kind].branching and point.located:
                self.passes.append((number, point.index, self._node_or_new(point)))

    def _node(self, point: SpecialPoint) -> int | None:
        for i, node in enumerate(self.nodes):
            gap = np.linalg.norm(node.point - point.point)
            if gap <= SAME_NODE * (1 + np.linalg.norm(node.point)):
                return i
        return None

    def _node_or_new(self, point: SpecialPoint) -> int:
        known = self._node(point)
        if known is None:
            self.nodes.append(point)
            return len(self.nodes) - 1
        return known
