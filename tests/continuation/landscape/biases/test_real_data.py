"""Two units with bias and an offset on six real data sets: every flow ends at a listed set."""

from importlib import resources

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.flow import flows_to_limits
from continuation.landscape.graph import match
from continuation.landscape.network import read_observations
from continuation.landscape.sets import same_set
from symbolic import Model
from tests.sources import ROOT

FLOWS = 60
MOST_UNDECIDED = 0.02


def observations(name):
    """Standardised; the diabetes data are the body mass index and the progression after a year."""
    if name == "diabetes":
        x, y = pytest.importorskip("sklearn.datasets").load_diabetes(return_X_y=True)
        x = x[:, 2]
        return Dataset.from_observations((x - x.mean()) / x.std(), (y - y.mean()) / y.std())
    if name == "motorcycle":
        with resources.as_file(resources.files("figures") / "data" / "motorcycle.csv") as path:
            return read_observations(path, standardise=True).data
    return read_observations(ROOT / "tests" / "data" / f"{name}.csv", standardise=True).data


SIX = ["motorcycle", "cars", "nile", "sunspots", "diabetes", "engel"]


@pytest.mark.slow
@pytest.mark.parametrize("name", SIX)
def test_no_flow_ends_below_or_beside_the_listed_sets(name):
    loss = Loss(Model.perceptron(hidden=2, bias=True, offset=True), observations(name))
    sets = find_critical_sets(loss)
    starts = np.random.default_rng(0).standard_normal((FLOWS, loss.model.dimension))
    results = flows_to_limits(loss.at(), starts, rtol=1e-4)
    undecided = [result for result in results if not result.decided]
    assert len(undecided) <= MOST_UNDECIDED * FLOWS
    least = min(found.loss for found in sets)
    for result in results:
        assert result.loss >= least * (1.0 - 1e-6)
        assert not result.decided or match(result, sets) is not None, result


@pytest.mark.slow
def test_lists_of_two_units_with_bias_do_not_depend_on_the_seed():
    """Sets at infinity need none."""
    loss = Loss(Model.perceptron(hidden=2, bias=True, offset=True), observations("motorcycle"))
    first, *others = (
        find_critical_sets(loss, seed=seed, infinity=False, regions=False) for seed in range(10)
    )
    assert first
    for other in others:
        assert len(other) == len(first)
        assert all(any(same_set(a, b) for b in other) for a in first)


@pytest.mark.slow
def test_the_best_fit_of_the_motorcycle_data_is_a_listed_confluence():
    loss = Loss(Model.perceptron(hidden=2, bias=True, offset=True), observations("motorcycle"))
    best = find_critical_sets(loss, most_runs=600)[0]
    assert (best.subkind, best.attracting, best.index) == ("confluence", True, 0)
    assert best.loss == pytest.approx(0.110906, abs=1e-6)
    assert best.largest_error < 1e-8
