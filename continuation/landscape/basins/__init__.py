"""Random starts: basins, itineraries, passage times.

May import `graph`, `search` and what these may import.
"""

from continuation.landscape.basins.estimate import Basins, Fraction, estimate_basins
from continuation.landscape.basins.itineraries import (
    NEAR,
    Gazetteer,
    Stop,
    itinerary,
    regions_of,
    route,
)
from continuation.landscape.basins.passages import (
    PassageTimes,
    exit_time,
    passage_times,
    rate_terms,
)
from continuation.landscape.basins.spans import spans
from continuation.landscape.basins.sweeps import UNDECIDED, UNLISTED, BasinSweep, sweep_basins

__all__ = [
    "NEAR",
    "UNDECIDED",
    "UNLISTED",
    "BasinSweep",
    "Basins",
    "Fraction",
    "Gazetteer",
    "PassageTimes",
    "Stop",
    "estimate_basins",
    "exit_time",
    "itinerary",
    "passage_times",
    "rate_terms",
    "regions_of",
    "route",
    "spans",
    "sweep_basins",
]
