"""`connect`: unstable manifolds of all critical sets, followed to their limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np

from continuation.landscape.critical_sets import CriticalSet
from continuation.landscape.departures import Departure, departures
from continuation.landscape.flow_graph import FlowGraph, node_attributes
from continuation.landscape.gradient_flow import (
    RTOL,
    STEP_LIMIT,
    TIME_LIMIT,
    FlowResult,
    flow_to_limit,
    flows_to_limits,
)
from continuation.landscape.loss import Loss, LossAt
from continuation.landscape.targets import discovered, match

UNDECIDED = "undecided"
"""Label of the node that undecided trajectories end in."""

SHARE_DIGITS = 3
"""Arrivals on a line whose λ agree to this many digits are one connection."""


def connect(
    loss: Loss,
    sets: Sequence[CriticalSet],
    *,
    noise: float = 0.0,
    size: float | None = None,
    weight_decay: float = 0.0,
    rtol: float = RTOL,
    time_limit: float = TIME_LIMIT,
    step_limit: int = STEP_LIMIT,
) -> FlowGraph:
    """Heteroclinic graph: the gradient flow out of every critical set, down to its limit.

    Where the flow leaves a set is described in `departures`; how it is decided what it tends to,
    in `decision` and `escapes`. A limit that is not among `sets` becomes a node of its own,
    marked `found_by="flow"`.

    Parameters
    ----------
    loss : Loss
    sets : sequence of CriticalSet
        As found by `find_critical_sets` at the same parameters.
    noise, size, weight_decay : float
        Parameters of the loss, as in `Loss.at`.
    rtol, time_limit, step_limit
        As in `flow_to_limit`.

    Returns
    -------
    FlowGraph

    Raises
    ------
    InvalidInputError
        A parameter outside its range.

    References
    ----------
    B. Krauskopf et al., Int. J. Bifurcation Chaos 15 (2005) 763.
    """
    at = loss.at(noise=noise, size=size, weight_decay=weight_decay)
    starts = [start for source in sets for start in departures(at, source)]
    limits = {"rtol": rtol, "time_limit": time_limit, "step_limit": step_limit}
    results = _flows(at, starts, limits)
    known = list(sets)
    targets = [_target(loss, at, result, known) for result in results]
    graph = nx.MultiDiGraph()
    for number, found in enumerate(known):
        found_by = "search" if number < len(sets) else "flow"
        attributes = node_attributes(found, found_by=found_by, note=_note(found))
        graph.add_node(found.label, **attributes)
    if any(target is None for target in targets):
        graph.add_node(UNDECIDED, **_undecided_node())
    for edge in _edges(starts, results, targets):
        graph.add_edge(edge.pop("source"), edge.pop("target"), **edge)
    return FlowGraph(graph, tuple(known))


def _flows(at: LossAt, starts: Sequence[Departure], limits: dict[str, Any]) -> list[FlowResult]:
    """Limits of all starts: generic ones in one batch, the others in their subspaces."""
    free = [k for k, start in enumerate(starts) if start.subspace is None]
    results: dict[int, FlowResult] = {}
    if free:
        batch = flows_to_limits(at, np.array([starts[k].theta for k in free]), **limits)
        results.update(zip(free, batch, strict=True))
    for k, start in enumerate(starts):
        if start.subspace is not None:
            results[k] = flow_to_limit(at, start.theta, subspace=start.subspace, **limits)
    return [results[k] for k in range(len(starts))]


def _target(
    loss: Loss, at: LossAt, result: FlowResult, known: list[CriticalSet]
) -> CriticalSet | None:
    """The known set that a flow ended in, or a new one, which is added; None if undecided."""
    if result.status == "undecided" or result.subkind == "unresolved":
        return None
    target = match(result, known)
    if target is None:
        number = 1 + sum("(flow)" in found.label for found in known)
        target = discovered(loss, at, result, f"{result.subkind} (flow) {number}")
        known.append(target)
    return target


def _edges(
    starts: Sequence[Departure],
    results: Sequence[FlowResult],
    targets: Sequence[CriticalSet | None],
) -> list[dict[str, Any]]:
    """Connections with equal ends, departure and λ are one edge, counted by multiplicity."""
    edges: dict[tuple[Any, ...], dict[str, Any]] = {}
    for start, result, target in zip(starts, results, targets, strict=True):
        edge: dict[str, Any] = {
            "source": start.source.label,
            "target": UNDECIDED if target is None else target.label,
            "status": result.status,
            "departure": start.kind,
        }
        if start.parameter is not None:
            edge["source_parameter"] = float(start.parameter)
        on_line = target is not None and target.kind == "line"
        if on_line and result.line_parameter is not None:
            edge["line_parameter"] = round(result.line_parameter, SHARE_DIGITS)
        first = edges.setdefault(tuple(edge.items()), edge)
        drop = start.source.loss - result.loss
        first["multiplicity"] = first.get("multiplicity", 0) + 1
        first["loss_drop"] = float(first.get("loss_drop", drop))
        first["duration"] = float(min(first.get("duration", np.inf), result.duration))
    return list(edges.values())


def _note(found: CriticalSet) -> str:
    if found.kind == "infinity" and not found.attracting:
        return "unstable manifold not computed: it starts at infinity"
    return ""


def _undecided_node() -> dict[str, Any]:
    """Attributes of the node of undecided trajectories; its loss is no critical value."""
    return {
        "kind": UNDECIDED,
        "subkind": "",
        "region": "unlabelled",
        "found_by": "flow",
        "note": "trajectories that were not decided within the budget; see the edges",
        "index": 0,
        "nullity": 0,
        "orbit_size": 0,
        "attracting": False,
        "certified": False,
        "loss": 0.0,
    }
