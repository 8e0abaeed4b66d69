"""Which critical set does a trajectory come close to on its way?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.flow import FlowResult, Passage
from continuation.landscape.sets import CriticalSet, nearest_member

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
    """Orbit distance of θ (d,) from a set, over its free shares; inf from one at infinity."""
    return np.inf if found.theta is None else nearest_member(found, theta).distance


def nearest_share(line: CriticalSet, theta: Array) -> tuple[float, float]:
    """λ ≥ ½ of the point of a split line that is nearest to θ (d,), and its distance."""
    member = nearest_member(line, theta)
    return max(max(shares) for shares in member.shares if len(shares) > 1), member.distance


def region_at(found: CriticalSet, theta: Array) -> str:
    """Region of that part of a set which is nearest to θ (d,).

    Where a split line attracts on some pieces and tends to Θ*, the others are near-optimal.
    """
    if found.region != "overfitting" or not found.segments:
        return found.region
    share, _ = nearest_share(found, theta)
    at = next(piece for piece in found.segments if piece.lower <= share <= piece.upper)
    return "overfitting" if at.index == 0 else "near-optimal"


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
    distance = weight_distance(found, passage.theta) / scale
    if distance >= CLOSE:
        return None
    share = nearest_share(found, passage.theta)[0] if found.segments else None
    return Approach(found, distance, passage, share)
