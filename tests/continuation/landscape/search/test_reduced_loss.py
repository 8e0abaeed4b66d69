"""min_v L of two units against least squares, pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from continuation.landscape.search.reduced_loss import reduced_loss
from symbolic import Model, fukumizu_amari, overparameterised

ACTIVATIONS = {
    "tanh": (np.tanh, lambda u: 1.0 - np.tanh(u) ** 2),
    "erf": (erf, lambda u: 2.0 / np.sqrt(np.pi) * np.exp(-u * u)),
    "sin": (np.sin, np.cos),
}


def least_loss(loss, noise, *features):
    """½ min Σ ω (Σ c_k feature_k − y)² by SVD."""
    data = loss.data
    root = np.sqrt(np.full(data.size, 1.0 / data.size) if data.weights is None else data.weights)
    matrix, y = root[:, None] * np.column_stack(features), root * (data.target + noise * data.noise)
    coefficients = np.linalg.lstsq(matrix, y, rcond=1e-14)[0]
    return 0.5 * float(np.sum((matrix @ coefficients - y) ** 2))


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(sorted(ACTIVATIONS)),
    st.lists(st.integers(1, 60), min_size=1, max_size=5, unique=True),
    st.just(0.0) | st.floats(1e-9, 1.0),
    st.booleans(),
)
def test_it_is_the_least_squares_fit_of_the_output_weights(name, nodes, noise, weighted):
    model = Model.perceptron(hidden=2, activation=name, teacher=f"2*{name}(x) - {name}(3*x)")
    rng = np.random.default_rng(len(nodes))
    weights = rng.uniform(0.1, 1.0, 25) if weighted else None
    data = Dataset.from_arrays(
        rng.normal(size=25), model=model, noise=rng.normal(size=25), weights=weights
    )
    loss, w = Loss(model, data), 0.05 * np.sort(nodes)
    reduced = reduced_loss(loss, w, noise=noise)
    phi, slope = ACTIVATIONS[name]
    scale = least_loss(loss, noise, np.zeros(25))
    for i in range(w.size):
        for j in range(w.size):
            second = phi(w[j] * data.x) if i != j else data.x * slope(w[i] * data.x)
            expected = least_loss(loss, noise, phi(w[i] * data.x), second)
            assert reduced[i, j] == pytest.approx(expected, rel=1e-8, abs=1e-12 * scale)
    np.testing.assert_array_equal(reduced, reduced.T)


def test_the_diagonal_is_the_limit_of_close_pairs():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    for w in (0.1, 0.7, 3.0):
        gaps = np.array([1e-2, 1e-3, 1e-4, 1e-5])
        apart = [
            abs(np.subtract(*reduced_loss(loss, [w * (1 - g / 2), w * (1 + g / 2)], noise=0.1)[0]))
            for g in gaps
        ]
        assert (np.diff(apart) < 0.0).all()
        assert apart[-1] < 1e-4 * reduced_loss(loss, [w], noise=0.1)[0, 0]


def test_no_choice_of_output_weights_is_better():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 50, 1))
    nodes = np.array([0.3, 1.0, 2.5])
    reduced = reduced_loss(loss, nodes, noise=0.2)
    rng = np.random.default_rng(0)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        for v in rng.normal(size=(50, 2)):
            assert loss.value([nodes[i], nodes[j], *v], noise=0.2) >= reduced[i, j]


def test_the_teacher_is_reached_at_its_own_weights():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    reduced = reduced_loss(loss, [1.0, 2.0, 4.0])
    assert reduced[0, 2] < 1e-28
    off = reduced[~np.isclose(reduced, reduced[0, 2], atol=1e-20)]
    assert off.min() > 1e-6


def test_part_of_the_nodes_gives_part_of_the_values():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 50, 1))
    nodes = np.geomspace(0.1, 20.0, 9)
    full = reduced_loss(loss, nodes, noise=0.2)
    np.testing.assert_allclose(
        reduced_loss(loss, nodes[::3], noise=0.2), full[::3, ::3], rtol=1e-12
    )


@pytest.mark.parametrize(
    "model",
    [
        Model.perceptron(hidden=1, teacher="tanh(x)"),
        Model.perceptron(hidden=3, teacher="tanh(x)"),
        Model.perceptron(hidden=2, teacher="tanh(x)", bias=True),
        Model.perceptron(hidden=2, teacher="tanh(x)", offset=True),
        Model.perceptron(hidden=2, teacher="tanh(x)", output_weights=(1, 1)),
        Model.perceptron(hidden=2, teacher="tanh(x)", activation="logistic"),
    ],
)
def test_other_models_are_refused(model):
    with pytest.raises(InvalidInputError, match="two odd units"):
        reduced_loss(Loss(model, Dataset.sample(model, 20, 0)), [1.0])


@pytest.mark.parametrize("nodes", [[0.0, 1.0], [-1.0, 1.0], [2.0, 1.0], [1.0, 1.0], [np.nan], 1.0])
def test_nodes_must_be_positive_and_increasing(nodes):
    model = overparameterised()
    with pytest.raises(InvalidInputError, match="positive and increasing"):
        reduced_loss(Loss(model, Dataset.sample(model, 20, 0)), nodes)
