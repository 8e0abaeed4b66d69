"""Critical points of limit models: Hessians and slopes across ends by differences of the loss."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.infinity.critical_ends import (
    CriticalEnd,
    meeting_slope,
    step_slope,
    vanishing_slope,
)
from continuation.landscape.infinity.critical_models import (
    fixed_point,
    silent_points,
    silent_weights,
    working_points,
)
from continuation.landscape.infinity.limit_model import LimitModel, LimitUnit
from continuation.landscape.infinity.limit_systems import LimitLoss
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


@pytest.mark.parametrize("units", [2, 3])
def test_hessians_of_units_that_meet(data, units):
    x, y, responses = data

    def value(z):
        t = np.tanh(z[0] * x)
        rows = t, x * (1 - t * t), -2 * x**2 * t * (1 - t * t)
        return 0.5 * np.mean((z[1:] @ np.array(rows[:units]) - y) ** 2)

    z = np.array([0.8, 0.5, -0.4, 0.3])[: units + 1]
    limit = LimitModel((LimitUnit(z[0], tuple(z[1:])),))
    hessian = LimitLoss(responses, limit).point(z)[0].hessian
    scale = np.abs(hessian).max()
    np.testing.assert_allclose(hessian, hessian_by_differences(value, z), atol=1e-5 * scale)


def silent_beside(responses, base, grid=GRID):
    features = responses.features(grid, 0)[0]
    own, double, sizes = np.array([base.w]), np.array([2.0]), np.linalg.norm(features, axis=1)
    return silent_weights(
        responses, base.residual, own, double, grid, features @ base.residual, sizes
    )


@pytest.mark.parametrize("seed", range(4))
def test_beside_a_steep_unit_no_rounding_is_a_silent_one(seed):
    """All inputs but one are saturated: h = ⟨r, φ(w x)⟩ is flat to rounding beyond w = 100."""
    rng = np.random.default_rng(seed)
    x = np.concatenate([[0.0118], rng.uniform(0.137, 3.0, 24)])
    y = 0.45 + 0.4 * rng.normal(size=25)
    y[0] = 0.9 * y[1:].mean()
    loss = Loss(Model.perceptron(hidden=1), Dataset.from_observations(x, y))
    responses = Responses.at(loss.at())
    grid = np.geomspace(0.05, 400.0, 600)
    (steep,) = [base for base in working_points(responses, grid) if base.w > 50.0]
    assert 100.0 < steep.w < 140.0
    assert (silent_beside(responses, steep, grid) < 60.0).all()
    # nor where what is given of h is rounded more, as by the frame of a table
    features = responses.features(grid, 0)[0]
    given = features @ steep.residual
    beyond = np.flatnonzero(grid > steep.w)[1::2]
    given[beyond] += 1e-12 * (-1.0) ** np.arange(beyond.size)
    sizes = np.linalg.norm(features, axis=1)
    own, double = np.array([steep.w]), np.array([2.0])
    roots = silent_weights(responses, steep.residual, own, double, grid, given, sizes)
    assert (roots < 60.0).all()


def test_silent_weights_beside_a_unit_are_simple_roots(data):
    _, _, responses = data
    for base in working_points(responses, GRID):
        beside = silent_beside(responses, base)
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


def differences(nodes, rows):
    """Divided differences of rows at distinct nodes: they span the same functions."""
    rows = list(rows)
    for level in range(1, len(nodes)):
        for k in range(len(nodes) - 1, level - 1, -1):
            rows[k] = (rows[k] - rows[k - 1]) / (nodes[k] - nodes[k - level])
    return rows


@pytest.mark.parametrize("spread", [(-0.5, 0.5), (-0.5, 0.0, 0.5), (-0.4, -0.1, 0.5)])
@pytest.mark.parametrize("w", [0.6, 1.1])
def test_the_loss_changes_where_units_part_as_stated(data, spread, w):
    """By the envelope theorem the fit need not be made anew; D = 2 Σ (w_k − w)², w is held."""
    x, y, responses = data
    t = np.tanh(w * x)
    limit = (t, x * (1 - t * t), -2 * x**2 * t * (1 - t * t))[: len(spread)]
    square = 2 * np.sum(np.square(spread))

    def value(q):
        nodes = w + np.sqrt(q) * np.array(spread)
        return fitted(y, *(differences(nodes, np.tanh(np.outer(nodes, x))) if q else limit))[0]

    _, c = fitted(y, *limit)
    residual = responses.rows(c @ np.array(limit)) - responses.target
    found = square * meeting_slope(responses, residual, LimitUnit(w, tuple(c)))
    steps = np.array([0.02, 0.01])
    slopes = [(value(q) - value(0.0)) / q for q in steps**2]
    scale = np.abs(slopes).max()
    assert found == pytest.approx(slopes[1], rel=3e-2, abs=3e-2 * scale + 1e-6)


def small(q, x):
    """φ(√q x)/√q."""
    return np.tanh(np.sqrt(q) * x) / np.sqrt(q) if q else x


def test_the_loss_changes_across_a_linear_end_as_stated(data):
    x, y, responses = data
    point = fixed_point(responses, responses.monomial(1))
    slope = derivative_at_zero(lambda q: fitted(y, small(q, x))[0])
    c = float(point.coefficients[0])
    assert vanishing_slope(responses, point.residual, (c,)) == pytest.approx(
        slope, rel=1e-2, abs=1e-7
    )


def test_the_loss_changes_at_the_cubic_corner_as_stated(data):
    """Along w₁² = q, w₂² = 2q: the derivative by q is three times that by w₁² + w₂²."""
    x, y, responses = data

    def value(q):
        if q == 0:
            return fitted(y, x, x**3)[0]
        first, second = small(q, x), small(2 * q, x)
        return fitted(y, first, (second - first) / q)[0]

    point = fixed_point(responses, responses.monomial(1), responses.monomial(3))
    found = 3 * vanishing_slope(responses, point.residual, point.coefficients)
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
    found = step_slope(responses, point.residual, float(point.coefficients[0]))
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
