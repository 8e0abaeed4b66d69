"""Minima on kinks: no direction leads down, though the loss has no gradient; flows slide there."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, locate, trajectory
from continuation.landscape.kinks import argument, minimum_on_kinks
from symbolic import Model

DECAY = 0.01
SLIDES, DIES = 4, 2
"""Seeds of initial weights: one flow slides to a minimum on a kink, of the other the unit dies."""


@pytest.fixture(scope="module")
def loss():
    """One unit of ReLU on eight samples."""
    x = np.linspace(-2.0, 2.0, 8)
    y = np.abs(x) - 0.5 * x + 0.2 * np.random.default_rng(0).standard_normal(8)
    return Loss(Model.mlp(1, (1,), 1, "relu"), Dataset.from_observations(x[:, None], y))


def start(seed):
    return np.random.default_rng(seed).standard_normal(4)


def descended(loss, theta, time, step):
    """Gradient descent with short steps, written out."""
    x, y = loss.data.x.ravel(), loss.data.target
    w, b, v, c = theta
    for _ in range(int(time / step)):
        z = w * x + b
        a, on = np.maximum(z, 0.0), z > 0.0
        r = (v * a + c - y) / x.size
        slopes = np.array([v * r @ (on * x), v * r @ on, r @ a, r.sum()])
        w, b, v, c = np.array([w, b, v, c]) - step * (slopes + DECAY * np.array([w, b, v, c]))
    return np.array([w, b, v, c])


def test_a_flow_slides_to_a_minimum_on_a_kink_as_descent_does(loss):
    at = loss.at(weight_decay=DECAY)
    path = trajectory(at, start(SLIDES))
    end = path.result
    assert (end.status, end.subkind) == ("kink", "kink")
    assert (np.diff(path.t) > 0.0).all()
    assert (np.diff(path.loss) < 1e-9).all()
    found = minimum_on_kinks(at, end.weights)
    np.testing.assert_allclose(found.theta, end.weights, atol=1e-8)
    assert at.kinks(found.theta) == len(found.places) == 1
    assert 0.0 < found.shares[0] < 1.0
    assert found.eigenvalues.min() > 0.0
    steps = np.random.default_rng(1).standard_normal((100, 4))
    for size in (1e-2, 1e-4):
        assert min(at.value(found.theta + size * step) for step in steps) > found.loss
    assert np.linalg.norm(at.gradient(found.theta)) > 1e-4  # it is no critical point
    slow = descended(loss, start(SLIDES), 600.0, 0.02)
    np.testing.assert_allclose(slow, end.weights, atol=0.02)
    assert at.value(slow) == pytest.approx(end.loss, rel=1e-3)
    place = locate(loss, end.weights, weight_decay=DECAY)
    assert (place.basin.subkind, place.basin.attracting) == ("kink", True)
    assert "where there is no gradient" in place.text


def test_a_unit_that_no_sample_drives_lets_go_of_its_weights(loss):
    at = loss.at(weight_decay=DECAY)
    path = trajectory(at, start(DIES))
    end = path.result
    np.testing.assert_array_equal(end.weights[:3], 0.0)
    mean = loss.data.target.mean() / (1.0 + DECAY)
    assert end.weights[3] == pytest.approx(mean, rel=1e-9)
    assert "no sample drives unit 1" in end.message
    slow = descended(loss, start(DIES), path.t[-1], 1e-3)
    np.testing.assert_allclose(path.theta[-1], slow, atol=5e-3)
    np.testing.assert_allclose(path.loss[-1], at.value(path.theta[-1]), rtol=1e-12)


@pytest.mark.parametrize("layer", [0, 1])
def test_slopes_of_arguments_are_those_of_differences(layer):
    rng = np.random.default_rng(2)
    model = Model.mlp(2, (3, 2), 2, "relu")
    data = Dataset.from_observations(rng.standard_normal((5, 2)), rng.standard_normal((5, 2)))
    at, theta = Loss(model, data).at(), rng.standard_normal(model.dimension)
    row, h = (3, layer, 1), 1e-6
    slope = [
        (argument(at, theta + h * e, row)[0] - argument(at, theta - h * e, row)[0]) / (2.0 * h)
        for e in np.eye(theta.size)
    ]
    np.testing.assert_allclose(argument(at, theta, row)[1], slope, atol=1e-8)


def test_a_unit_that_has_died_stands_on_all_its_kinks(loss):
    """There the gradient is zero and the curvatures are one-sided: it is no point of a list."""
    at = loss.at(weight_decay=DECAY)
    mean = loss.data.target.mean() / (1.0 + DECAY)
    dead = np.array([1e-40, -2e-40, 3e-40, mean])
    assert np.linalg.norm(at.gradient(dead)) < 1e-15
    assert at.kinks(dead) == 8
    assert at.kinks(np.array([1e-6, -3e-6, 0.0, mean])) == 0
    assert at.kinks(np.array([1.0, 2.0, 1.0, mean])) == 1  # of the outermost sample alone
    place = locate(loss, dead + 1e-9, weight_decay=DECAY)
    assert place.nearest is None or place.nearest.subkind == "kink"
