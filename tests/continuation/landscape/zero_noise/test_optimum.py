"""The optimum, its gradient under noise, and how far the noise moves the attractor."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import fsolve

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from continuation.landscape.zero_noise.optimum import (
    optimum,
    optimum_gradient,
    optimum_shift,
    scaling_exponent,
)
from symbolic import Model, fukumizu_amari, overparameterised, single_unit

TWO = Loss(fukumizu_amari(), Dataset.sample(fukumizu_amari(), 200, 3))
OVER = Loss(overparameterised(), Dataset.sample(overparameterised(), 60, 2))


def jacobian(theta, x):
    """∂f/∂θ of tanh units at the samples, (d, n), by hand."""
    w, v = np.split(np.asarray(theta, dtype=float), 2)
    response = np.tanh(np.outer(w, x))
    return np.vstack([v[:, None] * (1.0 - response**2) * x, response])


@pytest.mark.parametrize("preset", [fukumizu_amari, single_unit])
def test_the_optimum_is_the_teacher(preset):
    model = preset()
    loss = Loss(model, Dataset.sample(model, 40, 0))
    theta = optimum(model)
    np.testing.assert_allclose(loss.predict(theta, loss.data.x), loss.data.target, atol=1e-14)
    value, gradient, hessian = loss.evaluate(theta)
    assert value < 1e-28
    assert np.abs(gradient).max() < 1e-14
    assert np.linalg.eigvalsh(hessian)[0] > 0.0


@pytest.mark.parametrize(
    "model",
    [
        overparameterised(),
        Model.perceptron(hidden=1, teacher="2*tanh(x) - tanh(4*x)"),
        Model.perceptron(hidden=2, teacher="sin(x)"),
        Model.perceptron(hidden=2),
        Model.perceptron(hidden=1, teacher="tanh(x)", offset=True),
        Model.perceptron(hidden=1, teacher="tanh(x)", bias=True),
        Model.perceptron(hidden=1, teacher="tanh(x)", output_weights=(1,)),
    ],
)
def test_no_single_optimum(model):
    with pytest.raises(InvalidInputError, match="exactly as many units"):
        optimum(model)


@settings(deadline=None)
@given(st.floats(1e-3, 2.0))
def test_gradient_at_the_optimum_is_the_noise_seen_by_the_network(noise):
    theta, data = optimum(TWO.model), TWO.data
    expected = -noise * jacobian(theta, data.x) @ data.noise / data.size
    assert optimum_gradient(TWO, noise) == pytest.approx(np.linalg.norm(expected), rel=1e-11)


@settings(deadline=None)
@given(st.floats(-3, 3), st.sampled_from(["split", "silent"]), st.sampled_from([-1.0, 1.0]))
def test_gradient_is_a_lower_bound_on_the_manifold_of_optima(free, where, sign):
    theta = [1.0, 1.0, free, 1.0 - free] if where == "split" else [1.0, free, 1.0, 0.0]
    theta = sign * np.array(theta)
    assert OVER.value(theta) < 1e-28
    gradient = OVER.gradient(theta, noise=0.1)
    bound = optimum_gradient(OVER, 0.1)
    assert 0.0 < bound <= np.linalg.norm(gradient) * (1.0 + 1e-12)


def test_lower_bound_of_weighted_data():
    model = overparameterised()
    rng = np.random.default_rng(0)
    x, noise, weights = rng.normal(size=30), rng.normal(size=30), rng.uniform(0.1, 1.0, 30)
    loss = Loss(model, Dataset.from_arrays(x, model=model, noise=noise, weights=weights))
    expected = abs(0.3 * weights @ (noise * np.tanh(x))) / weights.sum()
    assert optimum_gradient(loss, 0.3) == pytest.approx(expected, rel=1e-12)


def test_a_teacher_that_is_no_perceptron_has_no_optimum():
    model = Model.perceptron(hidden=2, teacher="sin(x)")
    with pytest.raises(InvalidInputError, match=r"Θ\* is empty"):
        optimum_gradient(Loss(model, Dataset.sample(model, 20, 0)), 0.1)


def test_shift_is_that_of_newton_steps_in_small_noises():
    levels = [0.01, 0.1, 0.5]
    shift = optimum_shift(TWO, levels)
    theta = optimum(TWO.model)
    for noise in np.linspace(0.0, 0.5, 51)[1:]:
        theta = fsolve(
            lambda q, s=noise: TWO.gradient(q, noise=s),
            theta,
            fprime=lambda q, s=noise: TWO.hessian(q, noise=s),
            xtol=1e-13,
        )
        for k in np.flatnonzero(np.isclose(levels, noise, rtol=1e-12)):
            distance = np.linalg.norm(theta - optimum(TWO.model))
            assert shift.distance[k] == pytest.approx(distance, rel=1e-7)
    assert shift.stop_reason == "limit"
    np.testing.assert_array_equal(shift.noise, levels)


def test_shift_in_small_noise_is_the_linear_response():
    noise, data, theta = 1e-5, TWO.data, optimum(TWO.model)
    slopes = jacobian(theta, data.x)
    response = np.linalg.solve(slopes @ slopes.T, slopes @ data.noise)
    shift = optimum_shift(TWO, [noise])
    assert shift.distance[0] == pytest.approx(noise * np.linalg.norm(response), rel=1e-3)


def test_shift_does_not_depend_on_the_other_levels():
    together = optimum_shift(TWO, [0.02, 0.05, 0.2])
    for k, level in enumerate(together.noise):
        alone = optimum_shift(TWO, [level])
        assert alone.distance[0] == pytest.approx(together.distance[k], rel=1e-9)
        assert alone.gradient_norm[0] == together.gradient_norm[k]


def test_without_noise_nothing_moves():
    model = fukumizu_amari()
    shift = optimum_shift(Loss(model, Dataset.from_arrays(TWO.data.x, model=model)), [0.1, 1.0])
    assert np.abs(shift.distance).max() < 1e-12
    assert np.abs(shift.gradient_norm).max() < 1e-14


def test_distances_end_where_the_branch_of_minima_ends():
    model, levels = fukumizu_amari(), np.geomspace(0.01, 5.0, 12)
    ended = 0
    for seed in range(6):
        loss = Loss(model, Dataset.sample(model, 12, seed))
        reached = np.isfinite(optimum_shift(loss, levels).distance)
        assert (np.diff(reached.astype(int)) <= 0).all()
        ended += not reached.all()
    assert ended > 0


@pytest.mark.parametrize("noises", [[], [0.0, 0.1], [-0.1], [0.1, 0.1], [0.2, 0.1], [np.nan]])
def test_noises_must_increase_from_above_zero(noises):
    with pytest.raises(InvalidInputError, match="positive and increasing"):
        optimum_shift(TWO, noises)


def test_shift_needs_one_optimum():
    with pytest.raises(InvalidInputError, match="exactly as many units"):
        optimum_shift(OVER, [0.1])


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.1, 10.0)), min_size=1, max_size=8),
    st.integers(2, 6),
)
def test_exponents_of_exact_power_laws(laws, k):
    levels = np.geomspace(0.01, 10.0, k)
    fit = scaling_exponent(levels, np.array([c * levels**a for a, c in laws]))
    exponents = [a for a, _ in laws]
    assert fit.used == len(laws)
    assert fit.exponent == pytest.approx(np.mean(exponents), abs=1e-9)
    if len(laws) > 1:
        mean_error = np.sqrt(np.var(exponents, ddof=1) / len(laws))
        assert fit.error == pytest.approx(mean_error, abs=1e-9)
    else:
        assert np.isnan(fit.error)


def test_missing_values_are_left_out():
    levels = np.array([1.0, 2.0, 4.0, 8.0])
    values = np.array([levels**2, 3.0 * levels**2, levels**7])
    values[1, :2], values[2, 1:] = np.nan, np.nan
    fit = scaling_exponent(levels, values)
    assert (fit.used, fit.exponent) == (2, pytest.approx(2.0))
    nothing = scaling_exponent(levels, values[2:])
    assert nothing.used == 0
    assert np.isnan([nothing.exponent, nothing.error]).all()
