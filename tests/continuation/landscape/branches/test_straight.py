"""Branches without a turn give what the tracer gives, at a fraction of its price."""

from dataclasses import replace

import numpy as np
import pytest

from continuation.congruence import same_inertia, scaled_inertia
from continuation.landscape.branches.course import Course
from continuation.landscape.branches.follow import traced
from continuation.landscape.branches.problems import lifted_problem
from continuation.landscape.branches.regions import STEPS, lowest_noise
from continuation.landscape.branches.straight import straight_branch
from continuation.landscape.network.along import LossAlong
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.search.find import find_critical_sets
from symbolic import fukumizu_amari, overparameterised

NOISE = 0.1


def cases():
    for model, seed in ((fukumizu_amari(), 0), (overparameterised(), 1)):
        loss = Loss(model, Dataset.sample(model, 100, seed))
        for found in find_critical_sets(loss, noise=NOISE, regions=False):
            if found.base is None and found.subkind != "corner":
                yield LossAlong(loss, "noise", found.conditions), found


@pytest.fixture(scope="module")
def both():
    """(along, set, straight branch or None, traced branch) of each set that is followed itself."""
    out = []
    for along, found in cases():
        stops = [4.0 * lowest_noise(found), lowest_noise(found)]
        course = Course((stops[-1], 4.0 * NOISE), -1, STEPS, targets=(stops[0],))
        straight = straight_branch(along, found, stops)
        out.append((along, found, straight, traced(along, found, course).branches[-1]))
    return out


def test_a_straight_branch_is_the_traced_one(both):
    compared = 0
    for _, _, straight, branch in both:
        if straight is None:
            continue
        noise, states = straight
        assert noise[0] == NOISE
        assert branch.p[-1] == noise[-1]
        assert max(*np.diff(noise), *np.diff(branch.p)) < 0.0
        level = next(q for q in branch.special if q.kind == "target")
        middle = states[np.flatnonzero(noise == level.p)[0]]
        assert np.allclose(states[-1], branch.x[-1], rtol=1e-8, atol=1e-9)
        assert np.allclose(middle, level.x, rtol=1e-8, atol=1e-9)
        compared += 1
    assert compared > 3


def test_its_samples_are_critical(both):
    for along, found, straight, _ in both:
        for p, state in zip(*straight, strict=True) if straight is not None else ():
            problem = lifted_problem(along, found).problem
            gradient, hessian = problem.residual(state, p), problem.jacobian(state, p)
            assert np.abs(gradient).max() <= 1e-10 * np.abs(hessian).max() * np.abs(state).max()


def test_branches_that_turn_or_end_are_left_to_the_tracer(both):
    turning = [
        straight
        for _, _, straight, branch in both
        if branch.stop_reason != "limit" or any(q.kind == "fold" for q in branch.special)
    ]
    assert turning
    assert all(straight is None for straight in turning)


def test_no_branch_begins_beside_a_set():
    along, found = next((a, s) for a, s in cases() if s.is_isolated)
    assert straight_branch(along, replace(found, theta=1.1 * found.weights), [0.01]) is None


@pytest.mark.parametrize("seed", range(3))
def test_the_same_inertia_is_that_of_every_matrix(seed):
    rng = np.random.default_rng(seed)
    several = rng.standard_normal((6, 5, 5)) * np.logspace(-6, 6, 6)[:, None, None]
    several = several + several.transpose(0, 2, 1)
    alike = several[0] * rng.uniform(0.5, 2.0, 5)[:, None, None]
    assert same_inertia(alike)
    inertias = {scaled_inertia(one) for one in several}
    assert same_inertia(several) == (len(inertias) == 1)
    assert not same_inertia(np.array([several[0], -several[0]]))
    assert not same_inertia(np.zeros((2, 3, 3)))
