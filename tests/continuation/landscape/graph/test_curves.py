"""Invariant manifolds of saddles: orbits of the flow, with closed forms where there are any."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets, flow_to_limit
from continuation.landscape.graph.curves import DEPARTURE, invariant_curve
from symbolic import Model, overparameterised, single_unit

NOISE = 0.5
LENGTH = 12.0


@pytest.fixture(scope="module")
def plane():
    model = single_unit()
    return Loss(model, Dataset.sample(model, 50, 0))


@pytest.fixture(scope="module")
def curves(plane):
    """(stable, direction, curve) of the four halves at the origin, a saddle."""
    at = plane.at(noise=NOISE)
    values, vectors = np.linalg.eigh(at.hessian(np.zeros(2)))
    assert values[0] < 0.0 < values[1]
    return [
        (stable, side * vectors[:, k], invariant_curve(
            at, np.zeros(2), side * vectors[:, k], stable=stable, length=LENGTH
        ))
        for k, stable in ((0, False), (1, True))
        for side in (1.0, -1.0)
    ]  # fmt: skip


def test_the_loss_falls_along_unstable_and_rises_along_stable_curves(plane, curves):
    at = plane.at(noise=NOISE)
    for stable, _, curve in curves:
        losses = np.array([at.value(theta) for theta in curve])
        steps = np.diff(losses) if stable else -np.diff(losses)
        assert steps.min() > -1e-15
        assert abs(losses[-1] - losses[0]) > 0.01


def test_curves_leave_the_saddle_along_the_direction(curves):
    for _, direction, curve in curves:
        np.testing.assert_array_equal(curve[0], np.zeros(2))
        np.testing.assert_allclose(curve[1], DEPARTURE * direction, rtol=1e-12)


def test_curves_are_orbits(plane, curves):
    at = plane.at(noise=NOISE)
    for stable, _, curve in curves:
        chord = np.diff(curve[1:], axis=0)
        middle = (curve[1:-1] + curve[2:]) / 2.0
        away = np.linalg.norm(middle - curve[-1], axis=1) > 0.05
        for step, theta in zip(chord[away], middle[away], strict=True):
            gradient = at.gradient(theta) * (1.0 if stable else -1.0)
            cosine = step @ gradient / (np.linalg.norm(step) * np.linalg.norm(gradient))
            assert cosine > 1.0 - 1e-4


def test_unstable_curves_end_at_the_minima(plane, curves):
    at = plane.at(noise=NOISE)
    minimum = next(
        s for s in find_critical_sets(plane, noise=NOISE) if s.kind == "point" and s.attracting
    )
    ends = [curve[-1] for stable, _, curve in curves if not stable]
    for end in ends:
        assert np.abs(np.abs(end) - np.abs(minimum.theta)).max() < 1e-4
    result = flow_to_limit(at, curves[0][2][5])
    np.testing.assert_allclose(ends[0], result.theta, atol=1e-4)


def test_the_halves_are_images_under_the_sign_flip(curves):
    for first, second in ((0, 1), (2, 3)):
        a, b = curves[first][2], curves[second][2]
        assert np.abs(a[-1] + b[-1]).max() < 1e-5


def test_curves_are_no_longer_than_asked(plane, curves):
    for _, _, curve in curves:
        assert np.linalg.norm(np.diff(curve, axis=0), axis=1).sum() <= LENGTH + DEPARTURE
    stable, direction, long = curves[2]
    short = invariant_curve(
        plane.at(noise=NOISE), np.zeros(2), direction, stable=stable, length=1.0
    )
    length = np.linalg.norm(np.diff(short, axis=0), axis=1).sum()
    assert 0.98 < length <= 1.0 + DEPARTURE
    gaps = np.linalg.norm(long - short[-1], axis=1)
    assert gaps.min() < 0.1


def test_the_length_of_the_direction_does_not_matter(plane, curves):
    stable, direction, _ = curves[2]
    at = plane.at(noise=NOISE)
    one, ten = (
        invariant_curve(at, np.zeros(2), c * direction, stable=stable, length=2.0)
        for c in (1.0, 10.0)
    )
    np.testing.assert_allclose(one, ten, atol=1e-12)


@pytest.mark.slow
def test_two_linear_layers_have_straight_manifolds():
    # L = ½ c (v w − 1)² conserves w² − v²: the manifolds of the origin are the diagonals.
    model = Model.from_expression("v*w*x", parameters=["w", "v"], teacher="x")
    at = Loss(model, Dataset.sample(model, 20, 0)).at()
    unstable = invariant_curve(at, np.zeros(2), [1.0, 1.0], stable=False, length=5.0)
    np.testing.assert_allclose(unstable[:, 0], unstable[:, 1], atol=1e-7)
    np.testing.assert_allclose(unstable[-1], [1.0, 1.0], atol=1e-5)
    stable = invariant_curve(at, np.zeros(2), [1.0, -1.0], stable=True, length=5.0)
    np.testing.assert_allclose(stable[:, 0], -stable[:, 1], atol=1e-4)
    assert np.linalg.norm(stable[-1]) == pytest.approx(5.0, rel=1e-2)


def test_equal_units_stay_equal():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 60, 1))
    at = loss.at(noise=0.1)
    curve = invariant_curve(at, np.zeros(4), np.ones(4), stable=False, length=6.0)
    np.testing.assert_allclose(curve[:, 0], curve[:, 1], atol=1e-8)
    np.testing.assert_allclose(curve[:, 2], curve[:, 3], atol=1e-8)
    # Two equal units are one of twice the output weight: the end is its optimum.
    one = Loss(model.with_hidden(1), loss.data)
    base = np.array([curve[-1, 0], 2.0 * curve[-1, 2]])
    step = np.linalg.solve(one.hessian(base, noise=0.1), one.gradient(base, noise=0.1))
    assert np.abs(step).max() < 1e-4
    assert np.linalg.eigvalsh(one.hessian(base, noise=0.1))[0] > 0.0


def test_a_unit_that_is_zero_stays_zero():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 60, 1))
    curve = invariant_curve(
        loss.at(noise=0.1), np.zeros(4), [1.0, 0.0, 1.0, 0.0], stable=False, length=6.0
    )
    np.testing.assert_array_equal(curve[:, [1, 3]], 0.0)
    dead = [s.theta for s in find_critical_sets(loss, noise=0.1) if s.subkind == "dead unit"]
    assert min(np.abs(np.sort(np.abs(t)) - np.sort(np.abs(curve[-1]))).max() for t in dead) < 1e-4


@pytest.mark.parametrize("direction", [[0.0, 0.0], [np.nan, 1.0]])
def test_the_direction_must_not_vanish(plane, direction):
    with pytest.raises(InvalidInputError, match="must not vanish"):
        invariant_curve(plane.at(), np.zeros(2), direction, stable=True, length=1.0)


@pytest.mark.parametrize("length", [0.0, -1.0, DEPARTURE, np.nan])
def test_the_length_must_be_positive(plane, length):
    with pytest.raises(InvalidInputError, match="length must exceed"):
        invariant_curve(plane.at(), np.zeros(2), [1.0, 1.0], stable=True, length=length)


def test_a_saddle_of_another_model_is_refused(plane):
    with pytest.raises(InvalidInputError, match="theta must have shape"):
        invariant_curve(plane.at(), np.zeros(4), np.ones(4), stable=True, length=1.0)
