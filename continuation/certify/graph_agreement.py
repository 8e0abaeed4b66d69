"""Whether the nodes of a stored graph are the listed sets, and its connections can be true."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from continuation.certify.agreement import ROUNDING, Checked, near, same
from continuation.landscape import CriticalSet, FlowGraph
from continuation.landscape.graph import UNDECIDED, node_attributes
from continuation.landscape.sets import MANIFOLD

DROP = 5e-3
"""Relative agreement of the fall along a connection with that between its ends: the limit of a
trajectory to infinity is extrapolated, at corners to a thousandth of the fall."""

SIDES = 2
"""Of the one-dimensional unstable manifold of a point of index 1."""


def agreements_of_graph(
    graph: FlowGraph, sets: Sequence[CriticalSet], checked: Sequence[Checked]
) -> list[str]:
    """Where the nodes of a graph are not the listed sets, or marks are not those of certificates.

    Parameters
    ----------
    graph : FlowGraph
    sets : sequence of CriticalSet
        Which agree with their certificates (`agreements`).
    checked : sequence of (Certificate, CheckResult)

    Examples
    --------
    >>> from continuation.certify import agreements_of_graph, certify_graph, check
    >>> from continuation.landscape import Dataset, Loss, connect, find_critical_sets
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> graph, proofs = certify_graph(loss, connect(loss, sets))
    >>> checked = [(proof, check(proof)) for proof in proofs]
    >>> agreements_of_graph(graph, sets, checked)
    []
    """
    faults = []
    nodes = {label: node for label, node in graph.nx.nodes(data=True) if label != UNDECIDED}
    searched = {label for label, node in nodes.items() if node["found_by"] != "flow"}
    if searched != {found.label for found in sets}:
        return ["the nodes of the graph are not the listed sets"]
    for k, found in enumerate(sets):
        node = nodes[found.label]
        again = node_attributes(found, found_by="search", note=node["note"])
        names = sorted((again.keys() & node.keys()) - {"certified"})
        wrong = [name for name in names if not same(node[name], again[name])]
        faults += [f"node {k}: {name} is not that of its set" for name in wrong]
        if bool(node["certified"]) != _proved(checked, k, basin=False):
            faults.append(f"node {k}: the mark 'certified' is not that of its certificate")
    return [
        *faults,
        *_false_drops(graph),
        *_false_counts(graph),
        *_false_basins(graph, sets, checked),
    ]


def _false_counts(graph: FlowGraph) -> Iterator[str]:
    """Connections that cannot be those of an unstable manifold.

    Two sides leave a point of index 1, the shares of a circle or sphere add up to 1, a flow that
    was decided ends in a set of the kind that it says, and takes time.
    """
    for label in graph.nx:
        edges = [(target, edge) for _, target, edge in graph.nx.out_edges(label, data=True)]
        sides = [edge["multiplicity"] for _, edge in edges if edge["departure"] == "side"]
        if sides and sum(sides) != SIDES:
            yield f"{sum(sides)} sides lead away from {label}, not {SIDES}"
        shares = [edge["share"] for _, edge in edges if "share" in edge]
        if shares and not abs(sum(shares) - 1.0) <= ROUNDING * len(shares):
            yield f"the shares out of {label} do not add up to 1"
        for target, edge in edges:
            if edge["status"] not in _ends_in(graph.nx.nodes[target]["kind"]):
                yield f"the flow from {label} to {target} does not end in a {edge['status']}"
            if not 0.0 < edge["duration"] < math.inf or edge["multiplicity"] < 1:
                yield f"the flow from {label} to {target} takes no time, or is none"


def _ends_in(kind: str) -> tuple[str, ...]:
    """What a flow says of its end; one to a manifold takes it for a line."""
    return ("line", kind) if kind == MANIFOLD else (kind,)


def _false_drops(graph: FlowGraph) -> list[str]:
    """Connections along which the loss does not fall, or not from the one set to the other."""
    faults = [f"the loss rises from {a} to {b}" for a, b in graph.rising_edges()]
    loss = {label: node["loss"] for label, node in graph.nx.nodes(data=True)}
    for a, b, edge in graph.nx.edges(data=True):
        if b != UNDECIDED and not near(edge["loss_drop"], loss[a] - loss[b], DROP):
            faults.append(f"the loss drop from {a} to {b} is not that between the sets")
    return faults


def _false_basins(
    graph: FlowGraph, sets: Sequence[CriticalSet], checked: Sequence[Checked]
) -> list[str]:
    """Connections said to end in a certified basin that no certificate proves."""
    proved = {s.label for k, s in enumerate(sets) if _proved(checked, k, basin=True)}
    ends = {b for _, b, edge in graph.nx.edges(data=True) if edge.get("certified_basin")}
    return [f"a connection to {end} ends in no certified basin" for end in ends - proved]


def _proved(checked: Sequence[Checked], k: int, *, basin: bool) -> bool:
    return any(r.accepted and c.set == k and (c.kind == "basin") == basin for c, r in checked)
