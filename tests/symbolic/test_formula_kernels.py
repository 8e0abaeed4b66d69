"""Kernels on the graph of a nested formula, against compiled ones, layers and differences."""

import numpy as np
import pytest

from symbolic import LayerKernels, Model, load_kernels
from symbolic.formula_kernels import FormulaKernels, is_nested

LAYERS = (
    "v1*tanh(a11*tanh(w1*x + c1) + a21*tanh(w2*x + c2) + b1) "
    "+ v2*tanh(a12*tanh(w1*x + c1) + a22*tanh(w2*x + c2) + b2) + o"
)
NAMES = ["w1", "w2", "c1", "c2", "a11", "a12", "a21", "a22", "b1", "b2", "v1", "v2", "o"]


def call(kernels, name, theta, e=None, code=0, p=0.3, size=9.0, weighted=True):
    rng = np.random.default_rng(8)
    data = np.vstack([rng.standard_normal((3, 9)), rng.dirichlet(np.ones(9))[None]])
    data = data if weighted else data[:3].copy()
    constants, d = np.array([code, 0.3, 0.07, size, 1.0, 0.0]), theta.size
    F, J, Fp = np.zeros(d), np.zeros((max(d, 3), d)), np.zeros(max(d, 5))
    if e is None:
        J, Fp = np.zeros((d, d)), np.zeros(d)
    else:
        J[0] = e
    value = getattr(kernels, name)(theta, p, constants, data, kernels.scratch(), F, J, Fp)
    return value, F, J, Fp


def same(found, wanted):
    for one, other in zip(found, wanted, strict=True):
        size = 1.0 + np.abs(other).max()
        np.testing.assert_allclose(one / size, other / size, atol=3e-13)


def test_two_layers_as_a_formula_are_the_network_of_layers():
    formula = load_kernels(Model.from_expression(LAYERS, NAMES))
    layers = load_kernels(Model.mlp(1, (2, 2)))
    assert isinstance(formula, FormulaKernels)
    assert isinstance(layers, LayerKernels)
    for seed in range(3):
        theta, e = np.random.default_rng(seed).standard_normal((2, 13))
        for code, p in ((0, 0.3), (1, 4.3), (2, 0.7)):
            given = {"code": code, "p": p, "size": p if code == 1 else 9.0, "weighted": code != 1}
            same(
                call(formula, "evaluate", theta, **given), call(layers, "evaluate", theta, **given)
            )
        same(call(formula, "gradient", theta)[:2], call(layers, "gradient", theta)[:2])
        found, wanted = (call(k, "jet", theta, e) for k in (formula, layers))
        same([found[1], found[2][1:3], found[3][:5]], [wanted[1], wanted[2][1:3], wanted[3][:5]])
        x = np.linspace(-3, 3, 7)
        np.testing.assert_allclose(formula.outputs(theta, x), layers.outputs(theta, x), rtol=1e-13)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a/(b + exp(c*x)) + sqrt(d**2 + sin(a*x)**2)", "abcd"),
        ("a**(b*x**2 + exp(c)) + log(2 + cos(a*b*x))", "abc"),
        ("erf(softplus(a*x + b)*c)*logistic(tanh(a*x)*b)", "abc"),
        ("a*atan(b + sinh(c*x)/3) - acosh(2 + (a*b*c)**2)", "abc"),
    ],
)
def test_every_operation_has_its_derivatives(text, names):
    model = Model.from_expression(text, list(names))
    kernels = FormulaKernels(model.expression, model.parameter_symbols, model.input_symbol)
    theta, e = np.random.default_rng(4).uniform(0.3, 1.2, (2, len(names)))
    h = 1e-4

    def along(name, row=None):
        """Central differences of order four along e."""
        at = [call(kernels, name, theta + s * h * e) for s in (-2, -1, 1, 2)]
        down2, down, up, up2 = (a[1] if row is None else a[row] for a in at)
        return (8 * (up - down) - (up2 - down2)) / (12 * h)

    value, F, J, _ = call(kernels, "evaluate", theta)
    assert value == pytest.approx(call(kernels, "gradient", theta)[0], rel=1e-14)
    steps = h * np.eye(theta.size)
    slope = [
        (call(kernels, "evaluate", theta + s)[0] - call(kernels, "evaluate", theta - s)[0])
        / (2 * h)
        for s in steps
    ]
    np.testing.assert_allclose(F, slope, rtol=1e-5, atol=1e-6 * np.abs(F).max())
    np.testing.assert_allclose(J @ e, along("gradient"), rtol=1e-7, atol=1e-8 * np.abs(J).max())
    _, G, rows, taylor = call(kernels, "jet", theta, e)
    np.testing.assert_allclose(G, F, rtol=1e-12)
    third = along("evaluate", 2) @ e
    np.testing.assert_allclose(rows[1], third, rtol=1e-6, atol=1e-7 * np.abs(third).max())
    ahead, behind = (call(kernels, "jet", theta + s * h * e, e)[2][1] for s in (1, -1))
    np.testing.assert_allclose(
        rows[2], (ahead - behind) / (2 * h), rtol=1e-4, atol=1e-4 * np.abs(rows[2]).max()
    )
    np.testing.assert_allclose(taylor[:3], [value, e @ F, e @ J @ e], rtol=1e-12)


def test_only_functions_of_functions_of_many_weights_are_nested():
    for text, names, nested in (
        ("a*exp(b*x)", "ab", False),
        ("v/(1 + exp(-w*x - c))", "vwc", False),
        ("v*tanh(a*tanh(w*x) + b)", "vawb", True),
    ):
        model = Model.from_expression(text, list(names))
        assert is_nested(model.expression, model.parameter_symbols) is nested
