"""Completeness: independent methods agree, seeds do not matter, limits are said."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, Symmetry, find_critical_sets
from continuation.landscape.network.responses import Responses
from continuation.landscape.network.weight_grid import Grid
from continuation.landscape.sets.saturation import Saturation
from symbolic import Model, fukumizu_amari, overparameterised, single_unit
from tests.continuation.clock import Clock
from tests.continuation.landscape.four_methods import (
    deflation,
    distinct,
    exhaustive,
    from_other_noise,
    missing,
    multistart,
    reduced_landscape,
)

AGREEMENT = [(fukumizu_amari, 50, 0.3, 4), (overparameterised, 100, 0.5, 4)]


def loss_of(preset, n, seed=0, hidden=None):
    model = preset() if hidden is None else preset().with_hidden(hidden)
    return Loss(model, Dataset.sample(preset(), n, seed))


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "n", "noise", "seed"), AGREEMENT)
def test_four_methods_find_the_same_points(preset, n, noise, seed):
    loss = loss_of(preset, n, seed)
    grid = Grid.of(Responses.at(loss.at(noise=noise)))
    reach = grid.lowest, grid.highest
    found = [
        distinct(loss, noise, way, reach)
        for way in (
            exhaustive(loss, noise),
            multistart(loss, noise),
            reduced_landscape(loss, noise, reach),
            deflation(loss, noise),
            from_other_noise(loss, noise),
        )
    ]
    assert len(found[0]) >= 2
    for some in found[1:]:
        assert missing(loss, found[0], some) == []
        assert missing(loss, some, found[0]) == []


@pytest.mark.slow
def test_the_sets_under_weight_decay_do_not_depend_on_the_seed():
    loss = loss_of(overparameterised, 20, 3)
    reference, *others = [
        find_critical_sets(loss, noise=0.1, weight_decay=1e-3, seed=seed, regions=False)
        for seed in (0, 1)
    ]
    symmetry = Symmetry.of(loss.model)
    for sets in others:
        assert len(sets) == len(reference)
        for a, b in zip(sets, reference, strict=True):
            assert (a.subkind, a.inertia, a.orbit_size) == (b.subkind, b.inertia, b.orbit_size)
            assert symmetry.same(a.theta, b.theta)
    assert all(support.settled for support in reference.saturation)


def test_good_turing_counts_what_was_seen_once():
    """Of draws from a known law, the estimate is near the true mass of what was not drawn."""
    law = 1.0 / np.arange(1.0, 200.0)
    law /= law.sum()
    rng, inside = np.random.default_rng(0), 0
    for _ in range(200):
        drawn = rng.choice(law.size, 400, p=law)
        hits = np.bincount(drawn, minlength=law.size)
        support = Saturation.of(2, 400, hits, settled=True, reason="")
        missed = law[hits == 0].sum()
        assert support.arrivals == 400
        assert support.missing_mass == pytest.approx(missed, abs=0.12)
        inside += missed <= support.missing_mass_bound
    assert inside >= 180
    assert Saturation.of(2, 10, [], settled=True, reason="").missing_mass_bound == 1.0


def test_a_spent_budget_says_what_is_not_complete(monkeypatch):
    loss = loss_of(overparameterised, 40, hidden=5)
    short = find_critical_sets(loss, noise=0.1, most_runs=1, regions=False, infinity=False)
    assert not short.complete
    assert not short.saturation[0].settled
    assert any("UNFINISHED" in note and "most_runs" in note for note in short.notes)
    timed = find_critical_sets(loss, noise=0.1, seconds=1e-9, regions=False)
    assert timed.saturation[0].runs == 0
    assert any("seconds" in note for note in timed.notes)
    assert any(note.startswith("sets at infinity are not searched") for note in timed.notes)
    assert any("embeddings are not listed" in note for note in timed.notes)
    # what the narrower networks determine has a share of the time of its own
    decaying = loss_of(overparameterised, 40)
    Clock(monkeypatch, tick=0.01)
    timed = find_critical_sets(decaying, noise=0.1, weight_decay=1e-3, seconds=1.0, regions=False)
    assert any("nothing is at infinity" in note for note in timed.notes)
    assert {"dead unit", "origin"} <= {s.subkind for s in timed}


@pytest.mark.parametrize("options", [{"most_runs": 0}, {"most_runs": 1.5}, {"seconds": 0.0}])
def test_a_budget_is_positive(options):
    with pytest.raises(InvalidInputError):
        find_critical_sets(loss_of(single_unit, 20), noise=0.1, **options)


@pytest.mark.slow
def test_progress_names_every_stage():
    seen = []
    find_critical_sets(
        loss_of(fukumizu_amari, 30, hidden=5),
        noise=0.1,
        regions=False,
        infinity=False,
        most_runs=400,
        progress=seen.append,
    )
    stages = [look.stage for look in seen]
    assert stages[0].startswith("units: 1")
    assert stages[-1] == "embeddings"
    assert any("units: 5, starts" in stage for stage in stages)
    assert all(0 < look.done <= look.total for look in seen)


def two_scales(n=30):
    """Targets that one unit can fit at small or at large inputs, but not at both."""
    x = np.concatenate([np.linspace(0.05, 0.15, n), np.linspace(3.0, 9.0, n)])
    return x, np.where(x < 1.0, np.tanh(30.0 * x), 0.2 * x)


def test_several_optima_of_one_unit_carry_a_line_each():
    x, y = two_scales()
    data = Dataset.from_observations(x, y)
    model = Model.perceptron(hidden=1)
    below = [s for s in find_critical_sets(Loss(model, data)) if s.subkind == "isolated"]
    assert sum(s.attracting for s in below) >= 1
    assert len(below) >= 2
    sets = find_critical_sets(Loss(model.with_hidden(2), data))
    assert sets.euler_count == 1
    lines = [s for s in sets if s.kind == "line"]
    assert sorted(line.loss for line in lines) == pytest.approx([s.loss for s in below])


def test_without_an_optimum_of_one_unit_there_is_no_line():
    """A cubic is steeper than any tanh: the single unit runs to the linear end."""
    x = np.linspace(-2.0, 2.0, 41)
    data = Dataset.from_observations(x, x + 0.3 * x**3)
    model = Model.perceptron(hidden=1)
    below = find_critical_sets(Loss(model, data))
    assert [s.subkind for s in below.attractors] == ["linear"]
    assert not any(s.subkind == "isolated" for s in below)
    sets = find_critical_sets(Loss(model.with_hidden(2), data))
    assert sets.euler_count == 1
    assert not any(s.kind == "line" for s in sets)
    wide = find_critical_sets(Loss(model.with_hidden(3), data), infinity=False)
    assert all(s.index > 0 for s in wide if s.subkind != "isolated")


def test_inputs_in_pairs_hold_for_every_width():
    x = np.random.default_rng(0).normal(size=20)
    noise = np.random.default_rng(1).normal(size=40)
    model = overparameterised()
    pairs = Dataset.from_arrays(np.concatenate([x, -x]), model=model, noise=noise)
    for hidden in (2, 3):
        loss = Loss(model.with_hidden(hidden), pairs)
        sets = find_critical_sets(loss, noise=0.2, regions=False, infinity=False)
        for s in sets:
            if s.theta is not None:
                gradient = loss.gradient(s.theta, noise=0.2)
                assert np.abs(gradient).max() < 1e-11 * (1.0 + np.abs(s.theta).max())
        if hidden == 2:
            assert sets.euler_count == 1


def test_curves_of_exact_fits_count_by_their_ends():
    """Three samples for two units: minima of loss 0 form arcs, or there are none."""
    fitted = set()
    for seed in range(6):
        few = loss_of(overparameterised, 3, seed)
        sets = find_critical_sets(few, noise=0.1, regions=False)
        assert sets.euler_count == 1
        continuum = any("n < 2H: a continuum" in note for note in sets.notes)
        assert sets.complete != continuum
        assert continuum == any("exact fits" in note for note in sets.notes)  # where it ends
        assert min(s.loss for s in sets) > 1e-20
        fitted.add(continuum)
    assert fitted == {True, False}


def test_surfaces_of_exact_fits_have_no_count():
    few = loss_of(overparameterised, 4, 2, hidden=3)
    sets = find_critical_sets(few, noise=0.1, regions=False, infinity=False)
    assert sets.euler_count is None
    assert any("n < 2H: a continuum" in note for note in sets.notes)
    assert any("exact fits form a surface" in note for note in sets.notes)
    assert not sets.complete


def test_in_large_noise_the_ends_are_all_that_attracts():
    """Noise without signal: what attracts is at infinity or a split line, and the list is whole."""
    outside = 0
    for seed in range(12):
        sets = find_critical_sets(loss_of(fukumizu_amari, 20, seed), noise=50.0, regions=False)
        assert sets.euler_count == 1
        assert sets.attractors
        outside += all(s.kind == "infinity" for s in sets.attractors)
    assert outside
