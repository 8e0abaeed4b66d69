"""Where branches of periodic orbits end: at Hopf points, and at orbits homoclinic to a saddle."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import linalg

from continuation.arrays import Array
from continuation.augmented import hopf_system
from continuation.errors import MlpcontError
from continuation.leaving import special_point
from continuation.linalg import eigenvectors
from continuation.newton_method import newton
from continuation.orbits.flow import Flow
from continuation.orbits.orbit import Orbit, SpecialOrbit
from continuation.problem import AnyProblem

if TYPE_CHECKING:
    from continuation.orbits.events import Between

__all__ = ["homoclinic_approach", "vanishing_at"]

LONGER = 4.0
"""A homoclinic orbit is thought of where the period is so many times the shortest of the branch."""

MUCH_LONGER = 50.0
"""From so many times the shortest period on a fold of equilibria is looked for on the orbit."""

AT_SADDLE = 1e-6
"""An orbit that passes a saddle within this part of its size is homoclinic to it: the parameter
then is the limit to more digits."""

SLOW = 1e-5
"""Only where it slows down to this part of its largest speed an orbit may be so near a saddle."""

NEARBY = 1e-2
"""The equilibrium found from the slowest point of an orbit lies within this part of its size."""


def vanishing_at(problem: AnyProblem, between: "Between") -> SpecialOrbit:
    """The Hopf point at which the orbits of a branch vanish, by Newton on its own system."""
    c = between.walk.collocation
    orbit = between.orbit_of(between.vanishing())
    x = c.quadrature @ c.at_points(orbit.x)[0]
    start = np.append(x, [orbit.p, 2 * np.pi / orbit.period])
    j = _dense(problem.jacobian(x, orbit.p)) * problem.flow_sign
    values = linalg.eigvals(j)
    value = values[np.argmin(np.abs(values - 1j * start[-1]))]
    right, left = eigenvectors(j, value, np.eye(x.size))
    system = hopf_system(problem, left, right)
    found = newton(system, start, 0.0)
    y = found.x if found.converged else start
    states = np.tile(y[:-2], (len(orbit.x), 1))
    period = float(2 * np.pi / abs(y[-1]))
    orbit = replace(orbit, p=float(y[-2]), period=period, x=states,
                    t=orbit.t * (period / orbit.period))  # fmt: skip
    return SpecialOrbit(
        kind="hopf", orbit=orbit, vector=np.zeros((0, x.size)), slopes=np.zeros(2),
        coefficients={"frequency": abs(float(y[-1]))}, located=found.converged,
        status=f"Newton on the system of a pair: {found.message}", residual=found.residual,
        index=between.index, saddle=y[:-2], meaning=orbit.meaning,
    )  # fmt: skip


def homoclinic_approach(flow: Flow, orbits: list[Orbit]) -> SpecialOrbit | None:
    """The homoclinic orbit to which the last orbits of a branch tend; None where they do not."""
    orbit = orbits[-1]
    if orbit.period < LONGER * min(o.period for o in orbits):
        return None
    size = np.where(orbit.amplitude > 0, orbit.amplitude, 1.0)
    speeds = linalg.norm(flow.value(orbit.x / flow.states, orbit.p / flow.parameter)
                         * flow.states / size, axis=1)  # fmt: skip
    if speeds.min() > SLOW * speeds.max():
        return None
    problem, slow = flow.problem, orbit.x[np.argmin(speeds)]
    found = newton(problem, slow, orbit.p)
    if not found.converged or linalg.norm((found.x - slow) / size) > NEARBY:
        longest = orbit.period > MUCH_LONGER * min(o.period for o in orbits)
        return _at_saddle_node(problem, orbits, slow, size) if longest else None
    values = linalg.eigvals(_dense(problem.jacobian(found.x, orbit.p)) * problem.flow_sign)
    distance = float(linalg.norm((orbit.x - found.x) / size, axis=1).min())
    is_saddle = (values.real > 0).any() and (values.real < 0).any()
    if not is_saddle or distance > AT_SADDLE:
        return None
    unstable, stable = values.real[values.real > 0].min(), values.real[values.real < 0].max()
    known = {
        "unstable": float(unstable), "stable": float(stable),
        "saddle quantity": float(unstable + stable), "distance": distance,
    }  # fmt: skip
    words = f"a periodic orbit that passes the saddle within {distance:.1e}"
    return _homoclinic(orbits, found.x, known, words, found.residual)


def _at_saddle_node(
    problem: AnyProblem, orbits: list[Orbit], slow: Array, size: Array
) -> SpecialOrbit | None:
    """The end at a fold of equilibria on the orbit: just beyond it there is none to be found."""
    orbit = orbits[-1]
    try:
        point = special_point(problem, slow, orbit.p)
    except MlpcontError:  # there is none, or nothing at all to start from
        return None
    if point.kind != "fold" or linalg.norm((point.x - slow) / size) > NEARBY:
        return None
    words = "a periodic orbit on which a saddle and a node are about to be born"
    return _homoclinic(orbits, point.x, {"fold": point.p}, words, point.residual)


def _homoclinic(
    orbits: list[Orbit], saddle: Array, known: dict[str, float], words: str, residual: float
) -> SpecialOrbit:
    orbit = orbits[-1]
    return SpecialOrbit(
        kind="homoclinic", orbit=orbit, vector=np.zeros((0, saddle.size)), slopes=np.zeros(2),
        coefficients=known, located=False, status=words, residual=residual,
        index=len(orbits) - 1, saddle=saddle, meaning=orbit.meaning,
    )  # fmt: skip


def _dense(matrix: Any) -> Array:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix, dtype=float)
