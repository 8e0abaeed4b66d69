"""A budget of seconds: what it cuts, what it leaves alone, and that it keeps its word."""

import time

import pytest

from continuation.deadline import UNLIMITED, Deadline, TimeIsUp
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, connect, find_critical_sets
from symbolic import Model


@pytest.fixture(scope="module")
def loss():
    model = Model.perceptron(hidden=3, teacher="2*tanh(x) - tanh(4*x)", input_scale=2)
    return Loss(model, Dataset.sample(model, n=40, seed=0))


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, monkeypatch):
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_seconds_are_positive(seconds):
    with pytest.raises(InvalidInputError, match="seconds must be"):
        Deadline(seconds)


def test_no_item_is_begun_that_would_not_end_in_time(monkeypatch):
    clock = Clock(monkeypatch)
    deadline, done = Deadline(10.0), []
    for item in deadline.within(range(9)):
        clock.now += 3.0
        done.append(item)
    assert done == [0, 1, 2]  # a fourth one would end after 12 s
    assert not deadline.passed
    assert deadline.left == pytest.approx(1.0)
    clock.now += 1.5
    with pytest.raises(TimeIsUp, match="10 s have passed"):
        deadline.require()


def test_a_part_ends_earlier(monkeypatch):
    clock = Clock(monkeypatch)
    whole = Deadline(10.0)
    clock.now += 7.5
    assert whole.part(0.7).passed
    assert not whole.passed
    assert whole.part(0.7).part(1.0) == whole


def test_without_a_limit_all_is_done():
    assert list(UNLIMITED.within(range(5))) == list(range(5))
    UNLIMITED.require()


def test_a_search_that_is_cut_says_so_and_lists_embeddings(loss):
    decaying = {"noise": 0.1, "weight_decay": 1e-3}
    find_critical_sets(loss, **decaying, seconds=1e-3)  # compiles
    found = find_critical_sets(loss, **decaying, seconds=2.0)
    assert any("2 s have passed" in note for note in found.notes)
    assert any(one.subkind == "dead unit" for one in found)
    assert not found.complete


def test_flows_that_are_cut_say_so(loss):
    sets = find_critical_sets(loss, noise=0.1, seconds=1.0, regions=False)
    graph = connect(loss, sets, seconds=1e-6)
    assert graph.nx.number_of_edges() == 0
    assert any("have passed" in note for note in graph.notes)


def test_enough_time_changes_nothing(loss):
    few = {"noise": 0.1, "weight_decay": 1e-3, "regions": False, "most_runs": 400}
    plain, timed = (find_critical_sets(loss, **few, **more) for more in ({}, {"seconds": 1e6}))
    assert [(s.label, s.loss) for s in timed] == [(s.label, s.loss) for s in plain]
    assert timed.notes == plain.notes
