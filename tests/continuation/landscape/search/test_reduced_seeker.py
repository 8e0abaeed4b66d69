"""The seeker of roots of the reduced loss."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, Symmetry, find_critical_sets
from continuation.landscape.search.reduced_seeker import seek_reduced
from continuation.landscape.search.seekers import polish
from continuation.landscape.search.starts import beside, random_start
from symbolic import Model, fukumizu_amari, overparameterised


@pytest.mark.parametrize("preset", [fukumizu_amari, overparameterised])
def test_it_finds_what_the_exhaustive_search_finds(preset):
    loss = Loss(preset(), Dataset.sample(preset(), 100, 3))
    at, rng = loss.at(noise=0.1), np.random.default_rng(0)
    starts = np.array([random_start(at, rng) for _ in range(300)])
    ends, close = seek_reduced(at, starts)
    points = [p for p in (polish(at, end) for end in ends[close]) if p is not None]
    known = find_critical_sets(loss, noise=0.1, regions=False)
    symmetry = Symmetry.of(loss.model)
    for s in known:
        if s.subkind == "isolated":
            assert any(symmetry.same(point, s.theta) for point in points)


def test_output_weights_are_fitted_and_units_kept_apart():
    model = Model.perceptron(hidden=2, bias=True, offset=True)
    x = np.linspace(-2.0, 2.0, 60)
    loss = Loss(model, Dataset.from_observations(x, np.tanh(3 * x + 1) - 0.5 * np.tanh(x - 1)))
    at, rng = loss.at(), np.random.default_rng(0)
    starts = np.array([random_start(at, rng) for _ in range(100)])
    ends, close = seek_reduced(at, starts)
    assert close.any()
    for end in ends[close]:
        assert np.abs(at.gradient(end)[4:]).max() < 1e-9 * (1.0 + np.abs(end).max())
    # the teacher, a root without residual
    teacher = np.array([3.0, 1.0, 1.0, -1.0, 1.0, -0.5, 0.0])
    near = teacher + np.array([0.2, -0.1, 0.1, 0.1, 0.0, 0.0, 0.0])
    ends, close = seek_reduced(at, near[None])
    assert close[0]
    assert ends[0] == pytest.approx(teacher, abs=1e-5)


def test_starts_beside_a_point_hold_its_units():
    model = Model.perceptron(hidden=3)
    loss = Loss(model, Dataset.from_observations(np.linspace(-1, 2, 30), np.linspace(-1, 1, 30)))
    starts = beside(loss.at(), np.array([0.7, 2.0, 1.0, -1.0]))
    assert (starts[:, 1] == 0.7).all()
    assert (starts[:, 2] == 2.0).all()
    assert np.unique(starts[:, 0]).size == len(starts)
    assert np.abs([loss.gradient(theta)[3:] for theta in starts]).max() < 1e-3
