"""The whole landscape along one parameter: events, switches, timeline.

May import every other room of the landscape.
"""

from continuation.landscape.evolution.diagram import (
    LossDiagram,
    function_distance,
    loss_diagram,
    lowest_index,
)
from continuation.landscape.evolution.events import Event
from continuation.landscape.evolution.evolve import evolve
from continuation.landscape.evolution.sides import SCAN_RTOL, STEP_LIMIT, Sides
from continuation.landscape.evolution.strands import (
    End,
    Strand,
    StrandAt,
    corrected,
    is_among,
    living,
    set_at,
)
from continuation.landscape.evolution.switches import Switch
from continuation.landscape.evolution.timeline import Evolution, Interval
from continuation.landscape.evolution.tracking import Tracker

__all__ = [
    "SCAN_RTOL",
    "STEP_LIMIT",
    "End",
    "Event",
    "Evolution",
    "Interval",
    "LossDiagram",
    "Sides",
    "Strand",
    "StrandAt",
    "Switch",
    "Tracker",
    "corrected",
    "evolve",
    "function_distance",
    "is_among",
    "living",
    "loss_diagram",
    "lowest_index",
    "set_at",
]
