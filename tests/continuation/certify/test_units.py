"""Certificates measure in units that fit the data: what is proved does not depend on theirs."""

import numpy as np
import pytest

from continuation.certify import agreements, certify_point, certify_sets, check
from continuation.landscape import Dataset, Loss, find_critical_sets
from symbolic import Model

TWO = Model.perceptron(hidden=2)


def observations(x_unit, y_unit):
    rng = np.random.default_rng(1)
    x = 2.0 * rng.standard_normal(60)
    y = 2.0 * np.tanh(x) - np.tanh(4.0 * x) + 0.1 * rng.standard_normal(60)
    return Loss(TWO, Dataset.from_observations(x * x_unit, y * y_unit))


@pytest.mark.parametrize(("x_unit", "y_unit"), [(1e6, 1.0), (1.0, 1e-6), (1e-9, 1e9)])
def test_the_same_is_proved_in_every_unit(x_unit, y_unit):
    plain, loss = observations(1.0, 1.0), observations(x_unit, y_unit)
    sets = find_critical_sets(loss)
    expected, found = certify_sets(plain, find_critical_sets(plain)), certify_sets(loss, sets)
    assert [(c.kind, c.verdict, c.inertia) for c in found] == [
        (c.kind, c.verdict, c.inertia) for c in expected
    ]
    checked = [(certificate, check(certificate)) for certificate in found]
    agreed = list(agreements(loss, sets, checked, {"noise": 0.0, "weight_decay": 0.0}))
    assert [a.faults for a in agreed] == [() for _ in sets]
    assert sum("theta" in a.certified for a in agreed) >= 3


def test_a_point_in_the_units_of_the_data():
    loss = observations(1e6, 1e-6)
    (best,) = (s for s in find_critical_sets(loss) if s.is_isolated)
    assert certify_point(loss, best.theta).proved
    assert not certify_point(loss, 1.001 * best.theta).proved


@pytest.mark.slow
def test_an_expression_keeps_its_units():
    """It says nothing of them: its weights belong to no unit of a network."""
    model = Model.from_expression("b1*tanh(b2*x)", parameters=["b1", "b2"])
    x = np.linspace(-2.0, 2.0, 9)
    loss = Loss(model, Dataset.from_observations(x, 40.0 * np.tanh(x) + np.cos(7.0 * x)))
    sets = find_critical_sets(loss, most_runs=200)
    assert len(sets) > 0
    checked = [(certificate, check(certificate)) for certificate in certify_sets(loss, sets)]
    agreed = agreements(loss, sets, checked, {"noise": 0.0, "weight_decay": 0.0})
    assert [a.set for a in agreed] == list(range(len(sets)))
