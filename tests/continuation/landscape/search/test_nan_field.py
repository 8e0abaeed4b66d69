"""NaN is never small: the compiled searches lose none."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss
from continuation.landscape.network import Responses
from continuation.landscape.search.reduced_field import reduced_field
from continuation.landscape.search.reduced_seeker import seek_reduced
from continuation.landscape.search.seekers import ANY_INDEX, MINIMUM, polish, seek
from symbolic import Model, overparameterised

NODES = np.array([0.5, 0.9, 1.6])
ABOVE = np.triu_indices(3)


@pytest.fixture(scope="module")
def table():
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 12, 0))
    responses = Responses.at(loss.at(noise=0.1))
    return responses.features(NODES, 3), np.array(responses.target)


def test_nan_in_a_feature_is_nan_in_every_pair_that_it_enters(table):
    features, target = table
    assert np.isfinite(reduced_field(features, target, NODES)[:, *ABOVE]).all()
    for order, node, sample in np.ndindex(4, 3, 12):
        changed = features.copy()
        changed[order, node, sample] = np.nan
        field = reduced_field(changed, target, NODES)
        for i, j in zip(*ABOVE, strict=True):
            enters = node in (i, j) and (order < 2 or i == j)
            lost = np.isnan(field[:, i, j])
            if order < 2:
                assert lost.all() == enters, (order, node, i, j)
            else:
                assert lost[order - 2] == enters, (order, node, i, j)


def test_nan_in_a_target_or_a_node_is_nan_wherever_it_enters(table):
    features, target = table
    for sample in range(12):
        changed = target.copy()
        changed[sample] = np.nan
        assert np.isnan(reduced_field(features, changed, NODES)[:, *ABOVE]).all()
    for node in range(3):
        nodes = NODES.copy()
        nodes[node] = np.nan
        field = reduced_field(features, target, nodes)
        for i, j in zip(*ABOVE, strict=True):
            assert np.isnan(field[:, i, j]).all() == (node in (i, j) and i != j)


def damaged(loss, row, sample):
    """The loss at its parameters with NaN in one number of its data."""
    at = loss.at()
    at.data[row, sample] = np.nan
    return at


@pytest.mark.parametrize("row", range(2))
def test_no_seeker_arrives_where_the_loss_is_nan(row):
    x = np.linspace(-1.0, 2.0, 9)
    loss = Loss(Model.perceptron(hidden=2), Dataset.from_observations(x, np.sin(2.0 * x)))
    starts = np.random.default_rng(0).standard_normal((5, 4))
    at = damaged(loss, row, 4)
    for target in (MINIMUM, ANY_INDEX):
        assert not seek(at, starts, target)[1].any()
    assert not seek_reduced(at, starts)[1].any()
    assert polish(at, starts[0]) is None
