"""How fast the gradient flow runs to an attracting end at infinity: laws in t, with prefactors.

Near an end the fast coordinates are slaved to the slow one, the output weight. With L_D = ∂L/∂D
at a confluence and L_q = ∂L/∂q at a linear end what is left is v' = b² L_D/v³ and
v' = 2c² L_q/v³; a step has (2w|x_j|)' = 4 x_j² L_q e^{−2w|x_j|}.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.sets import CriticalSet


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


def escape_law(end: CriticalSet) -> EscapeLaw:
    """The law of an attracting confluence or linear end.

    Parameters
    ----------
    end : CriticalSet
        At infinity.

    Raises
    ------
    InvalidInputError
        For a set that does not attract or has another law (steps, corners).
    """
    if end.subkind not in ("confluence", "linear") or not end.attracting:
        raise InvalidInputError(
            f"{end.label or end.subkind} has no such law: it is for attracting confluences and "
            "linear ends"
        )
    assert end.limit is not None
    slope = float(end.normal_derivatives[0])
    if end.subkind == "confluence":
        b = abs(end.limit["b"])
        return EscapeLaw("confluence", (4.0 * b * b * slope) ** 0.25, b / (2.0 * np.sqrt(slope)))
    c = abs(end.limit["c"])
    return EscapeLaw("linear", (8.0 * c * c * slope) ** 0.25, c / np.sqrt(8.0 * slope))
