"""Where a run starts: a solution near a guess and the tangent there, or the end of a branch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation import stepper
from continuation.arrays import Array, as_point
from continuation.branch import Branch, SpecialPoint
from continuation.corrector import CONVERGED, MACHINE, NOT_FINITE
from continuation.derivative_check import doubt, require_symmetric
from continuation.errors import ConvergenceError, InvalidInputError, require_type
from continuation.events import EventFinder
from continuation.linalg import KERNEL_TOLERANCE, bordered_solve
from continuation.options import as_state
from continuation.problem import AnyProblem, check_values
from continuation.run import Run
from continuation.scaling import Units, scaled
from continuation.step_arrays import magnitude
from continuation.workspace import MESSAGES, Samples, Workspace

__all__ = ["SingularStart", "Start", "as_samples", "at_end_of", "at_solution", "set_state"]


class SingularStart(InvalidInputError):
    """More than one branch passes through the start."""


ROUNDING = {False: 1e-13, True: 3e-11}
"""Whether dF/dx is by differences -> part of its largest singular value that may be rounding."""

EXTRAPOLATED = 4.0
"""A step is predicted from the last one where it is no longer than so many times that."""

SLOW = 10.0
"""Singular values nearby are those of a slow rate where they differ by less than this factor."""

ACROSS = 1e-8
"""A tangent whose part along the parameter is below this is that of a fold, in units of the run."""

SOLVED = 1e-6
"""Equations left by less than this part of their terms hold: at samples far less is left."""

START_TOLERANCE = 0.3
"""A start may be moved by Newton by this part of 1 + |x|, in the units of the run."""


@dataclass(frozen=True, eq=False)
class Start:
    """The state of a run before its first step.

    Attributes
    ----------
    workspace : Workspace
    finder : EventFinder
    vectors : (stepper.ROWS, n + 1) ndarray
        Rows of `stepper`: points and tangents, changed by every step.
    control : (6,) ndarray
        Entries of `stepper`: the step control, changed likewise.
    samples : Samples
        Those known already: one, or a whole branch.
    special : tuple of SpecialPoint
        On them.
    family : int
        Number of parameters of a family of solutions at every value of the parameter.
    """

    workspace: Workspace
    finder: EventFinder
    vectors: Array
    control: Array
    samples: Samples
    special: tuple[SpecialPoint, ...] = ()
    family: int = 0


def at_solution(run: Run, x0: Array, p0: float, direction: int | Array) -> Start:
    """A run that leaves the solution near (x0, p0) in a direction."""
    x, p = as_state(x0), run.parameter(p0)
    run.problem.check(x, p)
    run.check_functions(x, p)
    if run.bounds and not run.is_inside(x):
        raise InvalidInputError("the start is outside the bounds. Widen them, or start inside.")
    workspace = Workspace(run.problem, x, p, run.newton, run.step, run.limits)
    z, converged = _solution(workspace, x, p)
    if run.problem.symmetric:
        require_symmetric(workspace.problem.jacobian(z[:-1], float(z[-1])))
    spectrum = workspace.spectrum()
    tangent, family = _regular_tangent(workspace, spectrum[2]) if converged else None, 0
    if tangent is None:
        tangent, family = _tangent(workspace, z, direction, run.step.initial)
    tangent = tangent * _orientation(workspace, tangent, direction)
    start = Start(
        workspace=workspace,
        finder=EventFinder(workspace, run.targets, run.functions or {}, run.singular),
        vectors=np.zeros((stepper.ROWS, x.size + 1)),
        control=np.zeros(6),
        samples=workspace.sample(z, tangent, run.step.initial, spectrum),
        family=family,
    )
    start.control[stepper.NEXT_STEP] = run.step.initial
    start.vectors[stepper.POINT], start.vectors[stepper.TANGENT] = z, tangent
    start.vectors[stepper.FIRST_POINT], start.vectors[stepper.FIRST_TANGENT] = z, tangent
    return start


def at_end_of(run: Run, branch: Branch) -> Start:
    """A run that goes on after the last sample of a branch."""
    require_type("the branch", branch, Branch, "a branch, from trace_branch or load")
    if branch.stop_reason == "closed loop":
        raise InvalidInputError("the branch is a closed loop: there is nothing left to trace.")
    x, p = branch.x[-1], run.parameter(branch.p[-1])
    if branch.stop_reason == "limit" and p == run.limits[int(branch.tangent[-1, -1] > 0.0)]:
        raise InvalidInputError(
            f"the branch has ended at its limit {p:g}. Widen p_limits to go on."
        )
    low, high = run.box(x.size)
    if ((x <= low) | (x >= high)).any():
        raise InvalidInputError("the branch has ended at its bounds. Widen them to go on.")
    run.problem.check(x, p)
    run.check_functions(x, p)
    workspace = Workspace(run.problem, x, p, run.newton, run.step, run.limits)
    _require_solution(workspace, branch)
    known = workspace.in_units(as_samples(branch, run.problem))
    start = Start(
        workspace=workspace,
        finder=EventFinder(
            workspace, run.targets, run.functions or {}, run.singular, branch.special
        ),
        vectors=np.zeros((stepper.ROWS, x.size + 1)),
        control=np.zeros(6),
        samples=known,
        special=tuple(s for s in branch.special if s.kind != "limit"),
    )
    start.finder.always_zero = int(branch.inertia[:, 1].min())
    set_state(start, known, len(known) - 1, branch.next_step)
    start.vectors[stepper.FIRST_POINT] = np.append(branch.x[0], branch.p[0])
    start.vectors[stepper.FIRST_TANGENT] = branch.tangent[0]
    start.control[stepper.EVALUATIONS] = branch.evaluations
    start.control[stepper.REJECTIONS] = branch.rejections
    return start


def _require_solution(workspace: Workspace, branch: Branch) -> None:
    """Raise `InvalidInputError` where the last sample solves another problem."""
    z = np.append(branch.x[-1], branch.p[-1])
    left = np.abs(workspace.problem.residual(z[:-1], float(z[-1])))
    matrix: Any = abs(workspace.problem.full_jacobian(z))
    terms = np.ravel(matrix @ np.maximum(np.abs(z), workspace.units.columns))
    if not (left <= SOLVED * terms).all():
        raise InvalidInputError(
            f"the branch belongs to another problem: at its last sample |F| = {left.max():.3g}. "
            "Give the problem that it was traced with."
        )


def as_samples(branch: Branch, problem: AnyProblem) -> Samples:
    """The samples of a branch, as the tracer holds them."""
    negative = np.where(
        branch.eigenvalues.shape[1] < branch.x.shape[1] and problem.symmetric,
        branch.inertia[:, 0], -1,
    )  # fmt: skip
    return Samples(
        branch.x, branch.p, branch.tangent, branch.eigenvalues, negative, branch.statistics
    )


def set_state(start: Start, known: Samples, row: int, following: float) -> None:
    """Put the run right after sample `row` of the samples known."""
    z = np.column_stack([known.x, known.p])
    start.vectors[stepper.POINT], start.vectors[stepper.TANGENT] = z[row], known.tangent[row]
    length = known.statistics[row, stepper.S_LENGTH] if row else 0.0
    # a step that is much longer than the last one, as after units were changed, is not foreseen by
    # the cubic through its ends
    if following > EXTRAPOLATED * length:
        length = 0.0
    if length > 0:
        start.vectors[stepper.OLD_POINT] = z[row - 1]
        start.vectors[stepper.OLD_TANGENT] = known.tangent[row - 1]
    start.control[stepper.LAST_STEP] = length
    start.control[stepper.NEXT_STEP] = following


def _solution(workspace: Workspace, x: Array, p: float) -> tuple[Array, bool]:
    """Where Newton arrives; or the start itself where it is a solution, at a singular point."""
    z, start = as_point(x, p), as_point(x, p)
    status = workspace.correct_at_parameter(z)
    size = workspace.size_of(x)
    if status == CONVERGED and workspace.norm(z - start) <= START_TOLERANCE * size:
        return z, True
    distance = float(np.linalg.norm(z[:-1] - x))
    residual = float(np.linalg.norm(workspace.problem.residual(x, p)))
    if workspace.residual_norm(start) <= MACHINE**0.75 * size:
        workspace.correct_at_parameter(start.copy(), np.inf)
        return start, False
    if status == NOT_FINITE:
        check_values(workspace.problem, x, p)  # says what is not finite, if it is so at the start
    if status == CONVERGED:
        raise ConvergenceError(
            f"the start is no solution (|F| = {residual:.3g}); the nearest one found lies "
            f"{distance:.3g} away. Start from the result of newton(problem, x0, p0)."
        )
    why = doubt(workspace.problem, start) or MESSAGES[status]
    raise ConvergenceError(
        f"the start is no solution (|F| = {residual:.3g}) and Newton finds none near it: {why}"
    )


def _regular_tangent(workspace: Workspace, smallest: float) -> Array | None:
    """Unit tangent at the point corrected last; None unless dF/dx is clearly regular there."""
    if workspace.is_sparse:
        return None
    # in the units of the run, where its equations have some, the largest entries are about 1
    scale = 1.0 if workspace.rows.size else magnitude(workspace.J.ravel())
    if not smallest > KERNEL_TOLERANCE * scale:
        return None
    along = np.zeros(workspace.n + 1)
    along[-1] = 1.0
    return workspace.tangent(along)


def _tangent(
    workspace: Workspace, z: Array, direction: int | Array, length: float
) -> tuple[Array, int]:
    """Unit tangent at a solution, and the number of parameters of a family through it."""
    problem, family = workspace.problem, 0
    a = problem.full_jacobian(z)
    if sparse.issparse(a):
        tangent = _sparse_null_vector(a)
    else:
        # the rank is a matter of units: where it is full, it is so in units that fit
        units = workspace.units.around(problem, z)
        _, s, vt = np.linalg.svd(units.rows[:, None] * a * units.columns)
        family = _lost_rank(problem, z, units, s)
        if family:
            tangent = _tangent_of_family(workspace, z, family, direction, length, units)
            return tangent, family
        tangent = units.outside(vt[-1])
    return tangent / workspace.norm(tangent), 0


def _lost_rank(problem: AnyProblem, z: Array, units: Units, values: Array) -> int:
    """Singular values of [dF/dx, dF/dp] that vanish at z, of those there, (n,), descending.

    One that is as small nearby and no rounding is that of a slow rate beside fast ones.
    """
    small = values <= KERNEL_TOLERANCE * values[0]
    if not small.any():
        return 0
    rounding = ROUNDING[bool(problem.differenced)] * values[0]
    with np.errstate(all="ignore"):
        beside = scaled(problem.full_jacobian(units.near(z)[0]), units.rows, units.columns)
    is_known = bool(np.isfinite(beside).all())
    nearby = linalg.svdvals(beside) if is_known else np.full(values.size, np.inf)
    return int((small & ((values <= rounding) | (nearby > SLOW * values))).sum())


def _tangent_of_family(
    workspace: Workspace, z: Array, k: int, direction: int | Array, length: float, units: Units
) -> Array:
    """The start may lie on a family of solutions with k parameters of its own.

    Then J keeps k zero eigenvalues along the branch; the branch normal to them is followed.
    At a branch point they do not stay zero, in units that fit.
    """
    w = workspace
    w.fix(z, k)
    j = w.problem.full_jacobian(z)
    j[:, :-1] += w.gauge
    tangent = linalg.svd(j)[2][-1]
    tangent *= _orientation(w, tangent, direction) / w.norm(tangent)
    base = z + length * tangent
    y = base.copy()
    met = w.correct(y, base, tangent) == CONVERGED
    j = w.problem.jacobian(y[:-1], float(y[-1]))
    s = linalg.svdvals(units.rows[:, None] * j * units.columns[:-1])
    if not met or s[-k] > ROUNDING[True] * s[0]:
        raise SingularStart(
            "the start is singular: [J, Fp] has lost rank, so more than one branch passes "
            "here. Give the direction in (x, p) of the one to follow, or start from another point."
        )
    return tangent


def _orientation(workspace: Workspace, tangent: Array, direction: Any) -> float:
    """Sign that turns a tangent (n + 1,) into the direction that is asked for."""
    if np.ndim(direction):
        vector = as_state(direction, "direction")
        if vector.shape != tangent.shape:
            raise InvalidInputError(
                f"a direction must have shape {tangent.shape} for (x, p), got {vector.shape}."
            )
        if not vector.any():
            raise InvalidInputError("a direction must not be zero.")
        return float(np.copysign(1.0, tangent @ vector))
    if direction not in (1, -1):
        raise InvalidInputError(f"direction must be +1, -1 or a vector, got {direction!r}.")
    in_units = workspace.units.inside(tangent)
    size = np.abs(in_units)
    leading = in_units[-1 if size[-1] > ACROSS * size.max() else np.argmax(size)]
    return float(direction * np.copysign(1.0, leading))


def _sparse_null_vector(a: Any) -> Array:
    n = a.shape[0]
    last = np.append(np.zeros(n), 1.0)
    for border in (last, np.ones(n + 1) / np.sqrt(n + 1)):
        try:
            v = bordered_solve(a, np.zeros((n, 0)), border[:, None], last[:, None])[:, 0]
        except RuntimeError:
            continue
        if np.isfinite(v).all():
            return v
    raise InvalidInputError("the start is singular. Start from another point of the branch.")
