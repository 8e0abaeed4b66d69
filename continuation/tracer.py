"""The run along one branch: start, chunks of steps, events, limits, closed loops, the end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import linalg, sparse

from continuation import stepper
from continuation.branch import Branch, Sample, SpecialPoint
from continuation.corrector import CONVERGED, MACHINE
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.events import EventFinder, Jump
from continuation.linalg import KERNEL_TOLERANCE, bordered_solve
from continuation.locate import Path
from continuation.options import NewtonOptions, StepOptions, as_state
from continuation.problem import AnyProblem
from continuation.rates import counts
from continuation.scaling import Units
from continuation.workspace import MESSAGES, Samples, Workspace, joined

__all__ = ["Segment", "Tracer", "as_samples", "assemble", "samples_of"]

Array = np.ndarray
Functions = Mapping[str, Callable[[Array, float], float]]

#: A start may be moved by Newton by this part of 1 + |x|.
START_TOLERANCE = 0.3
#: Halvings of a step that seems to have jumped to another branch.
JUMP_RETRIES = 8
#: A closed loop comes back to its start within this part of the step.
LOOP_TOLERANCE = 1e-6
#: Steps after which the directions along a family of solutions are computed anew.
FAMILY_CHUNK = 16
#: Why steps fail though Newton converges.
CORNER = (
    "the branch turns by more than max_angle however short the step: it has a corner, or the "
    "equations are not smooth here; start beyond it."
)
#: Rounding errors of F, in units of machine precision times |J||x| + |Fp||p|.
ROUNDINGS_OF_F = 4.0


@dataclass(frozen=True)
class Segment:
    """Consecutive samples with the special points before or between them."""

    samples: Samples
    special: tuple[SpecialPoint, ...]
    offset: int


class Tracer:
    """One run. `segments` is its only loop; the state lies in `vectors` and `control`."""

    def __init__(
        self,
        problem: AnyProblem,
        x0: Array,
        p0: float,
        p_limits: tuple[float, float],
        direction: int | Array,
        step: StepOptions,
        newton: NewtonOptions,
        targets: Sequence[float],
        functions: Functions,
        singular: bool = True,
    ) -> None:
        x, p = as_state(x0), float(p0)
        limits = _limits(p_limits, p)
        problem.check(x, p)
        self._prepare(problem, x, p, limits, step, newton, targets, functions)
        self.finder.singular = singular
        z = self._solution_at_start(x, p)
        tangent = self._tangent_at_start(z, direction)
        self.control[stepper.NEXT_STEP] = step.initial
        self.vectors[stepper.POINT], self.vectors[stepper.TANGENT] = z, tangent
        self.start = self.workspace.sample(z, tangent, 0.0, step.initial)

    def _prepare(
        self,
        problem: AnyProblem,
        x: Array,
        p: float,
        limits: tuple[float, float],
        step: StepOptions,
        newton: NewtonOptions,
        targets: Sequence[float],
        functions: Functions,
    ) -> None:
        self.problem, self.limits, self.step = problem, limits, step
        self.workspace = Workspace(problem, x, p, newton, step, limits)
        self.finder = EventFinder(self.workspace, targets, functions)
        self.vectors = np.zeros((7, x.size + 1))
        self.control = np.zeros(6)
        self.stop_reason, self.message = "", ""
        self.family = 0
        self.earlier: tuple[SpecialPoint, ...] = ()

    @classmethod
    def resumed(
        cls,
        problem: AnyProblem,
        branch: Branch,
        p_limits: tuple[float, float],
        step: StepOptions,
        newton: NewtonOptions,
        targets: Sequence[float],
        functions: Functions,
    ) -> "Tracer":
        """A run that goes on after the last sample of `branch`."""
        if branch.stop_reason == "closed loop":
            raise InvalidInputError("the branch is a closed loop: there is nothing left to trace.")
        limits = _limits(p_limits, float(branch.p[-1]))
        if branch.stop_reason == "limit" and branch.p[-1] in limits:
            raise InvalidInputError(
                f"the branch has ended at its limit {branch.p[-1]:g}. Widen p_limits to go on."
            )
        tracer = cls.__new__(cls)
        x, p = branch.x[-1], float(branch.p[-1])
        tracer._prepare(problem, x, p, limits, step, newton, targets, functions)
        tracer._continue_from(branch)
        return tracer

    def _continue_from(self, branch: Branch) -> None:
        known = as_samples(branch, self.problem)
        self.finder.always_zero = int(branch.inertia[:, 1].min())
        self._set_state(known, len(known) - 1, branch.next_step)
        self.control[stepper.EVALUATIONS] = branch.evaluations
        self.control[stepper.REJECTIONS] = branch.rejections
        self.start, self.earlier = known, branch.special

    # -- start ---------------------------------------------------------------------------------

    def _solution_at_start(self, x: Array, p: float) -> Array:
        z = np.append(x, p)
        status = self.workspace.correct_at_parameter(z)
        distance = float(np.linalg.norm(z[:-1] - x))
        if status == CONVERGED and distance <= START_TOLERANCE * (1 + np.linalg.norm(x)):
            return z
        residual = float(np.linalg.norm(self.problem.residual(x, p)))
        if residual <= MACHINE**0.75 * (1 + np.linalg.norm(x)):
            # a solution already, at a singular point: Newton has nothing to do there
            self.workspace.correct_at_parameter(np.append(x, p), np.inf)
            return np.append(x, p)
        if status == CONVERGED:
            raise ConvergenceError(
                f"the start is no solution (|F| = {residual:.3g}); the nearest one found lies "
                f"{distance:.3g} away. Start from the result of newton(problem, x0, p0)."
            )
        raise ConvergenceError(
            f"the start is no solution (|F| = {residual:.3g}) and Newton finds none near it: "
            f"{MESSAGES[status]}"
        )

    def _tangent_at_start(self, z: Array, direction: int | Array) -> Array:
        a = self.problem.full_jacobian(z)
        if sparse.issparse(a):
            tangent = _sparse_null_vector(a)
        else:
            # the rank is a matter of units: where it is full, it is so in units that fit
            w = self.workspace
            units = Units.balancing([a], w.parameter_unit, self.problem.symmetric)
            _, s, vt = np.linalg.svd(units.rows[:, None] * a * units.columns)
            degenerate = int((s <= KERNEL_TOLERANCE * s[0]).sum())
            if degenerate:
                tangent = self._tangent_of_family(z, degenerate, direction)
            else:
                tangent = units.outside(vt[-1])
        tangent = tangent / self.workspace.norm(tangent)
        return tangent * _orientation(tangent, direction)

    def _tangent_of_family(self, z: Array, k: int, direction: int | Array) -> Array:
        """The start may lie on a family of solutions with k parameters of its own.

        Then J keeps k zero eigenvalues along the branch; the branch normal to them is followed.
        At a branch point they do not stay zero.
        """
        w = self.workspace
        w.fix(z, k)
        j = self.problem.full_jacobian(z)
        j[:, :-1] += w.gauge
        tangent = linalg.svd(j)[2][-1]
        tangent *= _orientation(tangent, direction) / w.norm(tangent)
        base = z + self.step.initial * tangent
        y = base.copy()
        met = w.correct(y, base, tangent) == CONVERGED
        s = linalg.svdvals(self.problem.jacobian(y[:-1], float(y[-1])))
        if not met or s[-k] > KERNEL_TOLERANCE**1.5 * s[0]:
            raise InvalidInputError(
                "the start is singular: [J, Fp] has lost rank, so more than one branch passes "
                "here. Start from another point, or locate this one and use switch_branch."
            )
        self.family = k
        return tangent

    # -- the run -------------------------------------------------------------------------------

    def segments(self, chunk: int) -> Iterator[Segment]:
        """Segments of at most `chunk` samples until the run ends."""
        yield Segment(self.start, self.earlier, 0)
        count, retries = len(self.start), 0
        window = self.finder.tail(self.start)
        while not self.stop_reason:
            capacity = min(chunk, self.step.max_samples - count)
            if capacity <= 0:
                self.end("samples", "max_samples reached; resume_branch goes on from here.")
                return
            new = self._steps(window, capacity)
            offset, first = count - len(window), len(window)
            known = window.followed_by(new)
            try:
                special = self.finder.process(known, first, offset, retries < JUMP_RETRIES)
                retries = 0
            except Jump as jump:
                retries += 1
                window, count = self._retreat(known, max(jump.index, first - 1), offset)
                known, special = window, self.finder.process(window, first, offset, False)
            new = known[first:]
            window, count = self.finder.tail(known), offset + len(known)
            if len(new):
                points = tuple(special) + self._limit_point(window, count)
                yield Segment(new, points, count - len(new))

    def end(self, reason: str, message: str) -> None:
        """Note why the run ends."""
        self.stop_reason, self.message = reason, message

    def _steps(self, window: Samples, capacity: int) -> Samples:
        """Up to `capacity` new samples, cut where the run ends."""
        if self.family:
            self.workspace.fix(self.vectors[stepper.POINT], self.family)
            capacity = min(capacity, FAMILY_CHUNK)
        new = self.workspace.advance(self.vectors, self.control, capacity)
        reason = self.control[stepper.REASON]
        if reason == stepper.TOO_SMALL:
            status = int(self.control[stepper.STATUS])
            why = CORNER if status == CONVERGED else MESSAGES[status]
            self.end("no progress", f"no step of the minimum length succeeds: {why}")
        elif reason == stepper.OUTSIDE:
            new = self._cut_at_limit(window[-1:].followed_by(new))
        return self._cut_at_start(window[-1:].followed_by(new))

    def _set_state(self, known: Samples, row: int, following: float) -> None:
        """Go back to the state right after sample `row`."""
        z = np.column_stack([known.x, known.p])
        self.vectors[stepper.POINT], self.vectors[stepper.TANGENT] = z[row], known.tangent[row]
        length = known.statistics[row, stepper.S_LENGTH] if row else 0.0
        if length > 0:
            self.vectors[stepper.OLD_POINT] = z[row - 1]
            self.vectors[stepper.OLD_TANGENT] = known.tangent[row - 1]
        self.control[stepper.LAST_STEP] = length
        self.control[stepper.NEXT_STEP] = following

    def _retreat(self, known: Samples, row: int, offset: int) -> tuple[Samples, int]:
        """Drop the samples after `row`; the step from there is taken again with half the length."""
        taken = known.statistics[row + 1, stepper.S_LENGTH]
        self._set_state(known, row, max(taken / 2, self.step.minimum))
        self.stop_reason = ""
        return known[: row + 1], offset + row + 1

    def _cut_at_limit(self, known: Samples) -> Samples:
        """Replace the last sample, outside the limits, by the point at the limit."""
        outside = known.p[-1]
        bound = self.limits[0] if outside < self.limits[0] else self.limits[1]
        path = Path(self.workspace, known[-2:])
        inner = path.root(lambda local: float(local.z[-1] - bound), 0, 1)
        self.end("limit", f"the parameter reached its limit {bound:g}.")
        if inner is None:
            return known[1:-1]
        z = np.append(inner.z[:-1], bound)
        status = self.workspace.correct_at_parameter(z)
        length = self.workspace.norm(z - path.z[0])
        last = self.workspace.sample(z, inner.tangent, length, known.statistics[-1, stepper.S_NEXT])
        return known[1:-1].followed_by(last) if status == CONVERGED else known[1:-1]

    def _cut_at_start(self, known: Samples) -> Samples:
        """End at the very first point of the branch where the new samples pass it again."""
        w = self.workspace
        z = np.column_stack([known.x, known.p])
        first, tangent = np.append(self.start.x[0], self.start.p[0]), self.start.tangent[0]
        ahead = (z - first) @ (tangent * w.weight)
        lengths = known.statistics[1:, stepper.S_LENGTH]
        near = ((z[1:] - first) ** 2 @ w.weight) <= (1.5 * lengths) ** 2
        for i in np.flatnonzero((ahead[:-1] < 0) & (ahead[1:] >= 0) & near):
            y, base = Path(w, known).guess(i - ahead[i] / (ahead[i + 1] - ahead[i]))[0], first
            met = w.correct(y, base, tangent) == CONVERGED
            if met and w.norm(y - first) <= LOOP_TOLERANCE * lengths[i]:
                self.end("closed loop", "the branch came back to its start.")
                last = tuple(a.copy() for a in self.start[:1].arrays())
                last[-1][0, stepper.S_LENGTH] = w.norm(first - z[i])
                return known[1 : i + 1].followed_by(Samples(*last))
        return known[1:]

    def _limit_point(self, window: Samples, count: int) -> tuple[SpecialPoint, ...]:
        if self.stop_reason != "limit" or len(window) < 2 or window.p[-1] not in self.limits:
            return ()
        z = np.column_stack([window.x, window.p])
        none = np.zeros((window.x.shape[1], 0))
        return (
            SpecialPoint(
                "limit", window.x[-1], float(window.p[-1]), window.tangent[-1], none, none, {},
                True, "Newton at the limit", z[-2:], count - 2,
            ),
        )  # fmt: skip


def assemble(tracer: Tracer, parts: list[Segment]) -> Branch:
    """One branch of consecutive segments."""
    s = joined([part.samples for part in parts])
    problem = tracer.problem
    special = tuple(point for part in parts for point in part.special)
    return Branch(
        x=s.x, p=s.p, tangent=s.tangent, eigenvalues=s.eigenvalues,
        inertia=counts(problem, s.eigenvalues, s.negative, s.x.shape[1]),
        error_bound=_error_bound(s), length=s.statistics[:, stepper.S_LENGTH],
        iterations=s.statistics[:, stepper.S_ITERATIONS].astype(int), special=special,
        stop_reason=tracer.stop_reason, message=tracer.message,
        next_step=float(s.statistics[-1, stepper.S_NEXT]),
        evaluations=int(tracer.control[stepper.EVALUATIONS]),
        rejections=int(tracer.control[stepper.REJECTIONS]), statistics=s.statistics,
    )  # fmt: skip


def samples_of(tracer: Tracer, segment: Segment) -> Iterator[Sample]:
    """The samples of a segment, each with the special points found just before it."""
    branch = assemble(tracer, [replace(segment, special=())])
    for i, sample in enumerate(branch):
        mine = [
            q
            for q in segment.special
            if min(max(q.index + 1 - segment.offset, 0), len(branch) - 1) == i
        ]
        yield replace(sample, special=tuple(mine))


def as_samples(branch: Branch, problem: AnyProblem) -> Samples:
    """The samples of a branch, as the tracer holds them."""
    negative = np.where(
        branch.eigenvalues.shape[1] < branch.x.shape[1] and problem.symmetric,
        branch.inertia[:, 0], -1,
    )  # fmt: skip
    return Samples(
        branch.x, branch.p, branch.tangent, branch.eigenvalues, negative, branch.statistics
    )


def _error_bound(s: Samples) -> Array:
    """|J^-1| times what rounding and the last Newton step leave of F."""
    noise = ROUNDINGS_OF_F * MACHINE * s.statistics[:, stepper.S_ROUNDING]
    total, smallest = (
        noise + s.statistics[:, stepper.S_REMAINING],
        s.statistics[:, stepper.S_SMALLEST],
    )
    return np.divide(total, smallest, out=np.full(total.shape, np.inf), where=smallest > 0)


def _limits(p_limits: tuple[float, float], p: float) -> tuple[float, float]:
    low, high = (float(v) for v in p_limits)
    if not low < high:
        raise InvalidInputError(f"p_limits must be (low, high) with low < high, got {p_limits}.")
    if not low <= p <= high:
        raise InvalidInputError(
            f"the start p = {p:g} is outside p_limits = ({low:g}, {high:g}). "
            "Widen the limits or start inside."
        )
    return low, high


def _orientation(tangent: Array, direction: int | Array) -> float:
    if np.ndim(direction):
        vector = np.asarray(direction, dtype=float)
        if vector.shape != tangent.shape:
            raise InvalidInputError(
                f"a direction must have shape {tangent.shape} for (x, p), got {vector.shape}."
            )
        return float(np.copysign(1.0, tangent @ vector))
    if direction not in (1, -1):
        raise InvalidInputError(f"direction must be +1, -1 or a vector, got {direction!r}.")
    leading = tangent[-1] if abs(tangent[-1]) > 1e-8 else tangent[np.argmax(np.abs(tangent))]
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
