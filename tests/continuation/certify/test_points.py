"""Certified critical points: true ones are proved, everything else stays open."""

from functools import cache

import numpy as np
import pytest
from flint import arb_mat
from hypothesis import given
from hypothesis import strategies as st

from continuation.certify import UNDECIDED, certify_basin, certify_point, certify_sets
from continuation.certify.enclosures.balls import working_precision
from continuation.certify.enclosures.krawczyk import inertia
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from symbolic import Model, single_unit
from tests.continuation.certify.certify_cases import (
    NOISE,
    PRESETS,
    expression_model,
    found,
    preset_loss,
    tiny_loss,
)


def polished(loss, theta, **parameters):
    for _ in range(40):
        _, gradient, hessian = loss.evaluate(theta, **parameters)
        theta = theta - np.linalg.solve(hessian, gradient)
    return theta


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("seed", [0, 1])
def test_every_finite_set_of_a_search_is_proved_with_its_inertia(name, seed):
    loss = preset_loss(name, seed)
    sets = found(loss)
    certificates = certify_sets(loss, sets, noise=NOISE)
    assert len(certificates) == len(sets)
    for critical, certificate in zip(sets, certificates, strict=True):
        assert certificate.proved, certificate
        assert certificate.inertia == critical.inertia
        assert certificate.kind == critical.kind
        assert 0 <= certificate.radius < 1e-10 < certificate.uniqueness_radius


def test_one_certificate_is_that_of_the_whole_search():
    loss = preset_loss("fukumizu_amari")
    sets = found(loss)
    point = next(s for s in sets if s.kind == "point")
    alone = certify_point(loss, point.theta, noise=NOISE)
    listed = certify_sets(loss, sets, noise=NOISE)[list(sets).index(point)]
    assert alone.claim == listed.claim


def test_the_radius_holds_the_point_that_newton_finds():
    loss = preset_loss("fukumizu_amari")
    point = next(s for s in found(loss) if s.subkind == "isolated")
    best = polished(loss, point.theta, noise=NOISE)
    rough = point.theta + 1e-6
    certificate = certify_point(loss, rough, noise=NOISE)
    assert certificate.proved
    assert np.abs(best - rough).max() <= certificate.radius


def test_all_critical_points_in_the_box_of_uniqueness_are_one():
    loss = preset_loss("overparameterised", 1)
    points = [s for s in found(loss) if s.kind == "point"]
    for point in points:
        certificate = certify_point(loss, point.theta, noise=NOISE)
        others = [o.theta for o in points if o is not point]
        gaps = [np.abs(other - point.theta).max() for other in others]
        assert certificate.uniqueness_radius < min(gaps)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        lambda: Model.perceptron(hidden=1, bias=True, offset=True, teacher="2*tanh(x-1)"),
        lambda: Model.perceptron(hidden=1, activation="softplus", teacher="x"),
        lambda: Model.perceptron(hidden=2, output_weights=[0.1, -0.3], teacher="sin(x)"),
        expression_model,
    ],
)
def test_other_models_are_certified_too(model):
    loss = tiny_loss(model(), n=30)
    rng = np.random.default_rng(0)
    proved = 0
    for _ in range(6):
        start = rng.normal(size=loss.model.dimension)
        try:
            theta = polished(loss, start, noise=0.1, weight_decay=0.01)
        except (np.linalg.LinAlgError, InvalidInputError):
            continue
        proved += certify_point(loss, theta, noise=0.1, weight_decay=0.01).proved
    assert proved >= 1


def test_sizes_and_weight_decay_are_part_of_the_statement():
    loss = preset_loss("fukumizu_amari")
    theta = np.array([1.0, 4.0, 2.0, -1.0])
    parameters = {"noise": 0.05, "size": 30.5, "weight_decay": 1e-4}
    best = polished(loss, theta, **parameters)
    assert np.abs(best).min() > 0.1
    certificate = certify_point(loss, best, **parameters)
    assert certificate.proved
    other = certify_point(loss, best, noise=0.05)
    assert not other.proved or other.radius > certificate.radius


# -- what cannot be proved stays open --------------------------------------------------------


def test_a_point_of_a_line_is_undecided():
    loss = preset_loss("fukumizu_amari")
    line = next(s for s in found(loss) if s.kind == "line")
    certificate = certify_point(loss, line.theta, noise=NOISE)
    assert certificate.verdict == UNDECIDED
    assert "line" in certificate.reason
    assert certificate.inertia is None


def test_a_degenerate_point_is_undecided():
    """Where all targets are zero, the loss is flat to second order at the origin."""
    data = Dataset.from_observations([1.0, 2.0], [0.0, 0.0])
    loss = Loss(Model.perceptron(hidden=1), data)
    certificate = certify_point(loss, [0.0, 0.0])
    assert certificate.verdict == UNDECIDED
    assert "singular" in certificate.reason


def test_a_point_that_is_not_critical_is_undecided():
    loss = preset_loss("fukumizu_amari")
    certificate = certify_point(loss, [1.0, -2.0, 0.3, 0.7], noise=NOISE)
    assert certificate.verdict == UNDECIDED
    assert "refine" in certificate.reason or "singular" in certificate.reason


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_undecided(bad):
    loss = preset_loss("fukumizu_amari")
    certificate = certify_point(loss, [bad, 1.0, 1.0, 1.0], noise=NOISE)
    assert certificate.verdict == UNDECIDED
    assert "finite" in certificate.reason
    assert certificate.to_json()


def test_huge_weights_are_undecided_and_end():
    loss = preset_loss("fukumizu_amari")
    assert certify_point(loss, [1e200, -1e150, 1e300, 1e300], noise=NOISE).verdict == UNDECIDED


def test_misuse_is_an_exception():
    loss = preset_loss("fukumizu_amari")
    with pytest.raises(InvalidInputError, match="shape"):
        certify_point(loss, [1.0, 2.0], noise=NOISE)
    with pytest.raises(InvalidInputError, match="noise"):
        certify_point(loss, [1.0, 2.0, 3.0, 4.0], noise=-1.0)


@cache
def one_unit():
    """The loss and all its critical points."""
    loss = Loss(single_unit(), Dataset.sample(single_unit(), 8, 5))
    return loss, [s.theta * sign for s in found(loss) if s.theta is not None for sign in (1, -1)]


@pytest.mark.parametrize(
    ("eigenvalues", "signs"), [([-1, 2, 3], (1, 0, 2)), ([1e-12, -1e-9, 5], (1, 0, 2))]
)
def test_inertia_is_that_of_the_eigenvalues(eigenvalues, signs):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    with working_precision():
        q = arb_mat(turn.tolist())
        middle = arb_mat(np.diag(eigenvalues).astype(float).tolist())
        assert inertia(q * middle * q.transpose()) == signs


def test_inertia_is_open_where_an_eigenvalue_may_vanish():
    assert inertia(arb_mat([[1, 0], [0, 0]])) is None
    assert inertia(arb_mat([[1, 1], [1, 1]])) is None
    with working_precision():
        assert inertia(arb_mat([[0, 1], [1, 0]])) == (1, 0, 1)


@given(st.lists(st.floats(-1.5, 1.5), min_size=2, max_size=2))
def test_random_points_are_proved_only_near_critical_ones(theta):
    """All critical points of this one-unit loss are known from a grid of Newton starts."""
    loss, points = one_unit()
    certificate = certify_point(loss, theta, noise=NOISE)
    if certificate.proved:
        gaps = [np.abs(np.subtract(known, theta)).max() for known in points]
        assert min(gaps) <= certificate.radius * (1 + 1e-9) + 1e-15


@pytest.mark.parametrize("inputs", [1, 2])
def test_networks_of_layers_are_refused_in_words(inputs):
    x = np.random.default_rng(0).normal(size=(8, inputs))
    loss = Loss(Model.mlp(inputs, (2, 1)), Dataset.from_observations(x, x[:, 0]))
    for certify in (certify_point, certify_basin):
        with pytest.raises(InvalidInputError, match="perceptrons of one input and for formulas"):
            certify(loss, np.ones(loss.model.dimension))
