"""The branch of a silent unit, past the input weight of the working one."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from continuation.landscape.branches.problems import lifted_problem
from continuation.landscape.network import LossAlong
from symbolic import overparameterised


@pytest.fixture(scope="module", name="loss")
def _loss():
    model = overparameterised()
    return Loss(model, Dataset.sample(model, n=200, seed=0))


@pytest.fixture(scope="module", name="silent")
def _silent(loss):
    sets = find_critical_sets(loss, noise=0.1, size=100.0)
    return next(found for found in sets if found.label == "silent unit 1")


def test_it_passes_the_working_unit_and_arrives_at_the_step(loss, silent):
    """Its roots cross those of the other unit without a fold, 1e-2 beside a fold of their own."""
    branch = follow(loss, silent, "size", (20, 200))
    assert all(point.located for point in branch.special)
    assert [point.kind for point in branch.special] == ["fold", "pitchfork", "fold"]
    for half in branch.branches:
        assert half.stop_reason == "stop condition"
        assert np.sign(np.abs(half.x[[0, -1], 0]) - half.x[[0, -1], 1]).tolist() == [-1, 1]
        for x, n in zip(half.x[::40], half.p[::40], strict=True):
            theta = np.insert(x, 2, 0.0)
            assert np.abs(loss.evaluate(theta, noise=0.1, size=n)[1]).max() < 1e-12


@pytest.mark.parametrize("seed", range(4))
def test_its_derivatives_are_those_of_differences(loss, silent, seed):
    problem = lifted_problem(LossAlong(loss, "size", silent.conditions), silent).problem
    rng = np.random.default_rng(seed)
    x, n, h = rng.uniform(0.3, 2.0, 3), 77.7, 1e-5
    by_differences = [
        (problem.residual(x + h * e, n) - problem.residual(x - h * e, n)) / (2 * h)
        for e in np.eye(3)
    ]
    scale = np.abs(problem.jacobian(x, n)).max()
    np.testing.assert_allclose(problem.jacobian(x, n).T, by_differences, atol=1e-7 * scale)
