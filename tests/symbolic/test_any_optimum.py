"""At any optimum of any network the noise leaves a gradient: proved, checked, and measured."""

import json

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from symbolic import Model, check, verify
from symbolic.theorems import any_optimum, symmetry
from symbolic.verdict import PROVED, REFUTED

SHAPES = {
    "layers": lambda: Model.mlp(2, (3, 2), 2),
    "no biases": lambda: Model.mlp(3, (2,), 2, activation="relu", bias=False),
    "given output weights": lambda: Model.mlp(
        2, (2,), 2, output_weights=[[1, 2], [3, 4]], offset=0
    ),
    "linear": lambda: Model.mlp(2, (), 2, bias=False),
    "one output": lambda: Model.mlp(1, (2, 2), activation=("silu", "abs"), offset=False),
}
STATED = {
    "layers": any_optimum.BIASED,
    "no biases": any_optimum.ALL,
    "given output weights": any_optimum.ONE,
    "linear": any_optimum.ALL,
    "one output": any_optimum.ALL,
}


@pytest.mark.parametrize("name", SHAPES)
def test_it_is_proved_for_networks_of_layers(name):
    (verdict,) = verify(SHAPES[name]())
    assert (verdict.verdict, verdict.reason, verdict.statement) == (PROVED, "", STATED[name])
    assert any("layers" in line for line in verdict.assumptions)
    content = json.loads(verdict.certificate)
    for other in {*any_optimum.STATEMENTS} - {verdict.statement}:
        assert not check(json.dumps({**content, "statement": other}))
    for claim, formula in content["claims"].items():
        changed = {**content["claims"], claim: f"2*({formula})"}
        assert not check(json.dumps({**content, "claims": changed}))
        missing = {k: v for k, v in content["claims"].items() if k != claim}
        assert not check(json.dumps({**content, "claims": missing}))


def test_a_false_gradient_is_refuted():
    for claim in any_optimum.CLAIMS:
        claims = {**any_optimum.CLAIMS, claim: f"-({any_optimum.CLAIMS[claim]})"}
        assert any_optimum.prove(SHAPES["layers"](), claims).verdict == REFUTED


def test_losses_without_noise_have_no_such_theorem():
    assert list(verify(Model.mlp(2, (2,), 3, loss="softmax"))) == []


def text_of(model, change):
    fields = json.loads(model.to_json())
    return json.dumps(change(fields) or fields, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f["network"].update(hidden=[3]),
        lambda f: f["network"].update(outputs=0),
        lambda f: f["network"].update(more=1),
        lambda f: f["network"].update(output_weights=[[1.0, 2.0]]),
        lambda f: f["network"].update(offset=1),
        lambda f: f["network"].update(teachers=["x1"]),
        lambda f: f.update(hidden=4),
        lambda f: f.update(offset=False),
        lambda f: f.update(activation="relu"),
        lambda f: f.update(kind="perceptron"),
    ],
)
def test_the_fields_of_layers_have_one_spelling(change):
    model = SHAPES["layers"]()
    content = json.loads(next(verify(model)).certificate)
    assert check(json.dumps({**content, "model": text_of(model, lambda f: None)}))
    assert not check(json.dumps({**content, "model": text_of(model, change)}))


def test_other_theorems_do_not_speak_of_layers():
    content = json.loads(symmetry.prove(Model.perceptron(1)).certificate)
    assert check(json.dumps(content))
    assert not check(json.dumps({**content, "model": SHAPES["layers"]().to_json()}))


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_at_the_optimum_is_the_one_that_is_stated(seed):
    """A network taught by its own outputs; three of its sums against the loss itself."""
    rng = np.random.default_rng(seed)
    model = Model.mlp(2, (2, 3), 2, teacher=["x1", "x2"])
    x, eps = rng.normal(size=(7, 2)), rng.normal(size=(7, 2))
    theta, sigma = rng.normal(size=model.dimension), 0.3
    taught = model.layered.arguments(theta, x)[-1]
    loss = Loss(model, Dataset(x, taught, eps, None, "arrays"))
    matrices, biases = model.unpack(loss.gradient(theta, noise=sigma))
    weights, offsets = model.unpack(theta)
    contracted = weights[-1].T @ matrices[-1] + np.outer(offsets[-1], biases[-1])
    assert contracted == pytest.approx(-sigma * taught.T @ eps / 7, rel=1e-10)
    assert biases[-1] == pytest.approx(-sigma * eps.mean(axis=0), rel=1e-10)
    step, e = 1e-6, rng.normal(size=theta.size)
    J = (loss_outputs(model, theta + step * e, x) - loss_outputs(model, theta - step * e, x)) / step
    slope = -sigma * np.sum(J / 2 * eps) / 7
    assert loss.gradient(theta, noise=sigma) @ e == pytest.approx(slope, rel=1e-6)


def loss_outputs(model, theta, x):
    return model.layered.arguments(theta, x)[-1]
