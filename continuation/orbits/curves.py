"""Curves of special orbits in two parameters: folds, branch points, period doublings and tori.

References
----------
.. [1] E. Doedel, W. Govaerts, Yu. A. Kuznetsov, *SIAM J. Numer. Anal.* 41 (2003) 401.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.callable_problem import Problem
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.exports import Stored, Table, table
from continuation.family import Family, named_family, parameter_size
from continuation.meaning import UNNAMED, Meaning
from continuation.options import NewtonOptions, StepOptions
from continuation.orbits.collocation import Collocation
from continuation.orbits.critical import (
    BranchPointOrbit,
    Critical,
    Doubling,
    FoldOrbit,
    Plane,
    Torus,
)
from continuation.orbits.drawing import draw_plane
from continuation.orbits.events import adjoint_null
from continuation.orbits.explicit import explicit_family
from continuation.orbits.flow import flow_of
from continuation.orbits.mesh import MESH, MeshOptions
from continuation.orbits.orbit import Orbit, SpecialOrbit, as_orbit
from continuation.orbits.scheme import scheme_of
from continuation.orbits.starts import units_about
from continuation.orbits.walk import Walk, follow
from continuation.run import Run

__all__ = ["CURVE_NEWTON", "CURVE_STEP", "OrbitCurve", "trace_orbit_curve"]

CURVE_STEP = StepOptions(initial=0.02, maximum=0.2, minimum=1e-7, max_samples=100)
"""Lengths of steps along a curve of orbits."""

CURVE_NEWTON = NewtonOptions(max_iterations=15)
"""Derivatives of second order are by differences: Newton converges a little more slowly."""

SYSTEMS: dict[str, Callable[[Plane, float], Critical]] = {
    "fold": FoldOrbit, "period doubling": Doubling, "torus": Torus,
    "branch point": BranchPointOrbit,
}  # fmt: skip
"""Kind of orbits -> the equations that define them."""


@dataclass(frozen=True, eq=False)
class OrbitCurve(Stored):
    """A curve of special orbits in two parameters.

    Attributes
    ----------
    orbits : tuple of Orbit
    q : (m,) ndarray
        The second parameter.
    angle : (m,) ndarray
        Of the critical multipliers along a curve of tori, else NaN.
    unfolding : (m,) ndarray
        Of branch points, else NaN: β of u' = T F + β w, w the adjoint null vector of mean square 1,
        in the units of the run. Where it is zero the orbit is a branch point of the family itself:
        all along where a symmetry or an invariant subspace keeps branch points, else at isolated
        places, between which the branches part.
    kind : str
    stop_reason, message : str
        As of an `OrbitBranch`.
    meaning : Meaning
        Names of the states and of both parameters.
    """

    orbits: tuple[Orbit, ...] = field(repr=False)
    q: Array
    angle: Array = field(repr=False)
    unfolding: Array = field(repr=False)
    kind: str
    stop_reason: str
    message: str
    meaning: Meaning = UNNAMED

    def __len__(self) -> int:
        return len(self.orbits)

    @property
    def p(self) -> Array:
        """First parameters, (m,)."""
        return np.array([orbit.p for orbit in self.orbits])

    @property
    def period(self) -> Array:
        """Periods, (m,)."""
        return np.array([orbit.period for orbit in self.orbits])

    def plot(self, ax: Any) -> list[Any]:
        """Draw the curve in the plane of both parameters."""
        names = (self.meaning.parameter, self.meaning.second)
        return draw_plane(ax, self.p, self.q, names, f"{self.kind} of orbits")

    def to_dataframe(self) -> Table:
        """Both parameters and the period, one row an orbit."""
        columns: dict[str, Any] = {
            self.meaning.parameter: self.p, self.meaning.second: self.q, "period": self.period,
        }  # fmt: skip
        return table(columns, np.arange(float(len(self))))


def trace_orbit_curve(
    family: Family | Problem,
    start: SpecialOrbit,
    q0: float | str,
    q_limits: tuple[float, float] = (-np.inf, np.inf),
    direction: int = +1,
    step: StepOptions = CURVE_STEP,
    newton: NewtonOptions = CURVE_NEWTON,
    mesh: MeshOptions = MESH,
) -> OrbitCurve:
    """Follow a fold, branch point, period doubling or torus of orbits in two parameters.

    Parameters
    ----------
    family : Problem or callable
        A problem whose parameters have names, or q -> Problem in (x, p).
    start : SpecialOrbit
        Of a branch of orbits.
    q0 : str or float
        Name of the second parameter; or its value there, for a callable family.
    q_limits, direction, step, newton, mesh
        As for `trace_orbits`, in the second parameter.

    Returns
    -------
    OrbitCurve

    Raises
    ------
    InvalidInputError
        For an orbit of another kind, or a parameter that is not there.
    ConvergenceError
        Where the equations are not solved at the start.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem, trace_branch
    >>> from continuation.orbits import trace_orbit_curve, trace_orbits
    >>> def bautin(x, a, b):
    ...     r = x @ x
    ...     return (a + b * r - r**2) * x + np.array([-x[1], x[0]])
    >>> problem = Problem(bautin, parameters={"a": -1.0, "b": 1.0}, free="a")
    >>> rest = trace_branch(problem, [0.0, 0.0], -1.0, p_limits=(-1, 1))
    >>> [hopf] = [point for point in rest.special if point.kind == "hopf"]
    >>> cycles = trace_orbits(problem, hopf, p_limits=(-1, 1))
    >>> [fold] = [orbit for orbit in cycles.special if orbit.kind == "fold"]
    >>> curve = trace_orbit_curve(problem, fold, "b", (1, 2))
    >>> round(float(fold.orbit.p), 6), round(float(curve.p[-1]), 6)
    (-0.25, -1.0)
    """
    if not isinstance(start, SpecialOrbit) or start.kind not in SYSTEMS:
        kind = getattr(start, "kind", type(start).__name__)
        raise InvalidInputError(
            f"curves of orbits are followed from a {', '.join(SYSTEMS)}; got {kind!r}."
        )
    named: Any = named_family(explicit_family(family), start, q0)  # type: ignore[arg-type]
    problem = named.at(named.start)
    run = Run(problem, q_limits, step, newton)
    run.parameter(named.start)
    units = units_about(problem, start.orbit, step, (-np.inf, np.inf))
    units[-1], unit = parameter_size(start.p), parameter_size(named.start)
    plane = Plane(flow_of(problem, units), named.at, unit)
    system = SYSTEMS[start.kind](plane, start.period)
    walk = _walk(system, start, units, named.start / unit, run, unit, mesh)
    if not walk.settle(held=True):
        raise ConvergenceError(f"the {start.kind} is not solved at the start: {walk.message}")
    walk.tangent[:] *= direction * np.sign(walk.tangent[-1] or 1.0)
    points, reason, message = follow(walk, step.max_samples)
    scalars = np.array([c.split(z)[1] for c, z in points])
    unknown = np.full(len(points), np.nan)
    return OrbitCurve(
        orbits=tuple(as_orbit(c, plane.flow, start.period, z) for c, z in points),
        q=scalars[:, -1] * unit,
        angle=scalars[:, 2] if start.kind == "torus" else unknown,
        unfolding=scalars[:, 2] if start.kind == "branch point" else unknown,
        kind=start.kind, stop_reason=reason, message=message, meaning=named.meaning,
    )  # fmt: skip


def _walk(
    system: Critical, start: SpecialOrbit, units: Array, q: float, run: Run, unit: float,
    mesh: MeshOptions,
) -> Walk:  # fmt: skip
    """The walk that stands at the special orbit."""
    orbit, states = start.orbit, units[:-1]
    c = Collocation(system, orbit.mesh, scheme_of(orbit.degree))
    vector, further = _vector(system, start, c, units)
    own = [1.0, orbit.p / units[-1], *further, q]
    z = np.append(np.hstack([orbit.x / states, vector]).ravel(), own)
    t = np.zeros(z.size)
    t[-1] = 1.0
    low, high = run.limits
    walk = Walk(c, z, t, (low / unit, high / unit), run.step, run.newton, mesh)
    walk.refer()
    return walk


def _vector(
    system: Critical, start: SpecialOrbit, c: Collocation, units: Array
) -> tuple[Array, list[float]]:
    """The null vector at the start, in units, and the scalars that belong to it."""
    orbit, states = start.orbit, units[:-1]
    if start.kind == "branch point":
        flow = system.plane.flow
        at = (orbit.x / states, flow, orbit.p / flow.parameter, start.period)
        return adjoint_null(c, *at), [0.0, 0.0]
    vector = start.vector / np.tile(states, system.copies)
    beta = float(start.slopes[0]) / start.period
    size = np.sqrt(c.quadrature @ (c.at_points(vector)[0] ** 2).sum(axis=1) + beta**2)
    if start.kind == "fold":
        return vector / size, [beta / size]
    return vector / size, [start.coefficients.get("angle", 0.0)] if start.kind == "torus" else []
