import numpy as np
import pytest
from scipy.integrate import quad

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset
from symbolic import Model, fukumizu_amari, overparameterised


def test_samples_are_nested_and_reproducible():
    model = fukumizu_amari()
    large, small = Dataset.sample(model, 200, 3), Dataset.sample(model, 50, 3)
    for name in ("x", "target", "noise"):
        np.testing.assert_array_equal(getattr(large, name)[:50], getattr(small, name))
        np.testing.assert_array_equal(getattr(large.first(50), name), getattr(small, name))
    np.testing.assert_allclose(
        large.target, 2 * np.tanh(large.x) - np.tanh(4 * large.x), rtol=1e-15
    )
    assert abs(large.x.std() - 2.0) < 0.3
    assert abs(large.noise.std() - 1.0) < 0.15
    assert not np.array_equal(large.x, Dataset.sample(model, 200, 4).x)


def test_arrays_are_read_only_copies():
    x, y = np.array([0.0, 1.0, 2.0]), np.ones(3)
    data = Dataset.from_observations(x, y)
    x[0] = 7.0
    assert data.x[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        data.x[0] = 1.0


@pytest.mark.parametrize("scale", [1e-3, 2.0])
def test_uniform_inputs_have_mean_zero_and_the_deviation(scale):
    model = Model.perceptron(2, teacher="x", input_scale=scale, input_law="uniform")
    x = Dataset.sample(model, 4000, 1).x
    assert np.abs(x).max() <= 3.0**0.5 * scale
    assert abs(x.mean()) < 0.05 * scale
    assert x.std() == pytest.approx(scale, rel=0.03)
    assert np.array_equal(Dataset.sample(model, 10, 1).x, x[:10])
    everyone = Dataset.population(model)
    moments = [everyone.weights @ (everyone.x / scale) ** k for k in range(1, 7)]
    assert moments == pytest.approx([0.0, 1.0, 0.0, 9 / 5, 0.0, 27 / 7], rel=1e-11, abs=1e-12)
    both = Dataset.population(Model.mlp(2, (2, 2), teacher="x1*x2", input_law="uniform"))
    assert both.weights @ both.target.ravel() ** 2 == pytest.approx(1.0, abs=1e-12)


def test_population_integrates_polynomials_and_converges():
    model = fukumizu_amari()
    data = Dataset.population(model)
    assert data.weights is not None
    assert data.weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert data.weights @ data.x**2 == pytest.approx(4.0, rel=1e-12)
    assert data.weights @ data.x**4 == pytest.approx(48.0, rel=1e-12)
    reference, _ = quad(
        lambda z: (2 * np.tanh(2 * z) - np.tanh(8 * z)) ** 2 * np.exp(-(z**2) / 2), 0, 12, limit=500
    )
    energy = data.weights @ data.target**2
    assert energy == pytest.approx(reference * np.sqrt(2 / np.pi), rel=1e-6)


def test_weights_are_normalised():
    data = Dataset.from_arrays([0.0, 1.0, 3.0], model=overparameterised(), weights=[1, 1, 2])
    np.testing.assert_array_equal(data.weights, [0.25, 0.25, 0.5])
    np.testing.assert_array_equal(data.noise, 0.0)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([], [], "at least 2 samples"),
        ([1.0], [1.0], "at least 2 samples"),
        ([1.0, 2.0], [1.0], "must be a vector of 2 numbers"),
        ([1.0, np.nan], [1.0, 1.0], r"x\[1\] is nan"),
        ([1.0, 2.0], [np.inf, 1.0], r"target\[0\] is inf"),
        ([2.0, 2.0], [0.0, 1.0], "all 2 inputs equal 2"),
        ([[[1.0, 2.0]]], [[[0.0, 1.0]]], "must be a vector"),
        ([[1.0, 2.0]], [[0.0, 1.0]], r"has 1 .* shape \(1, 2\)"),
    ],
)
def test_bad_observations(x, y, message):
    with pytest.raises(InvalidInputError, match=message):
        Dataset.from_observations(x, y)


def test_bad_arguments():
    model = fukumizu_amari()
    for n in (0, 1, -3, 2.5):
        with pytest.raises(InvalidInputError, match="at least 2"):
            Dataset.sample(model, n, 0)
    with pytest.raises(InvalidInputError, match="at least 0"):
        Dataset.sample(model, 5, -1)
    with pytest.raises(InvalidInputError, match="no teacher"):
        Dataset.sample(Model.perceptron(hidden=2), 5, 0)
    for weights in ([-1, 1, 1], [0, 0, 0], [1, np.nan, 1]):
        with pytest.raises(InvalidInputError, match="non-negative"):
            Dataset.from_arrays([0.0, 1.0, 2.0], model=model, weights=weights)
    with pytest.raises(InvalidInputError, match="uniform weights"):
        Dataset.population(model).first(3)
    with pytest.raises(InvalidInputError, match="at least 2"):
        Dataset.population(model, 1)
