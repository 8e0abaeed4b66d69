"""Critical points of one unit with bias: those of random starts, whatever the data look like."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.biases import is_seen, one_unit
from continuation.landscape.network import Symmetry
from continuation.landscape.search.seekers import ANY_INDEX, MINIMUM, seek
from continuation.landscape.search.starts import random_start
from symbolic import Model


def loss_of(seed, offset, scale):
    rng = np.random.default_rng(seed)
    x = rng.normal(0.4, 1.0, 40)
    y = np.tanh(2.0 * x - 1.0) + 0.5 * rng.standard_normal(x.size)
    return Loss(Model.perceptron(hidden=1, bias=True, offset=offset),
                Dataset.from_observations(scale * x, y))  # fmt: skip


@pytest.mark.parametrize(("seed", "offset", "scale"), [(0, True, 1.0), (1, False, 1.0)])
def test_random_starts_find_no_other_point(seed, offset, scale):
    at = loss_of(seed, offset, scale).at()
    listed, symmetry = one_unit(at), Symmetry.of(at.model)
    assert listed
    for found in listed:
        assert np.abs(at.gradient(found.weights)).max() < 1e-12
        assert found.nullity == 0
    rng = np.random.default_rng(5)
    starts = np.array([random_start(at, rng) for _ in range(150)])
    for target in (MINIMUM, ANY_INDEX):
        for theta, arrived in zip(*seek(at, starts, target), strict=True):
            works = abs(theta[2]) > 1e-6 and 0.02 < abs(theta[0]) < 100.0
            if arrived and works and is_seen(theta[None, :2], at.x).all():
                assert any(symmetry.same(theta, found.weights) for found in listed), theta


def test_the_list_has_no_seed_and_says_so():
    loss = loss_of(3, True, 1e3)
    first, second = (find_critical_sets(loss, seed=seed, infinity=False) for seed in (0, 1))
    assert [s.loss for s in first] == [s.loss for s in second]
    assert any("on a grid" in note and "no proof" in note for note in first.notes)


def test_exact_data_on_a_line_have_the_line_as_their_best_end():
    """No residual is left, and the rounding of slopes says nothing."""
    x = np.arange(10.0)
    model = Model.perceptron(hidden=1, bias=True, offset=True)
    sets = find_critical_sets(Loss(model, Dataset.from_observations(x, 2 * x + 5)))
    best = sets[0]
    assert (best.subkind, best.attracting) == ("linear", True)
    assert best.loss < 1e-25
    assert not any("far from zero" in note for note in sets.notes)


def test_inputs_far_from_zero_beside_their_spread_are_said():
    x = 1e6 + np.linspace(-2, 2, 12)
    model = Model.perceptron(hidden=1, bias=True, offset=True)
    sets = find_critical_sets(Loss(model, Dataset.from_observations(x, np.tanh(x - 1e6))))
    assert any("Subtract their mean" in note for note in sets.notes)


@pytest.mark.parametrize("far", [10.0, -100.0, 300.0])
def test_a_list_is_the_same_wherever_zero_is(far):
    """Biases make up for it; the size of an exponential at x = 0 is another number, up to 1e112."""
    random = np.random.default_rng(7)
    x = random.normal(size=15)
    y = np.tanh(x) + 0.3 * random.normal(size=15)

    def listed(x):
        model = Model.perceptron(1, bias=True, offset=True)
        sets = find_critical_sets(Loss(model, Dataset.from_observations(x, y)))
        return sorted((s.subkind, round(s.loss, 9), s.inertia) for s in sets)

    here = listed(x)
    assert here == listed(x + far)
    assert min(here, key=lambda one: one[1])[::2] == ("exponential", (0, 0, 4))


def test_samples_that_are_there_twice_are_samples_of_twice_the_weight():
    random = np.random.default_rng(11)
    x, noise = random.normal(size=18), random.normal(size=18)
    y = 1.4 * np.tanh(1.3 * x) - 0.8 * np.tanh(3 * x) + 0.25 * noise
    model = Model.perceptron(1, bias=True, offset=True)
    lists = [
        find_critical_sets(Loss(model, Dataset.from_observations(np.tile(x, k), np.tile(y, k))))
        for k in (1, 2)
    ]
    once, twice = ([(s.subkind, round(s.loss, 9), s.inertia) for s in sets] for sets in lists)
    assert once == twice


def test_a_unit_is_seen_by_three_inputs_however_often_each_is_there():
    """Arguments of a saddle of the motorcycle data: the third of the inputs is at 2.2."""
    place, seen, unseen = np.array([[85.0, 0.0]]), [0.4, -1.7, 2.2, 9.0], [0.1, 2.6, -5.0, 9.0]
    for times in (1, 3):
        assert is_seen(place, np.repeat(seen, times) / 85.0).all()
        assert not is_seen(place, np.repeat(unseen, times) / 85.0).any()
