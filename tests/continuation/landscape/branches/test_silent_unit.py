"""The branch of a silent unit, up to the input weight of the working one."""

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


def test_it_crosses_the_dead_unit_and_arrives_at_the_split_line(loss, silent):
    branch = follow(loss, silent, "size", (20, 200))
    assert [(point.kind, point.located) for point in branch.special] == [("pitchfork", True)]
    assert abs(branch.special[0].x[0]) < 1e-9
    for half in branch.branches:
        assert half.stop_reason == "stop condition"
        assert abs(half.x[-1, 0]) == pytest.approx(half.x[-1, 1], rel=2e-2)
        for x, n in zip(half.x[::20], half.p[::20], strict=True):
            theta = np.insert(x, 2, 0.0)
            assert np.abs(loss.evaluate(theta, noise=0.1, size=n)[1]).max() < 1e-12


@pytest.mark.parametrize("away", [0.0, 1e-3, 0.1])
def test_its_derivatives_are_those_of_differences(loss, silent, away):
    problem = lifted_problem(LossAlong(loss, "size", silent.conditions), silent).problem
    rng, h = np.random.default_rng(0), 1e-5
    for n in (96.0, 100.3, 104.0):
        x = np.delete(silent.weights, 2) * (1.0 + away * rng.standard_normal(3))
        by_differences = [
            (problem.residual(x + h * e, n) - problem.residual(x - h * e, n)) / (2 * h)
            for e in np.eye(3)
        ]
        scale = np.abs(problem.jacobian(x, n)).max()
        np.testing.assert_allclose(problem.jacobian(x, n).T, by_differences, atol=1e-7 * scale)
