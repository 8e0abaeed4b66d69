"""Heteroclinic graphs as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from continuation.landscape import FlowGraph
from continuation.landscape.graph import UNDECIDED
from figures.explore.frames import Frame
from figures.explore.plain import Document, number, numbers
from figures.graph_layout import Scene, places_across
from figures.plots import height_of

NODE_FACTS = ("kind", "subkind", "nullity", "orbit_size", "certified", "found_by", "note")
"""What a node has besides what every frame says of its set."""

NODE_NUMBERS = ("excess_risk", "escape_rate")

EDGE_NUMBERS = ("multiplicity", "loss_drop", "duration")

EDGE_FACTS = ("departure", "status")

PANEL = (280.0, 320.0)
"""Width and height in points of a graph on a screen."""

NUMBER = 14.0
"""Width in points of the number beside a node."""


def graph_document(graph: FlowGraph, order: Mapping[str, int]) -> Document:
    """Nodes by set, edges, attractors and what was not decided."""
    nodes = {name: node for name, node in graph.nx.nodes(data=True) if name in order}
    flows = graph.rows()
    return {
        "nodes": {str(order[name]): _node(node) for name, node in nodes.items()},
        "edges": [_edge(row, order) for row in flows if row["target"] in order],
        "attractors": [order[name] for name in graph.attractors if name in order],
        "undecided": sum(int(row["multiplicity"]) for row in flows if row["target"] == UNDECIDED),
        "notes": list(graph.notes),
    }


def _node(node: Mapping[str, Any]) -> Document:
    facts = {name: node.get(name) for name in NODE_FACTS}
    return facts | {name: number(node.get(name, np.nan), 6) for name in NODE_NUMBERS}


def _edge(row: Mapping[str, Any], order: Mapping[str, int]) -> Document:
    ends = {end: order[row[end]] for end in ("source", "target")}
    values = {name: number(float(row[name]), 6) for name in EDGE_NUMBERS}
    return ends | values | {name: row[name] for name in EDGE_FACTS}


def across(
    order: Mapping[str, int], frames: Sequence[Frame], graphs: Iterable[FlowGraph]
) -> list[float | None]:
    """Horizontal place of each set in the picture of the graph, the same in all frames."""
    losses: dict[str, list[float]] = {label: [] for label in order}
    for one in (one for frame in frames for one in frame.seen):
        losses[one.label].append(one.loss)
    height = height_of(np.array([np.mean(losses[label] or [0.0]) for label in order]))
    links = {
        (order[a], order[b]) for graph in graphs for a, b in graph.nx.edges()
        if a in order and b in order and a != b
    }  # fmt: skip
    width, tall = PANEL
    scene = Scene(
        height=height * tall,
        width=width,
        labels=np.full(height.size, NUMBER),
        links=np.array(sorted(links), dtype=np.int64).reshape(-1, 2),
    )
    return numbers(places_across(scene) / width)
