"""Models that are searched from repeated starts."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, Symmetry, find_critical_sets
from continuation.landscape.network import Conditions
from continuation.landscape.search.lifting import Lifter
from continuation.landscape.search.starts import random_start
from symbolic import Model, fukumizu_amari, single_unit


def same_sets(a, b):
    symmetry = Symmetry.of(a[0].model)
    return len(a) == len(b) and all(
        any(symmetry.same(s.theta, t.theta) for t in b) for s in a if s.theta is not None
    )


@pytest.mark.slow
def test_weight_decay_leaves_points_only_and_every_seed_finds_them():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    results = [find_critical_sets(loss, noise=0.1, weight_decay=1e-3, seed=s) for s in range(2)]
    for sets in results:
        assert same_sets(results[0], sets)
        assert {s.kind for s in sets} == {"point"}
        assert sets.euler_count == 1
        assert sets.complete
    for s in results[0]:
        gradient = loss.gradient(s.theta, noise=0.1, weight_decay=1e-3)
        assert np.abs(gradient).max() < 1e-12


@pytest.mark.parametrize("decay", [1e-3, 0.1])
def test_under_weight_decay_the_euler_count_tells_what_is_missing(decay):
    """The loss tends to infinity with the weights: one minimum and its image beside the origin."""
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 20, 0))
    sets = find_critical_sets(loss, noise=0.1, weight_decay=decay, most_runs=200, regions=False)
    assert sum(s.orbit_size * (-1) ** s.index for s in sets) == sets.euler_count == 1
    assert "under weight decay" in sets.notes[0]


@pytest.mark.slow
def test_three_units_hold_the_embeddings_of_two():
    model = fukumizu_amari()
    data = Dataset.sample(model, 40, 0)
    below = find_critical_sets(Loss(model, data), noise=0.1, regions=False)
    wide = Loss(model.with_hidden(3), data)
    sets = find_critical_sets(wide, noise=0.1, regions=False, most_runs=600)
    for s in below:
        if s.kind == "point" and s.subkind == "isolated":
            losses = [t.loss for t in sets if t.kind == "line"]
            assert losses.count(pytest.approx(s.loss, rel=1e-10)) == 2
    for s in sets:
        if s.theta is not None:
            gradient = wide.gradient(s.theta, noise=0.1)
            assert np.abs(gradient).max() < 1e-12 * (1 + np.abs(s.theta).max())
    assert {s.kind for s in sets} == {"point", "line", "manifold", "infinity"}


@pytest.mark.slow
def test_lines_with_bias_and_offset_have_the_index_of_the_hessian():
    model = Model.perceptron(hidden=2, bias=True, offset=True)
    x = np.linspace(-2, 2, 60)
    y = np.tanh(3 * x + 1) - 0.5 * np.tanh(x - 1) + 0.1 * np.random.default_rng(0).normal(size=60)
    loss = Loss(model, Dataset.from_observations(x, y))
    sets = find_critical_sets(loss, most_runs=600)
    lines = [s for s in sets if s.kind == "line"]
    assert lines
    for line in lines:
        eigenvalues = np.linalg.eigvalsh(loss.hessian(line.theta))
        assert line.nullity == 1
        assert (eigenvalues < -1e-12).sum() == line.index
        if line.segments:
            assert line.index == line.segments[1].index
    assert {"split line", "silent curve"} <= {line.subkind for line in lines}


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_without_units_the_best_constant_pays_its_decay(decay):
    # (c − ȳ)²/2 + ρ c²/2 is least at ȳ/(1 + ρ), the targets ȳ with their noise
    model = Model.perceptron(hidden=1, offset=True, teacher="tanh(x) + 2")
    loss = Loss(model, Dataset.from_arrays([-1.0, 1.0], model=model, noise=[0.0, 4.0]))
    nothing = Lifter(loss, Conditions(0.5, weight_decay=decay)).nothing()
    assert (nothing.units, nothing.index) == (0, 0)
    assert nothing.theta == pytest.approx([3.0 / (1.0 + decay)], rel=1e-14)


def test_an_expression_is_searched_from_starts():
    model = Model.from_expression("b1*(1 - exp(-b2*x))", parameters=["b1", "b2"])
    x = np.linspace(0.1, 4.0, 30)
    loss = Loss(model, Dataset.from_observations(x, 2 * (1 - np.exp(-0.7 * x))))
    sets = find_critical_sets(loss)
    assert sets[0].attracting
    assert sets[0].theta == pytest.approx([2.0, 0.7], rel=1e-9)
    assert sets[0].orbit_size == 1


def test_starts_reach_the_scale_of_every_input():
    """A minimum for each of them: w from 1.5e-4 to 1.1 (one logistic unit)."""
    model = Model.perceptron(hidden=1, activation="logistic", output_weights=[1.0])
    data = Dataset.from_observations([1.0, 20.0, 400.0, 8000.0], [0.75] * 4)
    rng = np.random.default_rng(0)
    sizes = [abs(random_start(Loss(model, data).at(), rng)[0]) for _ in range(200)]
    assert min(sizes) < 1.5e-4
    assert 1.1 < max(sizes) < 3.1


@pytest.mark.slow
def test_fixed_output_weights_have_points_and_no_lines():
    model = Model.perceptron(hidden=2, output_weights=[1, -1], teacher="tanh(x) - tanh(3*x)")
    loss = Loss(model, Dataset.sample(model, 50, 0))
    sets = find_critical_sets(loss, noise=0.1)
    assert all(s.kind == "point" for s in sets)
    assert any(s.attracting and s.region == "overfitting" for s in sets)


def test_signs_of_saturated_units_are_no_points():
    """Soft committees: steep units differ at one input, by rounding; 65 points were listed of 9."""
    random = np.random.default_rng(7)
    x = random.normal(size=15)
    y = np.tanh(x) + 0.3 * random.normal(size=15)
    model = Model.perceptron(2, output_weights=[1, 1])
    sets = find_critical_sets(Loss(model, Dataset.from_observations(x, y)), most_runs=1800)
    assert 1 <= len(sets) <= 12
    assert all(np.isfinite(s.largest_error) and np.abs(s.theta).max() < 1e3 for s in sets)
