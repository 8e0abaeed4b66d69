"""Connecting orbits against closed forms, in random coordinates."""

import numpy as np
import pytest

from continuation import ConvergenceError, InvalidInputError, Problem, StepOptions, trace_branch
from continuation.orbits import MeshOptions, trace_connection, trace_orbits

FEW = StepOptions(initial=0.1, maximum=0.5, max_samples=30)

FINE = MeshOptions(intervals=40)


def nagumo(y, c, a):
    """Fronts of u_t = u_xx + u (1 - u) (u - a), speed c = (1 - 2a)/√2, u = 1/(1 + exp(ξ/√2))."""
    return np.array([y[1], -c * y[1] - y[0] * (1 - y[0]) * (y[0] - a)])


def pulse(y, m, k):
    """y'' = k y - y² + (m - k/10) y': homoclinic at m = k/10, y = 3k/2 sech²(√k t/2)."""
    return np.array([y[1], k * y[0] - y[0] ** 2 + (m - k / 10) * y[1]])


def turned(flow, seed, **parameters):
    """The flow in random coordinates x = a y, units from 1e-6 to 1e6; and a."""
    random = np.random.default_rng(seed)
    units = 10.0 ** random.uniform(-6, 6, 2)
    a = units[:, None] * (np.eye(2) + 0.4 * random.standard_normal((2, 2)))
    second = 10.0 ** random.uniform(-6, 6)

    def residual(x, **values):
        return a @ flow(np.linalg.solve(a, x), **values) / second

    return Problem(residual, parameters=parameters, free=next(iter(parameters))), a, second


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_speed_of_a_front(seed):
    problem, a, _ = turned(nagumo, seed, c=0.3, a=0.25)
    branch = trace_connection(problem, a @ [1, 0], a @ [0, 0], q0="a", limits=(0.2, 0.3), step=FEW)
    assert (branch.codimension, branch.stop_reason) == (1, "limit")
    assert branch.q[[0, -1]] == pytest.approx([0.25, 0.3])
    assert branch.p == pytest.approx((1 - 2 * branch.q) / np.sqrt(2), abs=1e-7)
    assert (np.abs(branch.p - (1 - 2 * branch.q) / np.sqrt(2)) < 1e-7 + branch.truncation).all()
    y = np.linalg.solve(a, branch[-1].x.T)
    assert y[1] == pytest.approx(-y[0] * (1 - y[0]) / np.sqrt(2), abs=1e-5)


def test_truncation_is_as_estimated():
    problem = Problem(nagumo, parameters={"c": 0.3, "a": 0.25}, free="c")
    for radius in (1e-2, 1e-3):
        one = trace_connection(problem, [1, 0], [0, 0], radius=radius)
        assert one.stop_reason == "isolated"
        error = abs(one[0].p - 0.5 / np.sqrt(2))
        assert one[0].truncation == pytest.approx(0.75 * error, rel=0.3)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_homoclinic_curve(seed):
    problem, a, _ = turned(pulse, seed, m=0.07, k=1.0)
    branch = trace_connection(
        problem, [0, 0], q0="k", limits=(0.8, 1.2), direction=-1, step=FEW, mesh=FINE
    )
    assert branch.stop_reason == "limit"
    assert branch.q[-1] == 0.8
    assert branch.p == pytest.approx(branch.q / 10, abs=1e-8)
    last = branch[-1]
    y = np.linalg.solve(a, last.x.T)
    energy = y[1] ** 2 / 2 - 0.4 * y[0] ** 2 + y[0] ** 3 / 3
    assert np.abs(energy).max() < 1e-6
    assert y[0].max() == pytest.approx(1.2, abs=1e-2)
    assert last.source == pytest.approx([0, 0], abs=1e-12 * np.abs(last.x).max())


def test_a_connection_that_persists_is_continued_in_one_parameter():
    problem = Problem(lambda x, p: np.array([x[0] - x[0] ** 3, -x[1] + p * x[0]]))
    branch = trace_connection(problem, [0, 0], [1, 0.3], p=0.3, limits=(0, 0.5), step=FEW)
    assert (branch.codimension, branch.stop_reason) == (0, "limit")
    assert branch.p[-1] == 0.5
    assert np.isnan(branch.q).all()
    assert branch[-1].target == pytest.approx([1, 0.5])
    assert branch.truncation.max() < 1e-6


@pytest.mark.slow
def test_the_homoclinic_end_of_a_branch_of_orbits_is_a_start():
    # cycles of y'' = y - y² + (m - y/5) y' are born at m = 1/5 and end near m = 6/35
    problem = Problem(
        lambda y, m, k: np.array([y[1], k * y[0] - y[0] ** 2 + (m - y[0] / 5) * y[1]]),
        parameters={"m": 0.3, "k": 1.0}, free="m",
    )  # fmt: skip
    rest = trace_branch(problem, [1, 0], 0.3, (0, 0.4), direction=-1)
    hopf = next(q for q in rest.special if q.kind == "hopf")
    branch = trace_orbits(problem, hopf, (0, 1), step=FEW)
    end = branch.special[-1]
    assert branch.stop_reason == end.kind == "homoclinic"
    assert end.p == pytest.approx(6 / 35, abs=1e-3)
    assert end.saddle == pytest.approx([0, 0], abs=1e-9)
    assert end.coefficients["saddle quantity"] == pytest.approx(end.p, rel=1e-6)
    curve = trace_connection(problem, end, q0="k", limits=(0.9, 1.1), step=FEW)
    assert curve.stop_reason == "limit"
    assert curve.p[0] == pytest.approx(end.p, abs=1e-7)


def sink(x, p):
    return np.array([-x[0], -x[1]])


def falling(x, p):
    """From a repeller at 0 to an attractor at (1, 0)."""
    return np.array([x[0] - x[0] ** 3, x[1] * (1 - 2 * x[0] ** 2)])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: trace_connection(p, [1, 0], [0, 0], radius=2.0), "radius"),
        (lambda p: trace_connection(p, [1, 0], [0, 0], direction=3), "direction"),
        (lambda p: trace_connection(p, [1, 0], [0, 0], guess=([0, 1], [[0], [1]])), "guess"),
        (lambda p: trace_connection(Problem(sink), [1, 0], [0, 0]), "p="),
        (lambda p: trace_connection(Problem(sink), [0, 0], [0, 0], p=0.0), "attracts"),
        (lambda p: trace_connection(Problem(falling), [0, 0], [1, 0], p=0.0), "families"),
        (lambda p: trace_connection(Problem(sink, is_map=True), [0, 0], p=0.0), "map"),
        (lambda p: trace_connection(p, [1, 0], [0, 0], q0="b"), "b"),
    ],
)
def test_misuse_is_named(call, words):
    problem = Problem(nagumo, parameters={"c": 0.3, "a": 0.25}, free="c")
    with pytest.raises((InvalidInputError, LookupError), match=words):
        call(problem)


def test_a_connection_that_is_not_there_is_said_not_to_be():
    problem = Problem(nagumo, parameters={"c": 3.0, "a": 0.25}, free="c")
    with pytest.raises(ConvergenceError, match="near"):
        trace_connection(problem, [1, 0], [0, 0])
