"""No optimum of a network of layers is critical: the bound holds at optima, and is attained."""

import json

import numpy as np
import pytest

from continuation.certify import PROVED, REFUTED, UNDECIDED, certify_never_optimal, check
from continuation.landscape import Dataset, Loss
from symbolic import Model

NOISE = 0.2


def network(bias, outputs=2, activation="tanh"):
    """Two layers, and the weights with which the teacher was written."""
    rng = np.random.default_rng(0)
    W, V = np.round(rng.normal(size=(2, 2)), 2), np.round(rng.normal(size=(2, outputs)), 2)
    units = [f"tanh({W[0, k]}*x1 + {W[1, k]}*x2)" for k in range(2)]
    teacher = [f"{V[0, j]}*{units[0]} + {V[1, j]}*{units[1]}" for j in range(outputs)]
    model = Model.mlp(2, (2,), outputs, activation=activation, bias=bias, teacher=teacher)
    zeros = [np.zeros(2), np.zeros(outputs)] if bias else ()
    return model, model.pack([W, V], zeros), np.linalg.norm(V)


def bound(certificate):
    return float.fromhex(certificate.claim["bound"])


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("given", [{}, {"size": 7.5}])
def test_the_gradient_at_the_optimum_is_above_the_bound(bias, given):
    model, optimum, size = network(bias)
    loss = Loss(model, Dataset.sample(model, 12, 3))
    assert loss.value(optimum) == pytest.approx(0.0, abs=1e-20)
    certificate = certify_never_optimal(loss, noise=NOISE, **given)
    gradient = loss.gradient(optimum, noise=NOISE, **given)
    assert certificate.verdict == PROVED
    assert check(certificate).accepted
    assert check(certificate).statement == certificate.statement
    matrices, biases = model.unpack(gradient)
    if bias:
        assert bound(certificate) == pytest.approx(np.linalg.norm(biases[-1]), rel=1e-10)
    else:
        assert 0.0 < bound(certificate) / size <= np.linalg.norm(matrices[-1])


def test_data_with_weights_and_kinks_have_a_bound():
    model, *_ = network(False, outputs=1, activation="relu")
    x = np.random.default_rng(1).normal(size=(6, 2))
    noise, weights = np.arange(6.0) - 1.0, np.arange(1.0, 7.0)
    data = Dataset.from_arrays(x, model=model, noise=noise, weights=weights)
    certificate = certify_never_optimal(Loss(model, data), noise=NOISE)
    exact = NOISE * abs(np.sum(data.weights * data.target * data.noise))
    assert bound(certificate) == pytest.approx(exact, rel=1e-12)
    assert check(certificate).accepted


def test_a_perceptron_of_another_activation_is_one_of_them():
    model = Model.perceptron(hidden=2, activation="erf", teacher="erf(x)")
    certificate = certify_never_optimal(Loss(model, Dataset.sample(model, 20, 0)), noise=NOISE)
    assert certificate.proved
    assert check(certificate).accepted


def test_what_is_not_stated_is_left_open_with_the_reason():
    model, *_ = network(True)
    loss = Loss(model, Dataset.sample(model, 8, 0))
    assert certify_never_optimal(loss).verdict == REFUTED
    decaying = certify_never_optimal(loss, noise=NOISE, weight_decay=0.1)
    assert (decaying.verdict, "decay" in decaying.reason) == (UNDECIDED, True)
    seen = Loss(model, Dataset.from_observations(loss.data.x, loss.data.target))
    assert "no teacher" in certify_never_optimal(seen).reason
    silent = Dataset.from_arrays(loss.data.x, model=network(False)[0], noise=0 * loss.data.noise)
    assert certify_never_optimal(Loss(network(False)[0], silent), noise=NOISE).verdict == REFUTED
    balanced = np.tile([[1.0], [-1.0]], (4, 2))
    even = Dataset.from_arrays(np.repeat(loss.data.x[:4], 2, axis=0), model=model, noise=balanced)
    assert "separated" in certify_never_optimal(Loss(model, even), noise=NOISE).reason


def test_a_changed_certificate_is_refused():
    model, *_ = network(True)
    loss = Loss(model, Dataset.sample(model, 5, 0))
    whole = json.loads(certify_never_optimal(loss, noise=NOISE).to_json())
    raised = (float.fromhex(whole["claim"]["bound"]) * (1 + 1e-9)).hex()
    huber = model.to_json().replace('"squared"', '"huber"')
    plain = {**whole["problem"], "model": network(False)[0].to_json()}
    assert check(json.dumps(whole)).accepted
    for record in (
        {**whole, "claim": {**whole["claim"], "bound": raised}},
        {**whole, "problem": {**whole["problem"], "sigma": (0.1).hex()}},
        {**whole, "problem": {**whole["problem"], "weight_decay": (0.1).hex()}},
        {**whole, "problem": plain},
        {**whole, "problem": {**whole["problem"], "model": huber}},
        {**whole, "problem": {**whole["problem"], "target": whole["problem"]["noise"]}},
        {**whole, "problem": {**whole["problem"], "noise": whole["problem"]["noise"][:-1]}},
        {**whole, "problem": {**whole["problem"], "x": whole["problem"]["x"][:-2]}},
        {**whole, "verdict": "REFUTED", "claim": {}},
    ):
        assert not check(json.dumps(record)).accepted
