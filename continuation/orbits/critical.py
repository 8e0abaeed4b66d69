"""Equations that hold at special orbits, as boundary value problems for (u, v, scalars).

fold             u' = Tf,       v' = TJv + βf,       v(1) = v(0),     ∫v·r' = 0, ∫v² + β² = 1
period doubling  u' = Tf,       v' = TJv,            v(1) = -v(0),    ∫v² = 1
torus            u' = Tf,       v' = TJv,            v(1) = exp(iθ)v(0), ∫|v|² = 1, Im ∫v̄₀·v = 0
branch point     u' = Tf + βw,  w' = -TJᵀw + ηr',    w(1) = w(0),     ∫w·f = 0, ∫w·f_p = 0, ∫w² = 1

all with u(1) = u(0) and the phase ∫u·r' = 0 beside a reference r. v is a null vector of the
linearised problem, w one of its adjoint; β unfolds a branch point (zero at a true one) and η is
zero. Scalars: period, parameter, those named here, and last a second parameter q: along curves the
parameter of the engine, at points of a branch idle. All are regular at generic points [1]_ [2]_.

References
----------
.. [1] E. Doedel, W. Govaerts, Yu. A. Kuznetsov, *SIAM J. Numer. Anal.* 41 (2003) 401.
.. [2] G. Moore, *SIAM J. Numer. Anal.* 17 (1980) 567 (branch points, unfolded).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from continuation import differences
from continuation.arrays import Array
from continuation.orbits.collocation import System
from continuation.orbits.flow import Flow, Nowhere
from continuation.problem import AnyProblem

__all__ = ["BranchPointOrbit", "Critical", "Doubling", "FoldOrbit", "Plane", "Terms", "Torus"]


@dataclass(frozen=True, eq=False)
class Terms:
    """F and its derivatives at points (P, n).

    Attributes
    ----------
    f, fp, fq : (P, n) ndarray
    j, jp, jq : (P, n, n) ndarray
    turned : callable
        Directions (P, n) -> derivative of dF/dx along the direction at each point, (P, n, n).
    fpp, fpq : (P, n) ndarray
    """

    f: Array
    j: Array
    fp: Array
    turned: Callable[[Array], Array]
    jp: Array
    fpp: Array
    fq: Array
    jq: Array
    fpq: Array


class Plane:
    """A flow, and its family in a second parameter where there is one.

    Parameters
    ----------
    flow : Flow
    family : callable, optional
        q -> Problem.
    unit : float
        Of q.
    """

    def __init__(
        self, flow: Flow, family: Callable[[float], AnyProblem] | None = None, unit: float = 1.0
    ) -> None:
        self.flow, self.family, self.unit = flow, family, unit
        self.last = (np.nan, flow)  # asked for many times at the same q

    def at(self, q: float) -> Flow:
        """The flow at q."""
        if self.family is None:
            return self.flow
        if self.last[0] != q:
            try:
                flow = self.flow.with_problem(self.family(q * self.unit))
            except Exception:  # the user's code may raise anything: beyond the domain of q
                flow = Nowhere(self.flow.problem, self.flow.units)
            self.last = (q, flow)
        return self.last[1]

    def by_second(self, u: Array, p: float, q: float) -> tuple[Array, Array, Array]:
        """Derivatives of F, dF/dx and dF/dp by q; zero where q is idle."""
        points, n = u.shape
        if self.family is None:
            return np.zeros((points, n)), np.zeros((points, n, n)), np.zeros((points, n))

        def all_at(h: float) -> Array:
            f, j, fp = self.at(q + h).with_derivatives(u, p)
            return np.concatenate([f[..., None], j, fp[..., None]], axis=-1)

        moved = np.asarray(differences.along(all_at))
        return moved[..., 0], moved[..., 1:-1], moved[..., -1]

    def value_by_second(self, u: Array, p: float, q: float) -> Array:
        """Of these, that of F alone."""
        if self.family is None:
            return np.zeros(u.shape)
        return np.asarray(differences.along(lambda h: self.at(q + h).value(u, p)))

    def terms(self, u: Array, p: float, q: float) -> Terms:
        """Everything that the equations need."""
        flow = self.at(q)
        f, j, fp = flow.with_derivatives(u, p)
        jp, fpp = flow.by_parameter(u, p)
        fq, jq, fpq = self.by_second(u, p, q)
        return Terms(f, j, fp, lambda v: flow.turned(u, p, v), jp, fpp, fq, jq, fpq)


class Critical(System):
    """What the systems share: u with its period and phase, `copies` functions v beside it.

    Parameters
    ----------
    plane : Plane
    unit : float
        Of the period.
    """

    copies = 1
    extra = 0
    """Scalars between the parameter and q."""

    def __init__(self, plane: Plane, unit: float) -> None:
        self.plane, self.unit, self.states = plane, unit, plane.flow.n
        self.n = self.states * (1 + self.copies)
        self.scalars = 3 + self.extra
        self.slopes = np.zeros((0, self.states))

    def parts(self, u: Array) -> list[Array]:
        """(u, v, ...) of functions (P, n)."""
        return np.split(u, 1 + self.copies, axis=-1)

    def field(self, u: Array, s: Array) -> tuple[Array, Array, Array]:
        """The flow u' = Tf and v' = TJv, with derivatives; subclasses add to it."""
        n, (x, *vectors) = self.states, self.parts(u)
        period, k = float(s[0]) * self.unit, self.scalars
        t = self.plane.terms(x, float(s[1]), float(s[-1]))
        g, by_s = np.zeros(u.shape), np.zeros((*u.shape, k))
        by_u = np.zeros((len(u), self.n, self.n))
        rows = [slice(i * n, (i + 1) * n) for i in range(1 + self.copies)]
        g[:, rows[0]], by_u[:, rows[0], rows[0]] = period * t.f, period * t.j
        by_s[:, rows[0], 0] = self.unit * t.f
        by_s[:, rows[0], 1], by_s[:, rows[0], -1] = period * t.fp, period * t.fq
        for row, v in zip(rows[1:], vectors, strict=True):
            a, turned, ap, aq = self.linearised(t, v)
            image = _times(a, v)
            g[:, row], by_u[:, row, row] = period * image, period * a
            by_u[:, row, rows[0]] = period * turned
            by_s[:, row, 0] = self.unit * image
            by_s[:, row, 1], by_s[:, row, -1] = period * _times(ap, v), period * _times(aq, v)
        self.add(t, u, s, g, by_u, by_s)
        return g, by_u, by_s

    def linearised(self, t: Terms, v: Array) -> tuple[Array, Array, Array, Array]:
        """A of v' = TAv; derivatives of Av by u, of A by p and by q."""
        return t.j, t.turned(v), t.jp, t.jq

    def add(self, t: Terms, u: Array, s: Array, g: Array, by_u: Array, by_s: Array) -> None:
        """Further terms of the field and of its derivatives, in place."""

    def turn(self, s: Array) -> tuple[Array, Array]:
        """Matrix R of v(1) = R v(0) for all v together, and its derivative by scalar 2."""
        one = np.eye(self.states * self.copies)
        return one, np.zeros_like(one)

    def ends(self, first: Array, last: Array, s: Array) -> tuple[Array, Array, Array, Array]:
        """The orbit is closed; v is turned."""
        n = self.states
        turn, slope = self.turn(s)
        by_first, by_s = np.eye(self.n), np.zeros((self.n, self.scalars))
        by_first[n:, n:] = turn
        if self.extra:
            by_s[n:, 2] = slope @ first[n:]
        return by_first @ first - last, by_first, -np.eye(self.n), by_s

    def integrals(self, u: Array, s: Array) -> tuple[Array, Array, Array, Array]:
        """The phase, the norm of v, and what subclasses add."""
        n, c = self.states, 2 + self.conditions
        value, by_u = np.zeros((len(u), c)), np.zeros((len(u), c, self.n))
        by_s, wanted = np.zeros((len(u), c, self.scalars)), np.zeros(c)
        value[:, 0], by_u[:, 0, :n] = (u[:, :n] * self.slopes).sum(axis=1), self.slopes
        value[:, 1], by_u[:, 1, n:] = (u[:, n:] ** 2).sum(axis=1) / 2, u[:, n:]
        wanted[1] = 0.5
        self.condition(u, s, value[:, 1:], by_u[:, 1:], by_s[:, 1:])
        return value, by_u, by_s, wanted

    conditions = 0
    """Integral conditions that a subclass adds."""

    def condition(self, u: Array, s: Array, value: Array, by_u: Array, by_s: Array) -> None:
        """Integrands from column 1 on, and what is added to the norm in column 0, in place."""

    def refer(self, u: Array, slopes: Array) -> None:
        """Fix the phase beside this function from now on."""
        own = slopes[:, : self.states]
        self.slopes = own / (np.sqrt((own**2).mean() * self.states) or 1.0)


class FoldOrbit(Critical):
    """Scalars (T, p, β, q)."""

    extra, conditions = 1, 1

    def add(self, t: Terms, u: Array, s: Array, g: Array, by_u: Array, by_s: Array) -> None:
        """The period changes along the null vector."""
        n, beta = self.states, float(s[2]) * self.unit
        g[:, n:] += beta * t.f
        by_u[:, n:, :n] += beta * t.j
        by_s[:, n:, 1] += beta * t.fp
        by_s[:, n:, 2] += self.unit * t.f
        by_s[:, n:, -1] += beta * t.fq

    def condition(self, u: Array, s: Array, value: Array, by_u: Array, by_s: Array) -> None:
        """The phase of v; β counts in the norm."""
        n = self.states
        value[:, 0] += s[2] ** 2 / 2
        by_s[:, 0, 2] += s[2]
        value[:, 1], by_u[:, 1, n:] = (u[:, n:] * self.slopes).sum(axis=1), self.slopes


class Doubling(Critical):
    """Scalars (T, p, q)."""

    def turn(self, s: Array) -> tuple[Array, Array]:
        """V changes its sign."""
        one = np.eye(self.states)
        return -one, np.zeros_like(one)


class Torus(Critical):
    """Scalars (T, p, θ, q); v is real and imaginary part."""

    copies, extra, conditions = 2, 1, 1

    def turn(self, s: Array) -> tuple[Array, Array]:
        """V turns by θ."""
        one, c, d = np.eye(self.states), np.cos(s[2]), np.sin(s[2])
        return np.block([[c * one, -d * one], [d * one, c * one]]), np.block(
            [[-d * one, -c * one], [c * one, -d * one]]
        )

    def refer(self, u: Array, slopes: Array) -> None:
        """Fix both phases."""
        super().refer(u, slopes)
        _, a, b = self.parts(u)
        self.turned = np.hstack([-b, a])

    def condition(self, u: Array, s: Array, value: Array, by_u: Array, by_s: Array) -> None:
        """V has no part along i times the reference."""
        n = self.states
        value[:, 1], by_u[:, 1, n:] = (u[:, n:] * self.turned).sum(axis=1), self.turned


class BranchPointOrbit(Critical):
    """Scalars (T, p, β, η, q)."""

    extra, conditions = 2, 2

    def linearised(self, t: Terms, v: Array) -> tuple[Array, Array, Array, Array]:
        """-Jᵀ."""
        parts = (t.j, t.jp, t.jq)
        a, ap, aq = (-m.transpose(0, 2, 1) for m in parts)
        each = [_times(t.turned(row).transpose(0, 2, 1), v) for row in np.eye(self.states)]
        return a, -np.stack(each, axis=-1), ap, aq

    def add(self, t: Terms, u: Array, s: Array, g: Array, by_u: Array, by_s: Array) -> None:
        """Both unfoldings."""
        n, w = self.states, u[:, self.states :]
        g[:, :n] += s[2] * w
        by_u[:, :n, n:] += s[2] * np.eye(n)
        by_s[:, :n, 2] += w
        g[:, n:] += s[3] * self.slopes
        by_s[:, n:, 3] += self.slopes
        self.terms = t

    def condition(self, u: Array, s: Array, value: Array, by_u: Array, by_s: Array) -> None:
        """The adjoint vector is orthogonal to f and to f_p; terms are those of `field`."""
        n, t, w = self.states, self.terms, u[:, self.states :]
        columns = ((1, t.f, t.j, t.fp, t.fq), (2, t.fp, t.jp, t.fpp, t.fpq))
        for c, f, j, by_p, by_q in columns:
            value[:, c], by_u[:, c, n:] = (w * f).sum(axis=1), f
            by_u[:, c, :n] = np.einsum("pa,pab->pb", w, j)
            by_s[:, c, 1], by_s[:, c, -1] = (w * by_p).sum(axis=1), (w * by_q).sum(axis=1)


def _times(matrices: Array, vectors: Array) -> Array:
    return np.einsum("pab,pb->pa", matrices, vectors)
