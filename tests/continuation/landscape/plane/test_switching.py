"""Switches as curves: a bracket across the curve is carried along it.

Against formulas, and on data against the switch that `evolve` locates to ten digits on one line.
"""

import math

import numpy as np
import pytest

from continuation.deadline import Deadline
from continuation.landscape import Dataset, Loss, evolve, find_critical_sets, plane_diagram
from continuation.landscape.plane import Plane, switching
from continuation.landscape.plane.curves import distances
from continuation.landscape.plane.switching import WIDTH, Seed, Watched, switch_curve
from symbolic import overparameterised, single_unit

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


LOCATED = 0.7416180936
"""Noise at which the side of a point of index 1 passes a silent unit, of all samples of `two`."""


@pytest.fixture(scope="module")
def two():
    model = overparameterised()
    return Loss(model, Dataset.sample(model, 100, 1))


def test_on_data_a_bracket_closes_on_the_switch_of_the_evolution(two):
    plane = Plane(two, "size", "noise", ((90.0, 100.0), (0.74, 0.743)), schedule=(90, 100))
    found = find_critical_sets(two, noise=0.741, regions=False)
    points = [s for s in found if s.subkind == "isolated"]
    source = next(s for s in points if s.index == 1 and s.weights[3] < -0.1)
    target = min(points, key=lambda s: s.loss)
    e = np.linalg.eigh(two.hessian(source.weights, noise=0.741))[1][:, 0]
    bracket = plane.to_square(np.array([[100.0, 0.741], [100.0, 0.742]]))
    ends = []
    for sign in (1.0, -1.0):
        watched = Watched(source, target, (source.weights, target.weights), sign * e)
        middle, _ = switching._bisected(plane, watched, *bracket)
        ends.append(plane.from_square(middle)[1])
    assert min(abs(end - LOCATED) for end in ends) < WIDTH * 0.003


@pytest.mark.slow
def test_on_data_curves_pass_the_events_that_the_evolution_locates_on_another_line(two):
    limits = ((98.0, 100.0), (0.735, 0.76))
    found = plane_diagram(
        two, "size", "noise", limits, schedule=(90, 100), lines=1, resolution=6, regions=False
    )
    noises = (0.7385, 0.7425)
    evolution = evolve(two, "noise", noises, searched_at=noises, resolution=4, regions=False)
    assert found.lines == (99.0,)
    assert [event.kind for event in evolution.events] == ["fold", "switch"]
    assert evolution.events[1].p == pytest.approx(LOCATED, abs=1e-9)
    plane = Plane(two, "size", "noise", limits, schedule=(90, 100))
    for event, text in zip(evolution.events, ("silent unit", "isolated → isolated"), strict=True):
        (curve,) = [c for c in found.curves if (c.kind, c.text) == (event.kind, text)]
        place = plane.to_square(np.array([[100.0, event.p]]))
        assert distances(place, plane.to_square(curve.points))[0] < curve.error
        assert curve.ends == ("limit", "limit")
