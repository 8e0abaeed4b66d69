"""Ends of three units: their derivatives, and that flows run to those that attract."""

import numpy as np
import pytest

from continuation.derivative_check import check_derivatives
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, find_critical_sets, flows_to_limits, follow
from continuation.landscape.infinity import LimitLoss, LimitModel, LimitSystem
from continuation.landscape.network import Conditions, LossAlong, Responses
from continuation.landscape.search.wide_ends import wide_end_sets, wide_ends
from continuation.landscape.sets.assembly import Assembler
from continuation.landscape.sets.matching import CONVERGED, limit_gap
from symbolic import Model, fukumizu_amari

NOISE = 0.3


@pytest.fixture(scope="module")
def loss():
    model = Model.perceptron(hidden=3, teacher="2*tanh(x) - tanh(4*x)", input_scale=2)
    return Loss(model, Dataset.sample(model, 60, 1))


@pytest.fixture(scope="module")
def found(loss):
    return wide_ends(loss.at(noise=NOISE), seed=0)


@pytest.mark.parametrize(
    "limit",
    [
        {"w": 1.2, "a": 0.3, "b": -0.7, "w2": 0.4, "v2": 2.0},
        {"w": 1.2, "v": 0.3, "c": -0.7, "w2": 0.4, "v2": 2.0},
        {"w": 1.2, "v": 0.3, "s": -0.7, "w2": 0.4, "v2": 2.0},
        {"w": 1.2, "v": 0.3, "c": 0.1},
        {"c": 0.4, "c3": -0.1},
    ],
)
@pytest.mark.parametrize("parameter", ["noise", "size"])
def test_limit_models_have_exact_derivatives(loss, limit, parameter):
    limit = LimitModel.from_dict(limit)
    along, z = LossAlong(loss, parameter, Conditions(NOISE)), limit.unknowns
    system = LimitSystem(along, limit)
    p = NOISE if parameter == "noise" else 40.3
    check_derivatives(system.problem(), z, p)
    if parameter == "noise":
        data = loss.data
        np.testing.assert_allclose(
            system.problem().residual(z, p), system.at(p).point(z)[1], rtol=1e-12, atol=1e-14
        )
        r = limit.outputs(loss.model, data.x) - data.target - NOISE * data.noise
        assert system.at(p).point(z)[0].loss == pytest.approx(0.5 * np.mean(r**2), rel=1e-12)


@pytest.mark.parametrize(
    "limit", [{"w": 1.2, "a": 0.3, "b": -0.7}, {"w": 1.2, "v": 0.3, "s": -0.7}, {"c": 0.4}]
)
def test_the_gradient_of_a_limit_model_is_affine_in_the_noise(loss, limit):
    limit = LimitModel.from_dict(limit)
    system, z = LimitSystem(LossAlong(loss, "noise", Conditions(NOISE)), limit), limit.unknowns
    without, whole = (system.at(noise).point(z)[1] for noise in (0.0, 1.0))
    assert system.at(0.5).noise_slope(z) == pytest.approx(whole - without, rel=1e-10, abs=1e-13)


@pytest.mark.slow
def test_every_end_is_a_critical_point_of_its_limit_model(loss, found):
    assert found.ends
    for end in found.ends:
        limit_loss = LimitLoss(Responses.at(loss.at(noise=NOISE)), end.limit)
        assert np.abs(limit_loss.point(end.limit.unknowns)[1]).max() < 1e-11
        assert min(found.hits) > 1


def test_the_exhaustive_list_holds_every_end_that_was_found(loss, found):
    sets = find_critical_sets(loss, noise=NOISE, regions=False)
    for end in found.ends:
        same = [
            s
            for s in sets
            if s.limit is not None and limit_gap(loss.model, end.limit, s.limit) < CONVERGED.limit
        ]
        assert [(s.subkind, s.index, s.attracting) for s in same] == [
            (end.subkind, end.index, end.attracting)
        ]


def test_flows_run_to_the_ends_that_attract_and_to_no_other(loss, found):
    at = loss.at(noise=NOISE)
    starts = np.random.default_rng(0).standard_normal((40, 6))
    limits = [r for r in flows_to_limits(at, starts) if r.status == "infinity"]
    attracting = [end for end in found.ends if end.attracting]
    reached = set()
    for result in limits:
        if result.subkind not in ("confluence", "linear", "step") or "w2" not in result.limit:
            continue  # corners, and ends over a narrower network
        near = [
            k for k, end in enumerate(attracting)
            if end.subkind == result.subkind and abs(end.point.loss - result.loss) < 1e-6
        ]  # fmt: skip
        assert len(near) == 1
        here = result.limit.canonical(odd=True)
        there = attracting[near[0]].limit
        assert here == pytest.approx(there, rel=2e-2, abs=2e-2)
        reached.add(near[0])
    assert reached == set(range(len(attracting)))


def test_ends_become_sets_that_can_be_followed(loss, found):
    sets = wide_end_sets(Assembler(loss.at(noise=NOISE)), found)
    for end, s in zip(found.ends, sets, strict=True):
        assert s.kind == "infinity"
        assert s.index == end.index
        assert s.attracting == end.attracting
        assert s.orbit_size == (24 if s.subkind == "confluence" else 48)
        branch = follow(loss, s, "noise", (0.29, 0.31))
        assert branch.p[[0, -1]] == pytest.approx([0.29, 0.31])
    assert "not listed" in found.note


def test_other_models_are_refused():
    model = fukumizu_amari()
    with pytest.raises(InvalidInputError, match="three or more"):
        wide_ends(Loss(model, Dataset.sample(model, 30, 0)).at())
