"""Parts of the exhaustive search of two units against differences and closed forms."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.network.responses import Responses
from continuation.landscape.search import two_units
from continuation.landscape.search.two_units import from_chart, to_chart
from symbolic import Model


@pytest.fixture(scope="module")
def case():
    random = np.random.default_rng(3)
    x, y = random.standard_normal((2, 25))
    loss = Loss(Model.perceptron(hidden=2), Dataset.from_observations(x, y))
    theta = np.array([[0.4, 1.1, 0.7, -1.3], [2.0, 2.3, -3.0, 3.4], [0.5, 0.52, 9.0, -8.0]])
    return loss, Responses.at(loss.at()), theta


def test_derivatives_in_the_weights_are_those_of_the_loss(case):
    loss, responses, theta = case
    gradient, hessian = two_units._loss_derivatives(responses, theta)
    for row, g, h in zip(theta, gradient, hessian, strict=True):
        _, exact, second = loss.evaluate(row)
        np.testing.assert_allclose(g, exact, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(h, second, rtol=1e-9, atol=1e-11)


def test_derivatives_in_the_chart_agree_with_differences(case):
    loss, responses, theta = case
    chart = to_chart(theta)
    gradient, hessian = two_units._chart_derivatives(responses, chart)
    for row, g, h in zip(chart, gradient, hessian, strict=True):
        step = 1e-4 * np.abs(row)
        moved = lambda k, side: row + side * step * np.eye(4)[k]  # noqa: B023, E731
        values = np.array(
            [[loss.value(from_chart(moved(k, s)[None])[0]) for s in (-1, 1)] for k in range(4)]
        )
        np.testing.assert_allclose((values[:, 1] - values[:, 0]) / 2, g * step, atol=1e-9)
        ends = np.array([[moved(k, s) for k in range(4)] for s in (-1, 1)])
        below, above = (two_units._chart_derivatives(responses, end)[0] for end in ends)
        scaled = h * step[:, None] * step
        difference = (above - below) / 2 * step
        np.testing.assert_allclose(difference, scaled, atol=1e-6 * np.abs(scaled).max())
        np.testing.assert_allclose(h, h.T, rtol=1e-7)


def test_the_zero_of_an_affine_field_is_met():
    """At any place within the cell, for slopes in general position."""
    random = np.random.default_rng(0)
    place, slopes = random.uniform(0, 1, (2, 9)), random.standard_normal((2, 2, 9))
    corner = [(0, 0), (1, 0), (0, 1), (1, 1)]
    field = np.array(
        [slopes[0] * (s - place[0]) + slopes[1] * (t - place[1]) for s, t in corner]
    )  # (4, 2, 9)
    np.testing.assert_allclose(two_units._linear_zero(field), place, atol=1e-9)


def test_results_that_differ_are_kept_apart():
    pairs = [(1.0, 2.0), (1.0, 2.0 + 1e-9), (1.0, 2.1), (1.1, 2.0)]
    theta = np.array([[*pair, 3.0, 4.0] for pair in pairs])
    assert np.array_equal(two_units._distinct(theta[[3, 1, 0, 2]]), theta[[0, 2, 3]])
