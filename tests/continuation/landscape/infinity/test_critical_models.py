"""Critical points of limit models: Hessians and slopes across ends by differences of the loss."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.infinity.critical_ends import (
    CriticalEnd,
    confluence_slope,
    cubic_slope,
    linear_slope,
    step_slope,
)
from continuation.landscape.infinity.critical_models import (
    confluent_points,
    fixed_point,
    silent_points,
    silent_weights,
    working_points,
)
from continuation.landscape.infinity.limit_model import LimitModel
from continuation.landscape.network.responses import Responses
from symbolic import Model

GRID = 0.05 * 1.03 ** np.arange(190)
H = 1e-4


@pytest.fixture(scope="module", params=range(3))
def data(request):
    random = np.random.default_rng(request.param)
    x = random.standard_normal(20)
    y = np.tanh(2 * x) - 0.7 * np.tanh(5 * x) + 0.1 * random.standard_normal(20)
    loss = Loss(Model.perceptron(hidden=2), Dataset.from_observations(x, y))
    return x, y, Responses.at(loss.at())


def hessian_by_differences(value, z):
    """Of a function of z (k,), central differences of second order."""
    e = H * np.eye(z.size)
    return np.array(
        [
            [
                sum(s * t * value(z + s * e[i] + t * e[j]) for s in (-1, 1) for t in (-1, 1))
                / (4 * H * H)
                for j in range(z.size)
            ]
            for i in range(z.size)
        ]
    )


def test_hessians_of_working_and_silent_units_beside_a_linear_one(data):
    x, y, responses = data
    linear = responses.monomial(1)

    def value(z):
        return 0.5 * np.mean((z[1] * np.tanh(z[0] * x) + z[2] * x - y) ** 2)

    points = working_points(responses, GRID, linear) + silent_points(responses, GRID, linear)
    assert points
    for point in points:
        z = np.append(point.w, point.coefficients)
        if point.silent:
            alone = fixed_point(responses, linear)
            assert point.coefficients[0] == 0.0
            z[2] = alone.coefficients[0]
            out = responses.features(point.w, 0)[0]
            assert abs(out @ alone.residual) < 1e-12
            continue
        scale = np.abs(point.hessian).max()
        difference = hessian_by_differences(value, z)
        np.testing.assert_allclose(point.hessian, difference, atol=1e-5 * scale)


def test_hessians_of_confluent_pairs(data):
    x, y, responses = data

    def value(z):
        t = np.tanh(z[0] * x)
        return 0.5 * np.mean((z[1] * t + z[2] * x * (1 - t * t) - y) ** 2)

    for point in confluent_points(responses, GRID):
        z, scale = np.append(point.w, point.coefficients), np.abs(point.hessian).max()
        difference = hessian_by_differences(value, z)
        np.testing.assert_allclose(point.hessian, difference, atol=1e-5 * scale)


def test_silent_weights_beside_a_unit_are_simple_roots(data):
    _, _, responses = data
    for base in working_points(responses, GRID):
        beside = silent_weights(responses, base.residual, np.array([base.w]), GRID)
        h = lambda w: responses.features(w, 0)[0] @ base.residual  # noqa: B023, E731
        values = h(GRID)
        changes = GRID[:-1][values[:-1] * values[1:] < 0]
        assert len(beside) == len(changes)
        assert np.abs(h(beside)).max(initial=0.0) < 1e-12


def fitted(y, *features):
    """½ mean r² of the least squares fit, and its coefficients."""
    rows = np.array(features).T
    c = np.linalg.lstsq(rows, y)[0]
    return 0.5 * np.mean((rows @ c - y) ** 2), c


def derivative_at_zero(value):
    """Of a smooth function of q ≥ 0, from the right."""
    q = 1e-3
    return (-3 * value(0.0) + 4 * value(q) - value(2 * q)) / (2 * q)


def pair(w, square, x):
    """Two features that span φ((w ± δ/2) x), regular at δ = 0."""
    d = np.sqrt(square)
    if d == 0:
        t = np.tanh(w * x)
        return t, x * (1 - t * t)
    low, high = np.tanh((w - d / 2) * x), np.tanh((w + d / 2) * x)
    return (low + high) / 2, (high - low) / d


def test_the_loss_changes_across_a_confluence_as_stated(data):
    """By the envelope theorem the fit need not be made anew; w is held."""
    x, y, responses = data
    for point in confluent_points(responses, GRID):
        slope = derivative_at_zero(lambda q, w=point.w: fitted(y, *pair(w, q, x))[0])
        assert confluence_slope(responses, point) == pytest.approx(slope, rel=1e-2, abs=1e-7)


def small(q, x):
    """φ(√q x)/√q."""
    return np.tanh(np.sqrt(q) * x) / np.sqrt(q) if q else x


def test_the_loss_changes_across_a_linear_end_as_stated(data):
    x, y, responses = data
    point = fixed_point(responses, responses.monomial(1))
    slope = derivative_at_zero(lambda q: fitted(y, small(q, x))[0])
    c = float(point.coefficients[0])
    assert linear_slope(responses, point, c) == pytest.approx(slope, rel=1e-2, abs=1e-7)


def test_the_loss_changes_at_the_cubic_corner_as_stated(data):
    """Along w₁² = q, w₂² = 2q: the derivative by q is three times that by w₁² + w₂²."""
    x, y, responses = data

    def value(q):
        if q == 0:
            return fitted(y, x, x**3)[0]
        first, second = small(q, x), small(2 * q, x)
        return fitted(y, first, (second - first) / q)[0]

    point = fixed_point(responses, responses.monomial(1), responses.monomial(3))
    found = 3 * cubic_slope(responses, point, float(point.coefficients[1]))
    assert found == pytest.approx(derivative_at_zero(value), rel=3e-2, abs=1e-7)


def test_the_loss_changes_before_a_step_end_as_stated(data):
    """q is what φ(w |x_j|) lacks of its limit at the nearest input."""
    x, y, responses = data
    nearest = np.abs(x).min()

    def value(q):
        return fitted(y, np.tanh(np.arctanh(1 - q) / nearest * x) if q else np.sign(x))[0]

    point = fixed_point(responses, responses.rows(np.sign(responses.x)))
    q = 1e-9
    slope = (value(q) - value(0.0)) / q
    found = step_slope(responses, point, float(point.coefficients[0]))
    assert found == pytest.approx(slope, rel=2e-2, abs=1e-6)


def test_the_index_of_an_end_counts_falling_normals(data):
    _, _, responses = data
    point = fixed_point(responses, responses.monomial(1))
    limit = LimitModel(powers=(1.0,))
    for normals, falling in (((1.0,), 0), ((-1.0,), 1), ((1.0, -1.0), 1), ((-1.0, -2.0), 2)):
        end = CriticalEnd(limit, point, normals)
        assert end.index == falling
        assert end.inertia == (falling, 0, 1 + len(normals) - falling)
        assert end.attracting == (falling == 0)
