"""Where a branch of periodic orbits starts: at a Hopf point, at an orbit, at a special orbit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import integrate, interpolate, linalg

from continuation.arrays import Array
from continuation.branch import SpecialPoint
from continuation.errors import ConvergenceError, InvalidInputError
from continuation.fitting import PLAIN_RANGE, fitting
from continuation.kinds import KINDS
from continuation.meaning import UNNAMED, Meaning
from continuation.options import StepOptions, as_number, as_state
from continuation.orbits.explicit import explicit
from continuation.orbits.mesh import MESH, MeshOptions, interpolated, times
from continuation.orbits.orbit import Orbit, SpecialOrbit
from continuation.orbits.scheme import scheme_of
from continuation.problem import AnyProblem
from continuation.scaling import power_of_two

__all__ = [
    "Begin",
    "OrbitStart",
    "orbit_from_integration",
    "orbit_from_samples",
    "resampled",
    "start_of",
    "units_about",
]

FINE = 1e-10
"""Relative tolerance of the integration of which an orbit is cut out."""

CLOSE = 0.05
"""An orbit comes back within this part of its size."""

STILL = 1e-3
"""A state that changes by less than this part of itself counts as if it changed by so much."""

FAR = 1e8
"""A state that has grown by this factor is on its way to infinity."""

SECTIONS = 20_000
"""Times at which a return is looked for."""


@dataclass(frozen=True, eq=False)
class OrbitStart:
    """A first orbit and a direction, in the units of the user.

    Attributes
    ----------
    mesh : (N + 1,) ndarray
    nodes : (K, n) ndarray
        States; equal ones where orbits begin at an equilibrium.
    period, p : float
    along : (K, n) ndarray or None
        Direction of the states; None: along the branch that passes through the orbit.
    slopes : (2,) ndarray
        Of the period and of the parameter.
    units : (n + 1,) ndarray
        Of the states and of the parameter.
    crossing : bool
        The direction is that in which another branch crosses, only roughly.
    """

    mesh: Array
    nodes: Array
    period: float
    p: float
    along: Array | None
    slopes: Array
    units: Array
    crossing: bool = False


Begin = SpecialPoint | SpecialOrbit | Orbit


def start_of(
    problem: AnyProblem,
    start: Any,
    step: StepOptions,
    mesh: MeshOptions,
    limits: tuple[float, float],
) -> OrbitStart:
    """What a run starts from; `InvalidInputError` for anything that no orbits leave."""
    if isinstance(start, SpecialPoint):
        return from_hopf(problem, start, step, mesh, limits)
    if isinstance(start, Orbit):
        return from_orbit(problem, start, step, limits)
    if isinstance(start, SpecialOrbit):
        return _from_special(problem, start, step, limits)
    raise InvalidInputError(
        "orbits start at a Hopf point of a branch, at an Orbit (see orbit_from_integration), or at "
        f"a special orbit of a branch of orbits; got {type(start).__name__}."
    )


def from_hopf(
    problem: AnyProblem,
    point: SpecialPoint,
    step: StepOptions,
    mesh: MeshOptions,
    limits: tuple[float, float],
) -> OrbitStart:
    """Small orbits x + ε Re(q exp(iωt)) about a Hopf point with eigenvector q."""
    kind = KINDS[point.kind]
    omega = point.coefficients.get("frequency", 0.0)
    if "hopf" not in kind.curves or not kind.pair or not omega > 0:
        raise InvalidInputError(
            f"no periodic orbits are born at a {point.kind}: start at a point of kind hopf."
        )
    units = fitting(problem, point.point, step, limits).columns
    even = np.linspace(0.0, 1.0, mesh.intervals + 1)
    phase = 2 * np.pi * times(even, mesh.degree)[:, None]
    real, imaginary = point.kernel.T
    # the kernel is that of F: the flow x' = -F turns the other way
    along = np.cos(phase) * real - problem.flow_sign * np.sin(phase) * imaginary
    nodes = np.tile(point.x, (len(along), 1))
    return OrbitStart(even, nodes, 2 * np.pi / omega, point.p, along, np.zeros(2), units)


def from_orbit(
    problem: AnyProblem, orbit: Orbit, step: StepOptions, limits: tuple[float, float]
) -> OrbitStart:
    """The branch that passes through an orbit."""
    units = units_about(problem, orbit, step, limits)
    return OrbitStart(
        orbit.mesh, orbit.x, orbit.period, orbit.p, None, np.zeros(2), units
    )  # fmt: skip


def _from_special(
    problem: AnyProblem, start: SpecialOrbit, step: StepOptions, limits: tuple[float, float]
) -> OrbitStart:
    """The other branch at a period doubling or a branch point."""
    orbit, units = start.orbit, units_about(problem, start.orbit, step, limits)
    if start.kind == "period doubling":
        mesh = np.append(orbit.mesh[:-1] / 2, 0.5 + orbit.mesh / 2)
        nodes = np.vstack([orbit.x[:-1], orbit.x])
        along = np.vstack([start.vector[:-1], -start.vector])
        return OrbitStart(mesh, nodes, 2 * orbit.period, orbit.p, along, np.zeros(2), units)
    if start.kind == "branch point":
        return OrbitStart(
            orbit.mesh, orbit.x, orbit.period, orbit.p, start.vector, start.slopes, units,
            crossing=True,
        )  # fmt: skip
    raise InvalidInputError(
        f"no other branch of orbits leaves a {start.kind}: switch at a period doubling or a branch "
        "point; to go on from the orbit itself, give its .orbit."
    )


def units_about(
    problem: AnyProblem, orbit: Orbit, step: StepOptions, limits: tuple[float, float]
) -> Array:
    """Of the states what they change by, where that is not of order one; of p as for a branch."""
    units = fitting(problem, np.append(orbit.x[0], orbit.p), step, limits).columns.copy()
    if step.state_scale is None:
        size = np.maximum(orbit.amplitude, STILL * np.abs(orbit.x).max(axis=0))
        size = np.where(size > 0, size, units[:-1])
        plain = (size >= PLAIN_RANGE[0]) & (size <= PLAIN_RANGE[1])
        units[:-1] = np.where(plain, 1.0, power_of_two(size))
    return np.asarray(units)


def orbit_from_integration(
    problem: AnyProblem,
    x0: Array,
    p: float,
    duration: float,
    mesh: MeshOptions = MESH,
) -> Orbit:
    """The attracting orbit to which the flow leads from a state.

    The flow is followed for a time, and the last piece of it cut out in which it comes back: as it
    is, a start for `trace_orbits`, which corrects it.

    Parameters
    ----------
    problem : Problem or CompiledProblem
    x0 : (n,) array_like
    p : float
    duration : float
        Long enough to be near the orbit, several periods.
    mesh : MeshOptions

    Returns
    -------
    Orbit
        With NaN for multipliers.

    Raises
    ------
    InvalidInputError
        Where the arguments are none, or the problem is no flow.
    ConvergenceError
        Where the flow leaves its domain, comes to rest, or does not come back.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem
    >>> from continuation.orbits import orbit_from_integration
    >>> def van_der_pol(x, mu):
    ...     return np.array([x[1], mu * (1 - x[0] ** 2) * x[1] - x[0]])
    >>> orbit = orbit_from_integration(Problem(van_der_pol), [2.0, 0.0], 1.0, duration=50)
    >>> round(orbit.period, 4)
    6.665
    """
    x, value, length = as_state(x0), as_number("p", p), as_number("duration", duration)
    if not length > 0:
        raise InvalidInputError(f"duration must be positive, got {length:g}.")
    problem.check(x, value)
    problem = explicit(problem)
    settled = _flowed(problem, x, value, length, 1)[1][-1]
    t, states = _flowed(problem, settled, value, length, SECTIONS)
    first, last = _return(t, states, problem.flow_sign * problem.residual(states[0], value))
    one = slice(first, last + 1)
    return orbit_from_samples(t[one], states[one], value, mesh, problem.meaning)


def orbit_from_samples(
    t: Array, x: Array, p: float, mesh: MeshOptions = MESH, meaning: Meaning = UNNAMED
) -> Orbit:
    """An orbit by states at times of one period, as a start for `trace_orbits`.

    Parameters
    ----------
    t : (K,) array_like
        Ascending, from the first state to where it comes back.
    x : (K, n) array_like
    p : float
    mesh : MeshOptions
    meaning : Meaning

    Returns
    -------
    Orbit
        With NaN for multipliers.

    Raises
    ------
    InvalidInputError
        For shapes that do not fit, times that do not ascend, or numbers that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from continuation import Problem
    >>> from continuation.orbits import orbit_from_samples, trace_orbits
    >>> t = np.linspace(0, 2 * np.pi, 41)
    >>> circle = orbit_from_samples(t, np.array([np.cos(t), np.sin(t)]).T, p=1.0)
    >>> def normal_form(x, p):
    ...     return p * x + np.array([-x[1], x[0]]) - x * (x @ x)
    >>> branch = trace_orbits(Problem(normal_form), circle, p_limits=(1, 2))
    >>> round(float(np.abs(branch.orbits[-1].x).max()), 6)
    1.414214
    """
    times_, states = as_state(t, "t"), np.array(x, dtype=float)
    if states.ndim != 2 or len(states) != times_.size or times_.size < 4:
        raise InvalidInputError(
            f"x must have shape (K, n) for K >= 4 times t, got {states.shape} for {times_.size}."
        )
    if not np.isfinite(states).all() or not (np.diff(times_) > 0).all():
        raise InvalidInputError("x must be finite, and t ascend.")
    even = np.linspace(0.0, 1.0, mesh.intervals + 1)
    inner, period = times(even, mesh.degree), float(times_[-1] - times_[0])
    states[-1] = states[0]
    smooth: Any = interpolate.CubicSpline(times_, states, bc_type="periodic")
    return Orbit(
        t=period * inner, x=smooth(times_[0] + period * inner), p=as_number("p", p),
        period=period, multipliers=np.full(states.shape[1], np.nan, dtype=complex), mesh=even,
        degree=mesh.degree, error=np.nan, meaning=meaning,
    )  # fmt: skip


def _flowed(
    problem: AnyProblem, x: Array, p: float, duration: float, count: int
) -> tuple[Array, Array]:
    """Times (count + 1,) and states (count + 1, n) of the flow."""
    t, far = np.linspace(0.0, duration, count + 1), FAR * (1.0 + float(np.abs(x).max()))

    def gone(_: float, y: Array) -> float:
        return far - float(np.abs(y).max())

    gone.terminal = True  # type: ignore[attr-defined]
    with np.errstate(all="ignore"):
        solution: Any = integrate.solve_ivp(
            lambda _, y: problem.flow_sign * np.asarray(problem.residual(y, p)),
            (0.0, duration), x, t_eval=t, method="LSODA", rtol=FINE,
            atol=FINE * max(1e-300, float(np.abs(x).max())) + FINE * 1e-3, events=gone,
        )  # fmt: skip
    if solution.status != 0 or not np.isfinite(solution.y).all():
        raise ConvergenceError(
            f"the flow cannot be followed for a time {duration:g}: {solution.message} "
            "Start nearer to the orbit, or ask for a shorter duration."
        )
    return t, solution.y.T


def _return(t: Array, states: Array, velocity: Array) -> tuple[int, int]:
    """Rows between which the flow goes round once: from the first state to where it is again."""
    size = np.ptp(states, axis=0)
    moving = float(linalg.norm(size)) > 1e-6 * (1e-300 + float(np.abs(states).max()))
    if not moving:
        raise ConvergenceError(
            "the flow comes to rest: it is led to an equilibrium, not to a periodic orbit. Start "
            "elsewhere, or at another p."
        )
    scale = np.maximum(size, STILL * np.abs(states).max(axis=0))
    scale = np.where(scale > 0, scale, 1.0)
    away = (states - states[0]) / scale
    height = away @ (velocity / scale)
    crossings = np.flatnonzero((height[:-1] < 0) & (height[1:] >= 0))
    near = crossings[linalg.norm(away[crossings], axis=1) < CLOSE]
    if not near.size:
        raise ConvergenceError(
            "the flow does not come back to where it was: no periodic orbit is seen. Follow it "
            "for longer, start elsewhere, or at another p."
        )
    return 0, int(near[0]) + 1


def resampled(start: OrbitStart, mesh: MeshOptions) -> tuple[Array, Array, Array | None]:
    """Mesh, nodes and direction with the degree that is asked for."""
    own = (len(start.nodes) - 1) // (start.mesh.size - 1)
    if own == mesh.degree:
        return start.mesh, start.nodes, start.along
    t, scheme = times(start.mesh, mesh.degree), scheme_of(own)
    moved = [
        None if part is None else interpolated(part, start.mesh, t, scheme)
        for part in (start.nodes, start.along)
    ]
    return start.mesh, np.asarray(moved[0]), moved[1]
