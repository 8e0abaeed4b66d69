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
from continuation.landscape.evolution.strands import End, Strand
from continuation.landscape.evolution.switches import Switch
from continuation.landscape.evolution.timeline import Evolution, Interval

__all__ = [
    "End",
    "Event",
    "Evolution",
    "Interval",
    "LossDiagram",
    "Strand",
    "Switch",
    "evolve",
    "function_distance",
    "loss_diagram",
    "lowest_index",
]
