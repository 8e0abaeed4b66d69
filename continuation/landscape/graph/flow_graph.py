"""The heteroclinic graph: critical sets joined by trajectories of the gradient flow."""

from __future__ import annotations

import itertools
import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

import networkx as nx

from continuation.errors import InvalidInputError
from continuation.exports import Table, listed
from continuation.landscape.graph.attributes import require_attributes
from continuation.landscape.network import Conditions, Units
from continuation.landscape.sets import CriticalSet
from continuation.wording import counted

REGION_ORDER = {"plateau": 0, "near-optimal": 1, "overfitting": 2}
ROUNDING = 1e-12
"""Rise of the loss along an edge, relative to the loss, that rounding explains."""


@dataclass(frozen=True)
class Chain:
    """A path of the graph from the plateau to an attractor of the overfitting region.

    Attributes
    ----------
    nodes : tuple of str
        Labels of the critical sets, in order.
    regions : tuple of str
        Their regions.
    loss_drops, durations : tuple of float
        Of the connections between them; where several join two sets, of the fastest.
    escape_times : tuple of float
        For each node but the last 1/|μ|, μ its lowest eigenvalue: a trajectory that comes by at a
        distance δ stays for about ln(1/δ) of these; nan at lines, ends and the last node.
    """

    nodes: tuple[str, ...]
    regions: tuple[str, ...]
    loss_drops: tuple[float, ...]
    durations: tuple[float, ...]
    escape_times: tuple[float, ...]

    def passage_times(self, distance: float) -> tuple[float, ...]:
        """Expected time near each node for a trajectory that comes by at a distance < 1.

        Raises
        ------
        InvalidInputError
            For a distance that is not between 0 and 1.
        """
        if not 0.0 < distance < 1.0:
            raise InvalidInputError(f"the distance must lie between 0 and 1, not {distance!r}")
        return tuple(-math.log(distance) * time for time in self.escape_times)

    @property
    def complete(self) -> bool:
        """Whether it passes the near-optimal region, too."""
        return "near-optimal" in self.regions


@dataclass(frozen=True, eq=False)
class FlowGraph:
    """Critical sets (nodes, by label) and connections of the gradient flow (directed edges).

    Attributes
    ----------
    nx : networkx.MultiDiGraph
        Node attributes: `kind`, `subkind`, `region`, `found_by` ("search", or "flow" for a target
        that is no known set), `note` (text), `index`, `nullity`, `orbit_size`, `attracting`,
        `certified`, `loss`, `excess_risk`, `escape_rate` (|lowest eigenvalue| of a saddle point),
        and for sets at finite weights `theta`, for sets at infinity `limit` (both JSON texts).
        Edge attributes: `status` (kind of the target as decided by the flow: "point", "line",
        "infinity", "undecided"), `departure` ("side": one of the two sides of an index-1 point;
        "arc": a basin on an unstable circle; "sampled": directions on an unstable sphere;
        "symmetric", "bisected": single directions between basins, given by symmetry or bisected;
        "line", "line end", "manifold": see `departures`), `multiplicity` (number of such
        departures, arcs or directions with this target and departure; it adds up to 2 for an
        index-1 point), `share` (fraction of the unstable circle or sphere), `loss_drop`,
        `duration` (flow time of the fastest; where bisected, until the target is passed),
        `line_parameter` (λ of arrival on a line; for an arc in its middle) and `source_parameter`
        (λ of departure). Where bisected, `direction_error` (angle, integration included) and
        `passage_distance` (closest approach to the target, relative to 1 + |θ|).
        Attributes without a value are absent: `excess_risk` without a teacher, λ off lines.
        Trajectories that were not decided end in the node "undecided".
    sets : tuple of CriticalSet
        The critical sets behind the nodes (empty for a graph read from a file).
    """

    nx: nx.MultiDiGraph = field(repr=False)
    sets: tuple[CriticalSet, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return (
            f"FlowGraph({counted(len(self.nx), 'set')}, "
            f"{counted(self.nx.number_of_edges(), 'connection')}, "
            f"attractors: {', '.join(self.attractors) or 'none'})"
        )

    @property
    def conditions(self) -> Conditions:
        """Those under which its sets were found; `Conditions()` of a graph read from a file."""
        return next((one.conditions for one in self.sets), Conditions())

    @property
    def attractors(self) -> tuple[str, ...]:
        """Labels of the attracting sets."""
        return tuple(label for label, node in self.nx.nodes(data=True) if node["attracting"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not complete, and why: the notes of the nodes, with the number of their sets."""
        notes = Counter(node["note"] for _, node in self.nx.nodes(data=True) if node["note"])
        return tuple(f"{counted(count, 'set')}: {note}" for note, count in notes.items())

    def chains(self) -> tuple[Chain, ...]:
        """All paths plateau → (near-optimal →) overfitting attractor.

        A chain starts at a plateau set that no other plateau set leads to, never returns to an
        earlier region, and ends in an attracting set of the overfitting region.
        """
        rank = {n: REGION_ORDER.get(a["region"], -1) for n, a in self.nx.nodes(data=True)}
        inner = self.nx.subgraph([n for n, r in rank.items() if r >= 0])
        starts = [
            n
            for n in inner
            if rank[n] == 0 and all(rank[m] != 0 or m == n for m in inner.predecessors(n))
        ]
        ends = [n for n in self.attractors if rank[n] == 2]
        simple = nx.DiGraph((a, b) for a, b in inner.edges() if rank[a] <= rank[b] and a != b)
        paths = (
            path
            for start in starts
            for end in ends
            if start in simple and end in simple
            for path in nx.all_simple_paths(simple, start, end)
        )
        return tuple(self._chain(tuple(path)) for path in paths)

    def _chain(self, path: tuple[str, ...]) -> Chain:
        edges = [
            min(self.nx[a][b].values(), key=lambda e: e["duration"])
            for a, b in itertools.pairwise(path)
        ]
        return Chain(
            path,
            tuple(self.nx.nodes[n]["region"] for n in path),
            tuple(e["loss_drop"] for e in edges),
            tuple(e["duration"] for e in edges),
            tuple(1.0 / self.nx.nodes[n].get("escape_rate", math.nan) for n in path),
        )

    def rescaled(self, units: Units) -> FlowGraph:
        """The same graph, given in `units`, in the ones that these are multiples of."""
        graph = self.nx.copy()
        for _, _, edge in graph.edges(data=True):
            edge["loss_drop"] *= units.loss
        return FlowGraph(graph).over(one.rescaled(units) for one in self.sets)

    def over(self, sets: Iterable[CriticalSet]) -> FlowGraph:
        """The same graph with these sets behind its nodes, whose places and losses are theirs."""
        graph, sets = self.nx.copy(), tuple(sets)
        for one in sets:
            graph.nodes[one.label].update(_place(one))
        return FlowGraph(graph, sets)

    def with_certificates(
        self, proved: Mapping[str, bool], entered: Set[tuple[str, str, int]]
    ) -> FlowGraph:
        """The same graph with its nodes and edges marked as certified or not.

        Parameters
        ----------
        proved : mapping
            Label of a set: whether it is certified. Nodes that are not named are not.
        entered : set of (str, str, int)
            Source, target and key of the connections that were followed into a certified basin.
        """
        graph = self.nx.copy()
        for label, node in graph.nodes(data=True):
            node["certified"] = bool(proved.get(label, False))
        for source, target, key, edge in graph.edges(keys=True, data=True):
            edge["certified_basin"] = (source, target, key) in entered
        return FlowGraph(graph, self.sets)

    def rising_edges(self) -> tuple[tuple[str, str], ...]:
        """Edges along which the loss does not fall: none, or the graph is wrong."""
        return tuple(
            (a, b)
            for a, b, edge in self.nx.edges(data=True)
            if edge["loss_drop"] < -ROUNDING * abs(self.nx.nodes[a]["loss"])
        )

    def rows(self) -> tuple[dict[str, Any], ...]:
        """One row a connection, for tables: source, target and the edge attributes."""
        return tuple({"source": a, "target": b, **edge} for a, b, edge in self.nx.edges(data=True))

    def to_dataframe(self) -> Table:
        """One row a connection: source, target and the edge attributes."""
        return listed(self.rows(), ("source", "target", "multiplicity", "loss_drop", "duration"))

    def to_graphml(self, path: str | os.PathLike[str]) -> None:
        """Write GraphML; all attributes are texts, numbers or booleans."""
        nx.write_graphml(self.nx, path)

    @classmethod
    def from_graphml(cls, path: str | os.PathLike[str]) -> FlowGraph:
        """Read what `to_graphml` wrote."""
        return cls(nx.read_graphml(path, force_multigraph=True, edge_key_type=int))

    def to_json(self) -> str:
        """Node-link JSON text."""
        nodes = [{"id": label, **node} for label, node in self.nx.nodes(data=True)]
        links = [
            {"source": a, "target": b, "key": key, **edge}
            for a, b, key, edge in self.nx.edges(keys=True, data=True)
        ]
        graph = {"directed": True, "multigraph": True, "graph": {}, "nodes": nodes, "links": links}
        return json.dumps(graph, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> FlowGraph:
        """Read what `to_json` wrote.

        Raises
        ------
        InvalidInputError
            If the text is no such graph, or a node or connection has not the attributes of one.
        """
        try:
            record = json.loads(text)
            graph = nx.MultiDiGraph()
            for node in record["nodes"]:
                graph.add_node(node.pop("id"), **node)
            for link in record["links"]:
                graph.add_edge(link.pop("source"), link.pop("target"), **link)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInputError(f"this is no node-link graph: {error!r}") from error
        require_attributes(graph)
        return cls(graph)


def node_attributes(found: CriticalSet, *, found_by: str, note: str) -> dict[str, Any]:
    """Attributes of the node of a critical set, as documented in `FlowGraph`."""
    attributes: dict[str, Any] = {
        "kind": found.kind,
        "subkind": found.subkind,
        "region": found.region,
        "found_by": found_by,
        "note": note,
        "index": int(found.index),
        "nullity": int(found.nullity),
        "orbit_size": int(found.orbit_size),
        "attracting": bool(found.attracting),
        "certified": False,
    }
    if found.excess_risk == found.excess_risk:
        attributes["excess_risk"] = float(found.excess_risk)
    if found.is_point and found.index > 0:
        attributes["escape_rate"] = -float(found.eigenvalues.min())
    return attributes | _place(found)


def _place(found: CriticalSet) -> dict[str, Any]:
    """What of a node is measured in the units of the data."""
    attributes: dict[str, Any] = {"loss": float(found.loss)}
    if found.theta is not None:
        attributes["theta"] = json.dumps([float(value) for value in found.theta])
    if found.limit is not None:
        attributes["limit"] = json.dumps(found.limit.to_dict())
    return attributes
