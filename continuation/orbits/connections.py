"""Homoclinic and heteroclinic orbits, found and continued.

References
----------
.. [1] W.-J. Beyn, *IMA J. Numer. Anal.* 10 (1990) 379.
.. [2] A. Champneys, Yu. A. Kuznetsov, B. Sandstede, *Int. J. Bifurcation Chaos* 6 (1996) 867.
"""

from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import linalg

from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.callable_problem import Problem
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.family import Family, named_family, parameter_size
from continuation.fitting import fitting
from continuation.meaning import UNNAMED, Meaning
from continuation.newton_method import newton as solve
from continuation.options import NewtonOptions, StepOptions, as_number, as_state
from continuation.orbits.collocation import Collocation
from continuation.orbits.connecting import Connecting, free_parameters, side_of
from continuation.orbits.connection import Connection, ConnectionBranch
from continuation.orbits.critical import Plane
from continuation.orbits.curves import CURVE_NEWTON, CURVE_STEP
from continuation.orbits.double_zero import beside_double_zero
from continuation.orbits.explicit import explicit_family
from continuation.orbits.first_connection import Equilibria, Guess, meshed
from continuation.orbits.flow import flow_of
from continuation.orbits.mesh import MESH, MeshOptions, interpolated
from continuation.orbits.orbit import SpecialOrbit
from continuation.orbits.scheme import scheme_of
from continuation.orbits.walk import Walk, follow
from continuation.problem import AnyProblem
from continuation.run import Run

__all__ = ["trace_connection"]

RADIUS = 1e-4
"""Distance of the ends of an orbit from the equilibria, in parts of its size."""

ZERO = {False: 1e-12, True: 1e-8}
"""Whether dF/dx is by differences -> part of the largest eigenvalue below which one is zero. Flows
of losses leave saddles at rates of 1e-8 beside others of 1."""

AMPLITUDES = (1e-2, 1e-3, 1e-1)
"""Extents of the first homoclinic orbit beside a Bogdanov-Takens point that are tried, in units
that fit the point: where they are larger the prediction is rough, where they are smaller both
eigenvalues of the saddle are nearly zero."""

LONGER, OUTGROWN = 2.0, "outgrown"
"""Where an orbit is so many times longer than its units others are taken; how this is said."""

SAMPLINGS, SAMPLES = 4, 401
"""How finely it is looked for where two orbits are nearest: to 200⁻⁴ of their duration."""


def trace_connection(
    problem: Family | Problem,
    source: Array | SpecialOrbit | SpecialPoint,
    target: Array | None = None,
    p: float | None = None,
    q0: float | str | None = None,
    limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int = +1,
    guess: tuple[Array, Array] | None = None,
    radius: float = RADIUS,
    step: StepOptions = CURVE_STEP,
    newton: NewtonOptions = CURVE_NEWTON,
    mesh: MeshOptions = MESH,
) -> ConnectionBranch:
    """Find an orbit that connects two equilibria of x' = F(x, p), and continue it.

    A connection that needs a parameter (between saddles of one index, or homoclinic) is found by
    moving p, and continued in (p, q) where a second parameter is given. One that persists, as from
    a saddle to an attractor, is continued in p itself.

    Parameters
    ----------
    problem : Problem or callable
        A problem; with q0, one whose parameters have names, or q -> Problem in (x, p).
    source : (n,) array_like, SpecialOrbit or SpecialPoint
        Near the equilibrium that the orbit leaves; or a "homoclinic" end of a branch of orbits; or
        a "bogdanov-takens" point of a curve, with q0: homoclinic orbits are born there.
    target : (n,) array_like, optional
        Near the one that it meets; the same as the source where not given.
    p : float, optional
        The parameter near which a connection is; that of the problem's parameters, or of the
        special orbit, where not given.
    q0 : str or float, optional
        Name of the second parameter; or its value at the start, for a callable family.
    limits : (float, float)
        Of the parameter along which it is continued: q where there is one, else p.
    direction : int
        +1 or -1: that parameter rises or falls; from a Bogdanov-Takens point +1 leads away from it.
    guess : (t, x), optional
        Times (K,) and states (K, n) of an orbit nearby; found by integration along the unstable
        subspace where not given.
    radius : float
        Distance of the ends from the equilibria, in parts of the size of the orbit.
    step, newton, mesh
        As for `trace_orbits`.

    Returns
    -------
    ConnectionBranch

    Raises
    ------
    InvalidInputError
        For arguments that do not fit, equilibria that are not hyperbolic, or a pair that no
        isolated orbit connects.
    ConvergenceError
        Where no equilibrium is near, no orbit comes near the target, or Newton finds no connection.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem
    >>> from continuation.orbits import trace_connection
    >>> def wave(x, c, a):
    ...     return np.array([x[1], -c * x[1] - x[0] * (1 - x[0]) * (x[0] - a)])
    >>> problem = Problem(wave, parameters={"c": -0.3, "a": 0.3}, free="c")
    >>> front = trace_connection(problem, [0.0, 0.0], [1.0, 0.0], q0="a", limits=(0.2, 0.4))
    >>> round(float(front.p[-1]), 6), round((2 * 0.4 - 1) / 2**0.5, 6)
    (-0.141421, -0.141421)
    """
    problem = explicit_family(problem)
    if not 0 < as_number("radius", radius) < 0.1:
        raise InvalidInputError(f"radius must lie between 0 and 0.1, got {radius:g}.")
    if direction not in (1, -1):
        raise InvalidInputError(f"direction must be +1 or -1, got {direction!r}.")
    if isinstance(source, SpecialPoint):
        how = (step, newton, mesh)
        return _from_double_zero(problem, source, q0, limits, direction, radius, how)
    place = _place(problem, source, p, q0)
    run = Run(place.problem, limits, step, newton)
    saddle = source.saddle if isinstance(source, SpecialOrbit) else source
    begin = _equilibrium(place, saddle, "source")
    end = begin if target is None else _equilibrium(place, target, "target")
    search = Search(place, begin, end, target is None, run, mesh, radius)
    first = search.first(_given(source, guess, begin))
    return search.traced(first, direction)


@dataclass(frozen=True, eq=False)
class Place:
    """Where a connection is looked for: the problem there, its family in q, and both values."""

    problem: AnyProblem
    family: Any
    p: float
    q: float
    meaning: Meaning
    coefficients: dict[str, float] = field(default_factory=dict)


def _place(problem: Any, source: Any, p: float | None, q0: Any) -> Place:
    if isinstance(source, SpecialOrbit):
        if source.kind != "homoclinic":
            raise InvalidInputError(
                f"connections start at equilibria or at a homoclinic end; got a {source.kind}."
            )
        p = source.p if p is None else p
    family, q, meaning = None, np.nan, getattr(problem, "meaning", UNNAMED)
    if q0 is not None:
        at = Place(problem, None, 0.0, 0.0, meaning)
        named = named_family(problem, at, q0)  # type: ignore[arg-type]
        family, q, meaning = named.at, named.start, named.meaning
        problem = family(q)
    if not isinstance(problem, AnyProblem):
        raise InvalidInputError(f"expected a Problem, got {type(problem).__name__}.")
    if p is None and isinstance(problem, Problem) and problem.parameters is not None:
        p = problem.parameter_value(str(problem.free))
    if p is None:
        raise InvalidInputError("say near which value of the parameter: trace_connection(..., p=).")
    return Place(problem, family, as_number("p", p), q, meaning)


def _from_double_zero(
    problem: Any, point: SpecialPoint, q0: Any, limits: tuple[float, float], direction: int,
    radius: float, how: tuple[StepOptions, NewtonOptions, MeshOptions],
) -> ConnectionBranch:  # fmt: skip
    """The branch of homoclinic orbits that begins at a Bogdanov-Takens point."""
    if point.kind != "bogdanov-takens" or q0 is None:
        raise InvalidInputError(
            "homoclinic orbits begin at a bogdanov-takens point and are followed in a second "
            f"parameter: give q0; got a {point.kind} and q0 = {q0!r}."
        )
    step, newton, mesh = how
    named = named_family(problem, point, q0)
    for amplitude in AMPLITUDES:
        first = beside_double_zero(named, point, step, amplitude)
        place = Place(named.at(first.q), named.at, first.p, first.q, named.meaning)
        away = direction if first.q > named.start else -direction
        try:
            saddle = _equilibrium(place, first.saddle, "saddle")
            run = Run(place.problem, limits, step, newton)
            search = Search(place, saddle, saddle, True, run, mesh, radius)
            ending = first.x + (saddle - first.saddle)  # where the predicted saddle is not quite
            return search.traced(search.first((first.t, ending)), away)
        except ConvergenceError as error:
            said = error
    raise ConvergenceError(f"no homoclinic orbit is found beside the point: {said}")


def _equilibrium(place: Place, x: Any, name: str) -> Array:
    found = solve(place.problem, as_state(x, name), place.p)
    if not found.converged:
        raise ConvergenceError(f"no equilibrium is found near the {name}: {found.message}")
    return found.x


def _given(
    source: Any, guess: tuple[Array, Array] | None, begin: Array
) -> tuple[Array, Array] | None:
    """An orbit nearby that is known; a long periodic one is cut where it is at the saddle."""
    if guess is not None or not isinstance(source, SpecialOrbit):
        return guess
    orbit = source.orbit
    cut = int(np.argmin(linalg.norm((orbit.x - begin) / orbit.amplitude, axis=1)))
    x = np.vstack([orbit.x[cut:-1], orbit.x[: cut + 1]])
    t = np.concatenate([orbit.t[cut:-1], orbit.t[: cut + 1] + orbit.period]) - orbit.t[cut]
    return t, x


class Search:
    """One run: units, equilibria and their subspaces, the first orbit, and the way on."""

    def __init__(
        self, place: Place, begin: Array, end: Array, homoclinic: bool, run: Run,
        mesh: MeshOptions, radius: float,
    ) -> None:  # fmt: skip
        self.place, self.run, self.mesh, self.radius = place, run, mesh, radius
        self.homoclinic = homoclinic
        z = np.append(np.maximum(np.abs(begin), np.abs(end)), place.p)
        units = fitting(place.problem, z, run.step, (-np.inf, np.inf)).columns.copy()
        apart = np.abs(end - begin)
        units[:-1] = np.where(apart > 0, np.maximum(apart, 1e-3 * apart.max()), units[:-1])
        units[-1] = parameter_size(place.p)
        width = run.limits[1] - run.limits[0]
        self.unit = 1.0 if np.isnan(place.q) else min(parameter_size(place.q), width)
        self._in_units(units, begin, end)

    def _in_units(self, units: Array, begin: Array, end: Array) -> None:
        self.flow = flow_of(self.place.problem, units)
        self.ends = (begin / units[:-1], end / units[:-1])
        self.p, self.q = self.place.p / units[-1], self.place.q / self.unit
        for x, name in zip(self.ends, ("source", "target"), strict=True):
            values = linalg.eigvals(self.flow.jacobian(x[None], self.p)[0])
            zero = ZERO["jacobian" in self.place.problem.differenced]
            if not np.abs(values.real).min() > zero * np.abs(values).max():
                raise InvalidInputError(
                    f"the {name} is not hyperbolic: its eigenvalues are {values}. Choose another p."
                )
        self.sides = (
            side_of(self.flow, self.ends[0], self.p, growing=False),
            side_of(self.flow, self.ends[1], self.p, growing=True),
        )
        self.free = free_parameters(*self.sides)

    def first(self, given: tuple[Array, Array] | None) -> Guess:
        """An orbit between the small distances at which the ends shall lie."""
        equilibria = Equilibria(self.flow, self.p, self.ends)
        rough = equilibria.followed() if given is None else equilibria.given(*given)
        rough = self._in_its_units(rough)
        self.size = float(np.ptp(rough.x, axis=0).max())
        return Equilibria(self.flow, self.p, self.ends).trimmed(rough, self.radius * self.size)

    def _in_its_units(self, orbit: Guess) -> Guess:
        """From here on each coordinate in units of its extent: equilibria may be at zero."""
        states, extent = self.flow.states, np.ptp(orbit.x, axis=0)
        longer = np.exp2(np.round(np.log2(np.where(extent > 0, extent, 1.0))))
        begin, end = (x * states for x in self.ends)
        self._in_units(np.append(longer * states, self.flow.parameter), begin, end)
        return Guess(orbit.t, orbit.x / longer)

    # -- the curve ---------------------------------------------------------------------------------

    def traced(self, guess: Guess, direction: int) -> ConnectionBranch:
        """The branch through the connection near a guess; in new units where it outgrows them."""
        most, search, found = self.run.step.max_samples, self, self._piece(guess, direction)
        orbits = list(found.orbits)
        while found.stop_reason == OUTGROWN and len(orbits) < most:
            way = int(np.sign(search._moving(orbits[-1]) - search._moving(orbits[-2])))
            search = self._at(orbits[-1], most - len(orbits) + 1)
            try:
                found = search._piece(search.first((orbits[-1].t, orbits[-1].x)), way)
            except ConvergenceError as error:
                found = replace(found, stop_reason="no progress", message=str(error))
                break
            orbits += found.orbits[1:]
        if found.stop_reason == OUTGROWN:
            found = replace(found, stop_reason="samples", message="max_samples reached.")
        return replace(found, orbits=tuple(orbits))

    def _at(self, orbit: Connection, most: int) -> "Search":
        """A search in the units of another orbit of the branch."""
        family, homoclinic = self.place.family, self.homoclinic
        problem = self.place.problem if family is None else family(orbit.q)
        place = replace(self.place, problem=problem, p=orbit.p, q=orbit.q)
        step = replace(self.run.step, max_samples=most, initial=self.run.step.maximum / LONGER)
        run = Run(problem, self.run.limits, step, self.run.newton)
        return Search(place, orbit.source, orbit.target, homoclinic, run, self.mesh, self.radius)

    def _moving(self, orbit: Connection) -> float:
        """The parameter along which the branch is continued."""
        return orbit.p if self.free == 1 else orbit.q

    def _piece(self, guess: Guess, direction: int) -> ConnectionBranch:
        """The branch as long as the orbit fits its units."""
        walk = self._walk(guess)
        if (
            not walk.settle(held=True)
            or not walk.resolve(held=True)
            or not walk.z[self._t(walk)] > 0
        ):
            raise ConvergenceError(
                "Newton finds no connection near the first orbit: choose p nearer to it, or give a "
                "guess."
            )
        if self.free == 2 and self.place.family is None:
            points, reason = [(walk.collocation, walk.z.copy())], "isolated"
            words = "one connection; give q0 to continue it in a second parameter."
        else:
            walk.tangent[:] *= direction * np.sign(walk.tangent[-1] or 1.0)

            def stop(z: Array) -> str:
                return OUTGROWN if self._outgrows(walk, z) else ""

            points, reason, words = follow(walk, self.run.step.max_samples, stop)
        orbits = tuple(self._connection(c, z) for c, z in points)
        return ConnectionBranch(orbits, self.free - 1, reason, words, self.place.meaning)

    def _outgrows(self, walk: Walk, z: Array) -> bool:
        nodes, _ = walk.collocation.split(z)
        return bool(np.ptp(nodes, axis=0).max() > LONGER)

    def _t(self, walk: Walk) -> int:
        """Place of T in the unknowns."""
        return walk.collocation.nodes * self.flow.n

    def _system(self, radii: Array, duration: float) -> Connecting:
        family = self.place.family if self.free == 2 else None
        plane = Plane(self.flow, family, self.unit)
        return Connecting(plane, duration, *self.sides, self.homoclinic, radii)

    def _walk(self, guess: Guess) -> Walk:
        """The walk at a first orbit, on a mesh that fits it."""
        duration = float(guess.t[-1] - guess.t[0])
        radii = np.array([
            linalg.norm(guess.x[0] - self.ends[0]), linalg.norm(guess.x[-1] - self.ends[1])
        ])  # fmt: skip
        system = self._system(radii, duration)
        scheme = scheme_of(self.mesh.degree)
        ends, nodes = meshed(guess, self.mesh)
        equilibria = self.ends[:1] if self.homoclinic else self.ends
        q = 0.0 if np.isnan(self.q) else self.q
        last = [self.p] if self.free == 1 else [self.p, q]
        z = np.concatenate([nodes.ravel(), [1.0], *equilibria, last])
        t = np.zeros(z.size)
        t[-1] = 1.0
        unit = self.flow.parameter if self.free == 1 else self.unit
        low, high = self.run.limits
        collocation = Collocation(system, ends, scheme)
        return Walk(
            collocation, z, t, (low / unit, high / unit), self.run.step, self.run.newton, self.mesh
        )

    def _connection(self, c: Collocation, z: Array) -> Connection:
        """A solution in the units of the user, with its errors."""
        nodes, s = c.split(z)
        system: Any = c.system
        p, q = system.parameters(s)
        states, duration = self.flow.states, float(s[0]) * system.unit
        begin, end = system.equilibria(s)
        has_second = self.place.family is not None
        return Connection(
            t=duration * c.times, x=nodes * states,
            p=p * self.flow.parameter, q=q * self.unit if has_second else np.nan,
            source=begin * states, target=end * states, duration=duration,
            error=float(c.errors(nodes).max()) / self.size, truncation=self._truncation(c, z),
            meaning=self.place.meaning,
        )  # fmt: skip

    def _truncation(self, c: Collocation, z: Array) -> float:
        """What changes where the ends come half as near; NaN where Newton fails there."""
        nodes, s = c.split(z)
        system: Any = c.system
        begin, end = system.equilibria(s)
        p, q = system.parameters(s)
        nearer = copy(self)
        nearer.ends, nearer.p, nearer.q = (begin, end), p, q
        about = Equilibria(self.flow, p, (begin, end))
        orbit = Guess(float(s[0]) * system.unit * c.times, nodes)
        walk = nearer._walk(about.trimmed(orbit, float(system.radii.min()) / 2))
        if not walk.settle(held=True):
            return np.nan
        inner, other = walk.collocation.split(walk.z)
        if self.free == 2:
            moved = abs(walk.collocation.system.parameters(other)[0] - p)  # type: ignore[attr-defined]
            return float(moved * self.flow.parameter)
        gap = gap_between(nodes[len(nodes) // 2], inner, walk.collocation)
        return gap / self.size


def gap_between(point: Array, nodes: Array, c: Collocation) -> float:
    """Distance of a state (n,) from an orbit: sampled, and again more finely where it is least."""
    low, high = 0.0, 1.0
    for _ in range(SAMPLINGS):
        t = np.linspace(low, high, SAMPLES)
        away = linalg.norm(interpolated(nodes, c.mesh, t, c.scheme) - point, axis=1)
        i = int(np.argmin(away))
        low, high = t[max(i - 1, 0)], t[min(i + 1, SAMPLES - 1)]
    return float(away[i])
