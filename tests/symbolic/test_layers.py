"""Kernels of networks of layers against a network written by hand, sample by sample."""

from functools import cached_property

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from symbolic import Model, ModelError, load_kernels
from tests.symbolic import networks_of_layers as by_hand

RHO = 0.03


class Case:
    """A random network on random data; its formulas are derived when a test first asks for them."""

    def __init__(
        self, seed, widths, activations, loss="squared", bias=True, offset=True, scale=1.0
    ):
        rng = np.random.default_rng(seed)
        self.widths, self.names, self.loss = widths, activations, loss
        self.bias, self.offset = bias, offset
        d, *_, m = widths
        n = 7
        self.x = rng.standard_normal((n, d)) * scale
        self.y, self.noise = rng.standard_normal((2, n, m))
        if loss in ("logistic", "softmax"):
            self.y = rng.dirichlet(np.ones(m + 1), n)[:, :m] if loss == "logistic" else (
                rng.dirichlet(np.ones(m), n)
            )  # fmt: skip
            self.noise = np.zeros((n, m))
        self.weights = rng.dirichlet(np.ones(n))
        self.rng, self.scale = rng, scale

    @cached_property
    def model(self):
        d, *hidden, m = self.widths
        return Model.mlp(
            d, hidden, m, self.names, self.bias,
            loss=self.loss, offset=self.offset, huber=0.7, decay_biases=False,
        )  # fmt: skip

    @cached_property
    def kernels(self):
        return load_kernels(self.model)

    @cached_property
    def unit(self):
        unit = np.ones(self.model.dimension)
        unit[: self.widths[0] * self.widths[1]] /= self.scale
        return unit

    @cached_property
    def theta(self):
        return self.rng.standard_normal(self.unit.size) * self.unit

    def call(self, name, theta, p, direction=None, code=0, size=7.0, weighted=True):
        rows = [self.x.T, self.y.T, self.noise.T, *([self.weights[None]] if weighted else [])]
        data = np.ascontiguousarray(np.vstack(rows))
        constants = np.array([code, 0.2, RHO, size, 1.0, 0.0])
        d = theta.size
        F, J, Fp = np.zeros(d), np.zeros((max(d, 3), d))[: max(d, 3)], np.zeros(max(d, 5))
        J = J if direction is not None else np.zeros((d, d))
        Fp = Fp if direction is not None else np.zeros(d)
        if direction is not None:
            J[0] = direction
        work = self.kernels.scratch()
        value = getattr(self.kernels, name)(theta, p, constants, data, work, F, J, Fp)
        return value, F, J, Fp

    def loss_by_hand(self, theta, sigma=0.2, weights=None):
        weights = self.weights if weights is None else weights
        total = 0.0
        for x, y, e, share in zip(self.x, self.y, self.noise, weights, strict=True):
            f = by_hand.network(theta, x, self.widths, self.names, self.bias, self.offset)
            total += share * by_hand.sample_loss(f, y + sigma * e, self.loss, 0.7)
        for matrix, _ in by_hand.split(theta, self.widths, self.bias, self.offset):
            total += RHO / 2 * sum(w * w for row in matrix for w in row)
        return total


CASES = [
    Case(0, (1, 2, 2), ["tanh"], bias=False, offset=False),
    Case(1, (2, 3, 1), ["logistic"]),
    Case(2, (3, 5, 1), ["softplus"], "logistic", scale=1e3),
    Case(3, (2, 2, 3, 2), ["sin", "tanh"], scale=1e-3),
    Case(4, (1, 2, 2, 2, 1), ["tanh", "silu", "logistic"], bias=False),
    Case(5, (2, 3, 3), ["u*tanh(u/2) - cos(u)"], "softmax", offset=False),
    Case(6, (4, 2, 2, 2), ["1/(1 + exp(-4*u)) + log(1 + exp(u))", "identity"], "huber"),
    Case(7, (2, 4, 3, 1), ["relu", "leaky_relu"], "logistic"),
    Case(8, (2, 3, 2), ["abs"], "huber", scale=1e4),
    Case(9, (3, 2), [], "softmax"),
    Case(10, (2, 3, 1), ["softplus(3*u)/3"], bias=False, offset=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.widths} {c.loss}")
def test_value_gradient_and_hessian_are_those_written_by_hand(case):
    value, F, J, _ = case.call("evaluate", case.theta, 0.2)
    reference = by_hand.gradient(case.loss_by_hand, case.theta)
    size = 1.0 + np.abs(reference)
    assert value == pytest.approx(complex(case.loss_by_hand(case.theta)).real, rel=1e-13)
    np.testing.assert_allclose(F / size, reference / size, atol=1e-13)
    short, gradient, *_ = case.call("gradient", case.theta, 0.2)
    assert short == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(gradient / size, F / size, atol=1e-14)
    measured = J * np.outer(case.unit, case.unit)
    for a, step in enumerate(1e-6 * np.diag(case.unit)):
        ahead, behind = (case.call("gradient", case.theta + s * step, 0.2)[1] for s in (1.0, -1.0))
        slope = (ahead - behind) / 2e-6 * case.unit
        np.testing.assert_allclose(measured[a], slope, atol=2e-9 * (1.0 + np.abs(measured).max()))
    np.testing.assert_array_equal(J, J.T)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.widths} {c.loss}")
def test_products_and_jets_are_those_of_the_hessian_along_the_direction(case):
    rng = np.random.default_rng(5)
    e = rng.standard_normal(case.theta.size) * np.abs(case.theta)
    value, F, J, _ = case.call("evaluate", case.theta, 0.2)
    _, G, rows, _ = case.call("product", case.theta, 0.2, e)
    scale = np.abs(J) @ np.abs(e) + np.abs(F)
    np.testing.assert_allclose(G, F, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(rows[1] / scale, J @ e / scale, atol=1e-12)
    _, G, rows, taylor = case.call("jet", case.theta, 0.2, e)
    h = 1e-4
    near = {s: case.call("product", case.theta + s * h * e, 0.2, e)[2][1] for s in (-2, -1, 1, 2)}
    third = (8 * (near[1] - near[-1]) - (near[2] - near[-2])) / (12 * h)
    fourth = (-near[2] - near[-2] + 16 * (near[1] + near[-1]) - 30 * (J @ e)) / (12 * h * h)
    size = np.abs(third).max() + np.abs(J @ e).max()
    np.testing.assert_allclose(rows[1], third, atol=1e-8 * size)
    np.testing.assert_allclose(rows[2], fourth, atol=2e-5 * (size + np.abs(fourth).max()))
    np.testing.assert_allclose(
        taylor[:5], [value, e @ F, e @ J @ e, e @ rows[1], e @ rows[2]], rtol=1e-10
    )


@pytest.mark.parametrize("case", CASES[:2] + CASES[6:7], ids=lambda c: f"{c.widths} {c.loss}")
def test_derivatives_by_noise_size_and_weight_decay(case):
    h = 1e-6
    for code, p, size, weighted in ((0, 0.3, 7.0, True), (1, 4.4, 4.4, False), (2, 0.5, 7.0, True)):
        *_, Fp = case.call("evaluate", case.theta, p, None, code, size, weighted)
        ahead, behind = (
            case.call("gradient", case.theta, p + s, None, code, size, weighted)[1] for s in (h, -h)
        )
        np.testing.assert_allclose(Fp, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("widths", "activations", "loss"),
    [
        ((2, 3, 2), ["softplus(4*u)/4"], "huber"),
        ((3, 2, 3, 3), ["u/3 - 2*softplus(-4*u)", "tanh"], "softmax"),
        ((2, 2, 2, 1), ["leaky_relu", "abs"], "logistic"),
        ((1, 2, 2, 2, 1), ["sin", "relu", "relu"], "squared"),
    ],
)
@pytest.mark.parametrize("smoothing", [0.25, 3e-3])
def test_derivatives_by_the_smoothing_of_kinks(widths, activations, loss, smoothing):
    case, h = Case(3, widths, activations, loss), 1e-4 * smoothing
    *_, Fp = case.call("evaluate", case.theta, smoothing, None, 4)
    near = {
        s: case.call("gradient", case.theta, smoothing + s * h, None, 4)[1] for s in (-2, -1, 1, 2)
    }
    slope = (8 * (near[1] - near[-1]) - (near[2] - near[-2])) / (12 * h)
    np.testing.assert_allclose(Fp, slope, atol=1e-7 * (1.0 + np.abs(slope).max()))
    _, F, J, _ = case.call("evaluate", case.theta, smoothing, None, 4)
    changed = case.model.smoothed(smoothing)
    assert changed.smoothing == pytest.approx(smoothing, rel=1e-15)
    case.kernels = load_kernels(changed)
    _, G, K, _ = case.call("evaluate", case.theta, 0.2)
    np.testing.assert_allclose(F, G, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(J, K, rtol=1e-12, atol=1e-13)


def test_a_smoothing_of_zero_is_the_network_with_kinks():
    smooth, kinked = (Case(7, (2, 4, 3, 1), names) for names in (["softplus"] * 2, ["relu"] * 2))
    assert smooth.model.smoothed(0.0) == kinked.model
    assert (smooth.model.smoothing, kinked.model.smoothing) == (1.0, 0.0)
    *_, Fp = smooth.call("evaluate", smooth.theta, 0.0, None, 4)
    assert not Fp.any()
    here, there = (c.call("evaluate", c.theta, 0.0, None, 4) for c in (smooth, kinked))
    for mine, theirs in zip(here, there, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_what_has_no_kinks_has_no_smoothing():
    for activation in ("tanh", ["softplus", "softplus(2*u)"], "u*softplus(u)"):
        model = Model.mlp(2, (2,) * (2 if isinstance(activation, list) else 1), 1, activation)
        assert model.smoothing is None
        with pytest.raises(ModelError, match="with one b in all layers"):
            model.smoothed(0.1)
    with pytest.raises(ModelError, match="smoothing must be >= 0"):
        Model.mlp(2, (2,), activation="relu").smoothed(-0.1)
    assert Model.mlp(hidden=(2,), activation="relu").smoothed(0.5).activation == "softplus(2*u)/2"


def test_given_output_weights_are_no_weights():
    given = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]
    free = Model.mlp(2, (3,), 2, bias=True)
    model = Model.mlp(2, (3,), 2, bias=True, output_weights=given)
    rng = np.random.default_rng(3)
    data, theta = rng.standard_normal((6, 9)), rng.standard_normal(model.dimension)
    constants, places = np.array([0, 0.0, RHO, 9.0, 1.0, 0.0]), np.r_[0:9, 15:17]
    whole = np.concatenate([theta[:9], np.ravel(given), theta[9:]])
    found = [
        (load_kernels(m), t, np.zeros(len(t)), np.zeros((len(t), len(t))), np.zeros(len(t)))
        for m, t in ((model, theta), (free, whole))
    ]
    for kernels, t, F, J, Fp in found:
        kernels.evaluate(t, 0.1, constants, data, kernels.scratch(), F, J, Fp)
    (_, _, F, J, Fp), (_, _, G, K, Gp) = found
    np.testing.assert_allclose(F, G[places], rtol=1e-13)
    np.testing.assert_allclose(J, K[np.ix_(places, places)], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(Fp, Gp[places], rtol=1e-13)


def test_one_input_and_layer_is_the_perceptron():
    assert Model.mlp(1, (3,), bias=False) == Model.perceptron(3)
    assert Model.mlp(1, 2, teacher="tanh(x)") == Model.perceptron(
        2, bias=True, offset=True, teacher="tanh(x)"
    )
    model = Model.perceptron(2, bias=True, offset=True)
    theta = np.arange(7.0)
    weights, biases = model.unpack(theta)
    assert [w.tolist() for w in weights] == [[[0.0, 1.0]], [[4.0], [5.0]]]
    assert [b.tolist() for b in biases] == [[2.0, 3.0], [6.0]]
    np.testing.assert_array_equal(model.pack(weights, biases), theta)
    x = np.linspace(-2, 2, 5)
    layered = Model.mlp(1, (2,), loss="huber")
    np.testing.assert_allclose(
        load_kernels(layered).outputs(theta, x), load_kernels(model).outputs(theta, x), rtol=1e-14
    )


def test_weights_are_packed_and_unpacked_layer_by_layer():
    model = Model.mlp(3, (4, 2), 2, ["tanh", "relu"], offset=False)
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(s) for s in ((3, 4), (4, 2), (2, 2))]
    biases = [rng.standard_normal(4), rng.standard_normal(2), None]
    theta = model.pack(weights, biases)
    x = rng.standard_normal((6, 3))
    hidden = np.maximum(np.tanh(x @ weights[0] + biases[0]) @ weights[1] + biases[1], 0.0)
    np.testing.assert_allclose(load_kernels(model).outputs(theta, x), hidden @ weights[2])
    for found, given in zip(model.unpack(theta)[0], weights, strict=True):
        np.testing.assert_array_equal(found, given)
    assert model.parameter_names[12:16] == ("b1_1", "b1_2", "b1_3", "b1_4")
    assert Model.from_json(model.to_json()) == model


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"inputs": 0}, "whole number from 1"),
        ({"hidden": (2, 0)}, "whole number from 1"),
        ({"hidden": "23"}, "widths such as"),
        ({"inputs": 2, "activation": "rleu"}, "unknown activation 'rleu'; known: tanh"),
        ({"inputs": 2, "activation": "tanh(u**2)"}, "sums of"),
        ({"inputs": 2, "activation": ["tanh", "tanh"]}, "as many activations"),
        ({"loss": "mse"}, "loss must be one of squared"),
        ({"loss": "softmax"}, "two outputs or more"),
        ({"inputs": 2, "loss": "logistic", "teacher": "x1"}, "needs labels"),
        ({"inputs": 2, "outputs": 2, "teacher": "x1"}, "as many formulas"),
        ({"inputs": 2, "output_weights": [1.0]}, "2 x 1 finite numbers"),
        ({"inputs": 200, "hidden": (200,)}, "between 1 and 20000"),
    ],
)
def test_arguments_without_sense_are_refused(arguments, words):
    with pytest.raises(ModelError, match=words):
        Model.mlp(**arguments)


@pytest.mark.parametrize(
    ("weights", "biases", "words"),
    [
        ([np.ones((2, 3))], [np.ones(3), np.ones(1)], "2 layers need as many"),
        ([np.ones((3, 2)), np.ones((3, 1))], [np.ones(3), np.ones(1)], r"layer 1 must .*\(2, 3\)"),
        ([np.ones((2, 3)), np.ones((3, 1))], [np.ones(3), None], "biases of layer 2 .* nothing"),
    ],
)
def test_weights_of_another_shape_are_refused(weights, biases, words):
    with pytest.raises(ModelError, match=words):
        Model.mlp(2, (3,)).pack(weights, biases)


MIXED = np.array([[1.0, 2.0], [-0.5, 0.7]])
TURNED = np.array([[0.6, 0.8], [-0.8, 0.6]])
RELU = {"activation": "relu"}
SOFTMAX = {"outputs": 3, "loss": "softmax"}
PLAIN = {"activation": "identity"}
HALF = {"decay_biases": False}


@pytest.mark.parametrize(
    ("given", "decay", "change"),
    [
        (RELU, 0.0, lambda w, v, b, c: (w * [3.0, 0.2], v / [[3.0], [0.2]], b * [3.0, 0.2], c)),
        ({"activation": "0.6*u + 0.4*Abs(u)"}, 0.0,
         lambda w, v, b, c: (w * [3.0, 0.2], v / [[3.0], [0.2]], b * [3.0, 0.2], c)),
        (SOFTMAX, 0.0, lambda w, v, b, c: (w, np.add(v, [[2.0], [-1.0]]), b, c + 0.7)),
        (SOFTMAX | HALF, 0.1, lambda w, v, b, c: (w, v, b, c + 0.7)),
        (PLAIN, 0.0, lambda w, v, b, c: (w @ MIXED, np.linalg.solve(MIXED, v), b @ MIXED, c)),
        (PLAIN, 0.1, lambda w, v, b, c: (w @ TURNED, TURNED.T @ v, b @ TURNED, c)),
        (PLAIN | HALF, 0.1, lambda w, v, b, c: (w, v, np.add(b, [0.3, 1.0]), c - [0.3, 1.0] @ v)),
    ],
)  # fmt: skip
def test_changes_of_the_weights_that_leave_the_loss_are_said(given, decay, change):
    model, rng = Model.mlp(2, (2,), **given), np.random.default_rng(8)
    x, theta = rng.standard_normal((20, 2)), rng.standard_normal(model.dimension)
    y = rng.integers(0, 3, 20) if model.loss == "softmax" else rng.standard_normal(20)
    at = Loss(model, Dataset.from_observations(x, y)).at(weight_decay=decay)
    (w, v), (b, c) = model.unpack(theta)
    w, v, b, c = change(w, v, b, c)
    assert at.value(model.pack([w, v], [b, c])) == pytest.approx(at.value(theta), rel=1e-13)
    assert len(model.continua(decays=decay > 0.0)) == 1


@pytest.mark.parametrize(
    ("given", "decays"),
    [
        ({}, False),
        (RELU, True),
        (RELU | HALF, True),
        (SOFTMAX, True),
        ({"loss": "logistic"}, False),
    ],
)
def test_other_losses_have_isolated_points(given, decays):
    assert Model.mlp(2, (2,), **given).continua(decays=decays) == ()
    assert Model.perceptron(2).continua(decays=False) == ()
