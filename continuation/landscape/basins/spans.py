"""Which part of a trajectory belongs to which critical set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from continuation.landscape.basins.itineraries import Stop
from continuation.landscape.flow import Trajectory


@dataclass(frozen=True)
class Span:
    """Times start ≤ t ≤ end that a trajectory spends at one critical set."""

    label: str
    region: str
    start: float
    end: float


def spans(trajectory: Trajectory, stops: Sequence[Stop]) -> tuple[Span, ...]:
    """Cut a trajectory between consecutive stops where the loss falls fastest in log time.

    Parameters
    ----------
    trajectory : Trajectory
    stops : sequence of Stop
        Its itinerary, in order of time.

    Returns
    -------
    tuple of Span
        One a stop, joined without gaps; the fall from the start to the first stop is left out.
    """
    t, loss = trajectory.t[1:], trajectory.loss[1:]
    middles = np.sqrt(t[1:] * t[:-1])
    fall = -np.diff(loss) / np.diff(np.log(t))
    cuts: list[float] = []
    for before, after in zip([0.0, *(stop.t for stop in stops[:-1])], stops, strict=True):
        between = np.flatnonzero((middles > before) & (middles < after.t))
        cuts.append(float(middles[between[np.argmax(fall[between])]]) if between.size else after.t)
    cuts.append(float(t[-1]))
    return tuple(
        Span(stop.label, stop.region, start, end)
        for stop, start, end in zip(stops, cuts[:-1], cuts[1:], strict=True)
    )
