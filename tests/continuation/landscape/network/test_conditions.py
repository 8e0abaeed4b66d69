"""Conditions of a loss: one value, the same as the keywords; nobody else counts entries."""

import ast

import numpy as np
import pytest

from continuation.errors import UnknownNameError
from continuation.landscape import Dataset, Loss
from continuation.landscape.network import PARAMETERS, Conditions
from symbolic import overparameterised
from tests.sources import ROOT, files, nodes

POSITIONS = {"constants", "verdict", "settings"}
"""Arrays of the compiled loops whose entries have names."""


@pytest.fixture(scope="module", name="loss")
def _loss():
    model = overparameterised()
    return Loss(model, Dataset.sample(model, n=12, seed=0))


def test_the_value_and_the_keywords_bind_the_same_loss(loss):
    theta = np.array([0.5, -1.2, 0.3, 0.9])
    conditions = Conditions(noise=0.2, size=9.4, weight_decay=0.01)
    at = loss.under(conditions)
    assert at.conditions == conditions
    assert at.value(theta) == loss.value(theta, noise=0.2, size=9.4, weight_decay=0.01)
    residual = loss.predict(theta, at.x) - at.targets - 0.2 * at.noises
    expected = 0.5 * at.weights @ residual**2 + 0.005 * theta @ theta
    assert at.value(theta) == pytest.approx(expected, rel=1e-13)


def test_what_is_bound_says_how_many_samples_count(loss):
    assert loss.at().conditions.size == 12.0
    weighted = Dataset.from_arrays(loss.data.x, model=loss.model, weights=np.ones(12))
    assert Loss(loss.model, weighted).at().conditions.size is None
    assert np.isnan(Conditions().value("size"))


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_one_parameter_is_changed_and_forgotten(parameter):
    conditions = Conditions(0.2, 9.0, weight_decay=0.01, population=0.5, smoothing=0.1)
    moved = conditions.where(parameter, 0.75)
    assert moved.value(parameter) == 0.75
    assert moved.without(parameter) == conditions.without(parameter)
    others = [name for name in PARAMETERS if name != parameter]
    assert all(moved.value(name) == conditions.value(name) for name in others)


def test_an_unknown_parameter_is_refused():
    with pytest.raises(UnknownNameError, match="temperature"):
        Conditions().without("temperature")


def test_only_what_is_given_replaces():
    conditions = Conditions(noise=0.2, size=9.0)
    assert conditions.unless(None, None, None) == conditions
    assert conditions.unless(0.3, None, 0.0) == Conditions(noise=0.3, size=9.0)


def test_entries_have_names():
    for path in files("continuation"):
        for node in nodes(path):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                array = ast.unparse(node.value).split(".")[-1]
                place = f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
                magic = array in POSITIONS and isinstance(node.slice.value, int)
                assert not magic, f"{place}: name the entry"
