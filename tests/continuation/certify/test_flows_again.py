"""Connections of a stored graph are followed anew: whatever the flow does not give is noticed."""

import json

import pytest

from continuation.certify import flows_again
from continuation.certify.flows_again import follow_again
from continuation.landscape import FlowGraph, connect, find_critical_sets
from continuation.landscape.graph import NOT_IN_TIME
from tests.continuation.certify.certify_cases import NOISE, preset_loss

LOSS = preset_loss("fukumizu_amari", 0, samples=12)
PARAMETERS = {"noise": NOISE, "weight_decay": 0.0}
LINE, ORIGIN, DEAD, MET = "split line 1", "origin 1", "dead unit 1", "isolated (flow) 1"


@pytest.fixture(scope="module")
def sets():
    """Without the minimum, so that the flow has an end to find."""
    found = find_critical_sets(LOSS, noise=NOISE, regions=False)
    return [one for one in found if one.label != "isolated 1"]


@pytest.fixture(scope="module")
def computed(sets):
    return connect(LOSS, sets, noise=NOISE)


@pytest.fixture
def graph(computed):
    """As a file gives it, to be changed by a test."""
    return FlowGraph.from_json(computed.to_json())


@pytest.fixture
def quick(computed, monkeypatch):
    """The flows were followed already."""
    monkeypatch.setattr(flows_again, "connect", lambda *_, **__: computed)


def test_the_flows_give_the_graph_again(graph, sets):
    again = follow_again(LOSS, graph, sets, PARAMETERS)
    assert again.faults == ()
    assert again.left == ()
    assert again.sources == tuple(one.label for one in sets)


def test_what_the_time_does_not_reach_is_left(graph, sets):
    again = follow_again(LOSS, graph, sets, PARAMETERS, seconds=1e-9)
    assert again.faults == ()
    assert again.sources == ()
    assert {LINE, ORIGIN, DEAD} <= set(again.left)


def edges(graph, source, target=None, departure=None):
    return [
        edge
        for _, end, edge in graph.nx.out_edges(source, data=True)
        if target in (None, end) and departure in (None, edge["departure"])
    ]


def scaled(source, target, departure, name, factor):
    def change(graph):
        edges(graph, source, target, departure)[0][name] *= factor

    return change


def moved(source, target, other):
    """A connection that ends elsewhere."""

    def change(graph):
        key = next(iter(graph.nx[source][target]))
        attributes = dict(graph.nx[source][target][key])
        graph.nx.remove_edge(source, target, key)
        graph.nx.add_edge(source, other, **attributes)

    return change


def removed(source, target, departure):
    """A set that is left in one direction less."""

    def change(graph):
        every = graph.nx[source][target].items()
        key = next(key for key, edge in every if edge["departure"] == departure)
        graph.nx.remove_edge(source, target, key)

    return change


def doubled(graph):
    graph.nx.add_edge(ORIGIN, DEAD, **dict(edges(graph, ORIGIN, DEAD)[0]))


def of_node(label, name, value):
    def change(graph):
        node = graph.nx.nodes[label]
        node[name] = value(node[name])

    return change


def farther(text):
    return json.dumps([1.01 * number for number in json.loads(text)])


CHANGES = {
    "another end": (moved(DEAD, "corner 1", "linear 1"), "is none that the flow makes"),
    "an end less": (moved(DEAD, "corner 1", "linear 1"), "is missing"),
    "no connection": (removed(LINE, "corner 1", "line end"), "is missing"),
    "one of two": (removed(LINE, "corner 1", "line"), "has another multiplicity"),
    "one too many": (doubled, "has another multiplicity"),
    "sides": (scaled(DEAD, "corner 1", "side", "multiplicity", 2), "has another multiplicity"),
    "share": (scaled(ORIGIN, LINE, "arc", "share", 0.99), "has another share"),
    "arrival": (scaled(ORIGIN, LINE, "arc", "line_parameter", 1.01), "has another line_parameter"),
    "departure": (
        scaled(LINE, "corner 1", "line", "source_parameter", 1.01),
        "has another source_parameter",
    ),
    "drop": (scaled(LINE, MET, "line", "loss_drop", 1.1), "has another loss_drop"),
    "longer": (scaled(DEAD, "corner 1", "side", "duration", 2.1), "has another duration"),
    "shorter": (scaled(DEAD, "corner 1", "side", "duration", 0.4), "has another duration"),
    "note": (of_node(ORIGIN, "note", lambda _: "all of it is proved"), "the note on the flows"),
    "met elsewhere": (of_node(MET, "theta", farther), "the flow ends elsewhere"),
    "met higher": (of_node(MET, "loss", lambda value: 1.01 * value), "the flow ends elsewhere"),
    "met at a saddle": (of_node(MET, "index", lambda value: 1), "index is not that of"),
    "met attracting": (of_node(MET, "attracting", lambda value: False), "attracting is not"),
    "a new end": (
        lambda graph: graph.nx.add_node("isolated (flow) 2", **graph.nx.nodes[MET]),
        "no flow ends in isolated (flow) 2",
    ),
    "no end": (lambda graph: graph.nx.remove_node(MET), f"the end {MET} is missing"),
    "no time, though there are flows": (
        of_node(ORIGIN, "note", lambda _: f"{NOT_IN_TIME}: 1 s have passed (raise seconds)"),
        "the note on the flows",
    ),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_noticed(graph, sets, name):
    change, said = CHANGES[name]
    assert follow_again(LOSS, graph, sets, PARAMETERS).faults == ()
    change(graph)
    assert any(said in fault for fault in follow_again(LOSS, graph, sets, PARAMETERS).faults)


@pytest.mark.usefixtures("quick")
def test_sets_that_a_graph_had_no_time_for_are_not_compared(graph, sets):
    graph.nx.remove_edges_from([*graph.nx.out_edges(ORIGIN, keys=True)])
    assert follow_again(LOSS, graph, sets, PARAMETERS).faults
    graph.nx.nodes[ORIGIN]["note"] = f"{NOT_IN_TIME}: 1 s have passed (raise seconds)"
    again = follow_again(LOSS, graph, sets, PARAMETERS)
    assert again.faults == ()
    assert ORIGIN not in again.sources
