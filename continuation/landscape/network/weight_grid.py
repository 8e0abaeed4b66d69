"""The range of input weights in which finite critical points are sought, as a geometric grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network.responses import Responses, saturation

SPACING = 0.036
"""Ratio of neighbouring nodes minus one."""

LOWEST = 0.02
"""Smallest w times the root mean square of x: φ(w x) is linear there to 1e-4."""

HIGHEST = 100.0
"""Largest w times the root mean square of x."""


@dataclass(frozen=True)
class Grid:
    """Geometric nodes for the input weights.

    Attributes
    ----------
    nodes : ndarray, shape (m,)
    """

    nodes: Array

    @classmethod
    def of(
        cls,
        responses: Responses,
        spacing: float = SPACING,
        lowest: float = LOWEST,
        widening: float = 1.0,
    ) -> Grid:
        """Nodes from the nearly linear unit to the one that saturates on all but as many samples.

        As many as there are units, at least two. `widening` multiplies the largest weight, up to
        that of a unit which saturates on all samples: beyond, units differ by rounding only.
        """
        rms = float(np.linalg.norm(responses.monomial(1)))
        away = np.sort(np.abs(responses.x[responses.x != 0.0]))
        seen = away[min(max(2, responses.model.hidden), away.size - 1)]
        sigmoid = saturation(responses.model)
        reach = np.inf if sigmoid is None else sigmoid[1] / seen
        widest = np.inf if sigmoid is None else sigmoid[1] / away[0]
        low, high = lowest / rms, min(widening * min(HIGHEST / rms, reach), widest)
        count = int(np.ceil(np.log(high / low) / spacing)) + 1
        return cls(np.geomspace(low, high, count))

    @property
    def lowest(self) -> float:
        """Smallest weight; below it only the linear end is described, by its limit model."""
        return float(self.nodes[0])

    @property
    def highest(self) -> float:
        """Largest weight W; above it only the step end is described, by its limit model."""
        return float(self.nodes[-1])
