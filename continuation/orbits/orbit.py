"""What following periodic orbits returns: orbits, special ones, and branches of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.exports import Stored, Table, table
from continuation.kinds import KINDS
from continuation.meaning import UNNAMED, Meaning
from continuation.orbits.collocation import Collocation
from continuation.orbits.drawing import draw_orbit, draw_orbits
from continuation.orbits.flow import Flow
from continuation.orbits.mesh import interpolated
from continuation.orbits.periodic import trivial
from continuation.orbits.scheme import scheme_of

__all__ = ["Orbit", "OrbitBranch", "SpecialOrbit", "as_orbit", "states_table"]


@dataclass(frozen=True, eq=False)
class Orbit(Stored):
    """One periodic orbit.

    Attributes
    ----------
    t : (K,) ndarray
        Times of the nodes, from 0 to the period.
    x : (K, n) ndarray
        States there; the last is the first again.
    p : float
    period : float
    multipliers : (n,) complex ndarray
        Of Floquet, the largest first; one of them is 1. NaN where they are not known.
    mesh : (N + 1,) ndarray
        Ends of the intervals, in parts of the period.
    degree : int
        Of the polynomials on them.
    error : float
        Estimated largest error of the states, relative to their size.
    meaning : Meaning
    """

    t: Array = field(repr=False)
    x: Array = field(repr=False)
    p: float
    period: float
    multipliers: Array
    mesh: Array = field(repr=False)
    degree: int = field(repr=False)
    error: float
    meaning: Meaning = field(default=UNNAMED, repr=False)

    def at(self, t: Array | float) -> Array:
        """States at times t (k,), or at one time: shape (k, n) or (n,)."""
        phase = np.mod(np.atleast_1d(np.asarray(t, dtype=float)) / self.period, 1.0)
        states = interpolated(self.x, self.mesh, phase, scheme_of(self.degree))
        return states if np.ndim(t) else np.asarray(states[0])

    @property
    def trivial_error(self) -> float:
        """How far the multiplier that should be 1 is from it."""
        return float(abs(self.multipliers[trivial(self.multipliers)] - 1.0))

    @property
    def unstable(self) -> int:
        """Number of multipliers outside the unit circle, the trivial one left out."""
        others = np.delete(self.multipliers, trivial(self.multipliers))
        return int((np.abs(others) > 1.0).sum())

    @property
    def stable(self) -> bool:
        """Whether nearby states come to the orbit."""
        return bool(np.isfinite(self.multipliers).all()) and self.unstable == 0

    @property
    def amplitude(self) -> Array:
        """Largest less smallest value of each state, (n,)."""
        return np.asarray(np.ptp(self.x, axis=0))

    def plot(self, ax: Any, x: int | str = 0, y: int | str = 1) -> list[Any]:
        """Draw the phase portrait: one state against another, or against "t".

        Parameters
        ----------
        ax : matplotlib Axes
        x, y : int or str
            An index or a name of a state; or "t".

        Returns
        -------
        list of Line2D
        """
        return draw_orbit(ax, self.t, self.x, self.meaning, x, y)

    def to_dataframe(self) -> Table:
        """Times and states, one row a node."""
        return states_table(self.t, self.x, self.meaning)


@dataclass(frozen=True, eq=False)
class SpecialOrbit:
    """A place of a branch of orbits where something happens.

    Attributes
    ----------
    kind : str
        "fold", "branch point", "period doubling", "torus", "hopf", "homoclinic" or "limit"; an
        entry of `continuation.kinds.KINDS`.
    orbit : Orbit
        There.
    p, period : float
    vector : (K, n) ndarray
        Of a fold, a period doubling or a branch point: in which direction other orbits lie, at the
        nodes; of a torus (K, 2 n): real and imaginary part. Empty elsewhere.
    slopes : (2,) ndarray
        How period and parameter go with the vector.
    coefficients : dict
        "angle" of the multipliers at a torus; eigenvalues of the saddle of a homoclinic orbit, or
        the parameter of the "fold" on it.
    located : bool
        Newton on the equations that define it converged.
    status : str
        How it was located, or why not.
    residual : float
        Largest entry of these equations, in the units of the run.
    index : int
        It lies after the orbit of this index.
    saddle : (n,) ndarray or None
        The equilibrium that a homoclinic orbit leaves and meets, or at which orbits vanish (hopf).
    meaning : Meaning
    """

    kind: str
    orbit: Orbit = field(repr=False)
    vector: Array = field(repr=False)
    slopes: Array = field(repr=False)
    coefficients: dict[str, float]
    located: bool
    status: str
    residual: float
    index: int
    saddle: Array | None = None
    meaning: Meaning = field(default=UNNAMED, repr=False)

    def __repr__(self) -> str:
        where = f"{self.meaning.parameter} = {self.p:.10g}, period = {self.period:.10g}"
        located = "located" if self.located else "not located"
        return f"SpecialOrbit({self.kind} at {where}; {located}: {self.status})"

    @property
    def p(self) -> float:
        """The parameter."""
        return self.orbit.p

    @property
    def period(self) -> float:
        """The period."""
        return self.orbit.period


@dataclass(frozen=True, eq=False)
class OrbitBranch(Stored):
    """A branch of periodic orbits, one entry an orbit.

    Attributes
    ----------
    orbits : tuple of Orbit
    special : tuple of SpecialOrbit
        In the order of the branch.
    stop_reason : str
        "limit", "hopf", "homoclinic", "period", "mesh", "samples", "no progress", "closed loop".
    message : str
        What that means here and what to do.
    meaning : Meaning
    """

    orbits: tuple[Orbit, ...] = field(repr=False)
    special: tuple[SpecialOrbit, ...]
    stop_reason: str
    message: str
    meaning: Meaning = UNNAMED

    def __len__(self) -> int:
        return len(self.orbits)

    def __iter__(self) -> Iterator[Orbit]:
        return iter(self.orbits)

    def __getitem__(self, i: int) -> Orbit:
        return self.orbits[i]

    def __repr__(self) -> str:
        kinds = Counter(point.kind for point in self.special)
        found = ", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "no special orbits"
        span = f"{self.p[0]:.4g} to {self.p[-1]:.4g}" if len(self) else "empty"
        return (
            f"OrbitBranch({len(self)} orbits, {self.meaning.parameter} {span}, {found}; "
            f"stopped: {self.stop_reason})"
        )

    @property
    def p(self) -> Array:
        """Parameters, (m,)."""
        return np.array([orbit.p for orbit in self.orbits])

    @property
    def period(self) -> Array:
        """Periods, (m,)."""
        return np.array([orbit.period for orbit in self.orbits])

    @property
    def multipliers(self) -> Array:
        """Multipliers of Floquet, (m, n) complex, the largest of each orbit first."""
        return np.array([orbit.multipliers for orbit in self.orbits])

    @property
    def trivial_error(self) -> Array:
        """How far the multiplier that should be 1 is from it, (m,)."""
        return np.array([orbit.trivial_error for orbit in self.orbits])

    @property
    def error(self) -> Array:
        """Estimated error of each orbit by its mesh, (m,)."""
        return np.array([orbit.error for orbit in self.orbits])

    @property
    def stable(self) -> Array:
        """Whether each orbit attracts, (m,) of bool."""
        return np.array([orbit.stable for orbit in self.orbits], dtype=bool)

    @property
    def amplitude(self) -> Array:
        """Largest less smallest value of each state, (m, n)."""
        return np.array([orbit.amplitude for orbit in self.orbits])

    def plot(self, ax: Any, y: str | int = "period") -> list[Any]:
        """Draw the branch: full lines where stable, dashed where not, and its special orbits.

        Parameters
        ----------
        ax : matplotlib Axes
        y : str or int
            "period", or an index or a name of a state, of which the extremes are drawn.

        Returns
        -------
        list of Line2D
        """
        return draw_orbits(ax, self, y)

    def to_dataframe(self) -> Table:
        """Orbits and special ones in order: parameter, period, extremes of states, stable, special.

        `special` holds the kind, and is empty at plain orbits.
        """
        orbits = [*self.orbits, *(q.orbit for q in self.special)]
        n = orbits[0].x.shape[1] if orbits else 0
        columns: dict[str, Any] = {
            self.meaning.parameter: [o.p for o in orbits],
            "period": [o.period for o in orbits],
        }
        for i, name in enumerate(self.meaning.names(n)):
            columns[f"min {name}"] = [o.x[:, i].min() for o in orbits]
            columns[f"max {name}"] = [o.x[:, i].max() for o in orbits]
        regular = [not KINDS[q.kind].codimension and q.orbit.stable for q in self.special]
        columns["stable"] = [*self.stable, *regular]
        columns["special"] = [""] * len(self) + [q.kind for q in self.special]
        rows = np.append(np.arange(float(len(self))), [q.index + 0.5 for q in self.special])
        return table(columns, rows)


def states_table(t: Array, x: Array, meaning: Meaning) -> Table:
    """Times (K,) and states (K, n), one row a time."""
    columns = dict(zip(("t", *meaning.names(x.shape[1])), (t, *x.T), strict=True))
    return table(columns, np.arange(float(t.size)))


def as_orbit(
    c: Collocation, flow: Flow, unit: float, z: Array, errors: Array | None = None,
    multipliers: Array | None = None,
) -> Orbit:  # fmt: skip
    """A vector of unknowns as an orbit in the units of the user, with what is known of it."""
    nodes, own = c.split(z)
    period = float(own[0]) * unit
    if multipliers is None:
        multipliers = np.full(flow.n, np.nan, dtype=complex)
    return Orbit(
        t=period * c.times, x=nodes[:, : flow.n] * flow.states,
        p=float(own[1]) * flow.parameter, period=period, multipliers=multipliers,
        mesh=c.mesh, degree=c.scheme.degree,
        error=float((c.errors(nodes) if errors is None else errors).max()),
        meaning=flow.problem.meaning,
    )  # fmt: skip
