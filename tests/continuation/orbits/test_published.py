"""Periodic orbits of problems from the literature.

Sources: C. Sparrow, *The Lorenz Equations*, Springer 1982 (homoclinic at r = 13.926557);
B. Hassard, *J. Theor. Biol.* 71 (1978) 401 and J. Rinzel, R. Miller, *Math. Biosci.* 49 (1980) 27
(Hodgkin-Huxley); AUTO-07p's demo ab, with its own numbers on 20 intervals.
"""

import numpy as np
import pytest

from continuation import Problem, StepOptions, trace_branch
from continuation.orbits import MeshOptions, trace_orbits
from tests.benchmarks.orbit_peers import axon, axon_jacobian, reactor, reactor_jacobian

pytestmark = pytest.mark.slow


LONG = StepOptions(maximum=0.5)


def first_hopf(problem, x, p, limits, step=LONG):
    branch = trace_branch(problem, x, p, limits, step=step)
    return next(q for q in branch.special if q.kind == "hopf")


def test_lorenz():
    problem = Problem(
        lambda x, r: np.array(
            [10 * (x[1] - x[0]), r * x[0] - x[1] - x[0] * x[2], x[0] * x[1] - 8 / 3 * x[2]]
        )
    )
    x = np.sqrt(8 / 3 * 20)
    hopf = first_hopf(problem, [x, x, 20.0], 21.0, (2, 30))
    branch = trace_orbits(problem, hopf, (1, 30))
    end = branch.special[-1]
    assert branch.stop_reason == end.kind == "homoclinic"
    assert end.p == pytest.approx(13.92655741, abs=1e-6)
    assert end.saddle == pytest.approx([0, 0, 0], abs=1e-9)
    # the smallest growth and decay at the origin
    growth = (-11 + np.sqrt(121 + 40 * (end.p - 1))) / 2
    assert end.coefficients["unstable"] == pytest.approx(growth)
    assert end.coefficients["stable"] == pytest.approx(-8 / 3)
    assert not branch.stable.any()


def test_hodgkin_huxley():
    problem = Problem(axon, axon_jacobian, lambda x, p: np.array([1.0, 0.0, 0.0, 0.0]))
    hopf = first_hopf(problem, [0, 0.053, 0.596, 0.318], 0.0, (0, 200))
    assert hopf.p == pytest.approx(9.77964, abs=1e-5)
    branch = trace_orbits(problem, hopf, (0, 200))
    assert [q.kind for q in branch.special] == [
        "fold", "period doubling", "period doubling", "fold", "fold", "hopf",
    ]  # fmt: skip
    assert all(q.located for q in branch.special)
    places = [q.p for q in branch.special]
    assert places[:5] == pytest.approx([7.84655, 7.84954, 7.92198, 7.92199, 6.26453], abs=1e-5)
    assert places[5] == pytest.approx(154.527, abs=1e-3)


def test_reactor_as_auto_has_it():
    problem = Problem(reactor, reactor_jacobian)
    hopf = first_hopf(problem, [0, 0], 0.0, (0, 0.3))
    assert hopf.p == pytest.approx(0.130900044820043, abs=1e-12)
    mesh = MeshOptions(tolerance=1e-7)
    branch = trace_orbits(problem, hopf, (0.108672, 0.2), mesh=mesh)
    # AUTO prints p = 1.08672E-01 with period 8.08520E+00, and dT/dp is about -3000
    assert branch.p[-1] == 0.108672
    assert branch.period[-1] == pytest.approx(8.0852, abs=3e-3)
