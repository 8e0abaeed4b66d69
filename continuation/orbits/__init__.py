"""Periodic and connecting orbits of x' = F(x, p), by collocation at Gauss points."""

from continuation.orbits.connection import Connection, ConnectionBranch
from continuation.orbits.connections import trace_connection
from continuation.orbits.curves import OrbitCurve, trace_orbit_curve
from continuation.orbits.mesh import MeshOptions
from continuation.orbits.orbit import Orbit, OrbitBranch, SpecialOrbit
from continuation.orbits.starts import orbit_from_integration, orbit_from_samples
from continuation.orbits.tracing import trace_orbits

__all__ = [
    "Connection",
    "ConnectionBranch",
    "MeshOptions",
    "Orbit",
    "OrbitBranch",
    "OrbitCurve",
    "SpecialOrbit",
    "orbit_from_integration",
    "orbit_from_samples",
    "trace_connection",
    "trace_orbit_curve",
    "trace_orbits",
]
