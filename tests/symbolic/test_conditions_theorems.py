"""Certificates of theorems that leave out, rename or bend one thing are refused."""

import json
from functools import cache

import pytest

from symbolic import Model, fukumizu_amari, verify
from symbolic.symmetry import generators
from symbolic.theorems import THEOREMS
from symbolic.verification import check

MODELS = {
    "free": fukumizu_amari,
    "three": lambda: Model.perceptron(3, offset=True),
    "fixed": lambda: Model.perceptron(4, "sin", output_weights=(1.0, -1.0, 2.0, 0.0), bias=True),
    "even": lambda: Model.perceptron(2, "exp(-u**2)"),
    "neither": lambda: Model.perceptron(3, "logistic"),
}


@cache
def text(theorem, model):
    return THEOREMS[theorem].prove(MODELS[model]()).certificate


def certificate(theorem, model="free"):
    return json.loads(text(theorem, model))


def accepted(content):
    return check(json.dumps(content))


@pytest.mark.parametrize("model", MODELS)
def test_no_generator_of_the_symmetry_may_be_missing(model):
    whole = certificate("symmetry", model)
    assert accepted(whole)
    assert len(whole["maps"]) == len(generators(MODELS[model]()))
    for k in range(len(whole["maps"])):
        assert not accepted({**whole, "maps": whole["maps"][:k] + whole["maps"][k + 1 :]}), k
        assert not accepted({**whole, "maps": [*whole["maps"], whole["maps"][k]]}), k


def test_a_smaller_parity_is_not_the_whole_group():
    whole = certificate("symmetry")
    exchanges = [g for g in whole["maps"] if g["indices"] != sorted(g["indices"])]
    assert not accepted({**whole, "maps": exchanges, "parity": None})


def test_the_order_of_generators_is_free():
    whole = certificate("symmetry", "three")
    assert accepted({**whole, "maps": whole["maps"][::-1]})


def bent(content, field, change):
    return {**content, field: change(content[field])}


def test_a_gradient_may_not_depend_on_the_direction_in_which_it_is_checked():
    whole = certificate("derivatives")
    first, second, *_ = whole["names"]["direction"]

    def turned(gradient):
        a, b, *rest = gradient
        return [f"{a} + {second}", f"{b} - {first}", *rest]

    assert accepted(whole)
    assert not accepted(bent(whole, "gradient", turned))


def test_a_hessian_is_symmetric():
    def twisted(rows):
        (a, b, *top), (c, *second), *rest = rows
        return [[a, f"{b} + x", *top], [f"{c} - x", *second], *rest]

    assert not accepted(bent(certificate("derivatives"), "hessian", twisted))


def test_no_name_means_two_things():
    whole = certificate("derivatives")
    assert not accepted({**whole, "names": {**whole["names"], "noise": whole["names"]["target"]}})
    assert not accepted({**whole, "ring": {**whole["ring"], "w_1": "w_1"}})


@pytest.mark.parametrize(("kept", "vanishing"), [("x", "-x"), ("3*x", "-2*x"), ("x", "0")])
def test_what_one_unit_adds_is_not_taken_from_another(kept, vanishing):
    whole = certificate("blow-up")
    claims = dict(whole["claims"])
    claims["kept"] += f" + ({kept})*v/v"
    claims["vanishing"] += f" + ({vanishing})*u/u"
    assert not accepted({**whole, "claims": claims})


def test_a_cofactor_is_a_formula_of_its_own():
    whole = certificate("embedding")
    closed = {**whole["claims"], "cofactor": f"{whole['claims']['cofactor']})*1 + (0"}
    assert not accepted({**whole, "claims": closed})
    assert not accepted({**whole, "dead": 1})


def test_the_curvature_does_not_depend_on_the_direction():
    whole = certificate("embedding")
    claims = dict(whole["claims"])
    claims["curvature"] += f" + ({claims['cofactor']})/tau**2*r*x*phi1"
    assert not accepted({**whole, "claims": {**claims, "cofactor": "0"}})


def test_unknown_names_of_the_closed_form_are_refused():
    whole = certificate("confluence")
    assert accepted(whole)
    assert not accepted(bent(whole, "tanh", lambda claims: {**claims, "more": "P"}))


def test_a_kernel_with_a_wrong_slope_in_the_noise_is_refused():
    from symbolic.theorems.printed_kernels import _digest

    whole = certificate("printed kernels")
    assert accepted(whole)
    source = whole["source"].replace("scale[2]*n1", "scale[2]*n0", 1)
    assert source != whole["source"]
    assert not accepted({**whole, "source": source, "sha256": _digest(source)})


@pytest.mark.parametrize(
    "change",
    [
        {"input_scale": -1.0}, {"hidden": 2.0}, {"bias": 0}, {"teacher": "x("},
        {"parameters": ["a"]}, {"activation": "1"},
        {"activation": "0"}, {"output_weights": [1.0]}, {"input": "y"},
        {"formula": "x"}, {"kind": "other"}, {"hidden": 10**9},
    ],
)  # fmt: skip
def test_a_model_has_one_spelling(change):
    whole = certificate("gradient structure")
    fields = {**json.loads(whole["model"]), **change}
    model = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    assert not accepted({**whole, "model": model})


def test_models_without_a_plain_optimum_have_none():
    whole = certificate("noisy optimum")
    fields = {**json.loads(whole["model"]), "offset": True}
    model = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    assert accepted(whole)
    assert not accepted({**whole, "model": model})


def test_models_of_formulas_have_certificates():
    model = Model.from_expression("b1*(1 - exp(-b2*x))", parameters=["b1", "b2"])
    assert all(check(verdict.certificate) for verdict in verify(model))
