"""Curves of special orbits in two parameters: p = p0 + q² in random coordinates."""

import numpy as np
import pytest

from continuation import InvalidInputError, Problem, StepOptions
from continuation.orbits import trace_orbit_curve, trace_orbits
from tests.continuation.orbits.closed_forms import TURNS, folding, moebius, ring, torus, turned

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


def test_a_curve_is_drawn_tabled_and_asked_for_by_what_is_there():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    t = turned(folding, 2, 0, spread=0.0)
    problem, point = start(t, folding, 2)
    curve = trace_orbit_curve(problem, point, "q", (0.4, 0.8), step=FEW)
    _, ax = pyplot.subplots()
    assert curve.plot(ax)
    pyplot.close("all")
    assert list(curve.to_dataframe().columns) == ["p", "q", "period"]
    with pytest.raises(InvalidInputError, match="fold, period doubling, torus"):
        trace_orbit_curve(problem, point.orbit, "q")
    with pytest.raises(InvalidInputError, match="outside"):
        trace_orbit_curve(problem, point, "q", (2, 3))
