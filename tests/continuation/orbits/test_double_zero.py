"""Homoclinic orbits that begin at Bogdanov-Takens points."""

import numpy as np
import pytest

from continuation import InvalidInputError, Problem, StepOptions, special_point, trace_fold_curve
from continuation.orbits import MeshOptions, trace_connection

FEW = StepOptions(initial=0.05, maximum=0.2, max_samples=3)
A, B = 0.7, -0.5


def normal_form(y, first, second):
    return np.array([y[1], first + second * y[1] + A * y[0] ** 2 + B * y[0] * y[1]])


def embedded(seed, extra=1):
    """The normal form in curved, then random linear coordinates; parameters mixed and bent."""
    rng = np.random.default_rng(seed)
    n = 2 + extra
    unit = 10.0 ** rng.uniform(-4, 4, n)
    a = unit[:, None] * (np.eye(n) + 0.3 * rng.standard_normal((n, n)))
    turn = np.linalg.qr(rng.standard_normal((2, 2)))[0]
    curve, bend = rng.uniform(-0.3, 0.3), rng.uniform(-0.3, 0.3)
    back = np.linalg.inv(a)

    def parameters(p, q):
        first, second = turn @ np.array([p, q])
        return first + curve * second**2, second

    def residual(x, p, q):
        y = back @ x
        v = y[1] - bend * y[0] ** 2
        f = normal_form(np.array([y[0], v]), *parameters(p, q))
        inner = np.array([f[0], f[1] + 2 * bend * y[0] * f[0]])
        return a @ np.append(inner, -1.5 * y[2:] + 0.2 * y[0] ** 2)

    inverse = np.linalg.inv(turn)
    p, q = inverse @ np.array([-curve * 0.6**2, 0.6])
    problem = Problem(residual, parameters={"p": p, "q": q}, free="p")
    return problem, parameters, p, q


def double_point(problem, p, q):
    fold = special_point(problem, np.zeros(3), p)
    long = StepOptions(initial=0.1, maximum=0.5)
    limits = (min(q, -0.1), max(q, 0.1))
    curve = trace_fold_curve(problem, fold, "q", limits, -1 if q > 0 else 1, long)
    return next(point for point in curve.special if point.kind == "bogdanov-takens")


def test_a_first_homoclinic_orbit():
    """β₁ = -(49/25) (a/b²) β₂² to first order in the size of the orbit."""
    names = {"first": -A * 0.04, "second": 0.02}

    def jacobian(y, first, second):
        return np.array([[0 * y[0], 1 + 0 * y[0]], [2 * A * y[0] + B * y[1], second + B * y[0]]])

    problem = Problem(normal_form, jacobian, parameters=names, free="first")
    fold = special_point(problem, np.zeros(2), 0.0)
    curve = trace_fold_curve(problem, fold, "second", (-0.1, 0.1), -1, StepOptions(initial=0.05))
    point = next(q for q in curve.special if q.kind == "bogdanov-takens")
    one = StepOptions(initial=0.05, max_samples=1)
    (orbit,) = trace_connection(problem, point, q0="second", limits=(-1, 1), step=one).orbits
    assert orbit.q < 0
    assert orbit.p == pytest.approx(-49 / 25 * A / B**2 * orbit.q**2, rel=0.05)
    assert orbit.x[0] == pytest.approx(orbit.x[-1], abs=1e-3 * np.ptp(orbit.x))
    assert orbit.truncation < 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_curve_of_homoclinic_orbits_is_that_of_its_expansion(seed):
    """With β₁ = -4 ε⁴/a: β₂ = (b/a) ε² (10/7 + (288/2401) (b/a)² ε² + O(ε⁴))."""
    problem, parameters, p, q = embedded(seed)
    point = double_point(problem, p, q)
    branch = trace_connection(
        problem, point, q0="q", limits=(-1, 1), step=FEW, mesh=MeshOptions(intervals=40)
    )
    assert branch.codimension == 1
    assert len(branch) == 3
    for orbit in branch.orbits:
        first, second = parameters(orbit.p, orbit.q)
        squared = np.sqrt(-first * A / 4)
        expected = B / A * squared * (10 / 7 + 288 / 2401 * (B / A) ** 2 * squared)
        assert second == pytest.approx(expected, rel=0.1 * squared**2 + 2e-6)
    away = np.abs(branch.q - point.coefficients["q"])
    assert (np.diff(away) > 0).all()


@pytest.mark.slow
def test_orbits_outgrow_their_units_and_go_on():
    """In plain coordinates, where the saddle is at zero of one, as one would try it first."""

    def plain(y, a, b):
        return np.array([y[1], a + b * y[1] + y[0] ** 2 + y[0] * y[1]])

    problem = Problem(plain, parameters={"a": -1.0, "b": 0.3}, free="a")
    fold = special_point(problem, [0.0, 0.0], 0.0)
    curve = trace_fold_curve(problem, fold, "b", (-0.5, 1), direction=-1)
    (point,) = [q for q in curve.special if q.kind == "bogdanov-takens"]
    branch = trace_connection(
        problem,
        point,
        q0="b",
        limits=(-0.5, 1),
        step=StepOptions(initial=0.1, maximum=0.5, max_samples=60),
    )
    assert len(branch) == 60
    assert (np.diff(branch.q) > 0).all()
    assert branch.q[-1] > 8 * branch.q[0]  # four times the extent is outgrown
    # a = -4 ε⁴ and b = ε² (10/7 + 288/2401 ε²), to the orders that count
    second = 2 * (7 / 10) ** 2 * 288 / 2401 * 49 / 25
    off = branch.p / branch.q**2 + 49 / 25 - second * branch.q
    assert (np.abs(off) < 0.1 * branch.q**2).all()


def test_misuse_is_named():
    names = {"p": 0.1, "q": 0.0}
    problem = Problem(lambda x, p, q: x**2 - p, parameters=names, free="p")
    fold = special_point(problem, [0.01], 0.0)
    with pytest.raises(InvalidInputError, match="bogdanov-takens"):
        trace_connection(problem, fold, q0="q")
