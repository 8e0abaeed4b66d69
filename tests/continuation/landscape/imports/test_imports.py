"""Networks that were trained elsewhere: function, loss to 1e-12, and what is refused."""

import itertools
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from continuation.errors import InvalidInputError
from continuation.landscape.imports import from_arrays, from_keras, from_sklearn

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3))
Y = np.stack([np.sin(X[:, 0]) + X[:, 1], X[:, 2] ** 2], axis=1)
LABELS = np.array(["low", "middle", "high"])[np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5])]
BINARY = np.where(X[:, 0] * X[:, 1] > 0.0, 7, -3)


def fitted(estimator, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(x, y)


def regressor(widths, **options):
    """With a solver whose `loss_` is the loss at the weights that it leaves."""
    return MLPRegressor(
        hidden_layer_sizes=widths, solver="lbfgs", max_iter=10, random_state=1, **options
    )


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_a_regressor_has_its_function_and_its_loss(activation, alpha):
    network = fitted(regressor((4, 3), activation=activation, alpha=alpha), X, Y)
    found = from_sklearn(network, X, Y)
    model, theta, data = found
    assert (found[0], found[2], len(found)) == (model, data, 3)
    np.testing.assert_allclose(found.loss.predict(theta, X), network.predict(X), rtol=1e-12)
    assert found.value() == pytest.approx(network.loss_, rel=1e-12)
    assert (model.inputs, model.outputs, data.size) == (3, 2, 40)
    gradients = network._backprop(  # what it is trained with: not that of its loss for two outputs
        X, Y, None, [X, *(np.empty((40, len(b))) for b in network.intercepts_)],
        [np.empty((40, len(b))) for b in network.intercepts_],
        [np.empty_like(w) for w in network.coefs_], [np.empty_like(b) for b in network.intercepts_],
    )[1:]  # fmt: skip
    ours = found.loss.gradient(theta, weight_decay=found.weight_decay)
    np.testing.assert_allclose(ours, model.pack(*gradients), rtol=1e-12, atol=1e-14)


def test_one_input_and_output_is_a_perceptron():
    network = fitted(regressor((3,), activation="tanh", alpha=0.0), X[:, :1], Y[:, 0])
    found = from_sklearn(network, X[:, :1], Y[:, 0])
    assert found.model.is_perceptron
    assert found.model.bias
    np.testing.assert_allclose(
        found.loss.predict(found.theta, X[:, 0]), network.predict(X[:, :1]), rtol=1e-12
    )
    assert found.value() == pytest.approx(network.loss_, rel=1e-12)


@pytest.mark.parametrize("labels", [LABELS, BINARY], ids=["three classes", "two classes"])
def test_a_classifier_has_its_loss(labels):
    network = MLPClassifier((4,), alpha=0.2, solver="lbfgs", max_iter=30, random_state=3)
    fitted(network, X, labels)
    found = from_sklearn(network, X, labels)
    shares = network.predict_proba(X)
    places = np.searchsorted(network.classes_, labels)
    penalty = 0.1 * sum((w**2).sum() for w in network.coefs_) / len(X)
    expected = -np.log(shares[np.arange(40), places]).mean() + penalty
    assert found.value() == pytest.approx(expected, rel=1e-12)
    assert found.value() == pytest.approx(network.loss_, rel=1e-12)
    with pytest.raises(InvalidInputError, match="none of the classes"):
        from_sklearn(network, X[:2], np.array([labels[0], labels.dtype.type("99")]))


def test_in_a_pipeline_the_other_steps_act_first():
    whole = make_pipeline(StandardScaler(), regressor((3,), activation="tanh"))
    fitted(whole, 100.0 * X, Y[:, 0])
    found = from_sklearn(whole, 100.0 * X, Y[:, 0])
    np.testing.assert_allclose(
        found.loss.predict(found.theta, found.data.x), whole.predict(100.0 * X), rtol=1e-12
    )


def test_targets_that_are_transformed_are_those_of_the_network():
    inner = regressor((3,), activation="tanh")
    whole = TransformedTargetRegressor(inner, transformer=StandardScaler())
    search = GridSearchCV(fitted(whole, X, 100.0 * Y[:, 0]), {"regressor__alpha": [0.1]}, cv=2)
    search = fitted(search, csr_array(X), 100.0 * Y[:, 0])
    found = from_sklearn(search, csr_array(X), 100.0 * Y[:, 0])
    assert found.value() == pytest.approx(search.best_estimator_.regressor_.loss_, rel=1e-12)


def test_without_data_a_penalty_depends_on_their_number():
    network = fitted(regressor((3,)), X, Y[:, 0])
    found = from_sklearn(network)
    assert found.data is None
    assert found.weight_decay is None
    with pytest.raises(InvalidInputError, match="give the inputs"):
        found.value()
    with pytest.raises(InvalidInputError, match="both"):
        from_sklearn(network, X)


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (MLPRegressor(), "fitted MLPRegressor .* not MLPRegressor before its fit"),
        (StandardScaler(), "StandardScaler"),
        (fitted(regressor((2,), loss="poisson"), X, Y**2), "poisson"),
    ],
    ids=["not fitted", "no network", "poisson"],
)
def test_what_is_no_network_of_scikit_learn_is_named(estimator, said):
    with pytest.raises(InvalidInputError, match=said):
        from_sklearn(estimator)


# -- arrays and Keras ------------------------------------------------------------------------


def matrices(*sizes):
    rng = np.random.default_rng(6)
    pairs = list(itertools.pairwise(sizes))
    return [rng.standard_normal(p) for p in pairs], [rng.standard_normal(p[1]) for p in pairs]


def test_arrays_make_the_network_that_they_say():
    (a, b, c), (p, q, r) = matrices(3, 4, 2, 2)
    found = from_arrays([a, b, c], [p, q, r], X, Y, activation=("tanh", "relu"))
    expected = np.maximum(np.tanh(X @ a + p) @ b + q, 0.0) @ c + r
    np.testing.assert_allclose(found.loss.predict(found.theta, X), expected, rtol=1e-12)
    assert found.value() == pytest.approx(0.5 * ((expected - Y) ** 2).sum(axis=1).mean())
    bare = from_arrays([a, b], None, X, Y)
    np.testing.assert_allclose(
        bare.loss.predict(bare.theta, X), np.tanh(X @ a) @ b, rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize(
    ("weights", "biases", "activation", "said"),
    [
        ([np.ones((3, 2)), np.ones((3, 1))], None, "tanh", r"layer 2 needs weights of shape \(2"),
        ([np.ones((3, 2)), np.ones((2, 1))], [np.ones(3), None], "tanh", "layer 1 needs 2 biases"),
        ([np.ones((3, 2)), np.ones((2, 1))], [None], "tanh", "2 layers need 2 biases, not 1"),
        ([np.ones((3, 2)), np.ones((2, 1))], None, ["tanh"] * 2, "need 1 activations, not 2"),
        ([], None, [], "no dense layer"),
        ([np.ones((3, 2)), np.full((2, 1), np.nan)], None, "tanh", "layer 2 has .* no finite"),
    ],
)
def test_arrays_that_do_not_fit_are_said(weights, biases, activation, said):
    with pytest.raises(InvalidInputError, match=said):
        from_arrays(weights, biases, activation=activation)


class Dense:
    """What a dense layer of Keras shows."""

    def __init__(self, arrays, activation):
        self.arrays, self.activation = arrays, activation

    def get_weights(self):
        return self.arrays

    def get_config(self):
        return {"activation": self.activation, "units": self.arrays[0].shape[1]}


class LSTM(Dense):
    """A layer that there is none for."""


class InputLayer:
    """No numbers."""

    def get_config(self):
        return {"negative_slope": 0.2, "max_value": None}


class Dropout(InputLayer):
    """Nothing in inference."""


class LeakyReLU(InputLayer):
    """An activation as a layer."""


class ReLU(InputLayer):
    """Leaky by its options, which is another layer's name."""


def test_layers_of_keras_are_read_with_their_loss():
    (a, b), (p, q) = matrices(3, 4, 2)
    found = from_keras([InputLayer(), Dense([a, p], "sigmoid"), Dense([b, q], "linear")], X, Y)
    f = 1.0 / (1.0 + np.exp(-(X @ a + p))) @ b + q
    assert found.value() == pytest.approx(((f - Y) ** 2).mean(), rel=1e-12)  # their mse
    leaky = [Dense([a, p], "linear"), LeakyReLU(), Dropout(), Dense([b, q], "linear")]
    leaky, u = from_keras(leaky, X, Y), X @ a + p
    assert leaky.value() == pytest.approx(((np.maximum(u, 0.2 * u) @ b + q - Y) ** 2).mean())
    classes = from_keras([Dense([a, p], "tanh"), Dense([b, q], "softmax")], X, X[:, 0] > 0.0)
    f = np.tanh(X @ a + p) @ b + q
    logs = f - np.log(np.exp(f).sum(axis=1, keepdims=True))
    expected = -logs[np.arange(40), (X[:, 0] > 0.0).astype(int)].mean()
    assert classes.value() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([LSTM([np.ones((3, 2))], "tanh")], "LSTM"),
        ([Dense([np.ones((3, 2))], "linear"), ReLU()], "layer 1 .* ReLU"),
        ([Dense([np.ones((3, 2))], "hard_tanh"), Dense([np.ones((2, 1))], "linear")], "hard_tanh"),
        ([Dense([np.ones((3, 2))], "relu")], "ends in a layer"),
    ],
)
def test_unknown_layers_of_keras_are_named(layers, said):
    with pytest.raises(InvalidInputError, match=said):
        from_keras(layers)
