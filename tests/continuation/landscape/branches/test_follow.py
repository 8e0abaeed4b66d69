"""Branches of critical sets of every kind, and the regions that rest on them."""

import numpy as np
import pytest

from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape import (
    Dataset,
    Loss,
    find_critical_sets,
    follow,
    label_regions,
)
from symbolic import Model, fukumizu_amari, overparameterised

NOISE = 0.1


@pytest.fixture(scope="module", params=[fukumizu_amari, overparameterised])
def case(request):
    model = request.param()
    loss = Loss(model, Dataset.sample(model, 60, 1))
    return loss, find_critical_sets(loss, noise=NOISE)


def test_branches_of_finite_sets_stay_critical_and_keep_their_kind(case):
    loss, sets = case
    for s in (s for s in sets if s.kind != "infinity"):
        branch = follow(loss, s, "noise", (0.08, 0.12))
        assert branch.stop_reasons == ("limit", "limit")
        assert branch.p[[0, -1]] == pytest.approx([0.08, 0.12], abs=1e-12)
        for p, theta, value in zip(branch.p, branch.theta, branch.loss, strict=True):
            at, gradient, _ = loss.evaluate(theta, noise=p)
            assert np.abs(gradient).max() < 1e-9
            assert at == pytest.approx(value, rel=1e-12)
        assert (branch.inertia[:, 1] == (s.kind == "line")).all()


def test_followed_sets_are_those_found_at_the_end(case):
    loss, sets = case
    there = find_critical_sets(loss, noise=0.09, regions=False)
    for s in (s for s in sets if s.kind == "point"):
        branch = follow(loss, s, "noise", (0.09, NOISE), direction=-1)
        end = branch.theta[-1]
        near = [t for t in there if t.kind == "point" and abs(t.loss - branch.loss[-1]) < 1e-9]
        assert any(
            np.abs(np.sort(np.abs(t.theta)) - np.sort(np.abs(end))).max() < 1e-6 for t in near
        )


def test_ends_at_infinity_are_followed_in_their_limit_model(case):
    loss, sets = case
    there = find_critical_sets(loss, noise=0.099, regions=False)
    for s in (s for s in sets if s.kind == "infinity"):
        branch = follow(loss, s, "noise", (0.099, NOISE), direction=-1)
        assert any(
            t.subkind == s.subkind and t.loss == pytest.approx(branch.loss[-1], rel=1e-8)
            for t in there
        )
        assert np.isnan(branch.theta).all()


def test_size_branches_meet_the_smaller_data_set(case):
    loss, sets = case
    line = next(s for s in sets if s.kind == "line")
    branch = follow(loss, line, "size", (55, 60))
    smaller = find_critical_sets(loss, noise=NOISE, size=55, regions=False)
    assert any(s.loss == pytest.approx(branch.loss[-1], rel=1e-9) for s in smaller)


def test_errors_say_what_is_wrong(case):
    loss, sets = case
    point = next(s for s in sets if s.subkind in ("isolated", "dead unit"))
    line = next(s for s in sets if s.kind == "line")
    end = next(s for s in sets if s.kind == "infinity")
    with pytest.raises(InvalidInputError, match="no critical set of this loss"):
        follow(loss, point, "noise", (0.0, 1.0), noise=0.7)
    with pytest.raises(InvalidInputError, match="outside the limits"):
        follow(loss, point, "noise", (0.2, 1.0))
    with pytest.raises(InvalidInputError, match="weight decay"):
        follow(loss, line, "weight_decay", (0.0, 0.1))
    with pytest.raises(InvalidInputError, match="infinity"):
        follow(loss, end, "weight_decay", (0.0, 0.1))
    with pytest.raises(UnknownNameError):
        follow(loss, point, "temperature", (0.0, 0.1))
    with pytest.raises(InvalidInputError, match="direction"):
        follow(loss, point, "noise", (0.0, 1.0), direction=2)


def test_regions_of_the_presets():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    sets = find_critical_sets(loss, noise=NOISE)
    best = sets[0]
    assert best.region == "overfitting"
    assert best.evidence.slope == pytest.approx(1.0, abs=0.1)
    assert best.loss < best.evidence.optimum_loss
    assert {s.region for s in sets if s.subkind in ("origin", "dead unit", "split line")} == {
        "plateau"
    }
    model = overparameterised()
    loss = Loss(model, Dataset.sample(model, 100, 1))
    sets = find_critical_sets(loss, noise=NOISE)
    regions = {s.subkind: s.region for s in sets}
    assert regions["origin"] == "plateau"
    assert regions["dead unit"] == "near-optimal"
    assert regions["split line"] == "overfitting"
    assert regions["corner"] == "other"


def test_regions_can_be_left_out_and_need_a_teacher():
    model = Model.perceptron(hidden=2)
    x = np.linspace(-2, 2, 30)
    loss = Loss(model, Dataset.from_observations(x, np.sin(2 * x)))
    sets = find_critical_sets(loss)
    assert {s.region for s in sets} == {"unlabelled"}
    with pytest.raises(InvalidInputError, match="teacher"):
        label_regions(loss, sets)
