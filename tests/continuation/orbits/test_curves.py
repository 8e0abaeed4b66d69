"""Curves of special orbits in two parameters: p = p0 + q² in random coordinates."""

import numpy as np
import pytest

from continuation import InvalidInputError, Problem, StepOptions
from continuation.orbits import trace_orbit_curve, trace_orbits
from tests.continuation.orbits.closed_forms import (
    TURNS,
    circle,
    folding,
    moebius,
    pitchfork,
    ring,
    torus,
    transcritical,
    turned,
)

FEW = StepOptions(initial=0.1, maximum=0.5, max_samples=40)


def shifted(t):
    """The flow whose parameter is p - q²."""
    function = t.problem.residual.function
    return Problem(
        lambda x, p, q: function(x, p - q * q), parameters={"p": 0.0, "q": 0.5}, free="p"
    )


def start(t, flow, n):
    problem = shifted(t)
    first, direction = (0.25, -1) if flow is folding else (-0.1, 1)
    branch = trace_orbits(problem, ring(t, n, first), (-0.6, 1), direction, step=FEW)
    return problem, next(q for q in branch.special if q.kind not in ("limit", "hopf"))


CASES = [
    (folding, 2, "fold", -0.25),
    (moebius, 3, "period doubling", 0.0),
    (torus, 4, "torus", 0.0),
    (pitchfork, 3, "branch point", 0.0),
    pytest.param(transcritical, 3, "branch point", 0.0, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("flow", "n", "kind", "origin"), CASES)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_parabolas(flow, n, kind, origin, seed):
    t = turned(flow, n, seed)
    problem, point = start(t, flow, n)
    assert point.kind == kind
    curve = trace_orbit_curve(problem, point, "q", (-0.2, 0.8), direction=-1, step=FEW)
    assert (curve.kind, curve.stop_reason) == (kind, "limit")
    assert curve.q[0] == 0.5
    assert curve.q[-1] == -0.2
    assert curve.p == pytest.approx(origin + curve.q**2, abs=1e-9)
    assert curve.period / t.second == pytest.approx(np.full(len(curve), 2 * np.pi), rel=1e-8)
    if flow is torus:
        angle = abs(np.angle(np.exp(2j * np.pi * TURNS)))
        assert np.abs(curve.angle) == pytest.approx(np.full(len(curve), angle), abs=1e-8)
    if kind == "branch point":
        assert np.abs(curve.unfolding).max() < 1e-8


def test_a_branch_point_that_the_second_parameter_breaks_is_unfolded():
    def broken(y, p):
        """Z' = pz - z² + (q - ½)/10: a branch point at p = 0 for q = ½ only."""
        last = p[0] * y[2] - y[2] ** 2 + 0.1 * (p[1] - 0.5)
        return np.array([*circle(y[0], y[1]), last])

    t = turned(broken, 3, 1, spread=1.0)
    function = t.problem.residual.function
    problem = Problem(
        lambda x, p, q: function(x, (p, q)), parameters={"p": 0.0, "q": 0.5}, free="p"
    )
    branch = trace_orbits(problem, ring(t, 3, -0.4), (-0.6, 1), step=FEW)
    [point] = [q for q in branch.special if q.kind == "branch point"]
    curve = trace_orbit_curve(problem, point, "q", (0.2, 0.8), direction=-1, step=FEW)
    assert curve.stop_reason == "limit"
    assert curve.p == pytest.approx(np.zeros(len(curve)), abs=1e-8)
    slopes = curve.unfolding[1:] / (curve.q[1:] - 0.5)
    assert abs(curve.unfolding[0]) < 1e-8
    assert slopes == pytest.approx(np.full(len(slopes), slopes[0]), rel=0.01)
    assert abs(slopes[0]) > 0.1


def test_a_curve_is_drawn_tabled_and_asked_for_by_what_is_there():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    t = turned(folding, 2, 0, spread=0.0)
    problem, point = start(t, folding, 2)
    curve = trace_orbit_curve(problem, point, "q", (0.4, 0.8), step=FEW)
    _, ax = pyplot.subplots()
    assert curve.plot(ax)
    pyplot.close("all")
    assert list(curve.to_dataframe().columns) == ["p", "q", "period"]
    with pytest.raises(InvalidInputError, match="fold, period doubling, torus, branch point"):
        trace_orbit_curve(problem, point.orbit, "q")
    with pytest.raises(InvalidInputError, match="outside"):
        trace_orbit_curve(problem, point, "q", (2, 3))
