"""The landscape in the plane of two parameters: curves of its events, regions between them.

May import every other room of the landscape.
"""

from continuation.landscape.plane.curves import PlaneCurve, PlanePoint
from continuation.landscape.plane.diagram import PlaneDiagram, Region, Regions
from continuation.landscape.plane.domain import Plane
from continuation.landscape.plane.isomorphism import alike, form_of
from continuation.landscape.plane.saddle_connections import trace_switch
from continuation.landscape.plane.survey import fresh_graph, plane_diagram

__all__ = [
    "Plane",
    "PlaneCurve",
    "PlaneDiagram",
    "PlanePoint",
    "Region",
    "Regions",
    "alike",
    "form_of",
    "fresh_graph",
    "plane_diagram",
    "trace_switch",
]
