"""Where finite weights give way to an end at infinity."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.landscape import Dataset, Loss, find_critical_sets, follow
from continuation.landscape.branches.ranges import arrival_of, range_of_points
from continuation.landscape.infinity import LimitModel, LimitUnit
from symbolic import Model, fukumizu_amari, overparameterised, single_unit

NOISE = 0.1


@pytest.fixture(scope="module")
def loss():
    model = fukumizu_amari()
    return Loss(model, Dataset.sample(model, 100, 0))


@pytest.fixture(scope="module")
def sets(loss):
    return find_critical_sets(loss, noise=NOISE, regions=False)


@pytest.fixture(scope="module")
def where(loss, sets):
    return arrival_of(loss, next(s for s in sets if s.subkind == "isolated"))


weights = st.floats(-12.0, 12.0).map(np.exp)
signs = st.sampled_from([-1.0, 1.0])
units = st.tuples(weights, weights, signs)


def test_known_ends(where):
    assert where(np.array([0.7, 3.0, 1.0, 1.0])) is None
    assert where(np.array([1e-6, 1.0, 1e6, 1.0])) == "linear"
    assert where(np.array([1e9, 1.0, 1.0, 1.0])) == "step"
    assert where(np.array([1.0, 1.001, 500.0, -499.0])) == "confluence"
    assert where(np.array([1.0, 1.001, 0.5, 0.5])) is None


@settings(deadline=None)
@given(units, units, signs, signs)
def test_the_end_is_that_of_the_orbit(where, first, second, flip, other_flip):
    (w1, v1, s1), (w2, v2, s2) = first, second
    here = where(np.array([w1, w2, s1 * v1, s2 * v2]))
    image = np.array([
        other_flip * w2, flip * w1, other_flip * s2 * v2, flip * s1 * v1
    ])  # fmt: skip
    assert where(image) == here


@settings(deadline=None)
@given(units, units, st.none() | st.floats(1e-4, 0.06))
def test_beyond_the_range_the_network_is_that_of_the_end(loss, where, first, second, gap):
    (w1, v1, s1), (w2, v2, s2) = first, second
    w2 = w2 if gap is None else w1 * (1.0 + gap)
    end, x = where(np.array([w1, w2, s1 * v1, s2 * v2])), loss.data.x
    if end == "linear":
        u = min(w1, w2) * x
        assert np.linalg.norm(np.tanh(u) - u) < 0.02 * np.linalg.norm(u)
    elif end == "step":
        saturated = np.abs(np.tanh(max(w1, w2) * x)) > 0.99
        assert (~saturated).sum() <= 0.05 * x.size
    elif end == "confluence":
        middle, half = (w1 + w2) / 2.0, (w2 - w1) / 2.0
        difference = np.tanh(w2 * x) - np.tanh(w1 * x)
        limit = 2.0 * half * x / np.cosh(np.minimum(middle * np.abs(x), 300.0)) ** 2
        assert s1 * s2 < 0.0
        rounding = 1e-15 * np.sqrt(x.size)  # of the two tanh
        assert np.linalg.norm(difference - limit) <= 0.01 * np.linalg.norm(limit) + rounding


def test_sets_that_are_followed_otherwise_have_no_range(loss, sets):
    for s in sets:
        known = arrival_of(loss, s) is not None
        one_unit_left = s.limit is not None and "w" in s.limit
        finite = ("isolated", "silent unit", "split line", "dead unit")
        assert known == (s.subkind in finite or one_unit_left)
    assert {"dead unit", "split line", "origin", "corner"} <= {s.subkind for s in sets}


def test_lines_and_dead_units_come_to_where_their_unit_does(loss, sets):
    for s in sets:
        if s.subkind in ("split line", "dead unit"):
            where, (w, v) = arrival_of(loss, s), s.base
            assert [where(np.array([u, v])) for u in (1e-9, w, 1e9)] == ["linear", None, "step"]


def test_a_limit_model_goes_on_in_a_corner(loss, sets):
    ends = [s for s in sets if s.limit is not None and "w" in s.limit]
    assert ends
    for s in ends:
        where = arrival_of(loss, s)
        rest = [1.0] * (len(s.limit) - 1)
        assert [where(np.array([w, *rest])) for w in (1e-9, 1.0, 1e9)] == ["corner", None, "corner"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        Model.perceptron(hidden=2, teacher="tanh(x)", output_weights=(1, 1)),
        Model.perceptron(hidden=1, bias=True, teacher="tanh(x)"),
    ],
)
def test_other_models_have_no_range(model):
    loss = Loss(model, Dataset.sample(model, 30, 0))
    found = find_critical_sets(loss, noise=NOISE, regions=False)
    assert len(found)
    assert {arrival_of(loss, s) for s in found} == {None}


def test_a_single_unit_runs_to_two_ends():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 30, 0))
    found = find_critical_sets(loss, noise=NOISE, regions=False)
    where = arrival_of(loss, next(s for s in found if s.subkind == "isolated"))
    ends = [where(np.array([w, 2.0])) for w in (1e-9, 1.0, -1e9)]
    assert ends == ["linear", None, "step"]


def test_branches_end_at_their_first_sample_out_of_range():
    arrivals = []
    for preset, seed, noise in ((fukumizu_amari, 1, 0.5), (overparameterised, 1, 0.3)):
        model = preset()
        loss = Loss(model, Dataset.sample(model, 60, seed))
        for s in find_critical_sets(loss, noise=noise, regions=False):
            where = arrival_of(loss, s)
            if where is None or where(_state(s)) is not None:
                continue
            branch = follow(loss, s, "noise", (0.05, noise), direction=-1)
            ends = [where(state) for state in branch.state]
            assert ends[-1] == branch.arrivals[0]
            assert set(ends[:-1]) <= {None}
            arrivals += [end for end in branch.arrivals if end is not None]
    assert arrivals


def _state(found):
    if found.limit is None:
        return found.theta
    return found.limit.unknowns


def test_a_set_that_is_out_there_already_does_not_arrive(loss):
    """A linear end whose unit is nearly a step: its branch reaches the limits, and says so."""
    there = find_critical_sets(loss, noise=0.05, regions=False)
    where = range_of_points(loss)
    ends = [s for s in there if s.subkind == "linear"]
    far = [s for s in ends if where(np.array([s.limit.units[0].weight, 1.0, 1.0, 1.0])) == "step"]
    assert far
    for one in far:
        assert arrival_of(loss, one)(one.limit.unknowns) is None
        branch = follow(loss, one, "noise", limits=(0.04, 0.06))
        assert branch.stop_reasons == ("limit", "limit")


@pytest.mark.parametrize("hidden", [2, 3])
def test_a_finite_unit_of_a_limit_arrives_where_it_is_a_step_or_a_line(hidden, loss, sets):
    """A silent one, too: its row of the Hessian would be rounding, and its branch would wander."""
    wide = Loss(loss.model.with_hidden(hidden), loss.data)
    begun = next(s for s in sets if s.limit)
    for start, highest in ((1.0, 30.0), (100.0, 151.0)):
        limit = LimitModel((LimitUnit(start, (0.0,)),) * (hidden - 1), (0.3,))
        where = arrival_of(wide, replace(begun, limit=limit))
        for place in limit.slots.weights:
            for weight, end in ((highest, "corner"), (1.4 * start, None), (1e-4, "corner")):
                state = limit.unknowns.copy()
                state[place] = weight
                assert where(state) == end
