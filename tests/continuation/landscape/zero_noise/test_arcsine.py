"""The closed form of erf units on Gaussian inputs: against quadrature, differences, and print."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from continuation.landscape.sets import nearby_point
from continuation.landscape.zero_noise import ErfPopulation
from symbolic import Model

PUBLISHED = {
    2: 0.023221680625, 3: 0.040593177314, 4: 0.056754527741, 5: 0.072452645204, 8: 0.118526792198
}  # fmt: skip
"""E (f − T)² of one unit for k orthonormal ones (Şimşek et al. 2023)."""


def student(inputs, hidden, **options):
    return Model.mlp(inputs, (hidden,), activation="erf", bias=False, **options)


@pytest.mark.parametrize("given", ["free", (1.0, -0.7)])
def test_it_is_what_quadrature_gives(given):
    rng = np.random.default_rng(0)
    b, t = 0.6 * rng.standard_normal((2, 2)), np.array([1.3, -0.4])
    text = " + ".join(
        f"({c!r})*erf(({p!r})*x1 + ({q!r})*x2)"
        for c, (p, q) in zip(t.tolist(), b.tolist(), strict=True)
    )
    model = student(2, 2, output_weights=given, teacher=text, input_scale=0.8)
    exact = ErfPopulation(model, b, t)
    at = Loss(model, Dataset.population(model)).at()
    theta = 0.5 * rng.standard_normal(model.dimension)
    for mine, theirs in zip(exact.evaluate(theta), at.evaluate(theta), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-8)


def test_derivatives_are_those_of_the_value_in_any_position():
    rng = np.random.default_rng(1)
    for inputs, hidden, m in ((1, 2, 1), (3, 2, 4), (8, 3, 8)):
        exact = ErfPopulation(student(inputs, hidden), rng.standard_normal((m, inputs)))
        theta = rng.standard_normal(exact.model.dimension)
        _, gradient, hessian = exact.evaluate(theta)
        e = rng.standard_normal(theta.size)

        def central(function, h, theta=theta, e=e):
            return (function(theta + h * e) - function(theta - h * e)) / (2.0 * h)

        for function, wanted in ((exact.value, gradient @ e), (exact.gradient, hessian @ e)):
            found = (4.0 * central(function, 1e-3) - central(function, 2e-3)) / 3.0
            np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(hessian, hessian.T, atol=1e-14)


@pytest.mark.parametrize("k", PUBLISHED)
def test_one_unit_for_orthonormal_ones_has_the_published_loss(k):
    rng = np.random.default_rng(k)
    rotation = np.linalg.qr(rng.standard_normal((k, k)))[0]  # any orthonormal teacher
    exact = ErfPopulation(student(k, 1), rotation / np.sqrt(2.0))
    mean = rotation.sum(axis=0) / np.sqrt(k)
    theta = np.append(mean / np.sqrt(2.0 * (2 * k - 1)), k)
    value, gradient, _ = exact.evaluate(theta)
    assert np.abs(gradient).max() < 1e-14
    assert 2.0 * value == pytest.approx(PUBLISHED[k], abs=6e-13)
    closed = k / 3.0 - 2.0 * k**2 / np.pi * np.arcsin(1.0 / (2 * k))
    assert 2.0 * value == pytest.approx(closed, abs=1e-13)
    found = nearby_point(exact, theta + 1e-3 * rng.standard_normal(theta.size))
    np.testing.assert_allclose(found, theta, atol=1e-9)


@pytest.mark.parametrize(("m", "value"), [(2, 0.011610840313), (3, 0.020296588657)])
def test_the_symmetric_plateau_of_saad_and_solla(m, value):
    """All M units of the soft committee machine equal: Q = C = 1/(2M − 1), loss ½ E (f − T)²."""
    model = student(m, m, output_weights=[1.0] * m)
    exact = ErfPopulation(model, np.eye(m) / np.sqrt(2.0))
    w = np.full(m, 1.0 / np.sqrt(m * (2 * m - 1))) / np.sqrt(2.0)
    found, gradient, hessian = exact.evaluate(np.repeat(w, m))
    assert found == pytest.approx(value, abs=6e-13)
    assert np.abs(gradient).max() < 1e-14
    assert np.linalg.eigvalsh(hessian)[0] < -1e-3  # a plateau that is left


def test_other_models_are_refused():
    with pytest.raises(InvalidInputError, match="closed form"):
        ErfPopulation(Model.mlp(2, (2,), activation="erf"), np.eye(2))
    with pytest.raises(InvalidInputError, match="input weights of shape"):
        ErfPopulation(student(2, 2), np.eye(3))
