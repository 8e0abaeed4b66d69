"""What search, continuation and zero noise say of one set differs by no more than its bounds."""

from dataclasses import replace

import numpy as np
import pytest

from continuation import trace_branch
from continuation.landscape import (
    Dataset,
    Loss,
    branch_from_zero,
    find_critical_sets,
    follow,
    zero_noise_sets,
)
from continuation.landscape.network import Conditions, Responses
from continuation.landscape.sets import limit_errors, same_set, weight_errors
from continuation.landscape.zero_noise.optimum import optimum
from symbolic import PRESETS

QUIET = {"regions": False}
QUICK = [("fukumizu_amari", 20, 0), ("overparameterised", 20, 0)]
NARROW = ("fukumizu_amari", "overparameterised", "single_unit", "maleknia_sato")
MANY = [(name, n, seed) for name in NARROW for n in (15, 50) for seed in range(1, 5)]
CASES = [*QUICK, *(pytest.param(*case, marks=pytest.mark.slow) for case in MANY)]


@pytest.fixture(autouse=True)
def special_points_are_checked():
    """Not here: at 1e-6 from the optimum, where a branch counts from, rounding is no small part."""


def loss_of(name, n, seed):
    model = PRESETS[name]()
    return Loss(model, Dataset.sample(model, n, seed))


def bounded(loss, one, noise, theta, state):
    """The set that a branch has come to, with the bound of the place where it stopped."""
    at = loss.under(Conditions(noise))
    if one.limit is None:
        return replace(one, theta=theta, error_bound=weight_errors(at, theta, one.embedding))
    limit = one.limit.at(state).canonical(odd=True)
    return replace(one, limit=limit, error_bound=limit_errors(Responses.at(at), limit))


@pytest.mark.parametrize(("name", "n", "seed"), CASES)
def test_a_set_that_is_followed_is_the_one_that_is_searched(name, n, seed):
    loss, (low, high) = loss_of(name, n, seed), (0.1, 0.11)
    listed = find_critical_sets(loss, noise=high, **QUIET)
    known = 0
    for one in find_critical_sets(loss, noise=low, **QUIET):
        assert one.error_bound is not None
        if one.subkind == "origin" or not np.isfinite(one.largest_error):
            continue
        branch = follow(loss, one, "noise", (low, high), direction=1)
        if not np.isclose(branch.p[-1], high, rtol=1e-12) or branch.stop_reasons != ("limit",):
            continue  # a fold, or a passage of infinity on the way
        here = bounded(loss, one, high, branch.theta[-1], branch.state[-1])
        assert any(same_set(here, other) for other in listed), one
        known += 1
    assert known >= 2


@pytest.mark.parametrize(("name", "n", "seed"), CASES)
def test_what_leaves_zero_noise_is_what_is_searched(name, n, seed):
    """The optimum itself where it is one point, else the points of the reduced function."""
    loss, noise = loss_of(name, n, seed), 1e-3
    listed = [s for s in find_critical_sets(loss, noise=noise, **QUIET) if s.theta is not None]
    if loss.model.hidden == len(loss.model.teacher_units):
        branch = trace_branch(loss.problem("noise"), optimum(loss.model), 0.0, (0.0, noise))
        arrived = [("isolated", branch.x[-1])]
        assert branch.p[-1] == noise
    else:
        zero = zero_noise_sets(loss)
        branches = [branch_from_zero(zero.blow_up, one, noise) for one in zero.points]
        there = [b for b in branches if np.isclose(b.p[-1], noise, rtol=1e-12)]
        arrived = [(b.set.subkind, b.theta[-1]) for b in there]
    for subkind, theta in arrived:
        alike = [s for s in listed if s.subkind == subkind]
        errors = weight_errors(loss.at(noise=noise), theta)
        assert any(same_set(replace(s, theta=theta, error_bound=errors), s) for s in alike)
