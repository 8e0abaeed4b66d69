"""The layout of θ: what it says agrees with the names of the weights, and nobody else counts."""

import ast

import numpy as np
import pytest

from continuation.landscape.network import Layout, join_plain, split_plain
from symbolic import Model
from tests.sources import ROOT, files, nodes

MODELS = {
    "plain": Model.perceptron(hidden=3),
    "one unit": Model.perceptron(hidden=1),
    "bias": Model.perceptron(hidden=2, bias=True),
    "bias and offset": Model.perceptron(hidden=3, bias=True, offset=True),
    "fixed": Model.perceptron(hidden=2, output_weights=[1, -1], offset=True),
    "formula": Model.from_expression("a*exp(b*x)", parameters=["a", "b"]),
}

OWN_ARITHMETIC = ("continuation/certify/checker", "continuation/certify/enclosures")
"""What checks a proof shares nothing with what found it; enclosures walk lists of balls."""

COUNTS = {"hidden", "HIDDEN", "blocks"}
"""Words for the number of units or of their weights: a product with one of them is a place."""


@pytest.fixture(params=MODELS, name="model")
def _model(request):
    return MODELS[request.param]


def test_places_have_the_names_of_the_model(model):
    layout, names = Layout.of(model), model.parameter_names
    assert layout.dimension == model.dimension
    for k in range(layout.hidden):
        inputs = [names[i] for i in layout.input_places(k)]
        assert inputs == [f"{letter}_{k + 1}" for letter in "wc"[: layout.inputs]]
        if layout.outputs:
            assert names[layout.output_place(k)] == f"v_{k + 1}"


def test_kinds_of_weights_are_views_of_the_named_ones(model):
    layout = Layout.of(model)
    theta = np.arange(1.0, model.dimension + 1)
    for part, letter in (
        (layout.input_weights, "w"),
        (layout.biases, "c"),
        (layout.output_weights, "v"),
    ):
        named = [t for t, name in zip(theta, model.parameter_names, strict=True) if layout.hidden]
        expected = [
            t
            for t, name in zip(named, model.parameter_names, strict=False)
            if name.startswith(letter + "_")
        ]
        assert part(theta).tolist() == expected
    part = layout.input_weights(theta)
    part[:] = 0.0
    assert np.count_nonzero(theta) == model.dimension - layout.hidden


def test_units_are_rows_and_join_undoes_split(model):
    layout = Layout.of(model)
    theta = np.random.default_rng(0).standard_normal(model.dimension)
    units, rest = layout.split(theta)
    assert units.shape == (layout.hidden, layout.blocks)
    assert np.array_equal(layout.join(units, rest), theta)
    owners = layout.unit_of_each_weight()
    for k in range(layout.hidden):
        assert sorted(units[k]) == sorted(theta[owners == k])
    assert np.array_equal(rest, theta[owners == -1])


def test_linear_weights_are_those_in_which_the_network_is_linear(model):
    layout = Layout.of(model)
    names = model.parameter_names[layout.linear :]
    assert all(name.startswith(("v_", "b_0")) or not layout.hidden for name in names)


def test_another_number_of_units_is_another_model():
    model = MODELS["bias and offset"]
    layout = Layout.of(model)
    assert layout.with_hidden(5) == Layout.of(model.with_hidden(5))
    for hidden in range(4):
        count = layout.with_hidden(hidden).dimension
        assert layout.units_in(count) == hidden
        assert layout.units_in(count + 1) is None
    assert layout.units_in(0) is None
    expression = Layout.of(MODELS["formula"])
    assert expression.units_in(expression.rest) == 0
    assert expression.units_in(expression.rest + 1) is None


def test_plain_units():
    w, v = split_plain(np.array([1.0, 2.0, 3.0, 4.0]))
    assert w.tolist() == [1.0, 2.0]
    assert v.tolist() == [3.0, 4.0]
    assert join_plain(w, v).tolist() == [1.0, 2.0, 3.0, 4.0]


def sources():
    room = ROOT / "continuation" / "landscape" / "network" / "weights.py"
    for folder in ("landscape", "certify", "storage", "commands"):
        for path in sorted((ROOT / "continuation" / folder).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if path != room and not place.startswith(OWN_ARITHMETIC):
                yield path
    yield from files("figures")


def last_word(node):
    if isinstance(node, ast.Subscript):
        return last_word(node.slice)
    return getattr(node, "attr", getattr(node, "id", ""))


def counts_places(node):
    """`blocks * hidden`, `i % hidden`: where something lies in θ."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Mod)):
        return False
    repeats = isinstance(node.left, ast.Tuple | ast.List)
    return not repeats and bool({last_word(node.left), last_word(node.right)} & COUNTS)


def halves_weights(node):
    """`theta[: theta.size // 2]`, `np.split(theta, 2)`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
        return ast.unparse(node).endswith((".size // 2", "len(theta) // 2"))
    splits = isinstance(node, ast.Call) and ast.unparse(node.func) == "np.split"
    return splits and ast.unparse(node.args[1]) == "2"


def test_nobody_else_knows_where_weights_lie():
    for path in sources():
        for node in nodes(path):
            if counts_places(node) or halves_weights(node):
                place = f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
                raise AssertionError(f"{place}: the layout knows where weights lie")
