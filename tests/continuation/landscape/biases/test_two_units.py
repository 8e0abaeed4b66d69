"""Critical points of two units with bias from a grid: exact steps, nothing for random starts."""

import numpy as np
import pytest

from continuation.deadline import UNLIMITED
from continuation.landscape import Dataset, Loss
from continuation.landscape.biases import is_seen, two_units
from continuation.landscape.biases.two_units import _Search
from continuation.landscape.network import Layout, Symmetry
from continuation.landscape.search.repeated_starts import Harvest
from continuation.landscape.search.seekers import ANY_INDEX, MINIMUM, polish, seek
from continuation.landscape.search.starts import random_start
from continuation.landscape.sets import Assembler
from symbolic import Model


def loss_of(seed, n=25, offset=True, scale=1.0):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.4, 1.0, n)
    y = np.tanh(2.0 * x - 1.0) - 0.6 * np.tanh(x + 1.0) + 0.5 * rng.standard_normal(n)
    model = Model.perceptron(hidden=2, bias=True, offset=offset)
    return Loss(model, Dataset.from_observations(scale * x, y))


def listed(at):
    harvest = Harvest(Assembler(at), decays=False)
    for theta in two_units(at, UNLIMITED):
        harvest.add(polish(at, theta), random=False)
    return harvest.points


@pytest.mark.parametrize("offset", [True, False])
def test_steps_are_those_of_the_forces_by_differences(offset):
    """⟨r, ∂φ_k⟩ with the best outputs, and its derivatives by differences, give the same step."""
    at = loss_of(0, offset=offset).at()
    search, layout = _Search.of(at), Layout.of(at.model)
    places = np.array([0.9, -0.3, 1.8, 1.1])

    def forces(moved):
        w, t = np.exp(moved[::2]), moved[1::2]
        theta = search.weights(np.column_stack([w, -w * t]))
        slope, v = at.gradient(theta), layout.output_weights(theta)
        return np.array([slope[0] / v[0], slope[2] / v[0], slope[1] / v[1], slope[3] / v[1]])

    moved = places.copy()
    moved[::2], moved[1::2] = np.log(places[::2]), -places[1::2] / places[::2]
    steps = 1e-5 * np.eye(4)
    slopes = np.array([(forces(moved + h) - forces(moved - h)) / 2e-5 for h in steps]).T
    wanted = np.linalg.solve(slopes, -forces(moved))
    wanted[1::2] *= places[::2]  # steps are in w t, at the same w
    found = search.steps(places[None], np.zeros(1, np.int64))[0]
    assert np.allclose(found, wanted, rtol=1e-6)


def test_points_are_critical_and_the_same_in_every_unit_of_x():
    at = loss_of(1, n=16).at()
    points = listed(at)
    assert points
    for found in points:
        size = np.abs(at.hessian(found.weights)) @ np.abs(found.weights)
        assert (np.abs(at.gradient(found.weights)) <= 1e-9 * (size + 1e-12)).all()
        assert np.abs(Layout.of(at.model).output_weights(found.weights)).min() > 1e-6
    scaled = listed(loss_of(1, n=16, scale=1024.0).at())
    assert np.allclose(sorted(p.loss for p in points), sorted(p.loss for p in scaled), rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_random_starts_find_no_other_point(seed):
    at = loss_of(seed).at()
    points, symmetry, layout = listed(at), Symmetry.of(at.model), Layout.of(at.model)
    rng = np.random.default_rng(5)
    starts = np.array([random_start(at, rng) for _ in range(150)])
    harvest = Harvest(Assembler(at), decays=False)
    for target in (MINIMUM, ANY_INDEX):
        for theta, arrived in zip(*seek(at, starts, target), strict=True):
            units = np.array([layout.input_weights(theta), layout.biases(theta)]).T
            if arrived and is_seen(units, at.x).all():
                harvest.add(theta, random=True)
    for found in harvest.points:
        assert any(symmetry.same(found.weights, other.weights) for other in points), found
