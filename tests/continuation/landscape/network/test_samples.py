"""Compressed samples have the inner products of the samples they stand for."""

import numpy as np
import pytest

from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.network.responses import Responses
from continuation.landscape.network.samples import LARGEST_PLAIN, Samples
from symbolic import fukumizu_amari

COUNT = 20_000


@pytest.fixture(scope="module")
def loss():
    model = fukumizu_amari()
    return Loss(model, Dataset.sample(model, COUNT, 0))


def test_inner_products_of_features_and_targets_agree(loss):
    data = loss.data
    weights = np.full(COUNT, 1.0 / COUNT)
    plain = Samples.plain(data.x, weights, data.target, data.noise)
    whole = Responses(plain, plain.teacher + 0.3 * plain.noise, loss.model)
    short = Responses.at(loss.at(noise=0.3))
    assert short.target.size < 1000 < LARGEST_PLAIN < whole.target.size
    w = np.array([0.01, 0.3, 2.0, 8.0, 40.0])
    stacks = []
    for responses in (whole, short):
        features = responses.features(w, 3).reshape(-1, responses.target.size)
        step = responses.rows(np.sign(responses.x))
        rows = np.vstack([features, responses.monomial(3), step, responses.target])
        stacks.append(rows @ rows.T)
    scale = np.sqrt(np.diag(stacks[0]))
    assert np.abs((stacks[0] - stacks[1]) / np.outer(scale, scale)).max() < 1e-11


def test_sets_of_a_large_data_set_are_critical_for_all_its_samples(loss):
    sets = find_critical_sets(loss, noise=0.1, regions=False)
    assert sets.euler_count == 1
    for s in sets:
        if s.theta is not None:
            assert np.abs(loss.gradient(s.theta, noise=0.1)).max() < 1e-11
    step = next(s for s in sets if s.subkind == "step")
    theta = [1e9, step.limit["w"], step.limit["s"], step.limit["v"]]
    assert loss.value(theta, noise=0.1) == pytest.approx(step.loss, rel=1e-9)
