"""The compiled equations of a periodic orbit are those that NumPy writes, in general position."""

import numpy as np
import pytest
from numba import njit

from continuation import CompiledProblem
from continuation.orbits.collocation import Collocation
from continuation.orbits.flow import Flow, flow_of
from continuation.orbits.periodic import Periodic
from continuation.orbits.scheme import scheme_of


@njit(error_model="numpy")
def kernel(x, p, c, _d, _w, f, j, fp):
    """A cubic oscillator in units c of the states."""
    u, v = x[0] / c[0], x[1] / c[1]
    f[0], f[1] = c[0] * (v + p * u), c[1] * (p * v - u**3)
    j[0, 0], j[0, 1], j[1, 0], j[1, 1] = p, c[0] / c[1], -3 * u * u * c[1] / c[0], p
    fp[0], fp[1] = c[0] * u, c[1] * v
    return 0.0


def in_units(seed):
    """A flow in general units, and the generator that chose them."""
    rng = np.random.default_rng(seed)
    c, none = 10.0 ** rng.uniform(-6, 6, 2), np.zeros((1, 1))
    sign = 1.0 if seed % 2 else -1.0
    problem = CompiledProblem(kernel, c, none, none, 2, symmetric=False, flow_sign=sign, unit=None)
    units = np.append(c * rng.uniform(0.2, 3, 2), 10.0 ** rng.uniform(-3, 3))
    return flow_of(problem, units), rng


@pytest.mark.parametrize("seed", range(4))
def test_differences_at_once_are_those_one_by_one(seed):
    flow, rng = in_units(seed)
    points, directions = rng.standard_normal((2, 5, 2))
    for v in (directions, directions[0]):
        one_by_one = Flow.turned(flow, points, 0.3, v)
        assert flow.turned(points, 0.3, v) == pytest.approx(one_by_one, rel=1e-10, abs=1e-10)
    for one, other in zip(flow.by_parameter(points, 0.3), Flow.by_parameter(flow, points, 0.3),
                          strict=True):  # fmt: skip
        assert one == pytest.approx(other, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_compiled_equations_are_those_of_numpy(seed):
    (flow, rng), degree = in_units(seed), 2 + seed
    mesh = np.sort(np.append(rng.uniform(size=seed), [0.0, 1.0]))
    on = Collocation(Periodic(flow, 0.7), mesh, scheme_of(degree))
    z = rng.standard_normal(on.unknowns + 1)
    on.refer(on.split(rng.standard_normal(z.size))[0])
    (f, fp), (wanted, wanted_p) = np.zeros((2, 2, on.unknowns))
    blocks, expected = on.system.filled(on, z, f, fp), on._filled(z, wanted, wanted_p)
    for one, other in zip((f, fp, *blocks), (wanted, wanted_p, *expected), strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-12 * (1 + np.abs(other).max()))
