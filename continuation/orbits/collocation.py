"""Boundary value problems by collocation, in the form in which the engine's corrector asks.

Unknowns are z = (values at the nodes, scalars); the last scalar is the parameter of the engine.
Equations: the differential equation at every Gauss point, boundary conditions between the first
and the last node, integral conditions. Periodic orbits, their bifurcations and connecting orbits
are `System`s: they say what the equations are; everything else is here, once.
"""

from functools import cached_property
from typing import Any

import numpy as np

from continuation.arrays import Array, as_point
from continuation.orbits.elimination import solver
from continuation.orbits.mesh import interval_errors, pieces, times
from continuation.orbits.scheme import Scheme

__all__ = ["Bordered", "Collocation", "System"]


class System:
    """u' = g(u, s) on [0, 1] with conditions, as many as unknowns but the last scalar.

    Attributes
    ----------
    n : int
        Number of functions u.
    scalars : int
        Of unknown numbers s, the parameter of the engine included.
    periodic : bool
        The mesh is that of a closed curve.
    """

    n: int
    scalars: int
    periodic: bool = True

    def field(self, u: Array, s: Array) -> tuple[Array, Array, Array]:
        """The field g (P, n), dg/du (P, n, n) and dg/ds (P, n, k) at points u (P, n)."""
        raise NotImplementedError

    def ends(self, first: Array, last: Array, s: Array) -> tuple[Array, Array, Array, Array]:
        """Boundary conditions (e,), their derivatives by u(0), u(1) (e, n) and by s (e, k)."""
        raise NotImplementedError

    def integrals(self, u: Array, s: Array) -> tuple[Array, Array, Array, Array]:
        """Integrands (P, c), derivatives by u (P, c, n), by s (P, c, k); values (c,)."""
        none = np.zeros((len(u), 0))
        return none, np.zeros((len(u), 0, self.n)), np.zeros((len(u), 0, self.scalars)), np.zeros(0)

    def refer(self, u: Array, slopes: Array) -> None:
        """Take a function, given at the Gauss points, for reference in phase conditions."""

    def filled(self, c: "Collocation", z: Array, f: Array, fp: Array) -> Any:
        """The blocks of `Collocation.kernel` by compiled code, f and fp in place; None: none."""

    def advance(
        self, c: "Collocation", vectors: Array, weight: Array, options: Array, control: Array,
        room: tuple[Array, Array, Array, Array],
    ) -> tuple[int, Array] | None:  # fmt: skip
        """A step along a branch by compiled code, its phase fixed first, and errors; or None."""

    def spectrum(self, relation: Array) -> Array:
        """What a sample tells of stability, of A u(0) + B u(1) = ..., [A, B] (n, 2 n)."""
        return np.zeros(self.n, dtype=complex)


class Jacobian:
    """Stands where the engine has an array J; assignment keeps the blocks."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.blocks: Any = ()
        self.relation = np.zeros((system.n, 2 * system.n))

    def __setitem__(self, _: slice, blocks: Any) -> None:
        self.blocks = blocks

    def norm(self) -> float:
        """Frobenius norm of the entries that depend on the solution."""
        return float(np.sqrt(sum(np.vdot(b, b) for b in self.blocks)))

    def spectrum(self, symmetric: bool, w: Array, wi: Array) -> float:
        """Nothing is said of a sample here: Newton's last matrix is that of the iterate before."""
        return np.nan


class Bordered:
    """Stands where the engine has the bordered matrix."""

    def __init__(self, collocation: "Collocation") -> None:
        self.collocation = collocation

    def assemble(self, jacobian: Jacobian, column: Array, row: Array) -> None:
        """[[J, column], [row]]."""
        field, by_scalars, full, scalars = jacobian.blocks
        c, (e, k) = self.collocation, scalars.shape
        count, m, n = field.shape[:3]
        start = count * m * n
        self.jacobian, self.field = jacobian, field
        self.columns = np.empty((count, m * n, k + 1))
        self.columns[..., :k] = by_scalars
        self.columns[..., k] = column[:start].reshape(count, m * n)
        self.full = np.empty((e + 1, start + n))
        self.full[:e], self.full[e] = full, row[: start + n]
        self.scalars = np.empty((e + 1, k + 1))
        self.scalars[:e, :k], self.scalars[:e, k] = scalars, column[start:]
        self.scalars[e] = row[start + n :]
        self.scheme, self.h = c.scheme, c.h

    def solve(self, right: Array) -> bool:
        """Solve in place; False where the matrix is exactly singular."""
        solved = np.ascontiguousarray(right)
        scheme = self.scheme
        good = solver()(
            self.h, scheme.values, scheme.slopes, self.field, self.columns, self.full,
            self.scalars, solved, self.jacobian.relation,
        )  # fmt: skip
        right[:] = solved
        return bool(good)


class Collocation:
    """A system on a mesh.

    Parameters
    ----------
    system : System
    mesh : (N + 1,) ndarray
        From 0 to 1.
    scheme : Scheme
    """

    def __init__(self, system: System, mesh: Array, scheme: Scheme) -> None:
        self.system, self.mesh, self.scheme = system, mesh, scheme
        self.h, self.count = np.diff(mesh), mesh.size - 1
        self.nodes = self.count * scheme.degree + 1
        self.quadrature = (self.h[:, None] * scheme.weights).ravel()
        self.lengths = np.repeat(self.h, scheme.degree)[:, None]
        self.J, self.B = Jacobian(system), Bordered(self)
        self.last: tuple[Any, Array] = (None, np.zeros((0, 0)))

    @property
    def unknowns(self) -> int:
        """Numbers in z, the parameter of the engine left out."""
        return self.nodes * self.system.n + self.system.scalars - 1

    @cached_property
    def times(self) -> Array:
        """All nodes, (N m + 1,)."""
        return times(self.mesh, self.scheme.degree)

    def split(self, z: Array) -> tuple[Array, Array]:
        """Nodes (N m + 1, n) and scalars (k,) of z."""
        end = self.nodes * self.system.n
        return z[:end].reshape(self.nodes, self.system.n), z[end:]

    def weights(self) -> Array:
        """Of the entries of z in its norm: the mean square over [0, 1], and each scalar."""
        m = self.scheme.degree
        each = np.zeros(self.nodes)
        for j in range(m):
            each[j:-1:m] += self.h / (2 * m)
            each[j + 1 :: m] += self.h / (2 * m)
        return np.append(np.repeat(each, self.system.n), np.ones(self.system.scalars))

    def at_points(self, nodes: Array) -> tuple[Array, Array]:
        """Values and derivatives by time at the Gauss points, (N m, n) each."""
        local, n = pieces(nodes, self.scheme.degree), nodes.shape[1]
        slopes = (self.scheme.slopes @ local) / self.h[:, None, None]
        return (self.scheme.values @ local).reshape(-1, n), slopes.reshape(-1, n)

    def refer(self, nodes: Array) -> None:
        """Take a function for reference in phase conditions."""
        self.system.refer(*self.at_points(nodes))

    def errors(self, nodes: Array) -> Array:
        """Estimated error in each interval, shape (N,)."""
        return interval_errors(nodes, self.mesh, self.scheme, self.system.periodic)

    def kernel(
        self, x: Array, p: float, _c: Any, _d: Any, _w: Any, f: Array, j: Any, fp: Array
    ) -> float:
        """Fill F, J and Fp, as the corrector asks."""
        z = as_point(x, p)
        j[:] = self.system.filled(self, z, f, fp) or self._filled(z, f, fp)
        return 0.0

    def _filled(self, z: Array, f: Array, fp: Array) -> tuple[Array, Array, Array, Array]:
        """Derivatives of the field, of the equations by scalars, and of the other conditions."""
        nodes, own = self.split(z)
        system, m, n, k = self.system, self.scheme.degree, self.system.n, own.size
        local = pieces(nodes, m)
        u = (self.scheme.values @ local).reshape(-1, n)
        g, du, ds = system.field(u, own)
        h = self.lengths
        start = self.count * m * n
        f[:start] = ((self.scheme.slopes @ local).reshape(-1, n) - h * g).ravel()
        by_scalars = (-h[..., None] * ds).reshape(self.count, m * n, k)
        value, by_first, by_last, of_ends = system.ends(nodes[0], nodes[-1], own)
        e = value.size
        full = np.zeros((n + k - 1, start + n))
        full[:e, :n], full[:e, start:] = by_first, by_last
        scalars = np.empty((n + k - 1, k))
        scalars[:e] = of_ends
        integrand, by_u, by_s, wanted = system.integrals(u, own)
        f[start : start + e] = value
        f[start + e :] = self.quadrature @ integrand - wanted
        full[e:] = self.rows(by_u)
        scalars[e:] = (self.quadrature @ by_s.reshape(len(by_s), -1)).reshape(-1, k)
        fp[:start] = by_scalars[..., -1].ravel()
        fp[start:] = scalars[:, -1]
        field = np.ascontiguousarray(du).reshape(self.count, m, n, n)
        return field, by_scalars[..., :-1], full, scalars[:, :-1]

    def rows(self, densities: Array) -> Array:
        """Integrals of densities (P, c, n) times a function, as rows (c, (N m + 1) n) for it."""
        if densities is self.last[0]:
            return self.last[1]
        m = self.scheme.degree
        c, n = densities.shape[1:]
        rows = np.zeros((self.nodes, c, n))
        weighted = (self.quadrature[:, None, None] * densities).reshape(self.count, m, c * n)
        local = (self.scheme.values.T @ weighted).reshape(self.count, m + 1, c, n)
        rows[:-1] = local[:, :m].reshape(self.nodes - 1, c, n)
        rows[m::m] += local[:, m]
        self.last = (densities, rows.transpose(1, 0, 2).reshape(c, self.nodes * n))
        return self.last[1]
