"""What one unit contributes: derivatives of its activation, features, and fits by them."""

import mpmath
import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.network.responses import Responses, project, tanh_derivatives
from symbolic import Model


@pytest.mark.parametrize("order", range(9))
def test_derivatives_of_tanh(order):
    u = np.array([-2.3, -0.4, 0.0, 0.7, 1.9])
    found = tanh_derivatives(u, 8)[order]
    exact = [float(mpmath.diff(mpmath.tanh, x, order)) for x in u]
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-12)


@pytest.fixture
def responses():
    random = np.random.default_rng(0)
    data = Dataset.from_observations(random.standard_normal(30), random.standard_normal(30))
    return Responses.at(Loss(Model.perceptron(hidden=2), data).at())


def test_features_are_derivatives_by_the_input_weight(responses):
    w, h = np.array([0.3, 2.0]), 1e-4
    below, above = (responses.features(w + side * h, 3) for side in (-1, 1))
    here = responses.features(w, 4)
    for k in range(4):
        np.testing.assert_allclose((above[k] - below[k]) / (2 * h), here[k + 1], atol=1e-5)


def test_the_mirror_image_holds_units_of_negative_weight(responses):
    w = np.array([0.3, 2.0])
    np.testing.assert_allclose(
        responses.mirrored().features(w, 0), responses.features(-w, 0), atol=1e-14
    )


@pytest.mark.parametrize("gap", [1.0, 1e-3, 1e-6, 1e-9])
def test_fits_by_nearly_parallel_features_leave_nothing_along_them(gap):
    random = np.random.default_rng(1)
    first, across, third, target = random.standard_normal((4, 30))
    features = np.array([first, first + gap * across, third])
    coefficients, residual = project(target, features[:, None])
    plane = np.linalg.qr(np.array([first, across, third]).T)[0]
    assert np.abs(plane.T @ residual[0]).max() < 1e-14 / min(gap, 1e-1) * 1e1
    # orthogonal to rounding to what the fit was made of, however near the features are
    assert np.abs(features @ residual[0]).max() < 1e-13
    fit = coefficients[:, 0] @ features - target
    np.testing.assert_allclose(fit, residual[0], atol=1e-14 / gap * 1e1)
