"""The compiled step along orbits is that of NumPy, and both are the closed form of a Hopf cycle."""

import numpy as np
import pytest
from numba import njit

from continuation import CompiledProblem, Problem, StepOptions, trace_branch
from continuation.orbits import MeshOptions, trace_orbits

TURN = 0.3


@njit(error_model="numpy")
def kernel(x, p, c, _d, _w, f, j, fp):
    """r' = r (p - r²), angle' = 1 + TURN r², in linear coordinates c = (A, 1/A)."""
    a, b = c[:4].reshape(2, 2), c[4:].reshape(2, 2)
    u, v = b[0, 0] * x[0] + b[0, 1] * x[1], b[1, 0] * x[0] + b[1, 1] * x[1]
    s = u * u + v * v
    g0, g1 = (p - s) * u - (1 + TURN * s) * v, (p - s) * v + (1 + TURN * s) * u
    d00, d01 = p - s - 2 * u * u - 2 * TURN * u * v, -2 * u * v - 1 - TURN * s - 2 * TURN * v * v
    d10, d11 = -2 * u * v + 1 + TURN * s + 2 * TURN * u * u, p - s - 2 * v * v + 2 * TURN * u * v
    for i in range(2):
        f[i], fp[i] = a[i, 0] * g0 + a[i, 1] * g1, a[i, 0] * u + a[i, 1] * v
        for k in range(2):
            j[i, k] = a[i, 0] * (d00 * b[0, k] + d01 * b[1, k])
            j[i, k] += a[i, 1] * (d10 * b[0, k] + d11 * b[1, k])
    return 0.0


@pytest.mark.parametrize("seed", range(3))
def test_compiled_steps_are_those_of_numpy_and_of_the_closed_form(seed):
    rng = np.random.default_rng(seed)
    a = 10.0 ** rng.uniform(-6, 6) * rng.standard_normal((2, 2))
    c, none = np.concatenate([a.ravel(), np.linalg.inv(a).ravel()]), np.zeros((1, 1))
    compiled = CompiledProblem(kernel, c, none, none, 2, symmetric=False, flow_sign=1.0, unit=None)
    plain = Problem(compiled.residual, compiled.jacobian, compiled.dresidual_dp)
    [hopf] = trace_branch(compiled, np.zeros(2), -1.0, p_limits=(-1, 1)).special[:1]
    step, mesh = StepOptions(initial=0.05, maximum=0.3), MeshOptions(intervals=8, uneven=1.2)
    one, other = (
        trace_orbits(problem, hopf, (-1, 0.7), step=step, mesh=mesh)
        for problem in (compiled, plain)
    )
    assert one.stop_reason == other.stop_reason == "limit"
    for mine, theirs in zip(one, other, strict=True):
        assert mine.p == pytest.approx(theirs.p, rel=1e-7)
        assert mine.error == pytest.approx(theirs.error, rel=1e-4)
        assert mine.mesh == pytest.approx(theirs.mesh, abs=1e-6)
        assert mine.multipliers == pytest.approx(theirs.multipliers, abs=1e-7)
        assert mine.period == pytest.approx(2 * np.pi / (1 + TURN * mine.p), rel=1e-6)
        assert abs(mine.multipliers).min() == pytest.approx(
            np.exp(-2 * mine.p * mine.period), abs=1e-5
        )
