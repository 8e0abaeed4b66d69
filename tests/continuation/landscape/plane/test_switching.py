"""Switches as curves: a bracket across the curve is carried along it, here against formulas."""

import math

import numpy as np
import pytest

from continuation.deadline import Deadline
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.plane import Plane, switching
from continuation.landscape.plane.switching import WIDTH, Seed, Watched, switch_curve
from symbolic import single_unit

LIMITS = ((20.0, 50.0), (0.05, 0.5))


@pytest.fixture(scope="module")
def plane():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 50, 0))
    return Plane(loss, "size", "noise", LIMITS, schedule=(20, 50))


@pytest.fixture(scope="module")
def watched(plane):
    found = find_critical_sets(plane.loss, noise=0.2, regions=False)[0]
    return Watched(found, found, (found.weights, found.weights), np.ones(2))


def followed(plane, watched, monkeypatch, height, known):
    """The curve y = height(x) of the square, of which nothing is known where `known` is false."""

    def leads(_plane, watched, square):
        if not known(square):
            return None
        return bool(square[1] < height(square[0])), watched

    monkeypatch.setattr(switching, "_leads", leads)
    inside, outside = plane.from_square(np.array([[0.4, height(0.4) - 0.1], [0.4, 0.9]]))
    return switch_curve(plane, Seed(watched, inside, outside), Deadline(math.inf))


@pytest.mark.parametrize("bend", [-0.4, 0.0, 0.6])
def test_a_switch_is_followed_to_the_limits(plane, watched, monkeypatch, bend):
    def height(x):
        return 0.35 + 0.2 * x + bend * x * (x - 0.5)

    curve = followed(plane, watched, monkeypatch, height, lambda square: True)
    assert curve.ends == ("limit", "limit")
    square = plane.to_square(curve.points)
    inside = square[((square > 0.0) & (square < 1.0)).all(axis=1)]
    assert np.ptp(inside[:, 0]) > 0.99
    assert curve.error == 2.0 * WIDTH
    assert np.abs(inside[:, 1] - height(inside[:, 0])).max() < curve.error


def test_a_switch_ends_where_its_sets_end(plane, watched, monkeypatch):
    curve = followed(plane, watched, monkeypatch, lambda x: 0.5, lambda square: square[0] < 0.7)
    assert sorted(curve.ends) == ["limit", "the source or the target ends"]
    assert plane.to_square(curve.points)[:, 0].max() == pytest.approx(0.7, abs=0.01)


def test_a_bracket_that_is_none_gives_no_curve(plane, watched, monkeypatch):
    assert followed(plane, watched, monkeypatch, lambda x: 0.5, lambda square: False) is None
