"""Periodic and connecting orbits of x' = F(x, p), by collocation at Gauss points."""

from continuation.orbits.mesh import MeshOptions
from continuation.orbits.orbit import Orbit, OrbitBranch, SpecialOrbit
from continuation.orbits.starts import orbit_from_integration, orbit_from_samples
from continuation.orbits.tracing import trace_orbits

__all__ = [
    "MeshOptions",
    "Orbit",
    "OrbitBranch",
    "SpecialOrbit",
    "orbit_from_integration",
    "orbit_from_samples",
    "trace_orbits",
]
