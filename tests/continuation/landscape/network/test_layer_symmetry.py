"""The symmetry group of networks of layers, against the network function itself."""

import math

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.network import Symmetry
from symbolic import Model

MODELS = [
    (Model.mlp(2, (3,), 2), 2**3 * 6),
    (Model.mlp(3, (2, 2), 1, ["tanh", "abs"]), 8 * 8),
    (Model.mlp(2, (2, 3), 1, ["softplus", "sin"], bias=False), 2 * 48),
    (Model.mlp(2, (3,), 1, "logistic"), 48),
    (Model.mlp(2, (2, 2), 1, ["logistic", "sin"], offset=False), 8 * 8),
    (Model.mlp(2, (3,), 1, "logistic", bias=False), 6),
    (Model.mlp(2, (2,), 2, "logistic", output_weights=[[1, 2], [-1, -2]]), 2),
    (Model.mlp(2, (4,), 1, output_weights=[1, 1, -1, 2]), 6),
    (Model.mlp(2, (3,), 1, "relu", output_weights=[1, 1, -1]), 2),
]


@pytest.mark.parametrize(("model", "order"), MODELS, ids=lambda m: str(getattr(m, "widths", m)))
def test_elements_are_distinct_and_leave_the_network_function(model, order):
    rng = np.random.default_rng(0)
    x, theta = rng.standard_normal((5, model.inputs)), rng.standard_normal(model.dimension)
    y = rng.standard_normal((5, model.outputs))
    loss, symmetry = Loss(model, Dataset.from_observations(x, y)), Symmetry.of(model)
    images = [symmetry.act(g, theta) for g in symmetry.elements()]
    assert symmetry.order == len(images) == order
    assert len({tuple(np.round(image, 12)) for image in images}) == order
    np.testing.assert_array_equal(images[0], theta)
    wanted = loss.predict(theta, x)
    for image in images[:: max(1, order // 12)]:
        np.testing.assert_allclose(loss.predict(image, x), wanted, rtol=1e-12, atol=1e-13)
        assert symmetry.same(image, theta)
        assert symmetry.same(theta, image)
        if model.layered.output_weights is None:
            np.testing.assert_allclose(symmetry.canonical(image), symmetry.canonical(theta))
    assert not symmetry.same(theta + 1e-3, theta)
    assert symmetry.stabiliser(theta).order == 1


DECAYING = [
    (Model.mlp(2, (3,), 2, "logistic"), 6),
    (Model.mlp(2, (3,), 2, "logistic", decay_biases=False), 48),
    (Model.mlp(2, (2, 2), 1, ["tanh", "logistic"]), 8 * 2),
]


@pytest.mark.parametrize(("model", "order"), DECAYING, ids=lambda m: str(getattr(m, "widths", m)))
def test_under_weight_decay_the_loss_itself_is_unchanged(model, order):
    rng = np.random.default_rng(4)
    x, theta = rng.standard_normal((6, model.inputs)), rng.standard_normal(model.dimension)
    y = rng.standard_normal((6, model.outputs))
    at = Loss(model, Dataset.from_observations(x, y)).at(weight_decay=0.3)
    symmetry = Symmetry.of(model, decays=True)
    values = [at.value(symmetry.act(g, theta)) for g in symmetry.elements()]
    assert len(values) == symmetry.order == order
    np.testing.assert_allclose(values, at.value(theta), rtol=1e-13)
    whole = Symmetry.of(model)
    same = [at.value(whole.act(g, theta)) for g in whole.elements()]
    assert sum(abs(v - at.value(theta)) < 1e-12 for v in same) == order


def test_equal_and_dead_units_have_stabilisers():
    model = Model.mlp(2, (3,), 1)
    w, v = np.array([[0.3, 0.3, 0.0], [1.0, 1.0, 0.0]]), np.array([[0.7], [0.7], [0.0]])
    theta = model.pack([w, v], [np.array([0.2, 0.2, 0.0]), np.array([1.0])])
    assert Symmetry.of(model).stabiliser(theta).order == 2 * 2


def test_large_groups_count_without_listing():
    model = Model.mlp(2, (5, 4), 1)
    symmetry, rng = Symmetry.of(model), np.random.default_rng(1)
    assert symmetry.order == 2**9 * math.factorial(5) * math.factorial(4)
    theta = rng.standard_normal(model.dimension)
    weights, biases = model.unpack(theta)
    places, signs = rng.permutation(5), np.array([1, -1, 1, -1, -1])
    weights[0], biases[0] = weights[0][:, places] * signs, biases[0][places] * signs
    weights[1] = weights[1][places] * signs[:, None]
    assert symmetry.same(model.pack(weights, biases), theta)
    assert symmetry.stabiliser(theta).order == 1
    weights[0][:, 1], biases[0][1], weights[1][1] = weights[0][:, 0], biases[0][0], weights[1][0]
    assert symmetry.stabiliser(model.pack(weights, biases)).order == 2
