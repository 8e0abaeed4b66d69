"""Branches that leave a point, and the one that passes through it both ways."""

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from continuation.arclength import trace_branch
from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.errors import InvalidInputError
from continuation.events import EventFinder
from continuation.joining import join, with_points
from continuation.options import NEWTON, STEP, NewtonOptions, StepOptions, as_number, as_state
from continuation.problem import AnyProblem
from continuation.run import Run
from continuation.scaling import Units
from continuation.start import SingularStart, as_samples, at_solution
from continuation.switching import Offshoot, all_directions, branch_directions
from continuation.workspace import Workspace

__all__ = ["opposite_starts", "sewn", "special_point", "switch_branch"]

OPPOSITE = -0.9
"""Cosine of the angle between two halves of one smooth branch, a small step from its middle."""

NEAR = (12, 48, 192)
"""Steps each way in which `special_point` looks: the unit of a step found near one may be small."""

SOLVED = 1e-12
"""A relative step of Newton after which a start counts as a solution."""


def switch_branch(
    problem: AnyProblem,
    point: SpecialPoint,
    p_limits: tuple[float, float] = (-np.inf, np.inf),
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
) -> tuple[Branch, ...]:
    """Trace every half-branch that leaves a branch point.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    point : SpecialPoint
    p_limits, step, newton
        As for `trace_branch`.

    Returns
    -------
    tuple of Branch
        Each starts a small step away from the point.

    Examples
    --------
    >>> from continuation import Problem, switch_branch, trace_branch
    >>> problem = Problem(lambda x, p: p * x - x**3)
    >>> trivial = trace_branch(problem, [0.0], -1.0, p_limits=(-1, 1))
    >>> [pitchfork] = [point for point in trivial.special if point.kind == "pitchfork"]
    >>> [round(float(branch.x[-1, 0]), 6) for branch in switch_branch(problem, pitchfork, (-1, 1))]
    [1.0, -1.0]
    """
    low, high = Run(problem, p_limits, step, newton).limits
    return tuple(
        trace_branch(problem, o.z[:-1], o.z[-1], (low, high), o.direction, step, newton)
        for o in branch_directions(problem, point, newton, step, (low, high))
        if low <= o.z[-1] <= high
    )


def special_point(
    problem: AnyProblem,
    x: Array,
    p: float,
    step: StepOptions = STEP,
    newton: NewtonOptions = NEWTON,
) -> SpecialPoint:
    """The special point nearest to (x, p), located: a start for curves and switching.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x : (n,) array_like
    p : float
        As known from elsewhere, to within many steps of `step.initial`.
    step, newton
        As for `trace_branch`.

    Raises
    ------
    InvalidInputError
        Where there is none.
    ConvergenceError
        Where no solution is found near.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem, special_point
    >>> point = special_point(Problem(lambda x, p: p - x**2), [0.1], 0.0)
    >>> point.kind, bool(np.abs(point.x[0]) < 1e-9)
    ('fold', True)
    """
    given = np.append(as_state(x), as_number("p", p))
    for steps in NEAR:
        few = replace(step, maximum=step.initial, max_samples=steps + 1)
        run = Run(problem, (-np.inf, np.inf), few, newton)
        found = _around(run, _nearest_solution(run, given)).special
        if found:
            return min(found, key=lambda q: float(np.linalg.norm(q.point - given)))
    raise InvalidInputError(
        f"no special point within {NEAR[-1]} steps of {problem.meaning.parameter} = {p:.6g}: "
        "give a nearer place, or longer steps."
    )


def _around(run: Run, given: Array) -> Branch:
    """The branch through a point, a few steps both ways."""
    halves = [
        trace_branch(
            run.problem, s.z[:-1], float(s.z[-1]), direction=s.direction, step=run.step,
            newton=run.newton,
        )
        for s in opposite_starts(run, given)
    ]  # fmt: skip
    return sewn(run, halves[1], halves[0]) if len(halves) == 2 else halves[0]


def _nearest_solution(run: Run, z: Array) -> Array:
    """Newton on F(x, p) = 0 with p free, which folds do not hinder; z where it fails."""
    y = z.copy()
    for _ in range(run.newton.max_iterations):
        a: Any = run.problem.full_jacobian(y)
        is_sparse: bool = sparse.issparse(a)
        a = a.toarray() if is_sparse else a
        units = Units.balancing([a], 1.0, False)
        inside = units.rows[:, None] * a * units.columns
        f = run.problem.residual(y[:-1], float(y[-1]))
        step = units.columns * np.linalg.lstsq(inside, -units.rows * f)[0]
        y = y + step
        if not np.isfinite(y).all():
            return z
        if np.abs(step / units.columns).max() <= SOLVED * (1 + np.abs(y / units.columns).max()):
            return y
    return z


def opposite_starts(run: Run, z: Array) -> tuple[Offshoot, ...]:
    """Where the two halves of a branch through z = (x, p) start: z itself but at a branch point."""
    try:
        start = at_solution(run, z[:-1], float(z[-1]), 1)
    except SingularStart:
        return _opposite_offshoots(run, z)
    tangent, here = start.samples.tangent[0], np.append(start.samples.x[0], start.samples.p[0])
    return Offshoot(here, tangent), Offshoot(here, -tangent)


def _opposite_offshoots(run: Run, z: Array) -> tuple[Offshoot, ...]:
    found = all_directions(run, z)
    if not found:
        raise InvalidInputError("no branch is found that leaves the start.")
    cosine = np.array([[float(a.direction @ b.direction) for b in found] for a in found])
    first, second = np.unravel_index(int(cosine.argmin()), cosine.shape)
    if cosine[first, second] > OPPOSITE:
        return found[:1]
    ahead, back = found[int(first)], found[int(second)]
    return (back, ahead) if ahead.direction[-1] < 0 else (ahead, back)


def sewn(run: Run, backward: Branch, forward: Branch) -> Branch:
    """One branch of both halves, with the special points at their common start."""
    branch, seam = join(backward, forward), len(backward) - 1
    low = max(seam - 1, 0) if np.array_equal(backward.x[0], forward.x[0]) else seam
    high = min(seam + 1, len(branch) - 1)
    samples = as_samples(branch, run.problem)
    ends = samples[low : low + 1].followed_by(samples[high : high + 1])
    workspace = Workspace(
        run.problem, branch.x[seam], float(branch.p[seam]), run.newton, run.step, run.limits
    )
    finder = EventFinder(workspace, (), {}, run.singular)
    return with_points(branch, finder.process(ends, 1, seam, patient=False), low, high)
