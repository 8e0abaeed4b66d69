"""What nodes and connections of a graph have, and of what kind: for graphs that come from files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from continuation.errors import InvalidInputError

NODE: Mapping[str, type] = dict.fromkeys(("kind", "subkind", "region", "found_by", "note"), str) | {
    "index": int, "nullity": int, "orbit_size": int, "attracting": bool, "certified": bool,
    "loss": float,
}  # fmt: skip
"""Of every node; see `FlowGraph`."""

NODE_BESIDE: Mapping[str, type] = {
    "theta": str, "limit": str, "excess_risk": float, "escape_rate": float,
}  # fmt: skip
"""Of some."""

EDGE: Mapping[str, type] = {
    "status": str, "departure": str, "multiplicity": int, "loss_drop": float, "duration": float,
}  # fmt: skip
"""Of every connection."""

EDGE_BESIDE: Mapping[str, type] = {
    "certified_basin": bool,
    **dict.fromkeys(("share", "line_parameter", "source_parameter"), float),
    **dict.fromkeys(("direction_error", "passage_distance"), float),
}
"""Of some."""


def require_attributes(graph: nx.MultiDiGraph) -> None:
    """Refuse a graph whose nodes or connections lack something, or have what nothing uses.

    Raises
    ------
    InvalidInputError
        The node or connection and the attribute are named.
    """
    for label, node in graph.nodes(data=True):
        _require(f"node {label!r}", node, NODE, NODE_BESIDE)
    for source, target, edge in graph.edges(data=True):
        _require(f"connection from {source!r} to {target!r}", edge, EDGE, EDGE_BESIDE)


def _require(
    what: str, given: Mapping[str, Any], always: Mapping[str, type], beside: Mapping[str, type]
) -> None:
    known = {**always, **beside}
    for name in always.keys() - given.keys():
        raise InvalidInputError(f"{what} has no {name}")
    for name, value in given.items():
        if name not in known:
            raise InvalidInputError(f"{what} has an attribute {name!r} that nothing uses")
        if type(value) is not known[name]:
            expected = known[name].__name__
            raise InvalidInputError(f"{what}: {name} must be {expected}, not {value!r}")
