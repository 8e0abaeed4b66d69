import pytest
import sympy as sp

from symbolic import Model, derive, fukumizu_amari, generators, single_unit, verify
from symbolic.symmetry import SignedPermutation, invariance_defect, parity
from symbolic.verdict import PROVED

MODELS = {
    "all options": Model.perceptron(1, "logistic", bias=True, offset=True),
    "fixed": Model.perceptron(2, "sin", output_weights=(1, 0.5)),
    "softplus": Model.perceptron(1, "softplus"),
    "erf": Model.perceptron(1, "erf"),
    "formula": Model.perceptron(2, "u/(1 + u**2)"),
    "expression": Model.from_expression("sigma*(1 - exp(-T*x))", ["sigma", "T"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_everything_is_proved(name):
    verdicts = tuple(verify(MODELS[name]))
    assert len(verdicts) >= 3
    assert {v.verdict for v in verdicts} == {PROVED}


def test_derivatives_of_tanh_are_polynomials_in_tanh():
    derivation = derive(single_unit())
    assert [str(symbol) for symbol in derivation.ring] == ["t_1"]
    for entry in (*derivation.network_gradient, *derivation.network_jet):
        assert not entry.atoms(sp.Function)
        assert entry.is_polynomial(*derivation.ring)


@pytest.mark.slow
def test_jet_of_the_loss():
    derivation = derive(single_unit())
    t = sp.Symbol("t")
    moved = {p: p + t * e for p, e in zip(derivation.parameters, derivation.direction, strict=True)}
    along = derivation.expand(derivation.loss).xreplace(moved)
    values = {s: sp.Rational(k + 2, 7) for k, s in enumerate(sorted(along.free_symbols, key=str))}
    del values[t]
    series = sp.series(along.xreplace(values), t, 0, 5).removeO()
    for order in range(5):
        exact = sp.N(series.coeff(t, order) * sp.factorial(order), 30)
        ours = sp.N(derivation.expand(derivation.jet[order]).xreplace(values), 30)
        assert abs(exact - ours) < 1e-25


def test_hessian_is_symmetric_and_has_the_shape_of_theta():
    derivation = derive(Model.perceptron(2, "logistic", bias=True, offset=True))
    assert derivation.hessian.shape == (7, 7)
    assert derivation.hessian == derivation.hessian.T


# -- symmetries ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (fukumizu_amari(), 3),
        (Model.perceptron(3, bias=True, offset=True), 5),
        (Model.perceptron(3, "logistic"), 2),
        (Model.perceptron(2, "cos(u)"), 3),
        (Model.perceptron(3, output_weights=(1, 2, 1)), 1),
        (Model.perceptron(3, output_weights=(1, -1, 0)), 2),
        (Model.perceptron(3, "logistic", output_weights=(1, -1, 0)), 0),
        (MODELS["expression"], 0),
    ],
)
def test_generators_are_proved_symmetries(model, count):
    group = generators(model)
    assert len(group) == count
    for g in group:
        assert invariance_defect(model, g) == 0
        theta = tuple(range(1, model.dimension + 1))
        assert sorted(abs(entry) for entry in g(theta)) == list(theta)


def test_group_of_two_odd_units_has_eight_elements():
    group = generators(fukumizu_amari())
    start = (1, 2, 3, 4)
    orbit, fresh = {start}, {start}
    while fresh:
        fresh = {g(theta) for theta in fresh for g in group} - orbit
        orbit |= fresh
    assert len(orbit) == 8


def test_parity():
    kinds = ("tanh", "cos(u)", "softplus")
    assert [parity(Model.perceptron(1, name)) for name in kinds] == [-1, 1, None]


def test_a_wrong_symmetry_is_not_proved():
    wrong = SignedPermutation("sign of w alone", (0, 1), (-1, 1))
    assert invariance_defect(single_unit(), wrong) != 0
