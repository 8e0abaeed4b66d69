"""What only rounding tells apart is not listed, and what rounding decides is not said."""

import numpy as np
import pytest

from continuation.certify import agreements, certify_sets
from continuation.errors import InvalidInputError
from continuation.landscape import (
    Dataset,
    GradientDescent,
    Loss,
    connect,
    descend,
    find_critical_sets,
    flow_to_limit,
    trajectory,
)
from symbolic import Model

X = np.random.default_rng(7).normal(size=15)


def listed(x, y, hidden=1, **options):
    model = Model.perceptron(hidden, **options)
    loss = Loss(model, Dataset.from_observations(x, y))
    return loss, find_critical_sets(loss)


def test_jumps_of_no_height_beside_a_constant_that_fits_are_no_sets():
    _, sets = listed(X, np.full(15, 2.5), bias=True, offset=True)
    assert not sets
    assert any("not listed: of units without output" in note for note in sets.notes)


@pytest.mark.parametrize("hidden", [1, 2])
def test_nothing_is_isolated_where_odd_units_fit_nothing(hidden):
    x = np.array([-2, -1, -0.5, 0.5, 1, 2])
    _, sets = listed(x, x**2, hidden)
    assert not sets
    assert not sets.complete
    assert "nothing is isolated" in sets.notes[0]


def test_nothing_is_below_an_end_that_fits_exactly():
    loss, sets = listed(X, 0.7 * X)
    assert [(s.subkind, s.inertia) for s in sets if s.attracting] == [("linear", (0, 0, 2))]
    assert flow_to_limit(loss.at(), [0.5, 0.5]).subkind == "linear"
    proofs = certify_sets(loss, sets)  # what is proved of the digits of 0.7 x is not what is listed
    assert [proof.proved for proof in proofs] == [s.subkind != "linear" for s in sets]
    assert "rounding" in proofs[0].reason


def test_ends_of_a_continuum_of_exact_fits_are_no_saddles():
    _, sets = listed(np.array([0.5, -1.3, 2.0]), np.array([0.7, 0.2, -0.4]), 2)
    assert sets[0].loss > 1e-3
    assert "2 ends at infinity not listed" in sets.notes[-1]


@pytest.mark.parametrize("seed", [1, 6])  # of starts at which Newton's method contracts
def test_a_flow_to_an_exact_fit_of_few_samples_ends_at_no_isolated_point(seed):
    x, y = np.array([0.5, -1.3]), np.array([0.7, 0.2])
    loss = Loss(Model.perceptron(2), Dataset.from_observations(x, y))
    flow = flow_to_limit(loss.at(), np.random.default_rng(seed).normal(size=4))
    assert not flow.decided
    assert flow.loss < 1e-28
    assert "a continuum" in flow.message


def test_three_samples_need_not_be_fitted():
    _, sets = listed(np.array([0.5, -1.3, 2.0]), np.array([0.7, 0.2, -0.4]), bias=True, offset=True)
    assert sets[0].loss > 0.02  # one unit is monotone, the data are not
    assert any("if there are any" in note for note in sets.notes)


@pytest.mark.parametrize(
    ("function", "rule"),
    [(flow_to_limit, ()), (trajectory, ()), (descend, (GradientDescent(0.1),))],
)
def test_flows_ask_for_fixed_parameters_in_words(function, rule):
    loss = Loss(Model.perceptron(1), Dataset.from_observations(X, X))
    with pytest.raises(InvalidInputError, match=r"loss.at\(noise=0.1\)"):
        function(loss, [0.5, 0.5], *rule)


@pytest.mark.parametrize(("x_unit", "y_unit"), [(1.0, 1.0), (1e-3, 1e4)])
def test_sets_of_data_that_are_fitted_exactly_are_those_of_the_data(x_unit, y_unit):
    """Their loss is rounding: it was taken for that of other data."""
    x = np.random.default_rng(5).normal(size=15)
    y = 1.5 * np.tanh(0.7 * x) - np.tanh(2 * x)
    loss, sets = listed(x_unit * x, y_unit * y, 2)
    exact = sets[0]
    assert exact.loss <= 1e-28 * y_unit**2
    assert list(connect(loss, [exact]).nx) == [exact.label]
    assert "loss is not what the weights give" not in next(agreements(loss, [exact], [], {})).faults
    with pytest.raises(InvalidInputError, match="other data"):
        connect(Loss(loss.model, Dataset.from_observations(x_unit * x, 2 * y_unit * y)), sets)
