"""Orbits that connect equilibria: u' = T f(u, p) between projections on invariant subspaces.

Near the equilibrium x⁻ that it leaves the orbit lies in the unstable subspace, near x⁺ in the
stable one: rows of left invariant subspaces times u(0) - x⁻ and u(1) - x⁺ vanish. The distances
|u(0) - x⁻| and |u(1) - x⁺| are given and T is unknown, so that no phase has to be fixed and the
error by truncation stays what it is along a curve [1]_. The equilibria are unknowns, too.

References
----------
.. [1] W.-J. Beyn, *IMA J. Numer. Anal.* 10 (1990) 379; E. Doedel, M. Friedman, B. Kunin,
       *Numer. Algorithms* 14 (1997) 103.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.orbits.collocation import System
from continuation.orbits.critical import Plane
from continuation.orbits.flow import Flow

__all__ = ["Connecting", "Side", "free_parameters", "side_of"]


TURNED = 1e-5
"""Step of the differences that tell how the rows turn: central ones, right to 1e-10, as what they
change is as small as the distance of an end."""


@dataclass(frozen=True, eq=False)
class Side:
    """An equilibrium seen from the orbit that leaves or meets it.

    Attributes
    ----------
    growing : bool
        Rows belong to eigenvalues with positive real part.
    reference : (c, n) ndarray
        Orthonormal rows whose products with u - x vanish, at the start.
    """

    growing: bool
    reference: Array

    def rows(self, jacobian: Array) -> Array:
        """The rows of dF/dx at an equilibrium, smooth in it; NaN where their number has changed."""
        found = left_subspace(jacobian, self.growing)
        if found.shape != self.reference.shape:
            return np.full(self.reference.shape, np.nan)
        return np.asarray(np.linalg.solve(found @ self.reference.T, found))


def left_subspace(jacobian: Array, growing: bool) -> Array:
    """Orthonormal rows (c, n) that span the left invariant subspace of one half-plane."""
    if not np.isfinite(jacobian).all():
        return np.zeros((0, len(jacobian)))
    vectors: Any
    _, vectors, count = linalg.schur(jacobian.T, sort="rhp" if growing else "lhp")
    return np.asarray(vectors[:, :count].T)


def side_of(flow: Flow, x: Array, p: float, growing: bool) -> Side:
    """What an equilibrium demands of the end of an orbit near it."""
    return Side(growing, left_subspace(flow.jacobian(x[None], p)[0], growing))


def free_parameters(source: Side, target: Side) -> int:
    """How many parameters must be free along a curve of such connections."""
    n, count = source.reference.shape[1], len(source.reference) + len(target.reference)
    free = count - n + 2
    if free < 1:
        raise InvalidInputError(
            "orbits from this equilibrium to that one come in families at every value of the "
            "parameters: say which by integrating from its unstable manifold."
        )
    if free > 2:
        raise InvalidInputError(
            f"such a connection needs {free - 1} parameters to exist at all; up to two are free "
            "here. (From an attractor, or to a repeller, there is none.)"
        )
    return free


class Connecting(System):
    """Scalars (T, x⁻, x⁺, p, q); x⁺ is left out of homoclinic orbits, q where p alone is free.

    Parameters
    ----------
    plane : Plane
    unit : float
        Of T.
    source, target : Side
    homoclinic : bool
    radii : (2,) ndarray
        |u(0) - x⁻| and |u(1) - x⁺|.
    """

    periodic = False

    def __init__(
        self, plane: Plane, unit: float, source: Side, target: Side, homoclinic: bool, radii: Array
    ) -> None:
        self.plane, self.unit, self.sides, self.radii = plane, unit, (source, target), radii
        self.n, self.homoclinic = plane.flow.n, homoclinic
        self.free = free_parameters(source, target)
        self.scalars = 1 + self.n * (1 if homoclinic else 2) + self.free

    def parameters(self, s: Array) -> tuple[float, float]:
        """(p, q) of the scalars; q is idle where p alone is free."""
        if self.free == 1:
            return float(s[-1]), 0.0
        return float(s[-2]), float(s[-1])

    def equilibria(self, s: Array) -> tuple[Array, Array]:
        """Where the orbit comes from and goes to, (n,) each."""
        first = s[1 : 1 + self.n]
        return first, first if self.homoclinic else s[1 + self.n : 1 + 2 * self.n]

    def field(self, u: Array, s: Array) -> tuple[Array, Array, Array]:
        """T f and its derivatives."""
        (p, q), period = self.parameters(s), float(s[0]) * self.unit
        f, j, fp = self.plane.at(q).with_derivatives(u, p)
        by_s = np.zeros((*u.shape, self.scalars))
        by_s[..., 0], by_s[..., -self.free] = self.unit * f, period * fp
        if self.free == 2:
            by_s[..., -1] = period * self.plane.value_by_second(u, p, q)
        return period * f, period * j, by_s

    def ends(self, first: Array, last: Array, s: Array) -> tuple[Array, Array, Array, Array]:
        """Equilibria, projections and distances."""
        n, k = self.n, self.scalars
        p, q = self.parameters(s)
        points, columns = self.equilibria(s), self._columns()
        values, slopes = [], []  # slopes by (u(0), u(1), s)
        for side, (end, x) in enumerate(zip((first, last), points, strict=True)):
            of_x = columns[side]
            if side == 0 or not self.homoclinic:
                around = self._around(x, p, q)
                row = np.zeros((n, 2 * n + k))
                row[:, 2 * n + of_x], row[:, 2 * n + k - self.free] = around.j[0], around.fp
                if self.free == 2:
                    row[:, -1] = self.plane.value_by_second(x[None], p, q)[0]
                values.append(around.f)
                slopes.append(row)
            value, by_end, by_own = self._end(side, end - x, around.j)
            row = np.zeros((value.size, 2 * n + k))
            row[:, side * n : (side + 1) * n] = by_end
            row[:, 2 * n + of_x] = by_own[:, :n]
            row[:, 2 * n + k - self.free :] = by_own[:, n : n + self.free]
            values.append(value)
            slopes.append(row)
        row = np.vstack(slopes)
        return np.concatenate(values), row[:, :n], row[:, n : 2 * n], row[:, 2 * n :]

    def _columns(self) -> tuple[Any, Any]:
        """Which scalars are x⁻ and x⁺."""
        first = 1 + np.arange(self.n)
        return first, first if self.homoclinic else first + self.n

    def _around(self, x: Array, p: float, q: float) -> "Around":
        """The flow at an equilibrium, and dF/dx a step away in every unknown, below and above."""
        steps = TURNED * np.repeat(np.eye(self.n), 2, axis=0)
        steps[::2] *= -1.0
        points, flow = np.vstack([x[None], x + steps]), self.plane.at(q)
        f, j, fp = flow.with_derivatives(points, p)
        if not np.isfinite(j).all():  # one point beyond the domain may leave none of them a value
            each = [flow.with_derivatives(point[None], p) for point in points]
            f, j, fp = map(np.concatenate, zip(*each, strict=True))
        beside = [(p - TURNED, q), (p + TURNED, q), (p, q - TURNED), (p, q + TURNED)]
        others = [self.plane.at(b).jacobian(x[None], a)[0] for a, b in beside[: 2 * self.free]]
        return Around(f[0], np.concatenate([j, others]), fp[0])

    def _end(self, side: int, away: Array, jacobians: Array) -> tuple[Array, Array, Array]:
        """Projection and distance at one end, with derivatives by u there and by (x, p, q).

        By u - x (n,), and dF/dx (1 + 2 (n + free), n, n) as of `_around`.
        """
        r, rows = self.radii[side], [self.sides[side].rows(j) for j in jacobians]
        away = away / r
        value = np.append(rows[0] @ away, (away @ away - 1) / 2)
        by_end = np.vstack([rows[0], away]) / r
        by_own = np.hstack([-by_end, np.zeros((value.size, 2))])
        for i in range(self.n + self.free):
            by_own[:-1, i] += _turning(rows[1 + 2 * i], rows[0], rows[2 + 2 * i]) @ away
        return value, by_end, by_own


@dataclass(frozen=True, eq=False)
class Around:
    """F (n,) and dF/dp (n,) at an equilibrium; dF/dx there, and below and above in x, p and q."""

    f: Array
    j: Array
    fp: Array


def _turning(below: Array, here: Array, above: Array) -> Array:
    """Derivative of rows; from one side where the other is beyond the domain."""
    places = zip((-TURNED, 0.0, TURNED), (below, here, above), strict=True)
    inside = [place for place in places if np.isfinite(place[1]).all()]
    if len(inside) < 2:
        return below
    (first, low), (last, high) = inside[0], inside[-1]
    return np.asarray((high - low) / (last - first))
