"""Periodic orbits against closed forms, in random coordinates and units."""

import numpy as np
import pytest

from continuation import (
    ConvergenceError,
    InvalidInputError,
    Problem,
    StepOptions,
    map_problem,
    trace_branch,
)
from continuation.orbits import (
    MeshOptions,
    Orbit,
    orbit_from_integration,
    orbit_from_samples,
    trace_orbits,
)
from tests.continuation.orbits.closed_forms import folding, ring, supercritical, turned

FEW = StepOptions(initial=0.1, maximum=0.5, max_samples=40)


def van_der_pol(x, mu):
    return np.array([x[1], mu * (1 - x[0] ** 2) * x[1] - x[0]])


def hopf_of(problem, x, p, limits=(-1.0, 1.0)):
    branch = trace_branch(problem, x, p, limits)
    return next(q for q in branch.special if q.kind == "hopf")


@pytest.mark.parametrize("seed", [2, *(pytest.param(i, marks=pytest.mark.slow) for i in (0, 1))])
def test_circles_that_leave_a_hopf_point(seed):
    t = turned(supercritical, 2, seed)
    branch = trace_orbits(t.problem, hopf_of(t.problem, t.b, -0.4), (-1, 0.5), step=FEW)
    assert branch.stop_reason == "limit"
    assert branch.p[-1] == 0.5
    assert branch.stable.all()
    for orbit in branch.orbits[2:]:
        radius = np.linalg.norm(t.plain(orbit.x), axis=1)
        assert radius == pytest.approx(np.sqrt(orbit.p), rel=1e-6)
        assert orbit.period / t.second == pytest.approx(2 * np.pi, rel=1e-9)
        assert orbit.multipliers[0] == pytest.approx(1.0, abs=1e-9)
        assert orbit.multipliers[1] == pytest.approx(np.exp(-4 * np.pi * orbit.p), abs=1e-7)
        assert np.abs(orbit.x[0] - orbit.x[-1]).max() <= 1e-9 * np.abs(orbit.x).max()


def test_a_branch_that_ends_at_another_hopf_point():
    # radius² = 1 - p², born at p = -1, gone at p = 1
    problem = Problem(lambda x, p: supercritical(x, 1 - p * p))
    branch = trace_orbits(problem, hopf_of(problem, [0, 0], -1.5, (-2, 2)), (-3, 3), step=FEW)
    assert branch.stop_reason == "hopf"
    last = branch.special[-1]
    assert (last.kind, last.located) == ("hopf", True)
    assert last.p == pytest.approx(1.0, abs=1e-9)
    assert last.saddle == pytest.approx([0, 0], abs=1e-9)
    assert last.period == pytest.approx(2 * np.pi)


def test_an_orbit_found_by_integration():
    problem = Problem(van_der_pol)
    orbit = orbit_from_integration(problem, [1.0, 0.0], 1.0, 40.0)
    branch = trace_orbits(problem, orbit, (1, 3), step=FEW, mesh=MeshOptions(tolerance=1e-7))
    assert branch.period[0] == pytest.approx(6.66328685932, abs=1e-8)
    assert branch.stop_reason == "limit"
    assert branch.period[-1] == pytest.approx(8.85909549966, abs=1e-6)
    assert branch.error.max() <= 1e-7
    assert branch.trivial_error.max() < 1e-5
    # multipliers by Liouville: exp of the integral of the divergence
    o = branch[-1]
    fine = np.linspace(0, o.period, 20001)
    divergence = o.p * (1 - o.at(fine)[:, 0] ** 2)
    expected = np.exp(np.trapezoid(divergence, fine))
    assert o.multipliers[1].real == pytest.approx(expected, rel=1e-3)


def test_one_orbit_a_point_at_a_time_and_all_points_at_once():
    def one_by_one(x, p):
        return van_der_pol(x, p) if x.ndim == 1 else None

    answers = []
    for function in (van_der_pol, one_by_one):
        problem = Problem(function)
        orbit = orbit_from_integration(problem, [1.0, 0.0], 1.0, 40.0, MeshOptions(intervals=10))
        mesh = MeshOptions(intervals=10, tolerance=1e-2)
        answers.append(trace_orbits(problem, orbit, (1, 1.2), step=FEW, mesh=mesh).period)
    assert answers[0] == pytest.approx(answers[1], rel=1e-9)


def test_the_mesh_is_said_not_to_resolve():
    problem = Problem(van_der_pol)
    orbit = orbit_from_integration(problem, [2.0, 0.0], 5.0, 60.0)
    mesh = MeshOptions(tolerance=1e-5, most=40)
    branch = trace_orbits(problem, orbit, (1, 50), step=FEW, mesh=mesh)
    assert branch.stop_reason == "mesh"
    assert "40 intervals" in branch.message


def test_a_period_that_is_long_enough_ends_a_branch():
    problem = Problem(van_der_pol)
    orbit = orbit_from_integration(problem, [2.0, 0.0], 1.0, 40.0)
    branch = trace_orbits(problem, orbit, (1, 50), step=FEW, max_period=7.0)
    assert branch.stop_reason == "period"
    assert branch.period[-2] <= 7.0 < branch.period[-1]


@pytest.mark.slow
def test_a_saddle_node_on_a_circle():
    # angular velocity 1 + p + cos: a saddle-node at (-1, 0) at p = 0, period 2π / √(p (2 + p))
    def residual(x, p):
        rate, turn = 1 - x[0] ** 2 - x[1] ** 2, 1 + p + x[0]
        return np.array([x[0] * rate - x[1] * turn, x[1] * rate + x[0] * turn])

    problem = Problem(residual)
    orbit = orbit_from_integration(problem, [1.0, 0.0], 0.5, 50.0)
    branch = trace_orbits(problem, orbit, (-1, 1), direction=-1)
    end = branch.special[-1]
    assert branch.stop_reason == end.kind == "homoclinic"
    assert end.saddle == pytest.approx([-1, 0], abs=1e-6)
    assert end.coefficients["fold"] == pytest.approx(0, abs=1e-9)
    period = 2 * np.pi / np.sqrt(branch.p * (2 + branch.p))
    assert branch.period == pytest.approx(period, rel=1e-4)


def test_a_flow_whose_sign_is_turned():
    problem = Problem(lambda x, p: -supercritical(x, p), flow_sign=-1)
    branch = trace_orbits(problem, hopf_of(problem, [0, 0], -0.4), (-1, 0.2), step=FEW)
    assert branch.stop_reason == "limit"
    assert branch.stable.all()
    assert branch[-1].multipliers[1] == pytest.approx(np.exp(-0.8 * np.pi), abs=1e-7)


def test_results_are_drawn_and_tabled():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    t = turned(folding, 2, 0, spread=0.0)
    branch = trace_orbits(t.problem, ring(t, 2, 0.0), (-0.3, 0.1), direction=-1, step=FEW)
    _, ax = pyplot.subplots()
    assert branch.plot(ax)
    assert branch.plot(ax, y=0)
    assert branch[0].plot(ax, 0, 1)
    assert branch[0].plot(ax, "t", 1)
    pyplot.close("all")
    table = branch.to_dataframe()
    assert list(table.columns[:2]) == ["p", "period"]
    assert (table["special"] == "fold").sum() == 1
    assert "1 fold" in repr(branch)


def square(x, p):
    return np.array([p - x[0] ** 2, -x[1]])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda p, o: trace_orbits(p, 3.0), "Hopf point"),
        (lambda p, o: trace_orbits(p, o, (2, 3)), "outside p_limits"),
        (lambda p, o: trace_orbits(p, o, direction=0), "direction"),
        (lambda p, o: trace_orbits(p, o, max_period=-1), "max_period"),
        (lambda p, o: trace_orbits(map_problem(square), o), "map"),
        (lambda p, o: trace_orbits(Problem(square, symmetric=True), o), "gradient"),
        (lambda p, o: trace_orbits(Problem(square, mass=[1, 0]), o), "mass"),
        (lambda p, o: trace_orbits(p, fold_of(square)), "fold"),
        (lambda p, o: orbit_from_samples([0, 1], [[0, 0], [1, 1]], 1.0), "shape"),
        (lambda p, o: orbit_from_samples(o.t[::-1], o.x, 1.0), "ascend"),
        (lambda p, o: MeshOptions(degree=9), "degree"),
        (lambda p, o: MeshOptions(intervals=0), "intervals"),
        (lambda p, o: MeshOptions(intervals=50, most=20), "most"),
    ],
)
def test_misuse_is_named(wrong, words):
    problem = Problem(van_der_pol)
    angle = np.linspace(0, 2 * np.pi, 41)
    orbit = orbit_from_samples(angle, np.stack([2 * np.cos(angle), -2 * np.sin(angle)], 1), 1.0)
    with pytest.raises(InvalidInputError, match=words):
        wrong(problem, orbit)


def fold_of(function):
    branch = trace_branch(Problem(function), [1.0, 0.0], 1.0, (-1, 2), direction=-1)
    return next(q for q in branch.special if q.kind == "fold")


def test_no_orbit_is_an_error_that_says_why():
    problem = Problem(square)
    with pytest.raises(ConvergenceError, match="rest"):
        orbit_from_integration(problem, [0.5, 0.5], 1.0, 50.0)
    with pytest.raises(ConvergenceError, match="cannot be followed"):
        orbit_from_integration(problem, [-3.0, 0.5], 1.0, 50.0)
    angle = np.linspace(0, 2 * np.pi, 41)
    circle = np.stack([np.cos(angle), np.sin(angle)], 1)
    with pytest.raises(ConvergenceError, match="no periodic orbit"):
        trace_orbits(problem, orbit_from_samples(angle, circle, 1.0))


def test_states_between_nodes():
    t = np.linspace(0, 2 * np.pi, 201)
    orbit = orbit_from_samples(t, np.stack([np.cos(t), np.sin(t)], 1), 0.0)
    assert isinstance(orbit, Orbit)
    at = np.array([0.3, 2.0, 7.0, -1.0])
    assert orbit.at(at) == pytest.approx(np.stack([np.cos(at), np.sin(at)], 1), abs=1e-5)
    assert orbit.at(0.3).shape == (2,)
