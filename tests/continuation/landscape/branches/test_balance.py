"""Problems in other units of their unknowns: the same equations, compiled or not."""

import numpy as np
import pytest

from continuation.callable_problem import Problem
from continuation.compiled_problem import CompiledProblem
from continuation.landscape.branches.balance import scaled_problem
from continuation.landscape.network import Conditions, Dataset, Loss, LossAlong
from symbolic import fukumizu_amari


@pytest.mark.parametrize("seed", range(4))
def test_compiled_and_plain_problems_are_scaled_alike(seed):
    loss = Loss(fukumizu_amari(), Dataset.sample(fukumizu_amari(), n=20, seed=seed))
    problem = LossAlong(loss, "noise", Conditions(0.1)).problem()
    rng = np.random.default_rng(seed)
    theta, scale = rng.normal(size=4), 10.0 ** rng.uniform(-6, 6, 4)
    plain = Problem(problem.residual, problem.jacobian, problem.dresidual_dp, symmetric=True)
    ours, theirs = scaled_problem(problem, scale), scaled_problem(plain, scale)
    assert isinstance(ours, CompiledProblem)
    assert ours.evaluate(theta / scale, 0.1)[0] == pytest.approx(problem.evaluate(theta, 0.1)[0])
    for name in ("residual", "jacobian", "dresidual_dp"):
        values = [getattr(one, name)(theta / scale, 0.1) for one in (ours, theirs)]
        np.testing.assert_allclose(*values, rtol=1e-9)
    twice = scaled_problem(ours, 1.0 / scale)
    np.testing.assert_allclose(twice.jacobian(theta, 0.1), problem.jacobian(theta, 0.1), rtol=1e-9)
