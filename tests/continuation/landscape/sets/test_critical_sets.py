"""Complete lists of critical sets: what a set says about itself must be true of the loss."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets
from symbolic import Model, fukumizu_amari, overparameterised, single_unit
from tests import invariants

CASES = [
    (fukumizu_amari, 100, 0.1),
    (fukumizu_amari, 20, 0.5),
    (overparameterised, 100, 0.1),
    (overparameterised, 30, 0.3),
]


def found(preset, n, noise, seed=0, **options):
    loss = Loss(preset(), Dataset.sample(preset(), n, seed))
    return loss, find_critical_sets(loss, noise=noise, regions=False, **options)


@pytest.fixture(scope="module", params=CASES, ids=lambda c: f"{c[0].__name__}-{c[1]}-{c[2]}")
def case(request):
    preset, n, noise = request.param
    return *found(preset, n, noise), noise


def signature(sets):
    return [(s.subkind, s.inertia, s.attracting, s.orbit_size) for s in sets]


def test_finite_sets_are_critical_with_the_stated_inertia(case):
    loss, sets, noise = case
    invariants.sets_are_critical_as_stated(loss, sets, noise=noise)
    assert all(s.nullity == (1 if s.kind == "line" else 0) for s in sets if s.theta is not None)
    assert all(s.orbit_size * s.stabiliser.order == 8 for s in sets)


def test_the_euler_count_is_one(case):
    _, sets, _ = case
    invariants.the_list_has_its_euler_count(sets)


def test_every_kind_that_must_exist_exists_once(case):
    _, sets, _ = case
    kinds = [s.subkind for s in sets]
    assert kinds.count("origin") == 1
    assert kinds.count("split line") >= 1
    assert kinds.count("dead unit") >= 1
    assert kinds.count("corner") == 2
    assert len({s.label for s in sets}) == len(sets)


def test_split_lines_are_critical_all_along_with_the_index_of_their_pieces(case):
    loss, sets, noise = case
    for line in (s for s in sets if s.kind == "line"):
        for share in (-3.0, -0.2, 0.1, 0.4, 0.9, 1.5, 8.0):
            theta = line.embedding.lift(loss.model, line.base, [(share, 1.0 - share)])
            value, gradient, hessian = loss.evaluate(theta, noise=noise)
            piece = next(p for p in line.segments if p.lower < share < p.upper)
            eigenvalues = invariants.eigenvalues_in_own_units(hessian)
            assert value == pytest.approx(line.loss, rel=1e-12)
            assert np.abs(gradient).max() < 1e-12
            assert (eigenvalues < -1e-11).sum() == piece.index
        assert line.attracting == any(piece.index == 0 for piece in line.segments)


def test_ends_at_infinity_are_limits_of_the_loss_with_the_stated_slope(case):
    """Far out in the chart, L − L_end ≈ slope × (vanishing coordinate)."""
    loss, sets, noise = case
    for end in (s for s in sets if s.subkind in ("confluence", "linear")):
        limit, slopes = end.limit, []
        for small in (2e-3, 1e-3):
            if end.subkind == "confluence":
                w, a, b = limit["w"], limit["a"], limit["b"]
                delta = small * w
                theta = [w - delta / 2, w + delta / 2, a / 2 - b / delta, a / 2 + b / delta]
                coordinate = delta**2
            else:
                theta = [small, limit["w"], limit["c"] / small, limit["v"]]
                coordinate = small**2
            slopes.append((loss.value(theta, noise=noise) - end.loss) / coordinate)
        extrapolated = (4 * slopes[1] - slopes[0]) / 3
        assert end.normal_derivatives[0] == pytest.approx(extrapolated, rel=1e-3, abs=1e-8)


def test_a_step_end_is_the_limit_of_steep_units(case):
    loss, sets, noise = case
    for end in (s for s in sets if s.subkind == "step" and s.limit["v"] != 0.0):
        theta = [1e9, end.limit["w"], end.limit["s"], end.limit["v"]]
        value, gradient, _ = loss.evaluate(theta, noise=noise)
        assert value == pytest.approx(end.loss, rel=1e-12)
        assert np.abs(gradient[1:]).max() < 1e-12
        nearest = np.abs(loss.data.x).min()
        steep = 8.0 / nearest
        theta[0] = steep
        rise = loss.value(theta, noise=noise) - end.loss
        share = 1.0 - np.tanh(8.0)
        assert rise / share == pytest.approx(end.normal_derivatives[0], rel=1e-2, abs=1e-7)


def test_excess_risk_is_the_population_loss(case):
    loss, sets, _ = case
    for s in sets:
        if s.theta is not None:
            assert s.excess_risk == pytest.approx(loss.population.value(s.theta), rel=1e-10)


@pytest.mark.parametrize(("preset", "n", "noise"), CASES[:1] + CASES[3:])
def test_the_seed_plays_no_part(preset, n, noise):
    loss, reference = found(preset, n, noise)
    for seed in range(1, 10):
        again = find_critical_sets(loss, noise=noise, seed=seed, regions=False)
        assert signature(again) == signature(reference)
        for a, b in zip(again, reference, strict=True):
            assert a.loss == b.loss


@pytest.mark.parametrize(("preset", "n", "noise"), CASES[1:3])
def test_mirrored_data_have_the_same_sets(preset, n, noise):
    """(x, y) ↦ (−x, −y) leaves the loss of an odd network unchanged."""
    loss, reference = found(preset, n, noise)
    data = loss.data
    order = np.random.default_rng(0).permutation(n)
    mirrored = Dataset.from_arrays(-data.x[order], model=loss.model, noise=-data.noise[order])
    again = find_critical_sets(Loss(loss.model, mirrored), noise=noise, regions=False)
    assert signature(again) == signature(reference)
    assert [s.loss for s in again] == pytest.approx([s.loss for s in reference], rel=1e-9)


def test_weights_and_size_select_the_same_samples():
    model = fukumizu_amari()
    data = Dataset.sample(model, 60, 3)
    whole = Loss(model, data)
    part = find_critical_sets(whole, noise=0.1, size=40, regions=False)
    weights = (np.arange(60) < 40).astype(float)
    weighted = Dataset.from_arrays(data.x, model=model, noise=data.noise, weights=weights)
    for other in (Loss(model, data.first(40)), Loss(model, weighted)):
        sets = find_critical_sets(other, noise=0.1, regions=False)
        assert signature(sets) == signature(part)
        assert [s.loss for s in sets] == pytest.approx([s.loss for s in part], rel=1e-10)


def test_single_unit_has_its_points_and_ends():
    _, sets = found(single_unit, 100, 0.1)
    assert sorted(s.subkind for s in sets) == ["isolated", "linear", "origin", "step"]
    best = sets[0]
    assert best.attracting
    assert best.theta == pytest.approx([1.0, 1.0], abs=0.2)
    assert best.orbit_size == 2


@pytest.mark.slow
def test_another_odd_activation():
    model = Model.perceptron(hidden=2, activation="erf", teacher="erf(x) - erf(3*x)/2")
    loss = Loss(model, Dataset.sample(model, 60, 0))
    sets = find_critical_sets(loss, noise=0.1, regions=False)
    assert sets.euler_count == 1
    assert any(s.subkind == "step" for s in sets)


def test_inputs_in_pairs_and_few_samples_are_reported_not_faked():
    model = overparameterised()
    x = np.random.default_rng(0).normal(size=20)
    noise = np.random.default_rng(1).normal(size=40)
    pairs = Dataset.from_arrays(np.concatenate([x, -x]), model=model, noise=noise)
    assert find_critical_sets(Loss(model, pairs), noise=0.2, regions=False).euler_count == 1
    few = find_critical_sets(Loss(model, Dataset.sample(model, 2, 0)), noise=0.2, regions=False)
    assert not few.complete
    assert any("at most 2 distinct |x|, n < 2H" in note for note in few.notes)


@pytest.mark.parametrize(
    "options",
    [
        {"noise": -0.1},
        {"noise": np.nan},
        {"noise": 0.1, "size": 1},
        {"noise": 0.1, "size": 1000},
        {"noise": 0.1, "weight_decay": -1.0},
        {"noise": 0.1, "seed": -1},
        {"noise": 0.1, "seed": 0.5},
    ],
)
def test_bad_input_is_an_error(options):
    loss = Loss(fukumizu_amari(), Dataset.sample(fukumizu_amari(), 20, 0))
    with pytest.raises(InvalidInputError):
        find_critical_sets(loss, **options)
