"""A budget of seconds: what it cuts, what it leaves alone, and that it keeps its word."""

import pytest

from continuation.deadline import UNLIMITED, Deadline, TimeIsUp
from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, connect, find_critical_sets
from continuation.landscape.network import LossAt
from continuation.landscape.search import exhaustive
from symbolic import Model
from tests.continuation.clock import Clock


@pytest.fixture(scope="module")
def loss():
    model = Model.perceptron(hidden=3, teacher="2*tanh(x) - tanh(4*x)", input_scale=2)
    return Loss(model, Dataset.sample(model, n=40, seed=0))


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


@pytest.mark.slow
def test_a_search_that_is_cut_says_so_and_lists_embeddings(loss, monkeypatch):
    decaying = {"noise": 0.1, "weight_decay": 1e-3}
    Clock(monkeypatch, tick=0.02)
    found = find_critical_sets(loss, **decaying, seconds=2.0)
    assert any("2 s have passed" in note for note in found.notes)
    assert any(one.subkind == "dead unit" for one in found)
    assert not found.complete


@pytest.fixture(scope="module")
def narrow():
    model = Model.perceptron(hidden=2, teacher="2*tanh(x) - tanh(4*x)", input_scale=2)
    return Loss(model, Dataset.sample(model, n=40, seed=0))


@pytest.fixture(scope="module")
def whole(narrow):
    return find_critical_sets(narrow, noise=0.1, regions=False)


@pytest.mark.parametrize("seconds", [1e-9, 1.0, 4.0])
def test_an_exhaustive_search_that_is_cut_lists_a_part(narrow, whole, monkeypatch, seconds):
    Clock(monkeypatch, tick=0.4)  # it is looked at some twenty times
    found = find_critical_sets(narrow, noise=0.1, seconds=seconds)
    assert not found.complete
    assert found.euler_count is None
    assert found.notes[0].startswith("incomplete: points of")
    assert f"{seconds:g} s have passed" in found.notes[0]
    listed = [(one.subkind, one.loss) for one in whole]
    assert all((one.subkind, one.loss) in listed for one in found)
    assert len(found) < len(whole)
    assert not any(one.subkind == "isolated" for one in found)
    assert "isolated ones among them" in found.notes[0]


def test_a_finer_grid_that_is_cut_leaves_the_coarser_one(narrow, whole, monkeypatch):
    monkeypatch.setattr(exhaustive, "euler_count", lambda *_: 2)
    clock = Clock(monkeypatch)
    table = exhaustive.UnitTable.of

    def slow(*arguments):
        clock.now += 10.0
        return table(*arguments)

    monkeypatch.setattr(exhaustive.UnitTable, "of", slow)
    found = find_critical_sets(narrow, noise=0.1, regions=False, seconds=25.0)
    assert [(s.subkind, s.loss) for s in found] == [(s.subkind, s.loss) for s in whole]
    assert found.euler_count == 2
    assert not found.complete


def test_a_compilation_that_takes_all_the_time_is_named(narrow, monkeypatch):
    clock, value = Clock(monkeypatch), LossAt.value

    def slow(at, theta):
        clock.now += 30.0
        return value(at, theta)

    monkeypatch.setattr(LossAt, "value", slow)
    notes = find_critical_sets(narrow, noise=0.1, seconds=20.0, regions=False).notes
    assert any("derived and compiled" in note for note in notes)
    notes = find_critical_sets(narrow, noise=0.1, seconds=60.0, regions=False).notes
    assert not any("derived and compiled" in note for note in notes)


def test_flows_that_are_cut_say_so(narrow, whole, monkeypatch):
    Clock(monkeypatch, tick=1.0)
    graph = connect(narrow, whole, seconds=0.5)
    assert graph.nx.number_of_edges() == 0
    assert any("have passed" in note for note in graph.notes)


@pytest.mark.slow
def test_enough_time_changes_nothing(loss):
    few = {"noise": 0.1, "weight_decay": 1e-3, "regions": False, "most_runs": 400}
    plain, timed = (find_critical_sets(loss, **few, **more) for more in ({}, {"seconds": 1e6}))
    assert [(s.label, s.loss) for s in timed] == [(s.label, s.loss) for s in plain]
    assert timed.notes == plain.notes
