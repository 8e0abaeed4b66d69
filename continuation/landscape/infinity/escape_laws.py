"""How fast the gradient flow runs to an attracting end at infinity: laws in t, with prefactors.

Near an end the fast coordinates are slaved to the slow one, the output weight. With L_D = ∂L/∂D
at a confluence and L_q = ∂L/∂q at a linear end what is left is v' = b² L_D/v³ and
v' = 2c² L_q/v³; a step has (2w|x_j|)' = 4 x_j² L_q e^{−2w|x_j|}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array


@dataclass(frozen=True)
class EscapeLaw:
    """Leading order of an escape, as t → ∞.

    Attributes
    ----------
    subkind : {"confluence", "linear"}
    weight_factor : float
        |v| ≈ weight_factor · t^¼ for the output weights that diverge.
    normal_factor : float
        D ≈ normal_factor · t^{−½} (confluence, D the squared difference of the input weights),
        q = w² ≈ normal_factor · t^{−½} (linear).
    """

    subkind: str
    weight_factor: float
    normal_factor: float

    def weight(self, t: Array) -> Array:
        """|v| at times t (m,)."""
        return self.weight_factor * np.asarray(t, dtype=np.float64) ** 0.25

    def normal(self, t: Array) -> Array:
        """D or q at times t (m,)."""
        return self.normal_factor / np.sqrt(np.asarray(t, dtype=np.float64))


def confluence_law(b: float, slope: float) -> EscapeLaw:
    """From the coefficient of x φ' and L_D > 0."""
    b = abs(b)
    return EscapeLaw("confluence", (4.0 * b * b * slope) ** 0.25, b / (2.0 * np.sqrt(slope)))


def linear_law(c: float, slope: float) -> EscapeLaw:
    """From the coefficient of x and L_q > 0."""
    c = abs(c)
    return EscapeLaw("linear", (8.0 * c * c * slope) ** 0.25, c / np.sqrt(8.0 * slope))
