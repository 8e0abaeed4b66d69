"""Edges of the heteroclinic graph from computed flows: attributes, arcs, multiplicities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from continuation.landscape.flow import FlowResult
from continuation.landscape.graph.exploration import Arc, Boundary, Exploration, Probe
from continuation.landscape.graph.passing import Approach, closest_approach
from continuation.landscape.sets import FLOWN, CriticalSet

UNDECIDED = "undecided"
"""Label of the node that undecided trajectories end in."""

SHARE_DIGITS = 3
"""Arrivals on a line whose λ agree to this many digits are one connection."""

MEASURED = ("multiplicity", "loss_drop", "duration", "share", "direction_error", "passage_distance")
"""Attributes in which edges may differ that are one connection."""

Edge = dict[str, Any]


def flow_edge(
    source: CriticalSet, departure: str, result: FlowResult, target: CriticalSet | None
) -> Edge:
    """The edge of one trajectory, without its multiplicity."""
    edge: Edge = {
        "source": source.label,
        "target": UNDECIDED if target is None else target.label,
        "status": result.status,
        "departure": departure,
        "loss_drop": float(source.loss - result.loss),
        "duration": float(result.duration),
    }
    on_line = target is not None and target.is_line
    if on_line and result.line_parameter is not None:
        edge["line_parameter"] = round(result.line_parameter, SHARE_DIGITS)
    return edge


def merged(edges: Sequence[Edge]) -> list[Edge]:
    """Edges that are one connection joined: multiplicities and shares add up.

    The duration is that of the fastest, errors are those of the worst.
    """
    joined: dict[tuple[Any, ...], Edge] = {}
    for edge in edges:
        key = tuple(sorted((k, v) for k, v in edge.items() if k not in MEASURED))
        first = joined.get(key)
        joined[key] = edge if first is None else _join(first, edge)
    return list(joined.values())


def _join(first: Edge, other: Edge) -> Edge:
    both = dict(first)
    for name in ("multiplicity", "share"):
        if name in other:
            both[name] = first[name] + other[name]
    for name in ("direction_error", "passage_distance"):
        if name in other:
            both[name] = max(first[name], other[name])
    both["duration"] = min(first["duration"], other["duration"])
    return both


def sphere_edges(explored: Exploration, sets: Sequence[CriticalSet]) -> tuple[list[Edge], str]:
    """All edges out of a point of index ≥ 2, and a note on what is not complete."""
    edges = [_isolated_edge(explored, probe) for probe in explored.isolated()]
    if explored.sphere.dimension == 2:
        edges += [_arc_edge(explored, arc) for arc in explored.arcs()]
    else:
        edges += list(_sampled_edges(explored))
    lost = 0
    for boundary in explored.boundaries:
        edge = _boundary_edge(explored, boundary, sets)
        if edge is None:
            lost += 1
        else:
            edges.append(edge)
    return merged(edges), _note(explored, lost)


def _isolated_edge(explored: Exploration, probe: Probe) -> Edge:
    edge = flow_edge(explored.sphere.source, "symmetric", probe.result, probe.target)
    return edge | {"multiplicity": probe.departure.multiplicity}


def _arc_edge(explored: Exploration, arc: Arc) -> Edge:
    """One basin on an unstable circle; λ of arrival and loss are those of its middle."""
    middle = arc.probes[len(arc.probes) // 2]
    edge = flow_edge(explored.sphere.source, "arc", middle.result, middle.target)
    fastest = min(probe.result.duration for probe in arc.probes)
    return edge | {
        "duration": float(fastest),
        "multiplicity": arc.multiplicity,
        "share": arc.share,
    }


def _sampled_edges(explored: Exploration) -> Iterator[Edge]:
    """For k ≥ 3: every sampled direction counts, and stands for an equal share of the sphere."""
    share = 1.0 / len(explored.sampled)
    for probe in explored.sampled:
        edge = flow_edge(explored.sphere.source, "sampled", probe.result, probe.target)
        edge.pop("line_parameter", None)  # it varies from direction to direction
        yield edge | {"multiplicity": 1, "share": share}


def _boundary_edge(
    explored: Exploration, boundary: Boundary, sets: Sequence[CriticalSet]
) -> Edge | None:
    """The connection on a boundary, to the set that the flow passes next to it."""
    source = explored.sphere.source
    results = [side.result for side in boundary.sides]
    lowest = max(result.loss for result in results) * (1.0 - FLOWN.loss)
    between = [s for s in sets if lowest <= s.loss < source.loss and s.theta is not None]
    near: Approach | None = closest_approach(results, between)
    if near is None:
        return None
    edge: Edge = {
        "source": source.label,
        "target": near.found.label,
        "status": near.found.kind,
        "departure": "bisected",
        "multiplicity": explored.sphere.multiplicity(boundary.direction),
        "loss_drop": float(source.loss - near.found.loss),
        "duration": float(near.passage.t),
        "direction_error": float(boundary.error),
        "passage_distance": float(near.distance),
    }
    if near.line_parameter is not None:
        edge["line_parameter"] = round(near.line_parameter, SHARE_DIGITS)
    return edge


def _note(explored: Exploration, lost: int) -> str:
    notes = []
    if not explored.settled:
        count = len(explored.sampled)
        notes.append(f"its targets may be incomplete: new ones up to {count} directions")
    if lost:
        notes.append(f"{lost} boundaries between basins lead to no listed set at finite weights")
    if explored.sphere.dimension > 2:
        notes.append("boundaries are bisected between one pair of directions for every two targets")
    return "; ".join(notes)
