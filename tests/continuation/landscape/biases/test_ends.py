"""Ends of units with bias: flows from beside those that attract run there, and where others end."""

from functools import lru_cache

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss
from continuation.landscape.biases import biased_ends
from continuation.landscape.flow import flows_to_limits
from continuation.landscape.infinity import LimitLoss
from continuation.landscape.infinity.beyond import held_inputs
from continuation.landscape.network import Responses
from continuation.landscape.sets import limit_gap
from continuation.landscape.sets.error_bounds import limit_errors
from symbolic import Model
from tests.continuation.landscape.near_ends import network_near


def loss_of(seed, hidden=2, offset=True, n=14):
    """Few inputs, some of them twice, and targets with a jump."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-1.5, 1.5, n))[[*range(n), 3, 8]]
    y = np.sign(x - 0.2) + 0.5 * rng.standard_normal(x.size)
    return Loss(Model.perceptron(hidden=hidden, bias=True, offset=offset),
                Dataset.from_observations(x, y))  # fmt: skip


@lru_cache(maxsize=4)
def listed(seed, hidden=2, offset=True):
    """The ends of `loss_of` the same."""
    return biased_ends(loss_of(seed, hidden, offset).at()).ends


def near(loss, end, size):
    """θ near an end, with the units in order."""
    return network_near(end.limit, size, loss.data.x)


@pytest.mark.parametrize(("seed", "hidden", "offset"), [(0, 1, True), (1, 1, False), (2, 2, True)])
def test_flows_from_beside_an_attracting_end_run_to_it(seed, hidden, offset):
    loss = loss_of(seed, hidden, offset)
    ends = [end for end in listed(seed, hidden, offset) if end.attracting]
    assert ends
    losses = [end.point.loss for end in ends]
    assert losses == sorted(losses)
    # a value at a sample is held by its nearer neighbour, from where it outweighs the other one
    plain = [end for end in ends if all(jump.half is None for jump in end.limit.jumps)]
    for end in [end for end in plain if len(end.limit.jumps) < 4][:4]:
        assert end.inertia == (0, 0, end.limit.unknowns.size + len(end.normals))
        (result,) = flows_to_limits(loss.at(), near(loss, end, 1e-6)[None])
        assert result.subkind == end.subkind, end.limit.text()
        assert limit_gap(loss.model, result.limit, end.limit) < 0.05
        assert result.loss == pytest.approx(end.point.loss, rel=1e-4)


def test_two_steep_units_with_cancelling_outputs_fit_the_inputs_between_them():
    """Two inputs, whose neighbours gain from steeper units; outputs are large."""
    loss = loss_of(2)
    end = next(end for end in listed(2, 2, True) if len(end.limit.jumps) == 3)
    held = held_inputs(loss.data.x, end.limit.jumps, offset=True)
    assert np.unique(loss.data.x[held]).size == 2
    assert np.abs(end.point.residual[held].sum()) < 1e-12
    assert len(end.normals) == 2
    assert end.attracting
    theta = near(loss, end, 1e-4)
    assert np.abs(theta[4:6]).min() > 1e3
    (result,) = flows_to_limits(loss.at(), theta[None])
    assert limit_gap(loss.model, result.limit, end.limit) < 0.05


@pytest.mark.parametrize(("seed", "attracting"), [(4, True), (3, False)])
def test_a_unit_may_isolate_the_outermost_input_beside_an_offset(seed, attracting):
    """Its value is free, by shares of output and bias: only the input next to it decides."""
    loss = loss_of(seed, hidden=1)
    x = np.unique(loss.data.x)
    first = [e for e in listed(seed, hidden=1) if e.limit.jumps]
    (end,) = [e for e in first if e.limit.jumps[0].place < x[1]]
    assert (len(end.normals), end.attracting) == (1, attracting)
    size, w = end.limit.jumps[0].size, 20.0 / (x[1] - x[0])
    for share in (-1.0, 0.0, 1.0):  # w x + c at the outermost input
        v = 2.0 * size / (1.0 - np.tanh(share))
        theta = np.array([w, share - w * x[0], v, end.limit.offset + size - v])
        (result,) = flows_to_limits(loss.at(), theta[None])
        there = result.limit is not None
        there = there and limit_gap(loss.model, result.limit, end.limit) < 0.05
        assert there == attracting


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_flows_that_leave_for_jumps_end_at_a_listed_end(seed):
    loss = loss_of(10 + seed)
    ends = biased_ends(loss.at()).ends
    starts = 2.0 * np.random.default_rng(seed).standard_normal((12, loss.model.dimension))
    results = [r for r in flows_to_limits(loss.at(), starts, rtol=1e-4) if r.limit is not None]
    for result in results:
        gaps = [limit_gap(loss.model, result.limit, end.limit) for end in ends]
        assert min(gaps) < 0.05, result.limit.text()


def test_one_unit_has_an_end_for_every_gap():
    loss, ends = loss_of(3, hidden=1), listed(3, hidden=1)
    gaps = [end for end in ends if end.limit.jumps and end.limit.jumps[0].half is None]
    assert len(gaps) == np.unique(loss.data.x).size - 1
    for end in gaps:
        jump = end.limit.jumps[0]
        left, right = (loss.data.target[side].mean() for side in
                       (loss.data.x < jump.place, loss.data.x > jump.place))  # fmt: skip
        assert end.limit.offset == pytest.approx((left + right) / 2.0)
        assert jump.size == pytest.approx((right - left) / 2.0)


def test_error_bounds_reach_the_root_from_a_place_beside_it():
    """Of the limit moved by some 1e-9; the root is where Newton's method ends."""
    loss, rng = loss_of(2), np.random.default_rng(0)
    responses = Responses.at(loss.at())
    ends = listed(2, 2, True)
    assert {end.subkind for end in ends} >= {"confluence", "step", "corner"}
    for end in ends:
        limit_loss, z = LimitLoss(responses, end.limit), end.limit.unknowns
        for _ in range(3):
            point, gradient = limit_loss.point(z)
            z = z - np.linalg.solve(point.hessian, gradient)
        moved = z * (1.0 + 1e-9 * rng.standard_normal(z.size))
        bound = limit_errors(responses, end.limit.at(moved))
        assert (np.abs(moved - z) <= bound).all(), end.limit.text()
        far = np.isfinite(bound) & (np.abs(moved) > 0.0)
        assert (bound[far] < 1e-3 * np.abs(moved[far])).all()


def test_other_models_are_refused():
    data = Dataset.from_observations([0.0, 1.0, 2.0], [0.0, 1.0, 0.5])
    for model in (Model.perceptron(hidden=3, bias=True), Model.perceptron(hidden=2)):
        with pytest.raises(InvalidInputError, match="bias"):
            biased_ends(Loss(model, data).at())
