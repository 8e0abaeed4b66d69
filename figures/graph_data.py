"""Nodes and edges of a heteroclinic graph as arrays for drawing."""

from __future__ import annotations

import numpy as np
import xarray as xr

from continuation.landscape import FlowGraph
from continuation.landscape.graph import UNDECIDED

NODE_TEXTS = ("kind", "subkind", "region", "found_by")
NODE_NUMBERS = ("index", "nullity", "orbit_size", "attracting", "loss")
EDGE_NUMBERS = ("multiplicity", "loss_drop", "duration")


def graph_arrays(graph: FlowGraph) -> xr.Dataset:
    """Along "node": label and attributes; along "edge": source, target, numbers, departure.

    Undecided flows have no place in a picture: the attribute "undecided" counts them.
    """
    labels = [label for label in graph.nx.nodes if label != UNDECIDED]
    place = {label: k for k, label in enumerate(labels)}
    nodes = [graph.nx.nodes[label] for label in labels]
    undecided = [r for r in graph.rows() if r["target"] == UNDECIDED]
    rows = [r for r in graph.rows() if r["target"] != UNDECIDED]
    variables: dict[str, tuple[str, object]] = {"label": ("node", labels)}
    variables |= {name: ("node", [str(n.get(name, "")) for n in nodes]) for name in NODE_TEXTS}
    variables |= {
        name: ("node", np.array([float(n.get(name, np.nan)) for n in nodes]))
        for name in NODE_NUMBERS
    }
    variables["certified"] = ("node", np.array([bool(n.get("certified")) for n in nodes], np.int8))
    for end in ("source", "target"):
        variables[end] = ("edge", np.array([place[r[end]] for r in rows], dtype=np.int64))
    variables |= {name: ("edge", np.array([float(r[name]) for r in rows])) for name in EDGE_NUMBERS}
    places = [float(r.get("source_parameter", np.nan)) for r in rows]
    variables["source_parameter"] = ("edge", np.array(places))
    entered = [bool(r.get("certified_basin")) for r in rows]
    variables["certified_basin"] = ("edge", np.array(entered, np.int8))
    variables["departure"] = ("edge", [str(r["departure"]) for r in rows])
    count = sum(int(r["multiplicity"]) for r in undecided)
    return xr.Dataset(variables, attrs={"undecided": count})
