"""Intervals between the events of an evolution."""

import numpy as np
import pytest

from continuation.landscape.evolution.events import Event
from continuation.landscape.evolution.evolve import _intervals, _up_to_arrivals

LIMITS = (0.0, 1.0)


def arrival(p, low, high, error=1e-10):
    return Event("arrival", p, (low, high), error)


def spans(*events):
    return [_up_to_arrivals(low, high, events) for low, high in _intervals(LIMITS, events)]


@pytest.mark.parametrize("event", [arrival(0.5, 0.47, 0.5), arrival(0.5, 0.5, 0.53)])
def test_an_interval_reaches_the_arrival_beside_it(event):
    """Of a set that dies, and of one that is born."""
    assert spans(event) == [(0.0, 0.5), (0.5, 1.0)]


def test_what_is_not_located_or_not_alone_leaves_a_gap():
    loose = arrival(0.5, 0.47, 0.5, np.inf)
    assert spans(loose) == [(0.0, 0.47), (0.5, 1.0)]
    fold = Event("fold", 0.48, (0.48, 0.48), 1e-10)
    assert spans(arrival(0.5, 0.47, 0.5), fold) == [(0.0, 0.47), (0.5, 1.0)]
