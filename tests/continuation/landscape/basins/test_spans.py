"""Which part of a trajectory belongs to which critical set."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.landscape import (
    Dataset,
    FlowResult,
    Loss,
    Stop,
    Trajectory,
    find_critical_sets,
    itinerary,
    trajectory,
)
from continuation.landscape.basins.spans import spans
from symbolic import fukumizu_amari


def path(times, losses):
    result = FlowResult("point", "isolated", np.zeros(2), None, None, losses[-1], times[-1], 1, "")
    return Trajectory(times, np.zeros((times.size, 2)), losses, result)


def staircase(falls, times):
    """Loss with falls of one each, sudden at the given times."""
    return len(falls) - sum(1.0 / (1.0 + (fall / times) ** 8) for fall in falls)


def stops_at(*times):
    return [Stop(f"set {k}", "plateau", t, 0.0) for k, t in enumerate(times)]


def test_cuts_are_at_the_falls():
    times = np.concatenate([[0.0], np.geomspace(1e-2, 1e6, 801)])
    falls = (1.0, 1e2, 1e4)
    losses = np.concatenate([[3.0], staircase(falls, times[1:])])
    found = spans(path(times, losses), stops_at(10.0, 1e3, 1e6))
    starts = np.array([s.start for s in found])
    np.testing.assert_allclose(starts, falls, rtol=0.05)
    assert found[-1].end == times[-1]


def test_one_stop_lasts_from_the_fall_to_the_end():
    times = np.concatenate([[0.0], np.geomspace(1e-2, 1e4, 301)])
    losses = np.concatenate([[1.0], staircase((5.0,), times[1:])])
    (only,) = spans(path(times, losses), stops_at(1e4))
    assert only.start == pytest.approx(5.0, rel=0.05)
    assert only.end == 1e4


@settings(deadline=None)
@given(
    st.lists(st.floats(1e-6, 1.0), min_size=3, max_size=40),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5),
)
def test_spans_join_without_gaps_around_their_stops(drops, places):
    times = np.concatenate([[0.0], np.geomspace(1e-2, 1e5, len(drops))])
    losses = np.concatenate([[2.0], 2.0 - np.cumsum(drops) / len(drops)])
    moments = sorted(10.0 ** (-2.0 + 7.0 * p) for p in places[:-1])
    stops = [Stop(f"set {k}", f"region {k}", t, 0.0) for k, t in enumerate([*moments, times[-1]])]
    found = spans(path(times, losses), stops)
    assert [(s.label, s.region) for s in found] == [(s.label, s.region) for s in stops]
    for a, b in itertools.pairwise(found):
        assert a.end == b.start
    for span, stop in zip(found, stops, strict=True):
        assert 0.0 < span.start <= stop.t
        assert stop.t <= span.end or span.end == times[-1]
    assert found[-1].end == times[-1]


def test_along_a_real_trajectory_every_fall_lies_between_stops():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 100, 0))
    at = loss.at(noise=0.1)
    sets = find_critical_sets(loss, noise=0.1)
    lengths = set()
    for start in np.random.default_rng(1).standard_normal((6, 4)):
        way = trajectory(at, start)
        stops = itinerary(at, way, sets)
        found = spans(way, stops)
        lengths.add(len(found))
        assert [s.label for s in found] == [s.label for s in stops]
        assert found[-1].end == way.t[-1]
        for span, stop in zip(found, stops, strict=True):
            assert span.start <= stop.t <= span.end
    assert max(lengths) > 1
