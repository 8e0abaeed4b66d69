"""Orbits of M x' = F(x, p): those of the flow with M solved for."""

import numpy as np
import pytest
from scipy import sparse

from continuation import InvalidInputError, Problem, StepOptions, trace_branch
from continuation.orbits import (
    MeshOptions,
    orbit_from_integration,
    trace_connection,
    trace_orbits,
)

FEW = StepOptions(initial=0.1, maximum=0.3, max_samples=4)
COARSE = MeshOptions(intervals=10)


def circle(y, p):
    """Orbits of radius √p and period 2π, multipliers 1 and exp(-4πp)."""
    r = y[0] ** 2 + y[1] ** 2
    return np.array([p * y[0] - y[1] - r * y[0], y[0] + p * y[1] - r * y[1]])


def with_mass(seed, make):
    """Circles under M x' = F in random coordinates, M regular, of any units; and a."""
    rng = np.random.default_rng(seed)
    a = 10.0 ** rng.uniform(-6, 6, 2)[:, None] * (np.eye(2) + 0.4 * rng.standard_normal((2, 2)))
    mass = 10.0 ** rng.uniform(-6, 6, 2)[:, None] * (np.eye(2) + 0.4 * rng.standard_normal((2, 2)))
    back = np.linalg.inv(a)
    return Problem(lambda x, p: mass @ (a @ circle(back @ x, p)), mass=make(mass)), a


@pytest.mark.parametrize(("seed", "make"), [(0, np.array), (1, sparse.csc_matrix)])
def test_circles_from_their_hopf_point(seed, make):
    problem, a = with_mass(seed, make)
    rest = trace_branch(problem, [0.0, 0.0], -0.1, (-0.1, 0.5))
    hopf = next(q for q in rest.special if q.kind == "hopf")
    orbits = trace_orbits(problem, hopf, (-0.1, 0.5), step=FEW, mesh=COARSE)
    assert orbits.period == pytest.approx(2 * np.pi, rel=1e-6)
    for orbit in orbits.orbits[1:]:
        y = np.linalg.solve(a, orbit.x.T)
        assert np.hypot(*y) == pytest.approx(np.sqrt(orbit.p), rel=1e-4)
        assert orbit.multipliers[1] == pytest.approx(np.exp(-4 * np.pi * orbit.p), rel=1e-3)


def test_a_start_by_integration():
    problem, a = with_mass(2, np.array)
    orbit = orbit_from_integration(problem, a @ [0.3, 0.1], 0.2, 60.0)
    assert orbit.period == pytest.approx(2 * np.pi, rel=1e-3)


def test_a_connection():
    """Speed of Nagumo's front, (1 - 2a)/√2, from equations with a mass matrix."""
    mass = np.array([[2.0, 0.5], [-1.0, 3.0]])

    def nagumo(y, c, a):
        return mass @ np.array([y[1], -c * y[1] - y[0] * (1 - y[0]) * (y[0] - a)])

    problem = Problem(nagumo, parameters={"c": 0.3, "a": 0.25}, free="c", mass=mass)
    (front,) = trace_connection(problem, [1, 0], [0, 0], radius=1e-3).orbits
    assert front.p == pytest.approx(0.5 / np.sqrt(2), abs=1e-5)


def test_algebraic_equations_are_refused_with_the_reason():
    problem = Problem(circle, mass=[1, 0])
    with pytest.raises(InvalidInputError, match="algebraic"):
        orbit_from_integration(problem, [0.3, 0.1], 0.2, 60.0)
