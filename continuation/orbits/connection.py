"""What following connecting orbits returns: orbits with their errors, and curves of them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.exports import Stored, Table, table
from continuation.meaning import UNNAMED, Meaning
from continuation.orbits.drawing import draw_orbit, draw_plane
from continuation.orbits.orbit import states_table
from continuation.wording import counted

__all__ = ["Connection", "ConnectionBranch"]


@dataclass(frozen=True, eq=False)
class Connection(Stored):
    """One orbit from an equilibrium to another, or back to the same.

    Attributes
    ----------
    t : (K,) ndarray
        Times, from 0.
    x : (K, n) ndarray
    p, q : float
        Parameters; q is NaN where there is no second one.
    source, target : (n,) ndarray
        The equilibria.
    duration : float
        Between the ends, which lie a small distance from the equilibria.
    error : float
        Estimated error of the states by the mesh, relative to their size.
    truncation : float
        By how much p (or, where p is given, the orbit, relative to its size) changes where the ends
        come half as near.
    meaning : Meaning
    """

    t: Array = field(repr=False)
    x: Array = field(repr=False)
    p: float
    q: float
    source: Array
    target: Array
    duration: float
    error: float
    truncation: float
    meaning: Meaning = field(default=UNNAMED, repr=False)

    def plot(self, ax: Any, x: int | str = 0, y: int | str = 1) -> list[Any]:
        """Draw the phase portrait: one state against another, or against "t"."""
        return draw_orbit(ax, self.t, self.x, self.meaning, x, y)

    def to_dataframe(self) -> Table:
        """Times and states, one row a node."""
        return states_table(self.t, self.x, self.meaning)


@dataclass(frozen=True, eq=False)
class ConnectionBranch(Stored):
    """Connections along a curve, one entry an orbit.

    Attributes
    ----------
    orbits : tuple of Connection
    codimension : int
        Parameters that must have the right value: 0 where connections persist, 1 between saddles.
    stop_reason : str
        "limit", "mesh", "samples", "no progress"; "isolated" where no second parameter was given.
    message : str
    meaning : Meaning
    """

    orbits: tuple[Connection, ...] = field(repr=False)
    codimension: int
    stop_reason: str
    message: str
    meaning: Meaning = UNNAMED

    def __repr__(self) -> str:
        along = self.q if np.isfinite(self.q).all() else self.p
        name = self.meaning.second if np.isfinite(self.q).all() else self.meaning.parameter
        span = f"{along[0]:.4g} to {along[-1]:.4g}"
        orbits = counted(len(self), "orbit")
        return f"ConnectionBranch({orbits}, {name} {span}; stopped: {self.stop_reason})"

    def __len__(self) -> int:
        return len(self.orbits)

    def __getitem__(self, i: int) -> Connection:
        return self.orbits[i]

    @property
    def p(self) -> Array:
        """First parameters, (m,)."""
        return np.array([orbit.p for orbit in self.orbits])

    @property
    def q(self) -> Array:
        """Second parameters, (m,); NaN where there is none."""
        return np.array([orbit.q for orbit in self.orbits])

    @property
    def error(self) -> Array:
        """Estimated errors by the mesh, (m,)."""
        return np.array([orbit.error for orbit in self.orbits])

    @property
    def truncation(self) -> Array:
        """Estimated errors by truncation, (m,)."""
        return np.array([orbit.truncation for orbit in self.orbits])

    def plot(self, ax: Any) -> list[Any]:
        """Draw the curve in the plane of both parameters."""
        names = (self.meaning.parameter, self.meaning.second)
        return draw_plane(ax, self.p, self.q, names, "connections")

    def to_dataframe(self) -> Table:
        """Parameters, duration and errors, one row an orbit."""
        columns: dict[str, Any] = {
            self.meaning.parameter: self.p, self.meaning.second: self.q,
            "duration": [o.duration for o in self.orbits],
            "error": self.error, "truncation": self.truncation,
        }  # fmt: skip
        return table(columns, np.arange(float(len(self))))
