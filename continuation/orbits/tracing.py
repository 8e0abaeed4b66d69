"""Branches of periodic orbits in one parameter.

References
----------
.. [1] E. Doedel, H. B. Keller, J. P. Kernévez, *Int. J. Bifurcation Chaos* 1 (1991) 745.
.. [2] Yu. A. Kuznetsov, *Elements of Applied Bifurcation Theory*, 4th ed., Springer 2023, ch. 10.
"""

import numpy as np

from continuation.arrays import Array
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.options import NEWTON, NewtonOptions, StepOptions, as_number
from continuation.orbits.approaches import homoclinic_approach, vanishing_at
from continuation.orbits.collocation import Collocation
from continuation.orbits.events import (
    Between,
    Local,
    special_kinds,
    special_orbits,
    vanished,
)
from continuation.orbits.explicit import explicit
from continuation.orbits.flow import flow_of
from continuation.orbits.mesh import MESH, MeshOptions
from continuation.orbits.orbit import Orbit, OrbitBranch, SpecialOrbit, as_orbit
from continuation.orbits.periodic import Periodic
from continuation.orbits.scheme import scheme_of
from continuation.orbits.starts import Begin, OrbitStart, resampled, start_of
from continuation.orbits.walk import Walk
from continuation.problem import AnyProblem
from continuation.run import Run
from continuation.scaling import power_of_two

__all__ = ["ORBIT_STEP", "trace_orbits"]

ORBIT_STEP = StepOptions(initial=0.02, maximum=0.2, minimum=1e-7, max_samples=300)
"""Lengths of steps along a branch of orbits: mean squares of states count, and relative periods."""

LONGER = 4.0
"""The unit of the period follows it where it has changed by this factor, those of the states where
what they change by has grown beyond as many."""

BESIDE = (1.0, 0.1, 4.0)
"""Distances from a branch point at which the other branch is looked for, in initial steps."""

OBLIQUE = 20.0
"""The other branch may lie this many such distances off the normal of the first."""

CORRECTED = 0.5
"""An orbit that is given may be moved by Newton by this part of its size."""


def trace_orbits(
    problem: AnyProblem,
    start: Begin,
    p_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int = +1,
    step: StepOptions = ORBIT_STEP,
    newton: NewtonOptions = NEWTON,
    mesh: MeshOptions = MESH,
    max_period: float = np.inf,
) -> OrbitBranch:
    """Follow a branch of periodic orbits of x' = F(x, p), with its special orbits.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    start : SpecialPoint, Orbit or SpecialOrbit
        A Hopf point of a branch; an orbit, for example of `orbit_from_integration`; or a period
        doubling or branch point of a branch of orbits, from which the other branch is followed.
    p_limits : (float, float)
        The branch ends exactly there.
    direction : int
        +1 or -1: from an orbit, the parameter rises or falls at first; from a branch point, one way
        or the other. Of no meaning at a Hopf point or a period doubling, where both are one.
    step : StepOptions
        A step counts the root mean square of states over a period, in their units, and the period
        relative to itself.
    newton : NewtonOptions
    mesh : MeshOptions
    max_period : float
        The branch ends where the period is longer.

    Returns
    -------
    OrbitBranch
        With the orbits computed so far whatever happened: `stop_reason` and `message` say what.

    Raises
    ------
    InvalidInputError
        For a start from which no orbits can be followed, or a problem that is no flow x' = F.
    ConvergenceError
        Where no periodic orbit is found near an orbit that is given.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem, trace_branch
    >>> from continuation.orbits import trace_orbits
    >>> def normal_form(x, p):
    ...     return p * x + np.array([-x[1], x[0]]) - x * (x @ x)
    >>> problem = Problem(normal_form)
    >>> rest = trace_branch(problem, [0.0, 0.0], -1.0, p_limits=(-1, 1))
    >>> [hopf] = [point for point in rest.special if point.kind == "hopf"]
    >>> cycles = trace_orbits(problem, hopf, p_limits=(-1, 1))
    >>> round(float(cycles.p[-1]), 6), round(float(cycles.period[-1]), 6)
    (1.0, 6.283185)
    """
    problem = explicit(problem)
    run = Run(problem, p_limits, step, newton)
    if problem.symmetric:
        raise InvalidInputError("a gradient flow (symmetric=True) has no periodic orbits.")
    if direction not in (1, -1):
        raise InvalidInputError(f"direction must be +1 or -1, got {direction!r}.")
    if not as_number("max_period", max_period, finite=False) > 0:
        raise InvalidInputError(f"max_period must be positive, got {max_period:g}.")
    first = start_of(problem, start, step, mesh, run.limits)
    run.parameter(first.p)
    tracer = OrbitTracer(run, first, mesh, direction, max_period)
    tracer.trace()
    return OrbitBranch(
        tuple(tracer.orbits), tuple(tracer.special), tracer.reason, tracer.message, problem.meaning
    )


class OrbitTracer:
    """One run: a walk, and what was met on it."""

    def __init__(
        self, run: Run, start: OrbitStart, mesh: MeshOptions, direction: int, max_period: float
    ) -> None:
        self.run, self.max_period = run, max_period
        self.orbits: list[Orbit] = []
        self.special: list[SpecialOrbit] = []
        self.reason, self.message = "", ""
        self.here: Local | None = None
        self.flow, self.unit = flow_of(run.problem, start.units), start.period
        self.walk = self._walk(start, mesh)
        if start.along is None:
            self._begin_at_orbit(direction)
        elif start.crossing:
            self._begin_beside(direction)

    def _walk(self, start: OrbitStart, mesh: MeshOptions) -> Walk:
        ends, nodes, along = resampled(start, mesh)
        states, parameter = start.units[:-1], start.units[-1]
        own = np.array([start.period / self.unit, start.p / parameter])
        z = np.append((nodes / states).ravel(), own)
        t = np.zeros(z.size)
        if along is None:
            t[-1] = 1.0
        else:
            slopes = start.slopes / np.array([self.unit, parameter])
            t = np.append((along / states).ravel(), slopes)
        collocation = Collocation(Periodic(self.flow, self.unit), ends, scheme_of(mesh.degree))
        low, high = self.run.limits
        limits = (low / parameter, high / parameter)
        walk = Walk(collocation, z, t, limits, self.run.step, self.run.newton, mesh)
        walk.refer()
        return walk

    def _begin_at_orbit(self, direction: int) -> None:
        """Correct the orbit at its parameter, and find the way on."""
        walk = self.walk
        y, t = walk.z.copy(), walk.tangent.copy()
        if not self._settled(y, t):
            raise ConvergenceError(
                f"no periodic orbit is found near the one given: {walk.message} Follow the flow "
                "for longer, or give more intervals."
            )
        walk.vectors[:] = 0.0
        walk.z[:] = y
        walk.tangent[:] = walk.turned(t) * direction
        self._accept(held=True)

    def _begin_beside(self, direction: int) -> None:
        """Find an orbit of the branch that crosses, on a plane beside the branch point."""
        walk = self.walk
        v, origin = walk.tangent * direction, walk.z.copy()
        for part in BESIDE:
            length = part * self.run.step.initial
            base = origin + length * v
            y = base.copy()
            if walk.correct(y, base, v) and walk.norm(y - base) <= OBLIQUE * length:
                walk.z[:], walk.tangent[:] = y, walk.turned(v)
                self._accept(held=False)
                return
        raise ConvergenceError("no other branch of orbits is found at the branch point.")

    def _settled(self, y: Array, t: Array) -> bool:
        """Newton at a fixed parameter, y in place; False where it fails, or leads to no orbit."""
        walk, before = self.walk, y.copy()
        if not walk.correct(y, before, t):
            return False
        nodes = walk.collocation.split(before)[0]
        size = float(np.sqrt((np.ptp(nodes, axis=0) ** 2).sum()))
        moved = float(np.abs(walk.collocation.split(y - before)[0]).max())
        shrunk = np.ptp(walk.collocation.split(y)[0], axis=0).max() < 1e-6 * size
        return bool(moved <= CORRECTED * size and not shrunk and y[-2] > 0)

    def trace(self) -> None:
        """The only loop: steps until the run ends."""
        while not self.reason:
            if len(self.orbits) >= self.run.step.max_samples:
                self.end("samples", "max_samples reached; go on from the last orbit.")
                return
            self._step()

    def end(self, reason: str, message: str) -> None:
        """Note why the run ends."""
        self.reason, self.message = reason, message

    def _step(self) -> None:
        walk = self.walk
        reason = walk.advance()
        if reason == "no progress":
            self.end(reason, f"no step of the minimum length succeeds: {walk.message}")
            return
        if self.orbits and not self._events():
            return
        if not self._accept(held=bool(reason)):
            return
        if reason:
            self.end("limit", f"the parameter reached its limit {self.orbits[-1].p:g}.")
            self.special.append(self._plain("limit"))
            return
        self._look_ahead()
        self._prepare()

    def _events(self) -> bool:
        """Note what lies on the last step; whether the branch goes on."""
        if vanished(self.walk):
            self.special.append(vanishing_at(self.run.problem, self._between()))
            self.end("hopf", "the orbits shrink to an equilibrium, at a Hopf point.")
            return False
        here = self._local()
        ends = [self.here or here, here]
        self.here = here
        if kinds := special_kinds(ends):
            self.special += special_orbits(self._between(), ends, kinds, self.flow, self.unit)
        return True

    def _between(self) -> Between:
        """The last step."""
        return Between(self.walk, self.orbit_of, len(self.orbits) - 1)

    def _local(self) -> Local:
        """What test functions need of the present orbit; the same object as long as it is."""
        walk = self.walk
        if self.here is not None and self.here.z.tobytes() == walk.z.tobytes():
            return self.here
        return Local(walk.z.copy(), walk.tangent.copy(), walk.spectrum_at(walk.z))

    def _plain(self, kind: str) -> SpecialOrbit:
        """The last orbit as a special one at which nothing happens."""
        orbit = self.orbits[-1]
        return SpecialOrbit(
            kind=kind, orbit=orbit, vector=np.zeros((0, orbit.x.shape[1])), slopes=np.zeros(2),
            coefficients={}, located=True, status="Newton", residual=0.0,
            index=len(self.orbits) - 1, meaning=orbit.meaning,
        )  # fmt: skip

    def _look_ahead(self) -> None:
        """End where the period grows beyond all bounds, or beyond what was asked for."""
        orbit = self.orbits[-1]
        found = homoclinic_approach(self.flow, self.orbits)
        if found is not None:
            self.special.append(found)
            self.end(
                "homoclinic",
                "the period grows beyond all bounds: the orbit tends to one that leaves the "
                "saddle and comes back to it (see its .saddle).",
            )
        elif orbit.period > self.max_period:
            self.end("period", f"the period exceeds {self.max_period:g}.")

    def _prepare(self) -> None:
        """Move mesh and units for the next step."""
        walk = self.walk
        walk.remesh()
        if self.run.step.state_scale is None:
            self._rescale()

    def _rescale(self) -> None:
        """Use other units where the orbit has outgrown those in use."""
        walk = self.walk
        nodes, own = walk.collocation.split(walk.z)
        if np.abs(nodes).max() <= LONGER / 2 and 1 / LONGER <= own[0] <= LONGER:
            return
        size = nodes.max(axis=0) - nodes.min(axis=0)
        if size.max() <= LONGER and 1 / LONGER <= own[0] <= LONGER:
            return
        grown = np.where(size > LONGER, power_of_two(np.maximum(size, 1.0)), 1.0)
        longer = own[0] if not 1 / LONGER <= own[0] <= LONGER else 1.0
        units = self.flow.units.copy()
        units[:-1] *= grown
        self.flow, self.unit = self.flow.in_units(units), self.unit * longer
        self._in_units(np.concatenate([np.tile(grown, len(nodes)), [longer, 1.0]]))

    def _in_units(self, factors: Array) -> None:
        walk = self.walk
        old = walk.collocation
        new = Collocation(Periodic(self.flow, self.unit), old.mesh, old.scheme)
        walk.use(new, walk.vectors / factors)
        walk.rescaled()

    def _accept(self, held: bool) -> bool:
        """Record the present orbit, on a mesh that resolves it; False where none does.

        The parameter is held there, or the position along the branch.
        """
        if not self.walk.resolve(held):
            self.end(
                "mesh",
                f"{self.walk.mesh.most} intervals do not resolve the orbit to the tolerance "
                f"{self.walk.mesh.tolerance:g}: allow more (most), or a larger tolerance.",
            )
            return False
        self._record()
        self.here = self._local()
        return True

    def _record(self) -> None:
        walk, z = self.walk, self.walk.z
        known = (walk.errors(), walk.spectrum_at(z))
        self.orbits.append(as_orbit(walk.collocation, self.flow, self.unit, z, *known))

    def orbit_of(self, z: Array) -> Orbit:
        """A point of the walk as an orbit in the units of the user, its multipliers unknown."""
        c, flow = self.walk.collocation, self.flow
        return as_orbit(c, flow, self.unit, z)
