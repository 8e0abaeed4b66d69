import json

import numpy as np
import pytest
import sympy as sp

from symbolic import (
    PRESETS,
    FormulaError,
    Model,
    ModelError,
    fukumizu_amari,
    maleknia_sato,
    overparameterised,
    single_unit,
)

MODELS = [
    *(make() for make in PRESETS.values()),
    Model.perceptron(3, "erf", output_weights=[1, 0.1, -2], bias=True, teacher="sin(x)/3"),
    Model.perceptron(2, "u/(1 + u**2)", offset=True, input_scale=0.5),
    Model.from_expression("b1*(1 - exp(-b2*t))", ["b1", "b2"], input="t", teacher="0.3*t"),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.digest[:6])
def test_json_round_trip(model):
    again = Model.from_json(model.to_json())
    assert again == model
    assert hash(again) == hash(model)
    assert again.digest == model.digest
    assert len(model.parameter_names) == model.dimension


def test_digests_tell_models_apart():
    assert len({model.digest for model in MODELS}) == len(MODELS)


def test_a_law_of_inputs_is_part_of_the_model_and_the_usual_one_is_not_written():
    usual, other = (
        Model.perceptron(1, teacher="x", input_law=law) for law in ("normal", "uniform")
    )
    assert usual == Model.perceptron(1, teacher="x")
    assert "input_law" not in usual.to_json()
    assert Model.from_json(other.to_json()) == other != usual
    layers = Model.mlp(2, (3, 2), teacher="x1 + x2", input_law="uniform")
    assert Model.from_json(layers.to_json()).input_law == "uniform"
    assert PRESETS["single_unit"].variant(input_law="uniform").input_law == "uniform"
    with pytest.raises(ModelError, match="normal, uniform, got 'cauchy'"):
        Model.perceptron(1, input_law="cauchy")


def test_presets():
    model = fukumizu_amari()
    assert model == Model.perceptron(hidden=2, teacher="2*tanh(x) - tanh(4*x)", input_scale=2)
    assert sorted(model.teacher_units) == [(1.0, 2.0), (4.0, -1.0)]
    assert overparameterised().teacher_units == ((1.0, 1.0),)
    assert single_unit().dimension == 2
    paper = maleknia_sato()
    assert paper == Model.perceptron(hidden=2, teacher="2*tanh(x)", input_scale=2)
    assert (PRESETS["maleknia_sato"].size, PRESETS["maleknia_sato"].noise) == (100, 0.2)
    assert all(preset() == preset.make() == preset.variant() for preset in PRESETS.values())
    assert PRESETS["fukumizu_amari"].variant(3, bias=True) == Model.perceptron(
        3, bias=True, teacher="2*tanh(x) - tanh(4*x)", input_scale=2
    )
    assert PRESETS["single_unit"].variant(
        activation="sin", teacher="x", input_scale=0.5, offset=True
    ) == Model.perceptron(1, "sin", offset=True, teacher="x", input_scale=0.5)
    assert model.parameter_names == ("w_1", "w_2", "v_1", "v_2")
    with pytest.raises(AttributeError):
        model.hidden = 3


def test_order_of_parameters():
    model = Model.perceptron(2, bias=True, offset=True)
    assert model.parameter_names == ("w_1", "w_2", "c_1", "c_2", "v_1", "v_2", "b_0")
    fixed = Model.perceptron(2, output_weights=(1, -1), offset=True)
    assert fixed.parameter_names == ("w_1", "w_2", "b_0")
    assert not fixed.free_output


def test_expression_is_the_network():
    w, c, v, b, x = sp.symbols("w_1 c_1 v_1 b_0 x", real=True)
    model = Model.perceptron(1, bias=True, offset=True)
    assert model.expression == v * sp.tanh(w * x + c) + b


@pytest.mark.parametrize(
    ("activation", "odd"),
    [("tanh", True), ("erf", True), ("sin", True), ("logistic", False), ("softplus", False),
     ("u/(1 + u**2)", True), ("cos(u)", False), ("u + 0.1*u**2", False)],
)  # fmt: skip
def test_oddness_is_proved(activation, odd):
    assert Model.perceptron(1, activation).is_odd is odd


def test_activation_given_as_formula_of_a_name_is_that_activation():
    assert Model.perceptron(1, "tanh(u)") == Model.perceptron(1)


@pytest.mark.parametrize("activation", ["tanh", "erf", "logistic", "softplus", "sin", "atan(u)"])
def test_activation_functions(activation):
    model = Model.perceptron(1, activation)
    u = np.linspace(-3, 3, 7)
    rows = model.activation_functions(4)(u)
    symbol = sp.Symbol("u", real=True)
    phi = model.activation_expr
    phi = phi.rewrite(sp.exp) if activation in ("logistic", "softplus") else phi
    for order in range(5):
        exact = sp.diff(phi, symbol, order)
        expected = [float(exact.subs(symbol, sp.Rational(float(value))).evalf(30)) for value in u]
        np.testing.assert_allclose(rows[order], expected, rtol=1e-12, atol=1e-13)
    assert model.activation_functions(1)(np.zeros((2, 3))).shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("teacher", "units"),
    [
        ("0", ()),
        ("tanh(-2*x)/4", ((2.0, -0.25),)),
        ("x", None),
        ("tanh(x) + 1", None),
        ("tanh(x + 1)", None),
        ("tanh(x)**2", None),
        ("sin(x)", None),
    ],
)
def test_teacher_units(teacher, units):
    assert Model.perceptron(2, teacher=teacher).teacher_units == units


def test_teacher_units_of_other_activations():
    model = Model.perceptron(1, "u/(1 + u**2)", teacher="3*x/(1 + x**2)")
    assert model.teacher_units == ((1.0, 3.0),)
    assert Model.perceptron(1, "logistic", teacher="3*logistic(-x)").teacher_units == ((-1.0, 3.0),)
    assert Model.perceptron(1).teacher_units is None


def test_teacher_as_expression_and_as_function():
    x = sp.Symbol("x")
    model = Model.perceptron(1, teacher=sp.tanh(x) / 10)
    assert model.teacher == "tanh(x)/10"
    values = model.teacher_function()(np.array([[0.0, 1.0]]))
    np.testing.assert_allclose(values, [[0.0, np.tanh(1.0) / 10]], rtol=1e-15)
    assert Model.perceptron(1, teacher="2").teacher_function()(np.zeros(3)).tolist() == [2, 2, 2]
    with pytest.raises(ModelError, match="no teacher"):
        Model.perceptron(1).teacher_function()


def test_other_widths():
    assert fukumizu_amari().with_hidden(1).parameter_names == ("w_1", "v_1")
    assert Model.perceptron(2, output_weights=(1, 1)).with_hidden(3).output_weights == (1, 1, 1)
    with pytest.raises(ModelError, match="do not say"):
        Model.perceptron(2, output_weights=(1, 2)).with_hidden(3)
    with pytest.raises(ModelError, match="no hidden units"):
        MODELS[-1].with_hidden(2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Model.perceptron(0),
        lambda: Model.perceptron(1.5),
        lambda: Model.perceptron(True),
        lambda: Model.perceptron(10**6),
        lambda: Model.perceptron(1, "relu"),
        lambda: Model.perceptron(1, "abs(u)"),
        lambda: Model.perceptron(1, "3"),
        lambda: Model.perceptron(1, None),
        lambda: Model.perceptron(2, output_weights=[1]),
        lambda: Model.perceptron(2, output_weights="fixed"),
        lambda: Model.perceptron(2, output_weights=[1, float("nan")]),
        lambda: Model.perceptron(2, output_weights=3),
        lambda: Model.perceptron(1, input_scale=0),
        lambda: Model.perceptron(1, input_scale=float("inf")),
        lambda: Model.perceptron(1, input_scale="wide"),
        lambda: Model.perceptron(1, teacher=3),
        lambda: Model.from_expression("a*x", []),
        lambda: Model.from_expression("a*x", ["a", "a"]),
        lambda: Model.from_expression("a*x", ["a", "x"]),
        lambda: Model.from_expression("a*x", ["a", "b"]),
        lambda: Model.from_expression("a*x", ["a", "tanh"]),
        lambda: Model.from_expression("a*x", ["a b"]),
        lambda: Model.from_expression("abs(a*x)", ["a"]),
        lambda: Model.from_json("{}"),
        lambda: Model.from_json("[1"),
        lambda: Model.from_json('{"kind": "other"}'),
    ],
)
def test_nonsense_is_a_model_error(make):
    with pytest.raises(ModelError):
        make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Model.perceptron(1, teacher='__import__("os")'),
        lambda: Model.perceptron(1, teacher="tanh(y)"),
        lambda: Model.perceptron(1, "tanh(x)"),
        lambda: Model.from_expression("a*z", ["a"]),
    ],
)
def test_a_bad_formula_is_a_formula_error(make):
    with pytest.raises(FormulaError):
        make()


def test_json_is_checked_again():
    fields = json.loads(fukumizu_amari().to_json())
    fields["teacher"] = '__import__("os")'
    with pytest.raises(FormulaError):
        Model.from_json(json.dumps(fields))
