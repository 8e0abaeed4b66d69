"""The loss against an independent network, its parameters, and its continuation problems."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape import Dataset, Loss
from symbolic import Model, fukumizu_amari, overparameterised

THETA = np.array([0.8, 2.5, 1.7, -0.9])
N = 60


def independent_loss(theta, data, noise, decay=0.0):
    """The two-unit network written by hand; complex weights allowed."""
    fit = theta[2] * np.tanh(theta[0] * data.x) + theta[3] * np.tanh(theta[1] * data.x)
    return (
        0.5 * np.mean((fit - data.target - noise * data.noise) ** 2) + 0.5 * decay * theta @ theta
    )


def independent_gradient(theta, data, noise, decay=0.0):
    step = 1e-30
    rows = np.eye(theta.size) * 1j * step
    return np.array([independent_loss(theta + e, data, noise, decay).imag / step for e in rows])


@pytest.fixture(scope="module")
def loss():
    model = fukumizu_amari()
    return Loss(model, Dataset.sample(model, N, 0))


def test_value_and_gradient_by_complex_step(loss):
    for noise, decay in ((0.0, 0.0), (0.3, 0.0), (0.3, 0.07)):
        value, gradient, hessian = loss.evaluate(THETA, noise=noise, weight_decay=decay)
        assert value == pytest.approx(independent_loss(THETA, loss.data, noise, decay), rel=1e-13)
        reference = independent_gradient(THETA, loss.data, noise, decay)
        np.testing.assert_allclose(gradient, reference, rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(
            loss.gradient(THETA, noise=noise, weight_decay=decay), reference, rtol=1e-13, atol=1e-15
        )
        np.testing.assert_array_equal(hessian, hessian.T)


@given(st.integers(2, N))
@settings(max_examples=20, deadline=None)
def test_integer_size_is_exactly_the_loss_of_the_first_samples(loss, n):
    whole = loss.evaluate(THETA, noise=0.2, size=n)
    part = Loss(loss.model, loss.data.first(n)).evaluate(THETA, noise=0.2)
    assert whole[0] == part[0]
    np.testing.assert_array_equal(whole[1], part[1])
    np.testing.assert_array_equal(whole[2], part[2])


@pytest.mark.parametrize(
    ("parameter", "p", "schedule"),
    [
        ("noise", 0.3, ()),
        ("size", 20.4, ()),
        ("size", 33.0, (10, 20, 50)),
        ("weight_decay", 0.1, ()),
        ("population", 0.4, ()),
    ],
)
def test_parameter_derivative_is_the_slope_of_the_gradient(loss, parameter, p, schedule):
    fixed = {} if parameter == "noise" else {"noise": 0.2}
    problem = loss.problem(parameter, **fixed, schedule=schedule)
    h = 1e-5
    slope = (problem.residual(THETA, p + h) - problem.residual(THETA, p - h)) / (2 * h)
    np.testing.assert_allclose(problem.dresidual_dp(THETA, p), slope, rtol=2e-8, atol=1e-10)
    jacobian = problem.jacobian(THETA, p)
    for k, e in enumerate(np.eye(4) * h):
        slope = (problem.residual(THETA + e, p) - problem.residual(THETA - e, p)) / (2 * h)
        np.testing.assert_allclose(jacobian[k], slope, rtol=2e-8, atol=1e-9)


def test_population_homotopy_joins_population_and_sample(loss):
    problem = loss.problem("population", noise=0.2)
    np.testing.assert_allclose(
        problem.residual(THETA, 0.0), loss.population.gradient(THETA), rtol=1e-13, atol=1e-15
    )
    np.testing.assert_allclose(
        problem.residual(THETA, 1.0), loss.gradient(THETA, noise=0.2), rtol=1e-12, atol=1e-15
    )


def test_prediction_is_the_network(loss):
    x = np.linspace(-3, 3, 7)
    expected = 1.7 * np.tanh(0.8 * x) - 0.9 * np.tanh(2.5 * x)
    np.testing.assert_allclose(loss.predict(THETA, x), expected, rtol=1e-14, atol=1e-15)


def test_jet_against_finite_differences(loss):
    e = np.array([0.3, -0.2, 0.5, 0.1])
    at = loss.at(noise=0.2)
    jet = at.jet(THETA, e)
    h = 1e-3
    values = np.array([at.value(THETA + k * h * e) for k in range(-3, 4)])
    second = (
        at.gradient(THETA + h * e) - 2 * at.gradient(THETA) + at.gradient(THETA - h * e)
    ) / h**2
    assert jet.taylor[0] == pytest.approx(values[3], rel=1e-14)
    assert jet.taylor[1] == pytest.approx(at.gradient(THETA) @ e, rel=1e-12)
    assert jet.taylor[2] == pytest.approx(e @ at.hessian(THETA) @ e, rel=1e-12)
    assert jet.taylor[3] == pytest.approx(jet.third @ e, rel=1e-12)
    assert jet.taylor[4] == pytest.approx(jet.fourth @ e, rel=1e-12)
    np.testing.assert_allclose(jet.third, second, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("bad", [[1.0, 2.0], np.zeros((2, 2)), [1, 2, np.nan, 4]])
def test_bad_weights(loss, bad):
    with pytest.raises(InvalidInputError, match="theta"):
        loss.value(bad)


def test_bad_parameters(loss):
    for noise in (-0.1, np.nan, np.inf):
        with pytest.raises(InvalidInputError, match="noise"):
            loss.value(THETA, noise=noise)
    with pytest.raises(InvalidInputError, match="weight_decay"):
        loss.value(THETA, weight_decay=-1.0)
    for size in (1, N + 1):
        with pytest.raises(InvalidInputError, match="size must lie"):
            loss.value(THETA, size=size)
    with pytest.raises(UnknownNameError, match="choose one of noise, size"):
        loss.problem("temperature")
    for schedule in ((10,), (20, 10), (10, N + 1), (10.5, 20), (1, 5)):
        with pytest.raises(InvalidInputError, match="schedule"):
            loss.problem("size", schedule=schedule)
    with pytest.raises(InvalidInputError, match="belongs to the parameter"):
        loss.problem("noise", schedule=(10, 20))


def test_observed_data_have_no_noise_and_weighted_data_no_size():
    model = Model.perceptron(hidden=2)
    observed = Loss(model, Dataset.from_observations([0.0, 1.0, 2.0], [1.0, 0.0, 1.0]))
    assert observed.value(THETA) > 0.0
    for call in (lambda: observed.value(THETA, noise=0.1), lambda: observed.problem("noise")):
        with pytest.raises(InvalidInputError, match="separate noise"):
            call()
    population = Loss(overparameterised(), Dataset.population(overparameterised()))
    with pytest.raises(InvalidInputError, match="uniform weights"):
        population.value(THETA, size=10)
    with pytest.raises(InvalidInputError, match="continued to itself"):
        population.problem("population")


def test_exact_jets_serve_the_engine(loss):
    """Second and third derivatives of the critical point equation, by jet and by differences."""
    exact = loss.problem("noise")
    differenced = replace(exact, jet=None)
    z, u, v = (np.append(q, p) for q, p in ((THETA, 0.2), ([1, 2, 3, -1], 0), ([3, -2, 1, 5], 0)))
    second, third = exact.second(z, u, v), exact.third(z, u, v, v)
    np.testing.assert_allclose(second, differenced.second(z, u, v), rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(third, differenced.third(z, u, v, v), rtol=1e-4, atol=1e-4)
    at = loss.at(noise=0.2)
    np.testing.assert_allclose(exact.second(z, u, u), at.jet(THETA, u[:-1]).third, rtol=1e-12)


def test_weights_that_may_not_be_written_to_and_short_levels(loss):
    """Columns of tables are read-only; the bounds of noise lie beyond single precision."""
    theta = np.array([1.0, 3.5, 2.0, -1.0])
    fixed = theta.copy()
    fixed.flags.writeable = False
    assert loss.value(fixed, noise=np.float32(0.5)) == loss.value(theta, noise=0.5)
