"""Losses of networks of layers on data with several inputs and outputs."""

import numpy as np
import pytest

from continuation import trace_branch
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from continuation.landscape.network.loss_at import MOST_DENSE
from symbolic import Model

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def random_data(seed, n, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng


def test_logistic_loss_of_labels_is_their_mean_negative_log_likelihood():
    loss = Loss(Model.mlp(2, (2,), loss="logistic"), Dataset.from_observations(XOR, [0, 1, 1, 0]))
    theta = np.random.default_rng(0).standard_normal(9)
    (w, v), (c, b) = loss.model.unpack(theta)
    f = (np.tanh(XOR @ w + c) @ v + b)[:, 0]
    share = 1 / (1 + np.exp(-f))
    likelihood = np.where([False, True, True, False], share, 1 - share)
    assert loss.value(theta, weight_decay=0.2) == pytest.approx(
        -np.log(likelihood).mean() + 0.1 * theta @ theta, rel=1e-14
    )
    np.testing.assert_allclose(loss.predict(theta, XOR), f, rtol=1e-14)


def test_softmax_takes_labels_and_shares_alike():
    x, rng = random_data(1, 12, 3)
    labels = rng.integers(0, 3, 12)
    model = Model.mlp(3, (4,), 3, "relu", loss="softmax")
    by_label, by_share = (
        Loss(model, Dataset.from_observations(x, y)) for y in (labels, np.eye(3)[labels])
    )
    theta = rng.standard_normal(model.dimension)
    for name in ("value", "gradient", "hessian"):
        np.testing.assert_array_equal(
            getattr(by_label, name)(theta), getattr(by_share, name)(theta)
        )
    f = by_label.predict(theta, x)
    logs = f - np.log(np.exp(f).sum(axis=1, keepdims=True))
    assert by_label.value(theta) == pytest.approx(-logs[range(12), labels].mean(), rel=1e-13)


def test_products_are_those_of_the_hessian():
    x, rng = random_data(2, 400, 5)
    model = Model.mlp(5, (6, 4), 2, ["tanh", "softplus"], loss="huber")
    at = Loss(model, Dataset.from_observations(x, rng.standard_normal((400, 2)))).at()
    theta, e = rng.standard_normal((2, model.dimension))
    np.testing.assert_allclose(at.product(theta, e), at.hessian(theta) @ e, atol=1e-13)
    perceptron = Loss(Model.perceptron(2), Dataset.from_observations(x[:, 0], x[:, 1])).at()
    theta, e = rng.standard_normal((2, 4))
    np.testing.assert_allclose(perceptron.product(theta, e), perceptron.hessian(theta) @ e)


def test_lowest_eigenpairs_are_those_of_the_whole_hessian():
    x, rng = random_data(3, 60, 10)
    model = Model.mlp(10, (40,), 1)
    at = Loss(model, Dataset.from_observations(x, rng.standard_normal(60))).at(weight_decay=0.01)
    theta = rng.standard_normal(model.dimension)
    assert model.dimension > MOST_DENSE
    values, vectors = at.lowest_eigenpairs(theta, 3)
    hessian = at.hessian(theta)
    np.testing.assert_allclose(values, np.linalg.eigvalsh(hessian)[:3], rtol=1e-9)
    np.testing.assert_allclose(hessian @ vectors, vectors * values, atol=1e-9)
    with pytest.raises(InvalidInputError, match="count must be an integer of at least 1"):
        at.lowest_eigenpairs(theta, 0)


def test_a_teacher_of_several_inputs_gives_targets_noise_and_the_population():
    teacher = ["tanh(x1 - 2*x2)", "x1*x2"]
    model = Model.mlp(2, (3,), 2, teacher=teacher, input_scale=2)
    data = Dataset.sample(model, 50, seed=0)
    assert (data.x.shape, data.target.shape, data.noise.shape) == ((50, 2),) * 3
    np.testing.assert_allclose(data.target[:, 0], np.tanh(data.x[:, 0] - 2 * data.x[:, 1]))
    np.testing.assert_array_equal(data.first(7).x, Dataset.sample(model, 7, seed=0).x)
    population = Dataset.population(model)
    mean = population.weights @ population.target[:, 1] ** 2
    assert mean == pytest.approx(16.0, rel=1e-12)
    theta = np.random.default_rng(1).standard_normal(model.dimension)
    loss, taught = Loss(model, data), Dataset.from_arrays(data.x, model=model, noise=data.noise)
    residual = loss.predict(theta, data.x) - data.target - 0.3 * data.noise
    assert loss.value(theta, noise=0.3) == pytest.approx(0.5 * (residual**2).sum() / 50, rel=1e-13)
    assert Loss(model, taught).value(theta, noise=0.3) == loss.value(theta, noise=0.3)
    with pytest.raises(InvalidInputError, match="population of 4 inputs"):
        Dataset.population(Model.mlp(4, 2, teacher="x1"))


def descend(problem, theta, p):
    """Newton steps with the curvatures' sizes, to a minimum."""
    for _ in range(60):
        _, gradient, hessian, _ = problem.evaluate(theta, p)
        values, vectors = np.linalg.eigh(hessian)
        step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 0.02))
        theta = theta - step * min(1.0, 0.3 / np.abs(step).max())
    return theta


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [("weight_decay", 0.02, 0.03), ("noise", 0.1, 0.3), ("size", 40.0, 38.0)],
)
def test_a_minimum_is_followed_in_a_parameter(name, start, end):
    model = Model.mlp(2, (2,), teacher="tanh(x1) + x2", bias=False)
    loss = Loss(model, Dataset.sample(model, 40, seed=3))
    given = {k: v for k, v in (("noise", 0.1), ("weight_decay", 0.02)) if k != name}
    problem = loss.problem(name, **given)
    theta = descend(problem, np.array([1.0, 0.2, -0.1, 0.5, 1.0, 1.0]), start)
    limits = (min(start, end), max(start, end))
    branch = trace_branch(problem, theta, start, limits, direction=1 if end > start else -1)
    assert branch.p[-1] == pytest.approx(end)
    given[name] = end
    assert np.abs(loss.gradient(branch.x[-1], **given)).max() < 1e-9
    np.testing.assert_allclose(
        np.sort(branch.eigenvalues[-1]), np.linalg.eigvalsh(loss.hessian(branch.x[-1], **given))
    )


def test_the_homotopy_leads_from_the_population_to_the_data():
    model = Model.mlp(2, (2,), teacher="x1*x2")
    loss = Loss(model, Dataset.sample(model, 20, seed=1))
    theta = np.random.default_rng(2).standard_normal(model.dimension)
    problem = loss.problem("population", noise=0.4)
    ends = loss.population.gradient(theta), loss.gradient(theta, noise=0.4)
    _, gradient, _, slope = problem.evaluate(theta, 0.25)
    np.testing.assert_allclose(gradient, 0.75 * ends[0] + 0.25 * ends[1], rtol=1e-11)
    np.testing.assert_allclose(slope, ends[1] - ends[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "arguments", "words"),
    [
        (XOR, [0, 1, 1, 0], {"inputs": 3}, r"3 inputs: x must have shape \(n, 3\), not \(4, 2\)"),
        (XOR[:, 0], [0, 1, 1, 0], {"inputs": 2}, r"x must have shape \(n, 2\), not \(4,\)"),
        (XOR, XOR, {"inputs": 2}, r"1 outputs: y must have shape \(n,\), not \(4, 2\)"),
        (XOR, [-1, 1, 1, -1], {"inputs": 2, "loss": "logistic"}, "labels 0 and 1"),
        (XOR, [1, 2, 2, 3], {"inputs": 2, "outputs": 3, "loss": "softmax"}, "from 0 to 2"),
        (XOR, XOR, {"inputs": 2, "outputs": 2, "loss": "softmax"}, "must sum to 1"),
    ],
)
def test_data_that_do_not_fit_the_model_are_refused(x, y, arguments, words):
    with pytest.raises(InvalidInputError, match=words):
        Loss(Model.mlp(**arguments), Dataset.from_observations(x, y))


def test_a_perceptron_refuses_several_inputs():
    with pytest.raises(
        InvalidInputError, match=r"the model has 1 inputs: x must have shape \(n,\)"
    ):
        Loss(Model.perceptron(2), Dataset.from_observations(XOR, [0, 1, 1, 0]))
    with pytest.raises(InvalidInputError, match=r"y must be a vector of 4 numbers"):
        Dataset.from_observations(XOR, [0, 1, 1])


@pytest.mark.parametrize("loss", ["squared", "logistic", "softmax", "huber"])
def test_slopes_are_those_of_the_network_whatever_the_loss(loss):
    x, rng = random_data(7, 30, 3)
    y = rng.integers(0, 2, 30) if loss == "softmax" else rng.integers(0, 2, (30, 2))
    model = Model.mlp(3, (4,), 2, loss=loss, decay_biases=False)
    loss_of = Loss(model, Dataset.from_observations(x, y))
    theta, step = rng.standard_normal(model.dimension), 1e-6
    columns = [
        (loss_of.predict(theta + step * e, x) - loss_of.predict(theta - step * e, x)) / (2 * step)
        for e in np.eye(theta.size)
    ]
    expected = [np.sqrt((column**2).sum(axis=1).mean()) for column in columns]
    slopes = loss_of.at(weight_decay=0.3).slopes(theta)
    np.testing.assert_allclose(slopes, expected, rtol=1e-7, atol=1e-9)
    gradient = np.linalg.norm(loss_of.gradient(theta))
    assert gradient <= np.sqrt(2 * loss_of.value(theta)) * np.linalg.norm(slopes)
