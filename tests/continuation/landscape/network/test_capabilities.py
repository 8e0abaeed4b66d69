"""The table of capabilities: complete, asked by name, printed in the docs."""

import ast

import pytest

from continuation.errors import InvalidInputError
from continuation.landscape.network import CAPABILITIES, Capability, capabilities, capability_table
from symbolic import Model, fukumizu_amari, overparameterised, single_unit, three_units
from tests.sources import PATHS, ROOT, nodes

ASKED_BY_NAME = {"bias", "offset", "kind", "activation", "output_weights"}
"""Fields of a model: two of them in one condition are a predicate that wants a name."""

MODELS = {
    "two units": fukumizu_amari(),
    "one unit": single_unit(),
    "three units": three_units(),
    "four units": three_units().with_hidden(4),
    "a unit to spare": overparameterised(),
    "erf": Model.perceptron(hidden=2, activation="erf", teacher="erf(x)"),
    "logistic": Model.perceptron(hidden=2, activation="logistic"),
    "bias": Model.perceptron(hidden=2, bias=True, teacher="tanh(x)"),
    "bias and offset": Model.perceptron(hidden=1, bias=True, offset=True),
    "fixed": Model.perceptron(hidden=2, output_weights=[1, -1]),
    "formula": Model.from_expression("a*exp(b*x)", parameters=["a", "b"]),
    "vectors": Model.mlp(2, (2,)),
    "softplus": Model.perceptron(hidden=1, activation="softplus(2*u)/2", output_weights=[1]),
}

PLAIN_TANH = {"two units", "one unit", "three units", "four units", "a unit to spare"}
PLAIN_SIGMOID = PLAIN_TANH | {"erf"}
TWO = {"two units", "a unit to spare", "erf"}
SPLIT = TWO | {"three units", "four units", "logistic", "bias"}
TAUGHT = PLAIN_SIGMOID | {"bias"}
NO_FREE_OUTPUTS = {"fixed", "formula", "softplus", "vectors"}

EXPECTED = {
    "split lines": SPLIT,
    "a search that is exhaustive": TWO | {"one unit", "three units", "four units"},
    "fits from given starts and within bounds": {"formula"},
    "a search for ends at infinity, and flows to compound ends": {"three units", "four units"},
    "a search for ends at which units meet": {"logistic"},
    "a list of ends at infinity of units with bias": {"bias", "bias and offset"},
    "flows to jumps and exponential ends of units with bias": {"bias", "bias and offset"},
    "a list of ends at infinity of several inputs, and flows to them": {"vectors"},
    "the reduced loss of two input weights": TWO,
    "branches that know where they have come to": PLAIN_SIGMOID,
    "branches that go on at infinity": PLAIN_TANH,
    "labels of regions": TAUGHT,
    "a bound on the gradient at the optimum": TAUGHT,
    "a bound on the gradient over a manifold of optima": set(MODELS) - NO_FREE_OUTPUTS,
    "the theoretical optimum as one orbit": {"two units", "one unit"},
    "the blow-up at zero noise": {"three units", "a unit to spare", "erf"},
    "branches in the smoothing of kinks": {"softplus"},
    "a phase plane": {"one unit", "fixed", "formula"},
    "flows to a confluence": SPLIT,
    "flows to a linear end": TAUGHT,
    "flows to a step end": PLAIN_SIGMOID,
    "flows to the corner of two linear ends": PLAIN_SIGMOID - {"one unit"},
    "flows to the corner of a linear and a step end": PLAIN_SIGMOID - {"one unit"},
    "certificates of complete lists": TWO - {"erf"},
    "certificates of points, lines and basins": set(MODELS) - {"vectors"},
    "certificates of branches": PLAIN_TANH,
    "certificates of sets at infinity": PLAIN_TANH | {"bias", "bias and offset"},
    "certificates of the theoretical optimum": PLAIN_TANH | {"bias", "bias and offset"},
    "certificates that no optimum of a network is critical": set(MODELS)
    - {"fixed", "formula", "softplus"},
    "certificates of a unique minimum": set(MODELS) - {"bias", "bias and offset", "vectors"},
}


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda q: q.name)
def test_what_is_offered_for_which_models(capability):
    holds = {name for name, model in MODELS.items() if capability.holds(model)}
    assert holds == EXPECTED[capability.name]


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda q: q.name)
def test_a_refusal_gives_the_reason_and_what_came(capability):
    for name in set(MODELS) - EXPECTED[capability.name]:
        with pytest.raises(InvalidInputError) as refused:
            capability.require(MODELS[name])
        assert capability.reason in str(refused.value)
        assert f"{MODELS[name].dimension} weights" in str(refused.value)


def test_the_table_holds_every_capability_once():
    named = {id(q) for q in vars(capabilities).values() if isinstance(q, Capability)}
    assert {id(q) for q in CAPABILITIES} == named
    assert len({q.name for q in CAPABILITIES}) == len(CAPABILITIES)


def test_the_docs_print_the_table():
    assert capability_table() in (ROOT / "docs" / "capabilities.md").read_text(encoding="utf-8")


def asks_two_fields(condition):
    fields = [
        node.attr
        for node in ast.walk(condition)
        if isinstance(node, ast.Attribute)
        and node.attr in ASKED_BY_NAME
        and ast.unparse(node.value).split(".")[-1] in ("model", "self")
    ]
    return len(set(fields)) > 1


def compares_a_kind(node):
    texts = {getattr(side, "value", None) for side in (node.left, *node.comparators)}
    return bool(texts & {"perceptron", "expression", "tanh"}) and ".".join(
        [ast.unparse(node.left)]
    ).endswith(("model.kind", "model.activation", "self.kind", "self.activation"))


@pytest.mark.slow
def test_models_are_asked_by_name():
    for path in PATHS:
        if path.name in ("model.py", "capabilities.py"):
            continue
        for node in nodes(path):
            if isinstance(node, ast.BoolOp):
                place = f"{path.name}:{node.lineno}"
                assert not asks_two_fields(node), f"{place}: a predicate on models wants a name"
            if isinstance(node, ast.Compare):
                place = f"{path.name}:{node.lineno}"
                assert not compares_a_kind(node), f"{place}: ask the model by a predicate's name"
