"""Periodic orbits: u' = T f(u, p), u(0) = u(1), and a phase fixed beside a reference.

References
----------
.. [1] E. Doedel, H. B. Keller, J. P. Kernévez, *Int. J. Bifurcation Chaos* 1 (1991) 745.
.. [2] T. Fairgrieve, A. Jepson, *SIAM J. Numer. Anal.* 28 (1991) 1446.
"""

from typing import Any

import numpy as np
from scipy.linalg import lapack

from continuation.arrays import Array
from continuation.orbits.collocation import Collocation, System
from continuation.orbits.compiled_step import compiled_step, on_mesh, packed
from continuation.orbits.filling import filler
from continuation.orbits.flow import CompiledFlow, Flow

__all__ = ["Periodic", "multipliers_of", "trivial"]


NO_UNITS = (np.zeros(0), np.zeros((0, 0)))
"""Equations of collocation have none of their own, and no gauge."""


def one_sample(unknowns: int, n: int) -> tuple[Array, ...]:
    """Where a step writes what it has taken."""
    x, t = np.empty((1, unknowns)), np.empty((1, unknowns + 1))
    return x, np.empty(1), t, np.zeros((1, n)), np.empty((1, 6)), np.empty((0, 0, 0))


class Periodic(System):
    """Scalars (period, parameter); the phase condition is ∫ u · reference' = 0 [1]_.

    Parameters
    ----------
    flow : Flow
    unit : float
        Of the period.
    """

    scalars = 2

    def __init__(self, flow: Flow, unit: float) -> None:
        self.flow, self.n, self.unit = flow, flow.n, unit
        self.step: tuple[Any, Any] = (None, None)
        self.one, self.rows = np.eye(flow.n), (np.zeros(0), np.zeros((0, 0)))
        self.refer(np.zeros((0, flow.n)), np.zeros((0, flow.n)))

    def field(self, u: Array, s: Array) -> tuple[Array, Array, Array]:
        """T f and its derivatives."""
        period = float(s[0]) * self.unit
        f, j, fp = self.flow.with_derivatives(u, float(s[1]))
        by_s = np.empty((*f.shape, 2))
        by_s[..., 0], by_s[..., 1] = self.unit * f, period * fp
        return period * f, period * j, by_s

    def ends(self, first: Array, last: Array, s: Array) -> tuple[Array, Array, Array, Array]:
        """The orbit is closed."""
        return first - last, self.one, -self.one, np.zeros((self.n, s.size))

    def integrals(self, u: Array, s: Array) -> tuple[Array, Array, Array, Array]:
        """The phase."""
        integrand = (u * self.slopes).sum(axis=1)[:, None]
        return integrand, self.densities, self.none, np.zeros(1)

    def refer(self, u: Array, slopes: Array) -> None:
        """Fix the phase beside this function from now on."""
        size = np.sqrt((slopes**2).sum() / max(1, len(slopes))) or 1.0
        self.slopes = slopes / size
        self.densities = self.slopes[:, None]  # the same object as long as the reference is
        self.none = np.zeros((len(u), 1, self.scalars))

    def filled(self, c: Collocation, z: Array, f: Array, fp: Array) -> Any:
        """The blocks by the kernel of a compiled problem: the conditions besides are linear."""
        flow, n, m = self.flow, self.n, c.scheme.degree
        if not isinstance(flow, CompiledFlow):
            return None
        field, columns = np.empty((c.count, m, n, n)), np.empty((c.count, m * n, 1))
        full = self._conditions(c)
        filler()(
            *flow.compiled, z[:-1], z[-1], flow.states, flow.parameter, 1.0 / flow.rate, self.unit,
            c.h, c.scheme.values, c.scheme.slopes, full, f, field, columns, fp,
        )  # fmt: skip
        return field, columns, full, np.zeros((n + 1, 1))

    def _conditions(self, c: Collocation) -> Array:
        """Rows (n + 1, nodes n): the orbit is closed, and the phase."""
        if self.rows[0] is not self.densities:
            full = np.zeros((self.n + 1, c.nodes * self.n))
            full[: self.n, : self.n], full[: self.n, -self.n :] = self.one, -self.one
            full[self.n :] = c.rows(self.densities)
            self.rows = self.densities, full
        return self.rows[1]

    def advance(
        self, c: Collocation, vectors: Array, weight: Array, options: Array, control: Array,
        room: tuple[Array, Array, Array, Array],
    ) -> tuple[int, Array] | None:  # fmt: skip
        """A step, for the kernel of a compiled problem."""
        if not isinstance(self.flow, CompiledFlow):
            return None
        scheme, (problem, full, relation, sample) = c.scheme, self._on(c)
        f, fp, right, report = room
        errors = np.empty(c.count)
        taken = compiled_step()(
            *self.flow.compiled, vectors, weight, *NO_UNITS, options, control, f, problem, fp,
            right, report, scheme.weights, scheme.top, scheme.error, errors, *sample,
        )  # fmt: skip
        self.rows = (self.densities, full)  # its phase is what conditions are from now on
        c.J.relation[:] = relation
        return int(taken), errors

    def _on(self, c: Collocation) -> tuple[Array, Array, Array, tuple[Array, ...]]:
        """The packed problem on a mesh, and room for a sample."""
        last, known = self.step
        if last is None or last.count != c.count:
            flow = self.flow
            units = (flow.states, flow.parameter, 1.0 / flow.rate, self.unit)
            problem = packed(units, c.h, c.scheme, self.n)
            known = (*problem, one_sample(c.unknowns, self.n))
        elif last is not c:
            on_mesh(known[0], c.h)
        self.step = (c, known)
        return known

    def spectrum(self, relation: Array) -> Array:
        """The multipliers."""
        return multipliers_of(relation)


def multipliers_of(relation: Array) -> Array:
    """Eigenvalues μ of A + μ B, (n,), by the QZ algorithm; the largest first [2]_."""
    n = len(relation)
    if not np.isfinite(relation).all():
        return np.full(n, np.nan, dtype=complex)
    real, imaginary, scale = lapack.dggev(
        -relation[:, :n], relation[:, n:], compute_vl=0, compute_vr=0
    )[:3]
    values = real + 1j * imaginary
    if scale.all():
        values /= scale
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            values /= scale
    return np.asarray(values[np.argsort(-np.abs(values), kind="stable")])


def trivial(multipliers: Array) -> int:
    """Index of the multiplier that is 1 along the orbit: the nearest one."""
    return int(np.argmin(np.abs(multipliers - 1.0)))
