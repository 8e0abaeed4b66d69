"""What a run returns: the branch, its samples one by one, and its special points."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.exports import Stored, Table, table
from continuation.kinds import KINDS
from continuation.meaning import UNNAMED, Meaning, Quantity
from continuation.plotting import draw_branches

__all__ = ["Branch", "Sample", "SpecialPoint"]

SHOWN = 4
"""Unknowns that a point shows of itself."""


@dataclass(frozen=True, eq=False)
class SpecialPoint:
    """A point of a branch where something happens.

    Attributes
    ----------
    kind : str
        An entry of `continuation.kinds.KINDS`, which says what is true of each.
    x : (n,) ndarray
    p : float
    tangent : (n + 1,) ndarray
        Of the branch on which it was found.
    kernel, left_kernel : (n, k) ndarray
        Of the Jacobian; real and imaginary part at a Hopf point; k = 0 where it is regular.
    coefficients : dict
        Of the normal form; see `normal_forms`.
    located : bool
        Newton on the defining system converged within the bracket.
    status : str
        How it was located, or why not.
    bracket : (2, n + 1) ndarray
        The points (x, p) of the branch between which it lies.
    index : int
        It lies after the sample of this index.
    name : str
        Of a user function, else empty.
    residual : float
        Largest entry, at the point, of the equations that define it; of F alone where not located.
    meaning : Meaning
        Names, and the flow behind F.
    """

    kind: str
    x: Array = field(repr=False)
    p: float
    tangent: Array = field(repr=False)
    kernel: Array = field(repr=False)
    left_kernel: Array = field(repr=False)
    coefficients: dict[str, float]
    located: bool
    status: str = field(repr=False)
    bracket: Array = field(repr=False)
    index: int
    name: str = ""
    residual: float = np.nan
    meaning: Meaning = field(default=UNNAMED, repr=False)

    def __repr__(self) -> str:
        states = zip(self.meaning.names(self.x.size), self.x[:SHOWN], strict=False)
        at = ", ".join(f"{name} = {value:.6g}" for name, value in states)
        more = ", ..." if self.x.size > SHOWN else ""
        what = f"{self.kind} {self.name}".strip()
        place = f"{self.meaning.parameter} = {self.p:.10g}"
        if "q" in self.coefficients:
            place += f", {self.meaning.second} = {self.coefficients['q']:.10g}"
        return (
            f"SpecialPoint({what} at {place}, {at}{more}; "
            f"{'located' if self.located else 'not located'}: {self.status})"
        )

    @property
    def point(self) -> Array:
        """(x, p), shape (n + 1,)."""
        return np.append(self.x, self.p)


@dataclass(frozen=True, eq=False)
class Sample:
    """One point of a branch.

    Attributes
    ----------
    x : (n,) ndarray
    p : float
    tangent : (n + 1,) ndarray
    eigenvalues : (k,) ndarray
    inertia : (3,) ndarray
        Negative, zero, positive.
    error_bound : float
        Of x at this p, by rounding.
    special : tuple of SpecialPoint
        Between the sample before and this one, in order.
    """

    x: Array = field(repr=False)
    p: float
    tangent: Array = field(repr=False)
    eigenvalues: Array = field(repr=False)
    inertia: Array
    error_bound: float
    special: tuple[SpecialPoint, ...]


@dataclass(frozen=True, eq=False)
class Branch(Stored):
    """A branch of solutions, one row a sample.

    Attributes
    ----------
    x : (m, n) ndarray
    p : (m,) ndarray
    tangent : (m, n + 1) ndarray
        Of length 1 in the scaled norm of `StepOptions`.
    eigenvalues : (m, k) ndarray
        Of dF/dx, ascending; complex where the problem is not symmetric; those nearest to zero
        where the Jacobian is sparse.
    inertia : (m, 3) ndarray
        Negative, zero, positive; for a map: multipliers inside, on and outside the unit circle.
    error_bound : (m,) ndarray
        Of x at the stored p, in the units of the run: |J^-1| times the rounding of F.
    length : (m,) ndarray
        Distance from the sample before.
    iterations : (m,) ndarray of int
        Newton iterations.
    special : tuple of SpecialPoint
        In the order of the branch.
    stop_reason : str
        "limit", "bound", "infinity", "samples", "closed loop", "no progress", "stop condition",
        "interrupted". At "infinity" the last special point holds the asymptotic parameter.
    message : str
        What that means here and what to do.
    next_step : float
        Length of the step that would come next.
    evaluations, rejections : int
    meaning : Meaning
        Names, and the flow for which `stable` is meant.
    """

    x: Array
    p: Array
    tangent: Array
    eigenvalues: Array
    inertia: Array
    error_bound: Array
    length: Array
    iterations: Array
    special: tuple[SpecialPoint, ...]
    stop_reason: str
    message: str
    next_step: float
    evaluations: int
    rejections: int
    statistics: Array
    meaning: Meaning = UNNAMED

    def __len__(self) -> int:
        return int(self.p.size)

    def __repr__(self) -> str:
        kinds = Counter(point.kind for point in self.special)
        found = ", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "no special points"
        return (
            f"Branch({len(self)} samples, {self.meaning.parameter} "
            f"{self.p[0]:.4g} to {self.p[-1]:.4g}, {found}; "
            f"stopped: {self.stop_reason})"
        )

    def __iter__(self) -> Iterator[Sample]:
        at: dict[int, list[SpecialPoint]] = {}
        for point in self.special:
            at.setdefault(point.index + 1, []).append(point)
        for i in range(len(self)):
            yield Sample(
                x=self.x[i], p=float(self.p[i]), tangent=self.tangent[i],
                eigenvalues=self.eigenvalues[i], inertia=self.inertia[i],
                error_bound=float(self.error_bound[i]), special=tuple(at.get(i, ())),
            )  # fmt: skip

    @property
    def stable(self) -> Array:
        """Whether a sample is stable for `meaning.flow`, shape (m,)."""
        return self.meaning.decaying(self.inertia)

    @property
    def conserved(self) -> tuple[tuple[Array, float], ...]:
        """Coefficients (n,) of each combination of unknowns that was held, and its total."""
        return tuple((np.array(row), total) for row, total in self.meaning.conserved)

    def plot(self, ax: Any, x: Quantity | None = None, y: Quantity | None = None) -> list[Any]:
        """Draw the branch: full lines where stable, dashed where not, and its special points.

        Parameters
        ----------
        ax : matplotlib Axes
        x, y : str, int or callable, optional
            A name, the index of an unknown, or a function of (x, p); the parameter and the first
            unknown where not given.

        Returns
        -------
        list of Line2D
        """
        return draw_branches(ax, [self], x, y)

    def to_dataframe(self) -> Table:
        """Samples and special points in order: parameter, unknowns, stable, special.

        `special` holds the kind, and is empty at samples.
        """
        n, points = self.x.shape[1], self.special
        states = np.vstack([self.x, *(q.x[None] for q in points)])
        kinds = [""] * len(self) + [q.kind for q in points]
        regular = [
            bool(self.stable[max(q.index, 0)]) and not KINDS[q.kind].codimension for q in points
        ]
        rows = np.append(np.arange(float(len(self))), [q.index + 0.5 for q in points])
        columns: dict[str, Any] = {self.meaning.parameter: [*self.p, *(q.p for q in points)]}
        columns |= dict(zip(self.meaning.names(n), states.T, strict=True))
        return table(columns | {"stable": [*self.stable, *regular], "special": kinds}, rows)
