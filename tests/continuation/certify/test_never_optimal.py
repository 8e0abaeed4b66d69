"""No point of the theoretical optimum is critical: bounds and distances, manifolds included."""

from functools import cache

import numpy as np
import pytest
from flint import arb_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.certify import PROVED, REFUTED, UNDECIDED, certify_never_optimal, check
from continuation.certify.provers.optimum import _is_empty
from continuation.landscape import Dataset, Loss
from continuation.landscape.network.symmetry import Symmetry
from continuation.landscape.zero_noise.optimum import optimum_gradient
from symbolic import Model, fukumizu_amari, overparameterised
from tests.continuation.certify.certify_cases import NOISE, found, preset_loss

OVER = preset_loss("overparameterised")


@cache
def over_certificate():
    return certify_never_optimal(OVER, noise=NOISE)


def number(certificate, name):
    return float.fromhex(certificate.claim[name])


def overparameterised_optima(share, free):
    """Points of each family of Θ* for T = tanh x and two units."""
    return [
        [1.0, 1.0, share, 1.0 - share],
        [1.0, -1.0, share, share - 1.0],
        [1.0, free, 1.0, 0.0],
        [1.0, 0.0, 1.0, free],
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_bound_is_the_gradient_where_the_optimum_is_one_orbit(seed):
    loss = preset_loss("fukumizu_amari", seed)
    certificate = certify_never_optimal(loss, noise=NOISE)
    gradient = np.linalg.norm(loss.gradient([1.0, 4.0, 2.0, -1.0], noise=NOISE))
    assert certificate.verdict == PROVED
    assert number(certificate, "gradient_bound") == pytest.approx(gradient, rel=1e-12)
    assert number(certificate, "gradient_bound") <= gradient * (1 + 1e-15)


@pytest.mark.parametrize("hidden", [2, 3])
def test_the_bound_is_attained_where_copies_share_an_output_weight(hidden):
    """Equal noises ±p, ±q with p tanh 1 + q tanh 2 = 0: output weights feel none of it."""
    model = overparameterised().with_hidden(hidden)
    noise = np.array([1.0, -np.tanh(1.0) / np.tanh(2.0)])
    data = Dataset.from_arrays([1.0, 2.0, -1.0, -2.0], model=model, noise=[*noise, *-noise])
    loss, shares = Loss(model, data), np.full(hidden, 1.0 / hidden)
    gradient = np.linalg.norm(loss.gradient([*np.ones(hidden), *shares], noise=NOISE))
    certificate = certify_never_optimal(loss, noise=NOISE)
    assert number(certificate, "gradient_bound") == pytest.approx(gradient, rel=1e-12)


def test_a_box_is_empty_where_one_component_cannot_change_its_sign():
    rates = arb_mat([[1, -0.5], [0.25, 2]])
    for steps, radius, empty in (
        ([1.0, 1.0], 0.59, True),
        ([1.0, 1.0], 0.61, False),
        ([0.0, 1.0], 0.39, True),
        ([0.0, 1.0], 0.41, False),
        ([1.0, 5.0], 1.9, True),
    ):
        assert _is_empty(rates, steps, radius) == empty


def test_the_excluded_box_ends_before_the_nearest_critical_point():
    loss = preset_loss("fukumizu_amari")
    certificate = certify_never_optimal(loss, noise=NOISE)
    optimum = np.array([1.0, 4.0, 2.0, -1.0])
    symmetry = Symmetry.of(loss.model)
    gaps = [
        np.abs(symmetry.align(s.theta, optimum) - optimum).max()
        for s in found(loss)
        if s.kind == "point"
    ]
    assert 0.001 < certificate.radius < min(gaps)


@settings(max_examples=60)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_the_gradient_obeys_the_bound_on_the_whole_manifold(share, free):
    for theta in overparameterised_optima(share, free):
        gradient = np.linalg.norm(OVER.gradient(theta, noise=NOISE))
        assert gradient >= number(over_certificate(), "gradient_bound") * (1 - 1e-9)


@settings(max_examples=60)
@given(st.floats(-30, 30), st.floats(-30, 30), st.integers(0, 2**32 - 1))
def test_no_point_of_the_excluded_neighbourhood_is_critical(share, free, seed):
    step = np.random.default_rng(seed).normal(size=4)
    for theta in overparameterised_optima(share, free):
        v = np.linalg.norm(theta[2:])
        radius = number(over_certificate(), "constant") / (1 + v) ** 2
        near = np.array(theta) + radius * step / np.linalg.norm(step)
        assert np.linalg.norm(OVER.gradient(near, noise=NOISE)) > 1e-6


@pytest.mark.parametrize("hidden", [1, 2, 3, 5])
def test_students_of_every_width_have_a_bound(hidden):
    model = overparameterised().with_hidden(hidden)
    loss = Loss(model, Dataset.sample(model, 30, 1))
    certificate = certify_never_optimal(loss, noise=NOISE)
    assert certificate.proved
    assert (certificate.radius is not None) == (hidden == 1)
    if hidden > 1:
        assert number(certificate, "gradient_bound") >= optimum_gradient(loss, NOISE) * (1 - 1e-12)


def test_bias_and_offset_are_part_of_the_optimum():
    model = Model.perceptron(hidden=2, bias=True, offset=True, teacher="tanh(x)/2 + 1/3")
    certificate = certify_never_optimal(Loss(model, Dataset.sample(model, 30, 0)), noise=NOISE)
    assert certificate.proved
    assert check(certificate).accepted


def test_without_noise_the_statement_is_refuted():
    certificate = certify_never_optimal(OVER)
    assert certificate.verdict == REFUTED
    assert check(certificate).accepted


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Model.perceptron(hidden=2, teacher="sin(x)"), "unit"),
        (Model.perceptron(hidden=1, teacher="2*tanh(x) - tanh(4*x)"), "empty"),
        (Model.perceptron(hidden=2, teacher="tanh(x) + 1"), "offset"),
        (Model.mlp(2, (2,), 2, loss="huber", teacher=["x1", "x2"]), "squared error"),
        (Model.perceptron(hidden=1, output_weights=[1.0], teacher="tanh(x)"), "free output"),
    ],
)
def test_where_the_optimum_is_not_described_nothing_is_claimed(model, reason):
    loss = Loss(model, Dataset.sample(model, 20, 0))
    certificate = certify_never_optimal(loss, noise=NOISE)
    assert certificate.verdict == UNDECIDED
    assert reason in certificate.reason


def test_observed_data_and_weight_decay_leave_it_open():
    seen = Loss(Model.perceptron(hidden=1), Dataset.from_observations([0.0, 1.0], [0.0, 1.0]))
    assert certify_never_optimal(seen).verdict == UNDECIDED
    loss = preset_loss("fukumizu_amari")
    assert certify_never_optimal(loss, noise=NOISE, weight_decay=0.1).verdict == UNDECIDED


def test_a_bound_that_is_not_separated_from_zero_leaves_it_open():
    """Two inputs x and −x with equal noises: Σ ε tanh(x) = 0, and so is every other sum."""
    model = fukumizu_amari()
    data = Dataset.from_arrays([1.0, -1.0], model=model, noise=[1.0, 1.0])
    assert certify_never_optimal(Loss(model, data), noise=NOISE).verdict == UNDECIDED
