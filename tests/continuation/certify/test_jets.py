"""The checker knows every function that a formula may have, with its derivatives."""

import numpy as np
import pytest
import sympy as sp
from flint import arb

from continuation.certify import certify_point, check
from continuation.certify.checker.jets import jet_of
from continuation.landscape import Dataset, Loss
from symbolic import Model
from symbolic.functions import SYMPY_FUNCTIONS

A, B, X = sp.symbols("a b x", real=True)
SMOOTH = {name: f for name, f in SYMPY_FUNCTIONS.items() if name not in ("abs", "Abs", "sign")}
FORMULAS = {
    **{name: f(A * X + (2 if name == "acosh" else 0)) * B for name, f in SMOOTH.items()},
    "x**b": A * X**B,
    "2**(b x)": A * 2 ** (B * X),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_jets_are_those_of_the_formula(name):
    formula, at = FORMULAS[name].doit(), {A: 0.3, B: 0.7, X: 1.25}
    jet = jet_of(formula, {A: arb(0.3), B: arb(0.7)}, {X: arb(1.25)})
    wanted = [formula, *(formula.diff(v) for v in (A, B))]
    wanted += [formula.diff(v, w) for v in (A, B) for w in (A, B)]
    found = [jet.value, *jet.gradient, *(entry for row in jet.hessian for entry in row)]
    if name in ("logistic", "softplus"):  # which SymPy has no numbers for
        wanted = [one.rewrite(sp.exp) for one in wanted]
    values = [float(sp.N(one.subs(at))) for one in wanted]
    assert np.allclose([float(one) for one in found], values, rtol=1e-12, atol=1e-13)


def test_a_power_that_is_proved_can_be_checked():
    x = np.linspace(0.1, 3, 12)
    model = Model.from_expression("a*x**b", ["a", "b"])
    data = Dataset.from_observations(x, 1.3 * x**0.8)
    certificate = certify_point(Loss(model, data), [1.3, 0.8])
    assert certificate.proved
    assert check(certificate).accepted
