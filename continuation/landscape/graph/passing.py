"""Which critical set does a trajectory come close to on its way?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from continuation.arrays import Array
from continuation.landscape.flow import FlowResult, Passage
from continuation.landscape.graph.departures import on_line
from continuation.landscape.network import Symmetry
from continuation.landscape.sets import CriticalSet

SHARES = np.linspace(-1.0, 2.0, 31)
"""Values of λ at which the distance to a line is taken."""
CLOSE = 1e-2
"""Distance from a set, relative to 1 + |θ|, within which a trajectory passes it: bisected ones
come within 1e-4, others of the presets stay further away than 0.05."""


@dataclass(frozen=True)
class Approach:
    """The closest approach of a trajectory to a critical set at finite weights.

    Attributes
    ----------
    found : CriticalSet
    distance : float
        Orbit distance, relative to 1 + |θ|.
    passage : Passage
        The slow moment.
    line_parameter : float or None
        λ ≥ ½ of the nearest point of a line.
    """

    found: CriticalSet
    distance: float
    passage: Passage
    line_parameter: float | None


def weight_distance(found: CriticalSet, theta: Array) -> float:
    """Orbit distance of θ (d,) from a set; from a line, over the values `SHARES` of λ."""
    if found.theta is None:
        return np.inf
    if not found.segments:
        return Symmetry.of(found.model).distance(theta, found.theta)
    return min(_line_distance(found, theta, share) for share in SHARES)


def nearest_share(line: CriticalSet, theta: Array) -> tuple[float, float]:
    """λ ≥ ½ of the point of a split line that is nearest to θ (d,), and its distance."""
    first = SHARES[np.argmin([_line_distance(line, theta, share) for share in SHARES])]
    step = SHARES[1] - SHARES[0]
    found = minimize_scalar(
        lambda share: _line_distance(line, theta, share),
        bounds=(first - step, first + step),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return max(float(found.x), 1.0 - float(found.x)), float(found.fun)


def closest_approach(results: Iterable[FlowResult], sets: Sequence[CriticalSet]) -> Approach | None:
    """The set at finite weights that trajectories pass most closely; None if none is `CLOSE`."""
    best: Approach | None = None
    for result in results:
        for passage in result.passages:
            scale = 1.0 + float(np.linalg.norm(passage.theta))
            for found in sets:
                near = _approach(found, passage, scale)
                if near is not None and (best is None or near.distance < best.distance):
                    best = near
    return best


def _approach(found: CriticalSet, passage: Passage, scale: float) -> Approach | None:
    if not found.segments:
        distance = weight_distance(found, passage.theta) / scale
        return Approach(found, distance, passage, None) if distance < CLOSE else None
    if weight_distance(found, passage.theta) / scale > CLOSE + (SHARES[1] - SHARES[0]):
        return None
    share, distance = nearest_share(found, passage.theta)
    return Approach(found, distance / scale, passage, share) if distance / scale < CLOSE else None


def _line_distance(line: CriticalSet, theta: Array, share: float) -> float:
    return Symmetry.of(line.model).distance(theta, on_line(line.model, line, share))
