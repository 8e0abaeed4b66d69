"""The Euler count notices what a search has missed."""

import itertools

import numpy as np
import pytest

from continuation.congruence import scaled_inertia
from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.infinity import LimitLoss, LimitModel, LimitUnit
from continuation.landscape.network.responses import Responses, project
from continuation.landscape.search import exhaustive
from continuation.landscape.search.cells import forces_at
from continuation.landscape.search.euler import contribution, euler_count, kinds_in
from continuation.landscape.search.limit_points import Kind, genuine_points
from continuation.landscape.search.unit_table import UnitTable, scaled_features
from symbolic import Model, fukumizu_amari, overparameterised

NOISE = 0.1


def table_of(preset, units, n=40, seed=0):
    model = preset().with_hidden(units)
    loss = Loss(model, Dataset.sample(preset(), n, seed))
    return UnitTable.of(Responses.at(loss.at(noise=NOISE)), 0.02, 0.02)


def points_of(table, units):
    return [point for kind in kinds_in(table, units) for point in genuine_points(table, kind)]


@pytest.mark.parametrize("preset", [fukumizu_amari, overparameterised])
@pytest.mark.parametrize(("units", "seeds"), [(1, 6), (2, 6), (3, 1)])
def test_a_missing_point_breaks_the_count(preset, units, seeds):
    broken = 0
    for seed in range(seeds):
        table = table_of(preset, units, seed=seed)
        points = points_of(table, units)
        assert euler_count(table, points, units) == 1
        for k, point in enumerate(points):
            if contribution(table, point, units):
                assert euler_count(table, points[:k] + points[k + 1 :], units) != 1
                broken += 1
    assert broken >= 4


STEEPER = [
    (2, 0.4, {(0, 0, False), (0, 0, True), (0, 1, False), (1, 1, False)}),
    pytest.param(3, 0.15, {(0, 1, False), (2, 0, True), (2, 1, False)}, marks=pytest.mark.slow),
]
"""Units, a part of the range, and what counts: units at W, at V > W, and whether one is between."""


@pytest.mark.parametrize(("units", "part", "expected"), STEEPER)
def test_a_missing_point_breaks_the_count_where_one_unit_may_be_steeper(units, part, expected):
    """In a part of the range, of which one unit has a wider part: the count holds for any."""
    used = set()
    for preset, seed in itertools.product((fukumizu_amari, overparameterised), range(3)):
        loss = Loss(preset().with_hidden(units), Dataset.sample(preset(), 10, seed))
        table = UnitTable.of(Responses.at(loss.at(noise=0.3)), 0.02, 0.02, part, 4.0)
        points = points_of(table, units)
        assert euler_count(table, points, units) == 1
        for k, point in enumerate(points):
            if contribution(table, point, units):
                assert euler_count(table, points[:k] + points[k + 1 :], units) != 1
                between = bool((point.w > table.second).any())
                used.add((point.kind.top, point.kind.steepest, between))
    assert used >= expected


@pytest.mark.parametrize("preset", [fukumizu_amari, overparameterised])
def test_a_unit_that_joins_adds_one_to_the_index_where_the_loss_rises(preset):
    """(w, c₀, …, 0) in the model of one unit more has the index of (w, c₀, …) plus `rises`."""
    seen = set()
    for seed in range(8):
        table = table_of(preset, 3, seed=seed)
        for kind in (Kind((1,)), Kind((2,)), Kind((1, 1)), Kind((1,), powers=1)):
            for point in genuine_points(table, kind):
                first, *others = point.limit.units
                for joins in {0, len(others)}:
                    units = [first, *others]
                    wider = LimitUnit(units[joins].weight, (*units[joins].coefficients, 0.0))
                    units[joins] = wider
                    limit = LimitModel(tuple(units), point.limit.powers)
                    hessian = LimitLoss(table.responses, limit).point(limit.unknowns)[0].hessian
                    assert scaled_inertia(hessian)[0] == point.index + point.rises[joins]
                    seen.add((kind, point.rises[joins]))
    assert len(seen) >= 6


@pytest.mark.parametrize(
    "kind", [Kind((1, 1, 1)), Kind((2, 1)), Kind((1, 1), powers=1), Kind((2,), top=1)]
)
def test_every_point_found_is_critical_in_its_limit_model(kind):
    """⟨r, ∂f⟩ = 0 for the residual of the best fit, by SciPy's least squares."""
    found = 0
    for seed in range(3):
        table = table_of(overparameterised, 3, n=100, seed=seed)
        responses = table.responses
        for point in genuine_points(table, kind):
            rows = list(kind.features(table))
            for w, m in zip(point.w, kind.copies, strict=True):
                rows += [*responses.features(w, m - 1)]
            rows = np.array(rows) / np.linalg.norm(rows, axis=1, keepdims=True)
            fit, *_ = np.linalg.lstsq(rows.T, responses.target, rcond=None)
            residual = fit @ rows - responses.target
            assert point.residual == pytest.approx(residual, abs=1e-9)
            for w, m in zip(point.w, kind.copies, strict=True):
                last = responses.features(w, m)[m]
                assert abs(residual @ last) < 1e-10 * np.linalg.norm(last)
            found += 1
    assert found


@pytest.mark.parametrize("copies", [(1,), (2,), (1, 1), (2, 1), (1, 1, 1)])
def test_slopes_of_the_forces_are_their_differences_off_critical_points(copies):
    """F_k = ⟨r, G_m(s_k)⟩ with r from least squares; at its zeros a term of theirs vanishes."""
    table, d, h = table_of(fukumizu_amari, 2), len(copies), 1e-4
    target = table.frame @ table.responses.target
    places = np.round(table.places(np.array([0.5, 1.3, 4.0])))[:d] + 0.1

    def expected(at):
        w = table.weights_at(at)
        rows = scaled_features(table.responses, w, max(copies)) @ table.frame.T
        own = np.array([rows[a, k] for k, m in enumerate(copies) for a in range(m)])
        residual = np.linalg.lstsq(own.T, target)[0] @ own - target
        return np.array([rows[m, k] @ residual for k, m in enumerate(copies)])

    forces, slopes = np.empty(d), np.empty((d, d))
    nothing = np.empty((0, target.size))
    forces_at(table.rows, table.step, nothing, target, np.array(copies), places, forces, slopes)
    assert np.abs(expected(places)).min() > 1e-4 * np.linalg.norm(target)
    assert forces == pytest.approx(expected(places), rel=1e-8)
    for m, e in enumerate(np.eye(d)):
        change = (expected(places + h * e) - expected(places - h * e)) / (2 * h * table.step)
        assert slopes[:, m] == pytest.approx(change, rel=1e-5, abs=1e-6 * np.abs(slopes).max())


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
    monkeypatch.setattr(exhaustive, "euler_count", lambda *given: euler_count(*given) + 1)
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    found = find_critical_sets(loss, noise=0.1, regions=False)
    assert found.euler_count == 2
    assert not found.complete
    assert any(note.startswith("incomplete") for note in found.notes)
