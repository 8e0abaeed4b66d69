"""Unstable manifolds, the targets of their flows, and the heteroclinic graph.

May import `flow` and what `flow` may import.
"""

from continuation.landscape.graph.connect import NOT_IN_TIME, UNDECIDED, connect
from continuation.landscape.graph.departures import Departure, departures
from continuation.landscape.graph.flow_graph import Chain, FlowGraph, node_attributes
from continuation.landscape.graph.passing import region_at, weight_distance
from continuation.landscape.graph.phase_planes import PhasePlane, phase_plane
from continuation.landscape.graph.targets import discovered, match

__all__ = [
    "NOT_IN_TIME",
    "UNDECIDED",
    "Chain",
    "Departure",
    "FlowGraph",
    "PhasePlane",
    "connect",
    "departures",
    "discovered",
    "match",
    "node_attributes",
    "phase_plane",
    "region_at",
    "weight_distance",
]
