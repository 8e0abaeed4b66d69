"""Exactly one critical point near the theoretical optimum: the numbers behind theorem 9."""

import numpy as np
import pytest
from flint import arb_mat
from scipy.optimize import root

from continuation.certify.enclosures.balls import working_precision
from continuation.certify.enclosures.exact_loss import ExactLoss
from continuation.certify.enclosures.third_derivatives import ThirdDerivatives
from continuation.certify.provers.unique_minimum import (
    _bounds,
    certify_unique_minimum,
    unique_minimum_probability,
)
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from symbolic import Model, fukumizu_amari, overparameterised, single_unit

CASES = [
    (single_unit, 100, 0.01, 0),
    (single_unit, 50, 0.003, 1),
    (fukumizu_amari, 100, 0.001, 0),
    (fukumizu_amari, 300, 0.002, 1),
]


def loss_of(make, n, seed):
    return Loss(make(), Dataset.sample(make(), n=n, seed=seed))


def metric(loss, theta, noise):
    """Upper factor R of the Hessian at the optimum: |R d| is the distance of the certificate."""
    return np.linalg.cholesky(loss.hessian(np.array(theta), noise=noise)).T


@pytest.mark.parametrize(("make", "n", "noise", "seed"), CASES)
def test_the_certified_minimum_is_there_and_alone(make, n, noise, seed):
    loss = loss_of(make, n, seed)
    found = certify_unique_minimum(loss, noise=noise)
    assert (found.proved, found.reason) == (True, "")
    assert found.h < 0.5
    assert 0.0 < found.distance < found.radius
    start, R = np.array(found.theta), metric(loss, found.theta, noise)
    random = np.random.default_rng(seed)
    offsets = random.standard_normal((6, start.size))
    offsets *= 0.9 * found.radius / np.linalg.norm(offsets, axis=1, keepdims=True)
    ends = []
    for offset in [np.zeros(start.size), *np.linalg.solve(R, offsets.T).T]:
        run = root(
            lambda t: loss.gradient(t, noise=noise),
            start + offset,
            jac=lambda t: loss.hessian(t, noise=noise),
            tol=1e-14,
        )
        assert np.abs(loss.gradient(run.x, noise=noise)).max() < 1e-12
        if np.linalg.norm(R @ (run.x - start)) < found.radius:
            ends.append(run.x)
    minimum = ends[0]
    np.testing.assert_allclose(ends, np.broadcast_to(minimum, np.shape(ends)), atol=1e-7)
    assert 0.0 < np.linalg.norm(R @ (minimum - start)) <= found.distance
    assert np.linalg.norm(minimum - start) <= found.reach
    assert np.linalg.eigvalsh(loss.hessian(minimum, noise=noise))[0] > 0.0


def test_the_distance_is_nearly_sharp_where_the_noise_is_small():
    loss = loss_of(single_unit, 100, 0)
    found = certify_unique_minimum(loss, noise=1e-4)
    R = metric(loss, found.theta, 1e-4)
    gradient = loss.gradient(np.array(found.theta), noise=1e-4)
    step = np.linalg.norm(np.linalg.solve(R.T, gradient))  # of Newton's method, in the metric
    assert step <= found.distance < 1.01 * step


@pytest.mark.parametrize(
    ("n", "noise", "reason"),
    [(50, 0.0, "not separated from zero"), (100, 0.03, "not below 1/2"), (50, 0.1, "no valley")],
)
def test_where_the_condition_fails_nothing_is_claimed(n, noise, reason):
    found = certify_unique_minimum(loss_of(single_unit, n, 0), noise=noise)
    assert found.verdict == "UNDECIDED"
    assert not found.proved
    assert np.isnan([found.distance, found.radius, found.reach]).all()
    assert reason in found.reason


def test_models_without_an_isolated_optimum_are_refused():
    with pytest.raises(InvalidInputError, match="isolated"):
        certify_unique_minimum(loss_of(overparameterised, 20, 0), noise=0.1)
    biased = Model.perceptron(1, bias=True, teacher="tanh(x)")
    with pytest.raises(InvalidInputError, match="isolated"):
        certify_unique_minimum(Loss(biased, Dataset.sample(biased, n=20, seed=0)), noise=0.1)
    sine = Model.perceptron(1, "sin", teacher="sin(x)")
    with pytest.raises(InvalidInputError, match="tanh"):
        certify_unique_minimum(Loss(sine, Dataset.sample(sine, n=20, seed=0)), noise=0.1)


@pytest.mark.parametrize(("make", "seed"), [(single_unit, 0), (fukumizu_amari, 1)])
def test_third_derivatives_stay_below_their_bound(make, seed):
    """Against differences of the compiled Hessian along random directions in the ball."""
    loss, noise, reach = loss_of(make, 60, seed), 0.05, 1e-3
    found = certify_unique_minimum(loss, noise=1e-3)
    theta = np.array(found.theta)
    S = np.linalg.inv(metric(loss, theta, 1e-3))
    with working_precision():
        third = ThirdDerivatives(ExactLoss.of(loss, noise=noise), theta, S)
        here, bound = third.bound(0.0), third.bound(reach)
    random, largest, step = np.random.default_rng(seed), 0.0, 1e-4
    for _ in range(300):
        e, z = random.standard_normal((2, theta.size))
        e, z = e / np.linalg.norm(e), reach * z / np.linalg.norm(z)
        d, place = S @ e, theta + S @ z * random.random()
        ahead, behind = (d @ loss.hessian(place + s * step * d, noise=noise) @ d for s in (1, -1))
        largest = max(largest, abs(ahead - behind) / (2.0 * step))
    assert largest < bound
    assert here < bound
    assert bound < 30.0 * largest  # not far from it either


def test_weights_of_samples_count():
    """Twice the weight is the same as a sample that occurs twice."""
    x = np.linspace(-2.0, 2.0, 21) + 0.03
    noise = np.sin(37.0 * np.arange(21.0))
    doubled = Dataset.from_arrays(
        np.append(x, x[3]), model=single_unit(), noise=np.append(noise, noise[3])
    )
    weights = np.ones(21)
    weights[3] = 2.0
    weighted = Dataset.from_arrays(x, model=single_unit(), noise=noise, weights=weights)
    first, second = (
        certify_unique_minimum(Loss(single_unit(), data), noise=0.002)
        for data in (doubled, weighted)
    )
    assert first.proved
    assert second.proved
    assert first.h == pytest.approx(second.h, rel=1e-9)
    assert first.distance == pytest.approx(second.distance, rel=1e-9)


def test_probability_over_data_sets():
    found = unique_minimum_probability(single_unit(), sizes=(20, 80), noises=(0.001, 0.3), seeds=4)
    assert found.fraction.shape == (2, 2)
    assert found.fraction[1].tolist() == [1.0, 0.0]
    assert (found.lower <= found.fraction).all()
    assert (found.fraction <= found.upper).all()


@pytest.mark.parametrize("square", [0.6, 1.0, 1.5])
def test_a_coarse_scale_has_the_bound_of_neumanns_series(square):
    """SᵀAS = s² for two weights: β = 1/(1 − |s² − 1| √2), η = β s |∇L|."""
    gradient, hessian = arb_mat([[3], [4]]), arb_mat([[1, 0], [0, 1]])
    beta, eta = _bounds(gradient, hessian, np.sqrt(square) * np.eye(2))
    assert float(beta) == pytest.approx(1.0 / (1.0 - abs(square - 1.0) * np.sqrt(2.0)), rel=1e-12)
    assert float(eta) == pytest.approx(float(beta) * np.sqrt(square) * 5.0, rel=1e-12)
    assert float(beta) * square >= 1.0 - 1e-15


def test_a_scale_too_coarse_bounds_nothing():
    beta, eta = _bounds(arb_mat([[3], [4]]), arb_mat([[1, 0], [0, 1]]), np.sqrt(0.2) * np.eye(2))
    assert float(beta) == float(eta) == np.inf
