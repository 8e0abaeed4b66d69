import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from continuation.errors import InvalidInputError
from continuation.landscape.graph.flow_graph import FlowGraph


def node(region, loss, **attributes):
    usual = {"kind": "point", "subkind": "isolated", "found_by": "search", "note": ""}
    numbers = {"index": 1, "nullity": 0, "orbit_size": 8, "attracting": False}
    return usual | numbers | {"certified": False, "region": region, "loss": loss} | attributes


def edge(drop, duration, **attributes):
    usual = {"status": "point", "departure": "side", "multiplicity": 1}
    return usual | {"loss_drop": drop, "duration": duration} | attributes


@pytest.fixture
def graph():
    net = nx.MultiDiGraph()
    net.add_node("origin", **node("plateau", 4.0))
    net.add_node("saddle", **node("plateau", 3.0, excess_risk=0.5, theta="[1.0, 2.0]"))
    net.add_node("near", **node("near-optimal", 2.0, escape_rate=0.25))
    net.add_node("end", **node("overfitting", 1.0, attracting=True, index=0))
    net.add_node("other", **node("other", 1.5, attracting=True, index=0))
    net.add_edge("origin", "saddle", **edge(1.0, 5.0))
    net.add_edge("saddle", "near", **edge(1.0, 9.0, line_parameter=0.5))
    net.add_edge("saddle", "near", **edge(1.0, 7.0))
    net.add_edge("near", "end", **edge(1.0, 3.0))
    net.add_edge("near", "other", **edge(0.5, 3.0))
    net.add_edge("saddle", "end", **edge(2.0, 8.0))
    return FlowGraph(net)


def same(a, b):
    return (
        dict(a.nx.nodes(data=True)) == dict(b.nx.nodes(data=True))
        and list(a.nx.edges(keys=True, data=True)) == list(b.nx.edges(keys=True, data=True))
        and a.nx.is_multigraph()
        and a.nx.is_directed()
    )


def test_graphs_come_back_from_json(graph):
    assert same(FlowGraph.from_json(graph.to_json()), graph)


def test_graphs_come_back_from_graphml(graph, tmp_path):
    graph.to_graphml(tmp_path / "graph.graphml")
    assert same(FlowGraph.from_graphml(tmp_path / "graph.graphml"), graph)


def changed(graph, change):
    record = json.loads(graph.to_json())
    change(record)
    return json.dumps(record)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r["nodes"][0].pop("loss"), "node 'origin' has no loss"),
        (lambda r: r["nodes"][0].update(index=1.5), "index must be int"),
        (lambda r: r["nodes"][0].update(attracting=0), "attracting must be bool"),
        (lambda r: r["nodes"][0].update(proof="unique"), "'proof' that nothing uses"),
        (lambda r: r["links"][0].pop("status"), "to 'saddle' has no status"),
        (lambda r: r["links"][0].update(share="all"), "share must be float"),
        (lambda r: r["links"][0].update(proof="unique"), "'proof' that nothing uses"),
        (lambda r: r["links"][0].update(target="nowhere"), "node 'nowhere' has no"),
        (lambda r: r["nodes"].pop(0), "node 'origin' has no"),
        (lambda r: r.pop("links"), "no node-link graph"),
        (lambda r: r["nodes"].insert(0, 7), "no node-link graph"),
    ],
)
def test_a_graph_that_lacks_something_or_has_too_much_is_refused(graph, change, said):
    with pytest.raises(InvalidInputError, match=said):
        FlowGraph.from_json(changed(graph, change))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0, 1e9)), max_size=12))
def test_any_graph_comes_back_from_json(links):
    net = nx.MultiDiGraph()
    for k in range(6):
        net.add_node(f"set {k}", **node("other", float(k)))
    for a, b, drop in links:
        net.add_edge(f"set {a}", f"set {b}", **edge(drop, 1.0))
    assert same(FlowGraph.from_json(FlowGraph(net).to_json()), FlowGraph(net))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"nodes": [{}], "links": []}', '{"nodes": 1}'])
def test_foreign_json_is_refused(text):
    with pytest.raises(InvalidInputError):
        FlowGraph.from_json(text)


def test_chains_lead_from_the_plateau_to_the_overfitting_attractor(graph):
    chains = {chain.nodes: chain for chain in graph.chains()}
    assert set(chains) == {("origin", "saddle", "near", "end"), ("origin", "saddle", "end")}
    long = chains["origin", "saddle", "near", "end"]
    assert long.complete
    assert long.regions == ("plateau", "plateau", "near-optimal", "overfitting")
    assert long.loss_drops == (1.0, 1.0, 1.0)
    assert long.durations == (5.0, 7.0, 3.0)
    assert not chains["origin", "saddle", "end"].complete
    assert long.escape_times[2] == 4.0
    assert np.isnan(np.delete(long.escape_times, 2)).all()
    assert long.passage_times(np.exp(-3.0))[2] == pytest.approx(12.0)
    with pytest.raises(InvalidInputError, match="distance"):
        long.passage_times(1.0)


def test_attractors_and_rows(graph):
    assert graph.attractors == ("end", "other")
    assert len(graph.rows()) == 6
    assert graph.rows()[0]["source"] == "origin"


def test_rising_edges_are_found(graph):
    assert graph.rising_edges() == ()
    graph.nx.add_edge("end", "near", **edge(-1.0, 1.0))
    assert graph.rising_edges() == (("end", "near"),)
