"""Steps along a branch of boundary value problems, by the engine's own step and Newton.

`stepper.advance` predicts, corrects, turns the tangent and chooses the length of the next step;
here the mesh moves between two steps, the phase is fixed beside the orbit before, and units follow.
"""

from collections.abc import Callable

import numpy as np

from continuation import corrector, step_arrays, stepper
from continuation.arrays import Array
from continuation.corrector import CONVERGED
from continuation.options import STEP, NewtonOptions, StepOptions
from continuation.orbits.collocation import Collocation
from continuation.orbits.mesh import MeshOptions, equidistributed, interpolated
from continuation.workspace import MESSAGES, QUIET, corrector_options

__all__ = ["Walk", "follow", "free_walk"]

ANYWHERE = (-np.inf, np.inf)
"""No limits."""

NOTHING = np.zeros((1, 1))
"""Constants, data and scratch of a kernel: these need none."""

MOVED = (stepper.POINT, stepper.TANGENT, stepper.OLD_POINT, stepper.OLD_TANGENT)
"""Rows of the state that live on the mesh."""

REFINEMENTS = 6
"""Times that the mesh is made finer at one point."""

AHEAD = 4
"""A mesh is made so many times better than it must be, to serve for some steps."""


class Walk:
    """The state of a run: a collocation, points and tangents on it, and the step control.

    Parameters
    ----------
    collocation : Collocation
    z, tangent : (unknowns + 1,) ndarray
        Where it starts.
    limits : (float, float)
        Of the parameter, in its unit.
    step : StepOptions
    newton : NewtonOptions
    mesh : MeshOptions
    """

    def __init__(
        self,
        collocation: Collocation,
        z: Array,
        tangent: Array,
        limits: tuple[float, float],
        step: StepOptions,
        newton: NewtonOptions,
        mesh: MeshOptions,
    ) -> None:
        self.limits, self.step, self.newton, self.mesh = limits, step, newton, mesh
        self.control = np.zeros(6)
        self.control[stepper.NEXT_STEP] = step.initial
        self.status = CONVERGED
        self.estimated: tuple[bytes, Array] = (b"", np.zeros(0))
        self.told: tuple[bytes, Array] = (b"", np.zeros(0))
        self.solved: tuple[bytes, float] = (b"", np.inf)
        self.options = corrector_options(newton, step, limits)
        self.room = (np.zeros(0),) * 4
        self.use(collocation, np.zeros((stepper.ROWS, z.size)))
        self.vectors[stepper.POINT] = self.vectors[stepper.OLD_POINT] = z
        self.vectors[stepper.TANGENT] = tangent / self.norm(tangent)
        self.vectors[stepper.OLD_TANGENT] = self.vectors[stepper.TANGENT]

    def use(self, collocation: Collocation, vectors: Array) -> None:
        """Go on with another collocation; vectors (ROWS, unknowns + 1) live on it."""
        self.collocation, self.vectors = collocation, vectors
        self.weight = collocation.weights()
        n = collocation.unknowns
        if self.room[0].size != n:
            self.room = (np.zeros(n), np.zeros(n), np.zeros((n + 1, 2)), np.zeros(6))

    @property
    def z(self) -> Array:
        """The present point."""
        return self.vectors[stepper.POINT]

    @property
    def tangent(self) -> Array:
        """The unit tangent there."""
        return self.vectors[stepper.TANGENT]

    @property
    def iterations(self) -> int:
        """Of the last correction."""
        return int(self.room[3][corrector.ITERATIONS])

    def norm(self, v: Array) -> float:
        """Weighted norm of a vector like z."""
        return float(step_arrays.weighted_length(v, self.weight))

    def advance(self) -> str:
        """One step: the reason to end, empty where there is none."""
        compiled = self.collocation.system.advance(
            self.collocation, self.vectors, self.weight, self.options, self.control, self.room
        )
        taken, errors = compiled or (self._advance(), None)
        self.status = int(self.control[stepper.STATUS])
        if not taken:
            return "no progress"
        if errors is None:
            self._note(self.z)
        else:
            key = self.z.tobytes()
            self.solved, self.estimated = (key, 0.0), (key, errors)
        at_limit = self.control[stepper.REASON] == stepper.OUTSIDE
        return "limit" if at_limit else ""

    def _advance(self) -> int:
        """The step of any system; what is told there is that of Newton's last matrix."""
        self.refer()
        collocation, n = self.collocation, self.collocation.unknowns
        f, fp, right, report = self.room
        x, p, t = np.empty((1, n)), np.empty(1), np.empty((1, n + 1))
        w, wi = np.zeros((2, 1, collocation.system.n))
        with np.errstate(**QUIET):
            return stepper.advance(
                collocation.kernel, NOTHING, NOTHING, NOTHING, self.vectors, self.weight,
                np.zeros(0), np.zeros((0, 0)), self.options, self.control, f, collocation.J, fp,
                collocation.B, right, report, x, p, t, w, wi, np.empty((1, 6)), None,
            )  # fmt: skip

    def correct(self, y: Array, base: Array, t: Array, contraction: float = np.inf) -> bool:
        """Newton within the plane through `base` normal to t, in place; whether it converged."""
        c, (f, fp, right, report) = self.collocation, self.room
        options = self.options.copy()
        options[corrector.MAX_CONTRACTION] = contraction
        with np.errstate(**QUIET):
            self.status = int(corrector.correct(
                c.kernel, NOTHING, NOTHING, NOTHING, y, base, t, self.weight,
                np.zeros(0), np.zeros((0, 0)), options, f, c.J, fp, c.B, right, report,
            ))  # fmt: skip
        self._note(y)
        return self.status == CONVERGED

    def _note(self, y: Array) -> None:
        """Remember which point was corrected last, and how far Newton moved it in the end."""
        report = self.room[3]
        last = report[corrector.FIRST_STEP]
        if self.iterations > 1:
            last = last * report[corrector.CONTRACTION] if self.iterations == 2 else np.inf
        self.solved = (y.tobytes(), float(last))

    def linearise(self, z: Array) -> None:
        """Evaluate the equations and their derivatives at a point."""
        c, (f, fp, _, _) = self.collocation, self.room
        with np.errstate(**QUIET):
            c.kernel(z[:-1], float(z[-1]), NOTHING, NOTHING, NOTHING, f, c.J, fp)

    def residual(self, z: Array) -> float:
        """Largest entry of the equations at a point."""
        self.linearise(z)
        return float(np.abs(self.room[0]).max())

    def spectrum(self) -> Array:
        """What the equations tell that were solved last."""
        c = self.collocation
        return c.system.spectrum(c.J.relation)

    def spectrum_at(self, z: Array) -> Array:
        """The same at a point: Newton's last matrix is that of the iterate before."""
        key = z.tobytes()
        if self.told[0] != key:
            point, moved = self.solved
            # a last step below the tolerance: one more matrix would tell no more of the orbit
            if point != key or not moved <= self.newton.step_tolerance:
                self._solve_at(z)
            self.told = (key, self.spectrum())
        return self.told[1]

    def _solve_at(self, z: Array) -> None:
        c, (_, fp, right, _) = self.collocation, self.room
        self.linearise(z)
        c.B.assemble(c.J, fp, self.tangent * self.weight)
        right[:] = 0.0
        c.B.solve(right)
        self.solved = (z.tobytes(), 0.0)

    @property
    def message(self) -> str:
        """What the last correction says."""
        return MESSAGES[self.status]

    def turned(self, reference: Array) -> Array:
        """Unit tangent at the point corrected last, oriented as `reference`."""
        t = np.empty(reference.size)
        step_arrays.orient(t, self.room[2], reference, self.weight)
        return t

    def rescaled(self) -> None:
        """Bring tangents to length one, and lengths of steps to match, after a change of units."""
        longer = 1.0 / self.norm(self.tangent)
        before = self.norm(self.vectors[stepper.OLD_TANGENT])
        self.tangent[:] *= longer
        if before > 0:
            self.vectors[stepper.OLD_TANGENT] /= before
        last = self.norm(self.z - self.vectors[stepper.OLD_POINT])
        self.control[stepper.LAST_STEP] = last if self.control[stepper.LAST_STEP] > 0 else 0.0
        following = self.control[stepper.NEXT_STEP] / longer
        low, high = self.step.minimum, self.step.maximum
        self.control[stepper.NEXT_STEP] = min(max(following, low), high)

    def remesh(self) -> bool:
        """Move the mesh where the error is uneven, refine it where it is large.

        Returns False where more intervals would be needed than there may be.
        """
        c, options = self.collocation, self.mesh
        nodes, errors = c.split(self.z)[0], self.errors()
        largest, mean = float(errors.max()), float(errors.mean())
        intervals = c.count
        power = options.degree + 1
        if largest > options.tolerance:
            even = (errors ** (1 / power)).mean() ** power
            while even > options.tolerance / AHEAD:
                intervals, even = 2 * intervals, even / 2**power
            if intervals > options.most:
                return False
        elif largest <= options.uneven * mean:
            return True
        self.move(equidistributed(nodes, c.mesh, c.scheme, c.system.periodic, intervals))
        return True

    def errors(self) -> Array:
        """Estimated error of the present point in each interval, (N,); kept until it moves."""
        key = self.z.tobytes()
        if self.estimated[0] != key:
            c = self.collocation
            self.estimated = (key, c.errors(c.split(self.z)[0]))
        return self.estimated[1]

    def resolve(self, held: bool) -> bool:
        """Refine the mesh until the present point is resolved, and correct it there.

        The parameter is held, or the position along the branch. False where that fails.
        """
        for _ in range(REFINEMENTS):
            if self.errors().max() <= self.mesh.tolerance:
                return True
            if not self.remesh():
                return False
            self.refer()
            if not self.settle(held):
                return False
        return False

    def settle(self, held: bool) -> bool:
        """Newton from the present point, and the tangent there; False where it fails."""
        y, normal = self.z.copy(), self.tangent.copy()
        if held:
            normal[:-1], normal[-1] = 0.0, 1.0
        if not self.correct(y, self.z.copy(), normal):
            return False
        self.z[:] = y
        self.tangent[:] = self.turned(self.tangent if self.tangent.any() else normal)
        return True

    def refer(self) -> None:
        """Fix phases beside the present point; beside its tangent where it is an equilibrium."""
        nodes = self.collocation.split(self.z)[0]
        still = (nodes == nodes[0]).all()
        self.collocation.refer(self.collocation.split(self.tangent)[0] if still else nodes)

    def move(self, mesh: Array) -> None:
        """Go on upon another mesh."""
        old, scheme = self.collocation, self.collocation.scheme
        new = Collocation(old.system, mesh, scheme)
        parts = [old.split(self.vectors[row]) for row in MOVED]
        side_by_side = np.hstack([nodes for nodes, _ in parts])
        moved = interpolated(side_by_side, old.mesh, new.times, scheme)
        vectors = np.zeros((stepper.ROWS, new.unknowns + 1))
        apart = np.hsplit(moved, len(MOVED))
        for row, nodes, (_, scalars) in zip(MOVED, apart, parts, strict=True):
            vectors[row] = np.append(nodes.ravel(), scalars)
        self.use(new, vectors)


def free_walk(
    collocation: Collocation, z: Array, tangent: Array, newton: NewtonOptions, mesh: MeshOptions
) -> Walk:
    """A walk of which only Newton is wanted."""
    return Walk(collocation, z, tangent, ANYWHERE, STEP, newton, mesh)


def follow(
    walk: Walk, most: int, stop: Callable[[Array], str] | None = None
) -> tuple[list[tuple[Collocation, Array]], str, str]:
    """Points from the present one on, each with its collocation; why it ends, and what that means.

    Parameters
    ----------
    walk : Walk
        At a solution, with a tangent.
    most : int
        Points.
    stop : callable, optional
        Of a point; words end the run after it.
    """
    points = [(walk.collocation, walk.z.copy())]
    while len(points) < most:
        walk.remesh()
        reason = walk.advance()
        if reason == "no progress":
            return points, reason, f"no step of the minimum length succeeds: {walk.message}"
        if not walk.resolve(held=bool(reason)):
            return points, "mesh", "the mesh does not resolve the solution: allow more intervals."
        points.append((walk.collocation, walk.z.copy()))
        words = stop(walk.z) if stop else ""
        if reason or words:
            return points, reason or words, "the parameter reached its limit." if reason else ""
    return points, "samples", "max_samples reached."
