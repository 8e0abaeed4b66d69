"""Branches in the smoothing of kinks, down to networks of ReLU."""

import numpy as np
import pytest
from scipy.optimize import minimize

from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape import Dataset, Loss, follow, plane_diagram
from continuation.landscape.network import LossAlong
from continuation.landscape.sets import ISOLATED, Assembler
from continuation.storage import load_network, save_network
from symbolic import Model

DECAY = 0.01


def newton(at, theta, steps):
    for _ in range(steps):
        _, gradient, hessian = at.evaluate(theta)
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta


def minimum(loss, theta, decay):
    at = loss.at(weight_decay=decay)
    near = minimize(at.value, theta, jac=at.gradient, options={"gtol": 1e-8}).x
    return Assembler(at).point(newton(at, near, 4), ISOLATED)


def smooth_case():
    """Two units of a ReLU teacher, softened."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-2, 2, (30, 2))
    y = np.maximum(x @ [1.0, 0.3], 0.0) - 0.7 * np.maximum(x @ [-0.5, 1.0], 0.0)
    y += 0.1 * rng.standard_normal(30)
    model = Model.mlp(2, (2,), activation="softplus(8*u)/8", bias=False)
    loss = Loss(model, Dataset.from_observations(x, y))
    return loss, minimum(loss, [1.0, -0.5, 0.3, 1.0, 1.0, -0.7], DECAY)


def test_a_point_off_the_kinks_arrives_at_that_of_the_network_with_kinks(tmp_path):
    loss, found = smooth_case()
    branch = follow(loss, found, "smoothing", (0.0, 0.2))
    assert (branch.p.min(), branch.p.max(), branch.arrivals) == (0.0, 0.2, (None, None))
    kinked = Loss(loss.model.smoothed(0.0), loss.data)
    at = kinked.at(weight_decay=DECAY)
    end = branch.theta[branch.p.argmin()]
    assert kinked.model.activation == "relu"
    assert not at.kinks(end)
    assert np.abs(at.gradient(end)).max() < 1e-14
    np.testing.assert_allclose(end, newton(at, end, 3), rtol=1e-12)
    assert tuple(branch.inertia[branch.p.argmin()]) == (0, 0, 6)
    back = follow(kinked, Assembler(at).point(end, ISOLATED), "smoothing", (0.0, 0.125))
    np.testing.assert_allclose(back.theta[-1], found.weights, rtol=1e-9)
    save_network(tmp_path / "net.json", loss.model, found.weights)
    stored, weights = load_network(tmp_path / "net.json")
    again = Loss(stored, loss.data)
    start = Assembler(again.at(weight_decay=DECAY)).point(weights, ISOLATED)
    same = follow(again, start, "smoothing", (0.0, 0.2))
    np.testing.assert_array_equal(same.theta, branch.theta)


def test_a_minimum_on_a_kink_is_named_with_its_sample():
    """f = max(w x + c, 0) with targets -1 at x = 0 and 1 at x = 1: c = 0, w = 1/(1 + 2ρ)."""
    data = Dataset.from_observations([[0.0, 0.0], [1.0, 0.0]], [-1.0, 1.0])
    model = Model.mlp(2, (1,), output_weights=[1.0], offset=False, activation="softplus(20*u)/20")
    loss = Loss(model, data)
    found = minimum(loss, [0.8, 0.0, -0.05], 0.1)
    branch = follow(loss, found, "smoothing", (0.0, 0.05))
    assert branch.arrivals == ("kinks (sample 1 at unit 1 of layer 1)",)
    last = float(branch.p[-1])
    assert 0.0 < last < 1e-3
    np.testing.assert_allclose(branch.theta[-1], [1 / 1.2, 0, 0], atol=3 * last)
    at = LossAlong(loss, "smoothing", found.conditions).at(last)
    assert at.kink_places(branch.theta[-1], last).tolist() == [[0, 0, 0]]


def test_without_kinks_there_is_no_such_parameter():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 2)), rng.standard_normal(20)
    loss = Loss(Model.mlp(2, (2,)), Dataset.from_observations(x, y))
    with pytest.raises(InvalidInputError, match="one b in all layers; this model has tanh"):
        loss.problem("smoothing")
    with pytest.raises(UnknownNameError, match="choose one of noise, size, weight_decay, pop"):
        plane_diagram(loss, "smoothing", "noise", ((0.0, 1.0), (0.1, 1.0)))
