"""The graph along a parameter: against `connect` at single values, and against itself."""

import dataclasses

import numpy as np
import pytest

from continuation.errors import InvalidInputError
from continuation.landscape import Dataset, Loss, connect, evolve, find_critical_sets
from continuation.landscape.evolution.events import Event
from continuation.landscape.evolution.sides import SCAN_RTOL, Sides
from continuation.landscape.evolution.strands import StrandAt
from continuation.landscape.network import LossAlong
from continuation.landscape.network.observations import Axis
from continuation.landscape.sets.matching import same_set
from continuation.storage.evolutions import strand_sets
from continuation.storage.kinds import EvolutionResult
from continuation.storage.results import load_result, save_result
from symbolic import Model, fukumizu_amari, overparameterised, single_unit
from tests import invariants

pytestmark = pytest.mark.slow

LIMITS = (0.7385, 0.7425)
"""A pair of silent units is born where an isolated point passes; then a connection switches."""


@pytest.fixture(scope="module")
def loss():
    model = overparameterised()
    return Loss(model, Dataset.sample(model, 100, 1))


@pytest.fixture(scope="module")
def found(loss):
    return evolve(loss, "noise", LIMITS, searched_at=LIMITS, resolution=4, regions=False)


def sides(graph):
    """Targets of all index-1 points, with their numbers."""
    rows = [r for r in graph.rows() if r["departure"] == "side"]
    return sorted((r["source"], r["target"], r["multiplicity"]) for r in rows)


def named(found, sets, p, loss):
    """The sets of a search under the labels of the strands."""
    along = LossAlong(loss, "noise")
    there = [StrandAt(along, s).critical_set(p) for s in found.strands if s.lives_at(p)]
    pairs = [(s, next(t for t in there if same_set(s, t))) for s in sets]
    assert len({t.label for _, t in pairs}) == len(sets) == len(there)
    return [dataclasses.replace(s, label=t.label) for s, t in pairs]


def test_between_events_the_graph_is_the_one_computed_there(found, loss):
    for interval in found.intervals:
        p = interval.lower + 0.3 * (interval.upper - interval.lower)
        sets = find_critical_sets(loss, noise=p, regions=False)
        direct = connect(loss, named(found, sets, p, loss), noise=p)
        assert set(direct.nx) == set(found.graph(p).nx)
        assert set(direct.attractors) == set(found.attractors(p))
        assert sides(direct) == sides(found.graph(p))


def test_invariants_of_every_graph(found):
    assert found.intervals
    for interval in found.intervals:
        invariants.loss_falls_along_every_edge(interval.graph)
        invariants.index_one_points_have_two_ends(interval.graph)


def test_the_list_of_sets_changes_at_events_only(found):
    for before, after in zip(found.intervals, found.intervals[1:], strict=False):
        between = [e for e in found.events if before.upper <= e.p <= after.lower]
        assert between
        gone, new = (
            set(before.graph.nx) - set(after.graph.nx),
            set(after.graph.nx) - set(before.graph.nx),
        )
        assert gone == {label for e in between for label in e.died}
        assert new == {label for e in between for label in e.born}
        if all(e.kind == "switch" for e in between):
            assert set(before.graph.attractors) == set(after.graph.attractors)


def test_births_and_deaths_keep_the_euler_count(found):
    """A pair of equal index is born; for it, the index of the set that passes there changes."""
    (fold,) = (e for e in found.events if e.kind == "fold")
    assert (len(fold.born), len(fold.died), len(fold.changed)) == (2, 0, 1)
    assert fold.located
    counts = []
    for interval in found.intervals:
        nodes = interval.graph.nx.nodes.values()
        points = [n for n in nodes if n["subkind"] in ("isolated", "silent unit")]
        counts.append(sum((-1) ** n["index"] for n in points))
    assert len(set(counts)) == 1


def switch_sides(found, loss, p):
    along = LossAlong(loss, "noise")
    return Sides.of(along, [StrandAt(along, s) for s in found.strands], p)


def test_targets_differ_at_once_below_and_above_a_switch(found, loss):
    assert len(found.switches) == 1
    for switch in found.switches:
        assert switch.status == "located"
        assert switch.error <= 1e-8
        at = switch_sides(found, loss, switch.p)
        side = (switch.source, switch.side)
        for rtol in (1e-8, 1e-9):
            assert at.target(switch.p - 1e-7, side, rtol)[0] == switch.before
            assert at.target(switch.p + 1e-7, side, rtol)[0] == switch.after


def test_at_a_switch_the_orbit_leaves_the_saddle_to_its_other_side(found, loss):
    """The two targets are those of the two sides of the saddle in between."""
    for switch in found.switches:
        at = switch_sides(found, loss, switch.p)
        ends = {at.target(switch.p, (switch.saddle, k), SCAN_RTOL)[0] for k in (1, -1)}
        assert ends == {switch.before, switch.after}
        saddle, source = (
            at.strands[label].critical_set(switch.p) for label in (switch.saddle, switch.source)
        )
        assert saddle.index == 1
        assert saddle.loss < source.loss
        assert switch.speed < 1e-5


def test_questions(found):
    six = found.when(lambda graph: len(graph.attractors) == 6)
    assert len(six) == 1
    (low, high) = six[0]
    (fold,) = (e for e in found.events if e.kind == "fold")
    assert (low, high) == (pytest.approx(fold.p, abs=1e-9), LIMITS[1])
    assert found.when(lambda graph: False) == ()
    assert found.when(lambda graph: True)[0][0] == LIMITS[0]
    with pytest.raises(InvalidInputError, match="outside"):
        found.graph(0.9)


def test_evolutions_come_back_from_their_files(found, loss, tmp_path):
    result = EvolutionResult(
        loss, {"noise": 0.1}, (Axis("x"), Axis("y")), strand_sets(found), evolution=found
    )
    assert result.kind == "evolution"
    back = load_result(save_result(result, tmp_path / "evolution.nc")).evolution
    assert back.events == found.events
    assert list(map(repr, back.switches)) == list(map(repr, found.switches))
    assert (back.limits, back.notes, back.searched_at) == (
        found.limits, found.notes, found.searched_at,
    )  # fmt: skip
    for ours, theirs in zip(found.strands, back.strands, strict=True):
        assert (ours.label, ours.lower, ours.upper) == (theirs.label, theirs.lower, theirs.upper)
        for name in ("p", "state", "theta", "loss", "signs", "singular"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    for ours, theirs in zip(found.intervals, back.intervals, strict=True):
        assert (ours.lower, ours.upper, ours.at) == (theirs.lower, theirs.upper, theirs.at)
        assert sides(ours.graph) == sides(theirs.graph)


def test_strands_are_critical_at_any_value(found, loss):
    along = LossAlong(loss, "noise")
    for strand in found.strands:
        p = 0.6180339 * strand.p[-1] + 0.3819661 * strand.p[0]
        here = StrandAt(along, strand).critical_set(p)
        assert here.label == strand.label
        if here.theta is not None:
            assert np.abs(loss.gradient(here.theta, noise=p)).max() < 1e-10


def reflected(loss):
    """The data under x → −x, y → −y: the same loss, for odd units."""
    data = loss.data
    mirror = Dataset.from_arrays(-data.x, model=loss.model, noise=-data.noise)
    return Loss(loss.model, mirror)


@pytest.mark.slow
def test_reflected_data_have_the_same_evolution(found, loss):
    theirs = evolve(
        reflected(loss), "noise", LIMITS, searched_at=LIMITS[1:], resolution=2, regions=False
    )
    (a,), (b,) = found.switches, theirs.switches
    assert a.p == pytest.approx(b.p, abs=1e-9)
    assert (a.before, a.saddle) != (a.after, a.source)
    assert [e.kind for e in found.events] == [e.kind for e in theirs.events]
    assert [e.p for e in theirs.events] == pytest.approx([e.p for e in found.events], abs=1e-9)
    counts = [[len(i.graph.attractors) for i in one.intervals] for one in (found, theirs)]
    assert counts[0] == counts[1]


@pytest.mark.slow
def test_along_the_size_every_kind_of_set_is_followed():
    model = fukumizu_amari()
    loss = Loss(model, Dataset.sample(model, 60, 0))
    found = evolve(
        loss, "size", (57.0, 60.0), noise=0.1, schedule=(50, 60), resolution=2, regions=False
    )
    there = find_critical_sets(loss, noise=0.1, regions=False)
    assert len(found.graph(60.0).nx) == len(there)
    assert {s.set.kind for s in found.strands} == {"point", "line", "infinity"}


@pytest.mark.slow
def test_along_the_weight_decay():
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, 40, 0))
    found = evolve(loss, "weight_decay", (0.01, 1.0), noise=0.1, searched_at=(0.01,), resolution=2)
    assert len(found.attractors(0.02)) == len(found.attractors(0.9)) == 1
    assert found.attractors(0.9)[0].startswith("origin")
    (event,) = found.events
    c = abs(np.mean(loss.data.x * (loss.data.target + 0.1 * loss.data.noise)))
    assert event.kind == "branch point"
    assert event.p == pytest.approx(c, abs=1e-8)  # ρ = |Σ ω x y|: the origin becomes a minimum


def test_bad_input(loss):
    with pytest.raises(InvalidInputError, match="not in 'population'"):
        evolve(loss, "population", (0.1, 0.2))
    with pytest.raises(InvalidInputError, match="increasing"):
        evolve(loss, "noise", (0.2, 0.1))
    with pytest.raises(InvalidInputError, match="searched_at"):
        evolve(loss, "noise", (0.1, 0.2), searched_at=(0.5,))
    observed = Model.perceptron(hidden=1)
    x = np.linspace(-1, 1, 9)
    with pytest.raises(InvalidInputError, match="noise"):
        evolve(Loss(observed, Dataset.from_observations(x, np.sin(x))), "noise", (0.1, 0.2))


def test_events_say_how_well_they_are_known():
    assert Event("fold", 0.5, (0.5, 0.5), 1e-10).located
    assert not Event("arrival", 0.5, (0.5, 0.5), np.inf).located
