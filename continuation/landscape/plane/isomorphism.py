"""Whether two graphs of the gradient flow have the same form.

Labels, losses and places play no part: only kinds, indices, and where the two sides of the points
of index 1 lead. Departures from sets of higher index are sampled, so that their edges are none of
the form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import networkx as nx

from continuation.landscape.graph import FlowGraph
from continuation.landscape.sets import CriticalSet

LOCATED = "side"
"""Departure of the edges that are decided one by one."""


def form_of(graph: FlowGraph) -> nx.DiGraph:
    """The sets, by kind and index, and the edges from points of index 1 with multiplicities."""
    edges: Counter[tuple[str, str]] = Counter()
    for a, b, edge in graph.nx.edges(data=True):
        if edge["departure"] == LOCATED:
            edges[a, b] += int(edge["multiplicity"])
    form = nx.DiGraph()
    met = {label for edge in edges for label in edge}
    for label, node in graph.nx.nodes(data=True):
        if node["found_by"] == "search" or label in met:
            form.add_node(label, kind=(node["subkind"], node["index"], node["nullity"]))
    form.add_edges_from((a, b, {"times": times}) for (a, b), times in edges.items())
    return form


def census_of(sets: Iterable[CriticalSet]) -> Counter[tuple[str, int, int]]:
    """How many sets there are of each kind, index and nullity."""
    return Counter((found.subkind, found.index, found.nullity) for found in sets)


def alike(a: FlowGraph, b: FlowGraph) -> bool:
    """Whether the forms of two graphs are isomorphic."""
    return nx.is_isomorphic(
        form_of(a),
        form_of(b),
        node_match=lambda one, other: one["kind"] == other["kind"],
        edge_match=lambda one, other: one["times"] == other["times"],
    )
