"""Operations on whole branches: reverse, join, cut; membership; solutions at a parameter."""

from dataclasses import replace
from typing import Any

import numpy as np

from continuation.branch import Branch, SpecialPoint
from continuation.corrector import CONVERGED
from continuation.kinds import KINDS
from continuation.locate import Path
from continuation.options import NEWTON, StepOptions
from continuation.problem import AnyProblem
from continuation.start import as_samples
from continuation.stepper import S_LENGTH
from continuation.workspace import Workspace

__all__ = ["cut", "join", "lies_on", "reverse", "solutions_at", "with_points"]

Array = np.ndarray

ROWS = (
    "x", "p", "tangent", "eigenvalues", "inertia", "error_bound", "length", "iterations",
    "statistics",
)  # fmt: skip
PRESCRIBED = tuple(name for name, kind in KINDS.items() if kind.codimension == 0)
"""Kinds that are not found again between two samples."""

#: A solution lies on a branch if the corrector meets it within this part of 1 + |x|.
ON_BRANCH = 1e-6
#: Projected on a chord, a point of a curved branch may fall this far beyond its ends; but beyond
#: those of the branch there may be its other half, as near as the step that led away from a node.
OVERLAP = 0.1


def reverse(branch: Branch) -> Branch:
    """The same branch from its end to its start."""
    rows: dict[str, Any] = {name: getattr(branch, name)[::-1].copy() for name in ROWS}
    rows["tangent"] *= -1
    rows["length"] = np.append(0.0, branch.length[:0:-1])
    special = tuple(
        replace(q, tangent=-q.tangent, bracket=q.bracket[::-1], index=len(branch) - 2 - q.index)
        for q in reversed(branch.special)
    )
    return replace(branch, **rows, special=special)


def join(backward: Branch, forward: Branch) -> Branch:
    """One branch of two that leave the same start, or the same point, in opposite directions."""
    first = reverse(backward)
    common = int(np.array_equal(backward.x[0], forward.x[0]) and backward.p[0] == forward.p[0])
    rows: dict[str, Any] = {
        name: np.concatenate([getattr(first, name), getattr(forward, name)[common:]])
        for name in ROWS
    }
    shift = len(first) - common
    if not common:
        gap = np.append(forward.x[0] - backward.x[0], forward.p[0] - backward.p[0])
        rows["length"][shift] = rows["statistics"][shift, S_LENGTH] = np.linalg.norm(gap)
    special = first.special + tuple(replace(q, index=q.index + shift) for q in forward.special)
    reasons = (backward.stop_reason, forward.stop_reason)
    return replace(
        forward, **rows, special=special,
        stop_reason=forward.stop_reason if reasons[0] == reasons[1] else " and ".join(reasons),
        evaluations=backward.evaluations + forward.evaluations,
        rejections=backward.rejections + forward.rejections,
    )  # fmt: skip


def with_points(branch: Branch, points: list[SpecialPoint], low: int, high: int) -> Branch:
    """The branch with special points found between two samples, in place of those there."""
    others = [q for q in branch.special if not low <= q.index < high or q.kind in PRESCRIBED]
    mine = [q for q in points if q.kind not in PRESCRIBED]
    special = sorted([*others, *mine], key=lambda q: q.index)
    return replace(branch, special=tuple(special))


def cut(branch: Branch, point: SpecialPoint) -> Branch:
    """The branch up to one of its special points."""
    last = point.index + 1
    rows: dict[str, Any] = {name: getattr(branch, name)[:last] for name in ROWS}
    special = tuple(q for q in branch.special if q.index < last)
    special = special[: special.index(point) + 1]
    return replace(
        branch, **rows, special=special, stop_reason="joined",
        message="the branch runs onto one already traced.",
    )  # fmt: skip


def lies_on(
    problem: AnyProblem, branch: Branch, z: Array, step: StepOptions, limits: tuple[float, float]
) -> bool:
    """Whether the solution z = (x, p) lies on the branch."""
    if len(branch) < 2:
        return False
    # a branch may start beside a singular point, where units that fit are none that fit elsewhere
    middle = len(branch) // 2
    w = Workspace(problem, branch.x[middle], branch.p[middle], NEWTON, step, limits)
    points = np.column_stack([branch.x, branch.p])
    chord = points[1:] - points[:-1]
    length = np.sqrt(chord**2 @ w.weight)
    along = ((z - points[:-1]) * w.weight * chord).sum(1) / length**2
    near_enough = ON_BRANCH * w.size_of(z[:-1])
    first, last = np.full(length.size, -OVERLAP), np.full(length.size, 1 + OVERLAP)
    first[0] = -near_enough / length[0]
    last[-1] = 1 + (near_enough + _cut_off(w, branch)) / length[-1]
    nearest = points[:-1] + np.clip(along, 0, np.maximum(last, 1))[:, None] * chord
    gap = np.sqrt((z - nearest) ** 2 @ w.weight)
    near = np.flatnonzero((first <= along) & (along <= last) & (gap <= length))
    for i in near[np.argsort(gap[near])][:3]:
        base, tangent = Path(w, w.in_units(as_samples(branch, problem)[i : i + 2])).guess(
            float(np.clip(along[i], 0, 1))
        )
        y = base + w.inner(z - base, tangent) * tangent
        met = w.correct(y, z, tangent) == CONVERGED
        if met and w.norm(y - z) <= near_enough:
            return True
    return False


def _cut_off(w: Workspace, branch: Branch) -> float:
    """Length between the last sample of a branch and the node at which it was cut."""
    if branch.stop_reason != "joined":
        return 0.0
    return w.norm(branch.special[-1].point - np.append(branch.x[-1], branch.p[-1]))


def solutions_at(
    problem: AnyProblem, branch: Branch, p: float, step: StepOptions, limits: tuple[float, float]
) -> list[Array]:
    """The states at which the branch passes the parameter p."""
    w = Workspace(problem, branch.x[0], branch.p[0], NEWTON, step, limits)
    path = Path(w, w.in_units(as_samples(branch, problem)))
    exact = np.flatnonzero(branch.p == p)
    states = [branch.x[i] for i in exact]
    for i in np.flatnonzero((branch.p[:-1] - p) * (branch.p[1:] - p) < 0):
        local = path.root(lambda s: float(s.z[-1] - p), int(i), int(i) + 1)
        if local is not None:
            z = np.append(local.z[:-1], p)
            states.append(z[:-1] if w.correct_at_parameter(z) == CONVERGED else local.z[:-1])
    return states
