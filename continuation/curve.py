"""What following special points in two parameters returns: the curve and the points on it."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.branch import Branch, SpecialPoint
from continuation.exports import Stored, Table, table
from continuation.meaning import UNNAMED, Meaning, Quantity
from continuation.plotting import draw_curve

__all__ = ["Curve"]


@dataclass(frozen=True, eq=False)
class Curve(Stored):
    """A curve of special points in two parameters.

    Attributes
    ----------
    x : (m, n) ndarray
    p, q : (m,) ndarray
    kernel : (m, n) ndarray
        Right null vectors; complex on curves of Hopf and Neimark-Sacker points.
    unfolding : (m,) ndarray
        β; zero but on curves of branch points, and there along true ones.
    frequency : (m,) ndarray
        ω on curves of Hopf and Neimark-Sacker points, else zero.
    special : tuple of SpecialPoint
        Of codimension two ("cusp", "bogdanov-takens", "degenerate pitchfork", ...), "fold" (q turns
        back) and "limit"; `p` is the first parameter there, and `coefficients["q"]` the second.
    branch : Branch
        The augmented branch in q, with its stop reason.
    kind : str
        Of the points it consists of.
    meaning : Meaning
        Names of the unknowns and of both parameters.
    """

    x: Array
    p: Array
    q: Array
    kernel: Array
    unfolding: Array
    frequency: Array
    special: tuple[SpecialPoint, ...]
    branch: Branch = field(repr=False)
    kind: str = ""
    meaning: Meaning = UNNAMED

    def __len__(self) -> int:
        return int(self.q.size)

    def __repr__(self) -> str:
        kinds = ", ".join(point.kind for point in self.special) or "no special points"
        return (
            f"Curve({len(self)} samples of {self.kind}, {self.meaning.second} "
            f"{self.q[0]:.4g} to {self.q[-1]:.4g}, {kinds}; "
            f"stopped: {self.branch.stop_reason})"
        )

    def with_names(self) -> "Curve":
        """The same curve, its special points speaking of the same names."""
        return replace(self, special=tuple(replace(q, meaning=self.meaning) for q in self.special))

    def plot(self, ax: Any, x: Quantity | None = None, y: Quantity | None = None) -> list[Any]:
        """Draw the curve with its special points; in the plane of both parameters by default.

        Parameters and result as for `Branch.plot`.
        """
        return draw_curve(ax, self, x, y)

    def to_dataframe(self) -> Table:
        """Samples and special points in order: both parameters, unknowns, special."""
        points, names = self.special, self.meaning.names(self.x.shape[1])
        states = np.vstack([self.x, *(q.x[None] for q in points)])
        columns: dict[str, Any] = {
            self.meaning.parameter: [*self.p, *(q.p for q in points)],
            self.meaning.second: [*self.q, *(q.coefficients["q"] for q in points)],
            **dict(zip(names, states.T, strict=True)),
            "special": [""] * len(self) + [q.kind for q in points],
        }
        rows = np.append(np.arange(float(len(self))), [q.index + 0.5 for q in points])
        return table(columns, rows)
