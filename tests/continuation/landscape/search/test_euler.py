"""The Euler count notices what a search has missed."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.infinity.critical_models import (
    silent_weights,
    working_points,
)
from continuation.landscape.network.inertia import scaled_inertia
from continuation.landscape.network.responses import Responses, project
from continuation.landscape.network.weight_grid import Grid
from continuation.landscape.search import exhaustive
from continuation.landscape.search.euler import Term, euler_count, euler_terms
from continuation.landscape.search.reduced_field import reduced_field
from continuation.landscape.search.two_units import from_chart, isolated_points, to_chart
from symbolic import Model, fukumizu_amari, overparameterised


def interior(loss, responses, grid, noise):
    points = [
        (th[0], th[1], scaled_inertia(loss.hessian(th, noise=noise))[0])
        for th in isolated_points(responses, grid)
    ]
    for base in working_points(responses, grid.nodes):
        star = np.array([base.w])
        beside = silent_weights(responses, base.residual, star, grid.nodes)
        points += [(min(w, base.w), max(w, base.w), 1 + base.index) for w in beside]
    return points


@pytest.mark.parametrize("preset", [fukumizu_amari, overparameterised])
def test_a_missing_point_breaks_the_count(preset):
    noise, model = 0.1, preset()
    broken = 0
    for seed in range(6):
        loss = Loss(model, Dataset.sample(model, 40, seed))
        responses = Responses.at(loss.at(noise=noise))
        grid = Grid.of(responses)
        points = interior(loss, responses, grid, noise)
        assert euler_count(euler_terms(responses, grid.nodes, points)) == 1
        for k in range(len(points)):
            fewer = points[:k] + points[k + 1 :]
            assert euler_count(euler_terms(responses, grid.nodes, fewer)) != 1
            broken += 1
    assert broken >= 4


def test_the_field_is_smooth_across_the_diagonal():
    model = fukumizu_amari()
    responses = Responses.at(Loss(model, Dataset.sample(model, 50, 0)).at(noise=0.1))
    w = 0.7 * (1.0 + 1e-2 * np.arange(3))
    field = reduced_field(responses.features(w, 3), responses.target, w)
    for a_or_b in field:
        assert a_or_b[0, 2] == pytest.approx(a_or_b[1, 1], rel=2e-3)


def test_chart_round_trip():
    theta = np.array([[0.3, 0.31, -20.0, 21.0], [1.0, 4.0, 2.0, -1.0]])
    assert from_chart(to_chart(theta)) == pytest.approx(theta)


def test_projection_agrees_with_least_squares():
    rng = np.random.default_rng(0)
    features, target = rng.normal(size=(3, 4, 30)), rng.normal(size=30)
    coefficients, residual = project(target, features)
    for k in range(4):
        fit, *_ = np.linalg.lstsq(features[:, k].T, target, rcond=None)
        assert coefficients[:, k] == pytest.approx(fit)
        assert residual[k] == pytest.approx(fit @ features[:, k] - target)


@pytest.mark.parametrize("seed", range(12))
def test_the_count_holds_for_targets_that_are_noise(seed):
    """Where silent units and all kinds of corners occur."""
    random = np.random.default_rng(seed)
    x, y = random.standard_normal((2, 12))
    loss = Loss(Model.perceptron(hidden=2), Dataset.from_observations(x, y))
    assert find_critical_sets(loss, regions=False).euler_count == 1


def test_a_list_with_another_count_is_not_called_complete(monkeypatch):
    more = [Term("interior", 0, (1.0, 2.0))]
    monkeypatch.setattr(exhaustive, "euler_terms", lambda *given: euler_terms(*given) + more)
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    found = find_critical_sets(loss, noise=0.1, regions=False)
    assert found.euler_count == 2
    assert not found.complete
    assert any(note.startswith("incomplete") for note in found.notes)
