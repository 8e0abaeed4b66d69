"""Three and four units: the list is whole, and does not depend on how the data are given."""

import numpy as np
import pytest
from scipy.optimize import brentq

from continuation.landscape import Dataset, Loss, Symmetry, find_critical_sets
from continuation.landscape.infinity import LimitLoss
from continuation.landscape.network.responses import Responses
from continuation.landscape.search.euler import is_whole
from continuation.landscape.search.limit_points import Kind, SearchedKinds, genuine_points
from continuation.landscape.search.unit_table import UnitTable
from symbolic import Model, fukumizu_amari, overparameterised, three_units
from tests.continuation.landscape.four_methods import distinct, exhaustive, missing, multistart

OBSERVED = Model.perceptron(hidden=3)
QUIET = {"regions": False}


def observations(n=24, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return x, 2.0 * np.tanh(x) - np.tanh(4.0 * x) + 0.2 * rng.normal(size=n)


def sets_of(x, y):
    return find_critical_sets(Loss(OBSERVED, Dataset.from_observations(x, y)), **QUIET)


@pytest.fixture(scope="module")
def whole():
    return sets_of(*observations())


def described(sets, unit=1.0):
    """Kinds, indices and losses; embeddings of one point have the same loss, in any order."""
    rows = [
        (f"{s.loss / unit**2:.8e}", s.subkind, s.index, s.attracting, s.orbit_size) for s in sets
    ]
    return sorted(rows)


def test_the_list_has_its_count_and_every_set_is_critical(whole):
    assert whole.euler_count == 1
    assert whole.complete
    assert any("input weights searched" in note for note in whole.notes)
    loss = Loss(OBSERVED, Dataset.from_observations(*observations()))
    responses, ends = Responses.at(loss.at()), 0
    for s in whole:
        if s.theta is not None:
            assert np.abs(loss.gradient(s.theta)).max() < 1e-12 * (1.0 + np.abs(s.theta).max())
            continue
        point, gradient = LimitLoss(responses, s.limit).point(s.limit.unknowns)
        size = np.abs(point.hessian) @ np.abs(s.limit.unknowns) + 1.0
        assert (np.abs(gradient) < 1e-12 * size).all()
        ends += 1
    assert ends >= 3
    assert {s.kind for s in whole} >= {"point", "infinity"}


def test_units_signs_and_order_of_the_data_do_not_matter(whole):
    x, y = observations()
    order = np.random.default_rng(0).permutation(x.size)
    given = [(-x, y, 1.0), (x[order], -y[order], 1.0), (3e5 * x, 2e-4 * y, 2e-4)]
    for first, second, unit in given:
        assert described(sets_of(first, second), unit) == described(whole)


def test_a_teacher_of_three_units_is_found_exactly():
    text = "tanh(0.5*x) - 2*tanh(2*x) + tanh(6*x)"
    model = Model.perceptron(hidden=3, teacher=text)
    sets = find_critical_sets(Loss(model, Dataset.sample(model, 30, 0)), **QUIET)
    assert sets.complete
    exact = [s for s in sets if s.loss < 1e-25]
    assert len(exact) == 1
    teacher = np.array([0.5, 2.0, 6.0, 1.0, -2.0, 1.0])
    assert Symmetry.of(model).distance(exact[0].theta, teacher) < 1e-9


def test_a_teacher_of_two_units_leaves_a_manifold_of_optima():
    """At zero noise Θ* of three units is no isolated set: what is listed lies over one unit."""
    model = three_units()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    sets = find_critical_sets(loss, noise=0.0, **QUIET)
    assert not sets.complete
    assert any("manifold" in note for note in sets.notes)
    below = find_critical_sets(Loss(model.with_hidden(1), loss.data), noise=0.0, **QUIET)
    known = {round(s.loss, 12) for s in below if s.theta is not None}
    assert {round(s.loss, 12) for s in sets} <= known


def test_the_range_grows_until_its_upper_end_looks_like_infinity():
    """Ten samples with a saddle of weight 31 beyond the range of two units, which ends at 26."""
    model, noise = overparameterised(), 0.5
    loss = Loss(model, Dataset.sample(model, 10, 1))
    responses = Responses.at(loss.at(noise=noise))
    narrow, wide = (UnitTable.of(responses, 0.02, 0.02, widening) for widening in (1.0, 2.0))
    assert not is_whole(SearchedKinds(narrow), 2)
    assert is_whole(SearchedKinds(wide), 2)
    sets = find_critical_sets(loss, noise=noise, **QUIET)
    assert sets.complete
    assert any("as far as signs tell" in note for note in sets.notes)
    (steep,) = [s for s in sets if s.is_isolated and s.theta[:2].max() > narrow.highest]
    assert steep.theta[:2].max() < wide.highest
    assert np.abs(loss.gradient(steep.theta, noise=noise)).max() < 1e-12


def test_one_unit_may_be_steeper_where_two_would_differ_at_one_input():
    """Ten samples, one 27 times nearer to 0 than the next: all units end at 27, one goes on."""
    model, noise = fukumizu_amari().with_hidden(3), 0.5
    loss = Loss(model, Dataset.sample(fukumizu_amari(), 10, 0))
    sets = find_critical_sets(loss, noise=noise, **QUIET)
    assert sets.complete
    (note,) = [note for note in sets.notes if "as far as signs tell" in note]
    assert "27.3, of one unit to 218" in note
    steep = [s for s in sets if s.theta is not None and s.theta[:3].max() > 27.3]
    assert steep
    for s in steep:
        assert np.abs(loss.gradient(s.theta, noise=noise)).max() < 1e-12
    assert len({round(float(s.theta[:3].max()), 6) for s in steep}) == 1
    # Beside it h = ⟨r, φ(w x)⟩ is negative at all w (in 80 digits), -2e-15 at w = 54.
    assert all(s.subkind != "silent unit" for s in steep)


def test_a_minimum_of_nearly_equal_units_is_no_degenerate_point():
    """Of w = 0.703, 0.739, 104: in its weights the Hessian is singular to rounding."""
    loss = Loss(OBSERVED, Dataset.sample(overparameterised(), 30, 2))
    sets = find_critical_sets(loss, noise=0.03, infinity=False, **QUIET)
    assert sets.complete
    flat = min((s for s in sets if s.is_isolated and s.attracting), key=lambda s: s.loss)
    first, second, _ = np.sort(flat.theta[:3])
    assert 1.0 < second / first < 1.06
    assert 0.0 < np.linalg.eigvalsh(loss.hessian(flat.theta, noise=0.03))[0] < 1e-12


@pytest.mark.slow
def test_every_point_of_a_random_search_is_in_the_list():
    """Few data sets have isolated points of three units within the range; this one has."""
    loss = Loss(OBSERVED, Dataset.from_observations(*observations(seed=5)))
    listed = exhaustive(loss, 0.0)
    found = distinct(loss, 0.0, multistart(loss, 0.0), (0.0, np.inf))
    assert len(listed) == len(found) == 1
    assert missing(loss, listed, found) == []


@pytest.mark.parametrize("seed", range(3))
def test_cells_of_four_clusters_hold_the_teacher(seed):
    """Four units at random places of a coarse grid, that fit their targets to rounding."""
    rng = np.random.default_rng(seed)
    w = np.exp(np.cumsum(rng.uniform(0.7, 1.0, 4)) - 2.0)
    v, x = rng.choice([-1.0, 1.0], 4) * rng.uniform(0.5, 2.0, 4), rng.normal(size=40)
    loss = Loss(OBSERVED.with_hidden(4), Dataset.from_observations(x, np.tanh(np.outer(x, w)) @ v))
    table = UnitTable.of(Responses.at(loss.at()), 0.1, 0.1)
    (found,) = genuine_points(table, Kind((1, 1, 1, 1)))
    assert np.linalg.norm(found.residual) < 1e-9
    assert found.index == 0
    assert found.w == pytest.approx(w, rel=1e-5)
    assert [c for (c,) in found.coefficients] == pytest.approx(v, rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_list_of_four_units_has_its_count_and_what_a_random_search_finds(seed):
    loss = Loss(OBSERVED.with_hidden(4), Dataset.from_observations(*observations(40, seed)))
    sets = find_critical_sets(loss, **QUIET)
    assert sets.euler_count == 1
    assert sets.complete
    listed = [s.theta for s in sets if s.subkind == "isolated"]
    assert missing(loss, listed, distinct(loss, 0.0, multistart(loss, 0.0), (0.0, np.inf))) == []


@pytest.mark.slow
def test_a_teacher_of_four_units_is_found_exactly():
    text = "tanh(0.5*x) - 2*tanh(1.2*x) + tanh(3*x) - tanh(8*x)"
    model = Model.perceptron(hidden=4, teacher=text)
    sets = find_critical_sets(Loss(model, Dataset.sample(model, 40, 0)), **QUIET)
    assert sets.complete
    exact = [s for s in sets if s.loss < 1e-24]
    assert len(exact) == 1
    teacher = np.array([0.5, 1.2, 3.0, 8.0, 1.0, -2.0, 1.0, -1.0])
    assert Symmetry.of(model).distance(exact[0].theta, teacher) < 1e-7


def test_a_steep_unit_beside_a_line_is_listed_where_the_line_bends_the_other_way():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    data = loss.data
    x, target = data.x, data.target + 0.1 * data.noise

    def slope(w):  # of the loss of c x + v tanh(w x), by w and divided by v
        features = np.column_stack([x, np.tanh(w * x)])
        residual = features @ np.linalg.lstsq(features, target)[0] - target
        return residual @ (x * (1.0 - features[:, 1] ** 2))

    expected = brentq(slope, 52.0, 90.0)
    found = find_critical_sets(loss, noise=0.1, regions=False)
    weights = [s.end.units[0].weight for s in found if s.subkind == "linear"]
    assert min(abs(w - expected) for w in weights) < 1e-6 * expected
