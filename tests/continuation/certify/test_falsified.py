"""Files made to deceive: of each kind that was believed once, more than ten."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from continuation.certify import agreements, certify_sets
from continuation.certify.checker import check
from continuation.landscape import Dataset, Loss, find_critical_sets
from symbolic import Model
from tests.continuation.certify import stored_certificates as stored

NAMES = stored.names()
ROWS = ("radii", "crossings", "inertias")


def outcome(record):
    return check(json.dumps(record))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("low", [-0.5, -(2.0**-1074)])
def test_no_kind_believes_in_negative_weights(name, low):
    record = stored.record(name)
    n = len(record["problem"]["x"])
    weights = np.full(n, (1.0 - low) / (n - 1))
    weights[n // 2] = low
    record["problem"]["weights"] = [value.hex() for value in weights.tolist()]
    assert not outcome(record).accepted


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("column", ["x", "noise", "target", "weights"])
def test_no_kind_believes_in_a_sample_less(name, column):
    record = stored.record(name)
    if record["problem"][column] is None:
        record["problem"][column] = [(0.5).hex()]
    else:
        record["problem"][column] = record["problem"][column][:-1]
    assert not outcome(record).accepted


def without(rows, places):
    return [row for k, row in enumerate(rows) if k not in places]


def cut(claim, tubes, points=None):
    points = {k + 1 for k in tubes} if points is None else points
    return {
        **claim,
        **{name: without(claim[name], tubes) for name in ROWS},
        "points": without(claim["points"], points),
    }


LAST = {4, 5, 6}
BRANCHES = {
    "the last tubes, not their points": lambda c: cut(c, LAST, set()),
    "the last points, not their tubes": lambda c: cut(c, set(), {5, 6, 7}),
    "the last point, not its tube": lambda c: cut(c, set(), {7}),
    "a tube in the middle": lambda c: cut(c, {5}),
    "a tube in the middle with its other point": lambda c: cut(c, {5}, {5}),
    "every second tube": lambda c: cut(c, {1, 3, 5}),
    "all tubes": lambda c: cut(c, set(range(7))),
    "all tubes and points": lambda c: cut(c, set(range(7)), set(range(8))),
    "the fold's tube": lambda c: {**cut(c, {c["folds"][0]}), "folds": []},
    "the first tubes, with the fold where it was": lambda c: cut(c, {0, 1}, {0, 1}),
    "backwards": lambda c: {**c, **{name: c[name][::-1] for name in (*ROWS, "points")}},
    "a tube twice": lambda c: {
        **c,
        **{name: [*c[name][:1], *c[name]] for name in (*ROWS, "points")},
    },
    "the count stated besides": lambda c: {**cut(c, LAST), "tubes": 274},
    "the end stated besides": lambda c: {**cut(c, LAST), "last": c["points"][-1]},
    "the last point moved on": lambda c: {
        **c,
        "points": [*c["points"][:-1], [*c["points"][-1][:-1], (0.9).hex()]],
    },
}


@pytest.mark.parametrize("name", BRANCHES)
def test_no_branch_is_longer_than_its_tubes(name):
    record = stored.record("branch")
    record["claim"] = BRANCHES[name](record["claim"])
    assert not outcome(record).accepted


def test_a_branch_that_was_cut_says_how_far_it_goes():
    record = stored.record("branch")
    whole = outcome(record).statement
    record["claim"] = cut(record["claim"], LAST)
    record["claim"]["folds"] = [fold for fold in record["claim"]["folds"] if fold < 4]
    result = outcome(record)
    assert result.accepted
    assert "4 tubes" in result.statement
    assert result.statement != whole


@cache
def observed():
    """Sets of observed data, which have no teacher and no region, with checked certificates."""
    random = np.random.default_rng(7)
    x = random.normal(size=12)
    y = np.tanh(x) + 0.3 * random.normal(size=12)
    loss = Loss(Model.perceptron(1), Dataset.from_observations(x, y))
    sets = tuple(find_critical_sets(loss))
    return loss, sets, [(proof, check(proof)) for proof in certify_sets(loss, sets)]


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"label": "isolated 1, proved"},
        {"label": "split line 1"},
        {"label": "step 1"},
        {"subkind": "split line", "label": "split line 1"},
        {"subkind": "unique minimum", "label": "unique minimum 1"},
        {"region": "overfitting"},
    ],
)
def test_no_set_has_another_name_or_region(words):
    loss, sets, checked = observed()
    place = next(k for k, found in enumerate(sets) if found.subkind == "isolated")
    false = [replace(s, **words) if k == place else s for k, s in enumerate(sets)]
    found = list(agreements(loss, false, checked, {}))
    assert bool(found[place].faults) == bool(words), found[place].faults
    assert "region" in found[place].recomputed
