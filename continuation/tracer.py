"""The run along one branch: start, chunks of steps, events, limits, closed loops, the end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from continuation import stepper
from continuation.arrays import Array
from continuation.branch import Branch, Sample, SpecialPoint
from continuation.conservation import Held
from continuation.corrector import CONVERGED, MACHINE, NOT_FINITE
from continuation.derivative_check import doubt
from continuation.events import Jump
from continuation.fitting import grown, turned_to
from continuation.locate import Path
from continuation.run import Run
from continuation.runaway import Runaway
from continuation.start import Start, set_state
from continuation.workspace import MESSAGES, Samples, joined

__all__ = ["Segment", "Tracer", "assemble", "samples_of"]

#: Times that a step that seems to have jumped to another branch is taken again, half as long, or so
#: that it ends before the place by this part of what is left: branches that pass each other must be
#: followed to where they bend.
JUMP_RETRIES, JUMP_SHORTER = 16, 0.1
#: A closed loop comes back to its start within this part of the step.
LOOP_TOLERANCE = 1e-6
#: Steps after which the directions along a family of solutions are computed anew. In them nothing
#: corrects the predictor, which makes differences of its points -5 times larger with every step.
FAMILY_CHUNK = 4
#: Times that units are shortened where the branch turns too sharply in them.
SHORTENINGS = 6
#: Why steps fail though Newton converges.
CORNER = (
    "the branch turns by more than max_angle however short the step: it has a corner, or the "
    "equations are not smooth here; start beyond it."
)
#: A unit tangent along which the parameter moves by less is that of a fold, to rounding.
TURNING = 1e-8
#: Rounding errors of F, in units of machine precision times |J||x| + |Fp||p|.
ROUNDINGS_OF_F = 4.0


@dataclass(frozen=True)
class Segment:
    """Consecutive samples with the special points before or between them."""

    samples: Samples
    inertia: Array
    special: tuple[SpecialPoint, ...]
    offset: int

    def until(self, row: int) -> "Segment":
        """Its samples to this row, those known from the start in any case."""
        if self.offset == 0 or row == len(self.samples) - 1:
            return self
        special = tuple(q for q in self.special if q.index < self.offset + row)
        return replace(
            self, samples=self.samples[: row + 1], inertia=self.inertia[: row + 1], special=special
        )


class Tracer:
    """One run. `segments` is its only loop; its state lies in the arrays of its start."""

    def __init__(self, run: Run, start: Start) -> None:
        self.run, self.problem, self.limits, self.step = run, run.problem, run.limits, run.step
        self.start, self.workspace, self.finder = start, start.workspace, start.finder
        self.vectors, self.control = start.vectors, start.control
        self.stop_reason, self.message = "", ""
        self.is_sharp, self.shortened = False, 0
        self.runaway = Runaway(start.workspace.units.columns)

    def segments(self, chunk: int) -> Iterator[Segment]:
        """Segments of at most `chunk` samples until the run ends."""
        known = self.start.samples
        yield Segment(known, self.finder.counts(known)[0], self.start.special, 0)
        count, retries = len(known), 0
        window = self.finder.tail(known)
        self._look_outside(known)
        while not self.stop_reason:
            capacity = min(chunk, self.step.max_samples - count)
            if capacity <= 0:
                self.end("samples", "max_samples reached; resume_branch goes on from here.")
                return
            offset, first = count - len(window), len(window)
            known = self._steps(window, capacity)
            try:
                special = self.finder.process(known, first, offset, retries < JUMP_RETRIES)
                retries = 0
            except Jump as jump:
                retries += 1
                window, count = self._retreat(known, max(jump.index, first - 1), offset, jump.u)
                known, special = window, self.finder.process(window, first, offset, False)
            new, inertia = known[first:], self.finder.counts(known)[0][first:]
            window, count = self._adapted(self.finder.tail(known)), offset + len(known)
            if len(new):
                points = (
                    *special,
                    *self._limit_points(known, window, count),
                    *self._at_infinity(new, count),
                )
                yield Segment(new, inertia, points, count - len(new))

    def end(self, reason: str, message: str) -> None:
        """Note why the run ends."""
        self.stop_reason, self.message = reason, message

    def _look_outside(self, known: Samples) -> None:
        """End at once where the branch leads out of the limit that it stands at."""
        w, p, tangent = self.workspace, float(known.p[-1]), known.tangent[-1]
        towards = float(tangent[-1]) / (w.parameter_unit * w.norm(tangent))
        if abs(towards) > TURNING and p == self.limits[int(towards > 0.0)]:
            self.end("limit", f"the branch leads out of the limit {p:g}, at which it stands.")

    def _steps(self, window: Samples, capacity: int) -> Samples:
        """The window and up to `capacity` new samples, cut where the run ends."""
        if self.start.family:
            self._stay_in_family()
            capacity = min(capacity, FAMILY_CHUNK)
        known = self.workspace.advance(self.vectors, self.control, capacity, window)
        reason = self.control[stepper.REASON]
        if reason == stepper.TOO_SMALL:
            self._no_step(int(self.control[stepper.STATUS]))
        elif reason == stepper.OUTSIDE:
            self.end("limit", f"the parameter reached its limit {known.p[-1]:g}.")
        at_first = reason == stepper.OUTSIDE and known.p[-1] == self.start.samples.p[0]
        if reason == stepper.NEAR_START or at_first:
            known = self._cut_at_start(known)
        return self._cut_at_bound(known) if self.run.bounds else known

    def _stay_in_family(self) -> None:
        """Go on normal to the family of solutions through the present point."""
        here, old = self.vectors[stepper.POINT], self.vectors[stepper.OLD_POINT]
        along = self.workspace.fix(here, self.start.family)
        old[:-1] += along.T @ (along @ (here - old)[:-1])

    def _cut_at_bound(self, known: Samples) -> Samples:
        """End where the first unknown reaches one of its bounds."""
        low, high = self.run.box(known.x.shape[1])
        outside = (known.x < low) | (known.x > high)
        if not outside.any():
            return known
        i = int(outside.any(axis=1).argmax())
        c = int(outside[i].argmax())
        bound = float(low[c] if known.x[i, c] < low[c] else high[c])
        name = self.problem.meaning.names(len(low))[c]
        self.end("bound", f"{name} reached its bound {bound:g}.")
        path, normal = Path(self.workspace, known[i - 1 : i + 1]), np.eye(len(low) + 1)[c]
        local = path.root(lambda s: float(s.z[c] - bound), 0, 1)
        if local is None:
            return known[:i]
        z = local.z.copy()
        z[c] = bound
        if self.workspace.correct(z, z.copy(), normal, np.inf) != CONVERGED:
            return known[:i]
        w, following = self.workspace, float(known.statistics[i - 1, stepper.S_NEXT])
        last = w.sample(z, w.tangent(local.tangent), following, w.spectrum())
        last.statistics[0, stepper.S_LENGTH] = w.norm(z - path.z[0])
        return known[:i].followed_by(last)

    def _trouble(self) -> str:
        """What is wrong with the user's functions where the last step went, or a little further."""
        here = self.vectors[stepper.POINT]
        ahead = here + self.step.initial * self.vectors[stepper.TANGENT]
        for z in (self.vectors[stepper.TRIAL], self.vectors[stepper.PREDICTED], ahead):
            raised = self.problem.trouble(z[:-1], float(z[-1])) if np.isfinite(z).all() else ""
            if raised:
                return f"{raised}: the equations leave their domain there."
        with np.errstate(all="ignore"):
            if not np.isfinite(self.problem.residual(ahead[:-1], float(ahead[-1]))).all():
                return MESSAGES[NOT_FINITE]
        problem = self.workspace.problem
        return doubt(problem, here) or doubt(problem, ahead)

    def _no_step(self, status: int) -> None:
        """No step of the minimum length succeeds."""
        why = self._trouble()
        self.is_sharp = status == CONVERGED and not why and self.shortened < SHORTENINGS
        self.shortened += self.is_sharp
        if not self.is_sharp:
            why = why or (CORNER if status == CONVERGED else MESSAGES[status])
            self.end("no progress", f"no step of the minimum length succeeds: {why}")

    def _adapted(self, window: Samples) -> Samples:
        """The last samples, in units that fit them: other ones where those of the run do not."""
        w, step = self.workspace, self.step
        if not w.problem.adapts and not self.is_sharp:
            return window
        z = np.column_stack([window.x, window.p])
        if self.is_sharp:
            units = turned_to(w.units, window.tangent[-1], z[-1], step, w.problem)
        else:
            known = self.start.samples
            begin = np.append(known.x[0], known.p[0])
            units = grown(w.units, z, begin, step, w.problem, self.limits)
        if not self.stop_reason and w.adapt(z[-1], units):
            following = w.norm(window.tangent[-1]) * self.control[stepper.NEXT_STEP]
            window = w.in_units(window)
            following = step.initial if self.is_sharp else min(following, step.maximum)
            set_state(self.start, window, len(window) - 1, max(following, step.minimum))
        elif self.is_sharp:
            self.end("no progress", f"no step of the minimum length succeeds: {CORNER}")
        self.is_sharp = False
        return window

    def _retreat(self, known: Samples, row: int, offset: int, u: float) -> tuple[Samples, int]:
        """Drop the samples after `row`; the step from there is taken again, to end before u."""
        part = min(0.5, (1.0 - JUMP_SHORTER) * (u - row)) if u > row else 0.5
        shorter = part * known.statistics[row + 1, stepper.S_LENGTH]
        set_state(self.start, known, row, max(shorter, self.step.minimum))
        self.stop_reason = ""
        return known[: row + 1], offset + row + 1

    def _cut_at_start(self, known: Samples) -> Samples:
        """End at the very first point of the branch where the last step passes it again."""
        w, begin = self.workspace, self.start.samples[:1]
        first, tangent = np.append(begin.x[0], begin.p[0]), begin.tangent[0]
        path = Path(w, known[-2:])
        before, ahead = (w.inner(z - first, tangent) for z in path.z)
        length = known.statistics[-1, stepper.S_LENGTH]
        guess = path.guess(float(np.clip(before / (before - ahead), 0.0, 1.0)))[0]
        y = guess.copy()
        met = w.correct(y, first, tangent) == CONVERGED
        # Newton finds the first point from afar, too, as from another one at the same limit
        near = w.norm(y - guess) <= stepper.MAX_PREDICTOR_ERROR * length
        if not (met and near) or w.norm(y - first) > LOOP_TOLERANCE * length:
            return known
        self.end("closed loop", "the branch came back to its start.")
        last = tuple(a.copy() for a in begin.arrays())
        last[-1][0, stepper.S_LENGTH] = w.norm(first - path.z[0])
        return known[:-1].followed_by(Samples(*last))

    def _at_infinity(self, new: Samples, count: int) -> tuple[SpecialPoint, ...]:
        """End where the branch runs away while the parameter tends to a value."""
        self.runaway.passed(new)
        found = None if self.stop_reason else self.runaway.asymptote()
        if found is None:
            return ()
        name = self.problem.meaning.parameter
        self.end("infinity", f"|x| → ∞ as {name} → {found.p:.10g} (±{found.error:.1g}).")
        x, p, none = new.x[-1], float(new.p[-1]), np.zeros((new.x.shape[1], 0))
        z = np.append(x, p)
        return (
            SpecialPoint(
                kind="infinity", x=x, p=found.p, tangent=new.tangent[-1], kernel=none,
                left_kernel=none, coefficients={"error": found.error, "power": found.power},
                located=False,
                status="asymptote, from how p comes to rest; x is that of the last sample",
                bracket=np.array([z, np.append(x, found.p)]), index=count - 1,
                residual=float(np.abs(self.problem.residual(x, p)).max()),
                meaning=self.problem.meaning,
            ),
        )  # fmt: skip

    def _limit_points(
        self, known: Samples, window: Samples, count: int
    ) -> tuple[SpecialPoint, ...]:
        at_limit = self.stop_reason == "limit" and window.p[-1] in self.limits
        if len(window) < 2 or not (at_limit or self.stop_reason == "bound"):
            return ()
        z = np.empty((2, window.x.shape[1] + 1))
        z[:, :-1], z[:, -1] = window.x[-2:], window.p[-2:]
        none = np.zeros((window.x.shape[1], 0))
        return (
            *self.finder.at_end(known, count - len(known)),
            SpecialPoint(
                kind="limit", x=window.x[-1], p=float(window.p[-1]), tangent=window.tangent[-1],
                kernel=none, left_kernel=none, coefficients={}, located=True,
                status="Newton at the limit", bracket=z, index=count - 2,
                residual=float(np.abs(self.problem.residual(z[-1, :-1], float(z[-1, -1]))).max()),
                meaning=self.problem.meaning,
            ),
        )  # fmt: skip


def assemble(tracer: Tracer, parts: list[Segment]) -> Branch:
    """One branch of consecutive segments."""
    s = joined([part.samples for part in parts])
    special = tuple(point for part in parts for point in part.special)
    return Branch(
        x=s.x, p=s.p, tangent=s.tangent, eigenvalues=s.eigenvalues,
        inertia=np.concatenate([part.inertia for part in parts]),
        error_bound=_error_bound(s), length=s.statistics[:, stepper.S_LENGTH],
        iterations=s.statistics[:, stepper.S_ITERATIONS].astype(int), special=special,
        stop_reason=tracer.stop_reason, message=_with_what_is_held(tracer),
        next_step=float(s.statistics[-1, stepper.S_NEXT]),
        evaluations=int(tracer.control[stepper.EVALUATIONS]),
        rejections=int(tracer.control[stepper.REJECTIONS]), statistics=s.statistics,
        meaning=tracer.workspace.problem.meaning,
    )  # fmt: skip


def _with_what_is_held(tracer: Tracer) -> str:
    problem, message = tracer.workspace.problem, tracer.message
    if tracer.start.family:
        message += (
            f" Solutions form a family with {tracer.start.family} free parameter(s) at every "
            f"{problem.meaning.parameter}: the branch goes normal to it."
        )
    if isinstance(problem, Held):
        message += f" Conserved, and held along the branch: {problem.text}."
    return message


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


def _error_bound(s: Samples) -> Array:
    """|J^-1| times what rounding and the last Newton step leave of F."""
    noise = ROUNDINGS_OF_F * MACHINE * s.statistics[:, stepper.S_ROUNDING]
    total, smallest = (
        noise + s.statistics[:, stepper.S_REMAINING],
        s.statistics[:, stepper.S_SMALLEST],
    )
    if smallest.min() > 0:
        return np.asarray(total / smallest)
    return np.divide(total, smallest, out=np.full(total.shape, np.inf), where=smallest > 0)
