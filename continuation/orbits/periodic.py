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
from continuation.orbits.filling import filler
from continuation.orbits.flow import CompiledFlow, Flow

__all__ = ["Periodic", "multipliers_of", "trivial"]


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
        self.one, self.rows = np.eye(flow.n), (np.zeros(0), np.zeros((0, 0)))
        self.room = (np.empty(flow.n), np.empty(flow.n), np.empty((flow.n,) * 2), np.empty(flow.n))
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
            *flow.compiled, z, flow.states, flow.parameter, 1.0 / flow.rate, self.unit, c.h,
            c.scheme.values, c.scheme.slopes, full, f, field, columns, fp, *self.room,
        )  # fmt: skip
        return field, columns, full, np.zeros((n + 1, 1))

    def _conditions(self, c: Collocation) -> Array:
        """Rows (n + 1, nodes n): the orbit is closed, and the phase."""
        phase = c.rows(self.densities)
        if self.rows[0] is not phase:
            full = np.zeros((self.n + 1, phase.shape[1]))
            full[: self.n, : self.n], full[: self.n, -self.n :] = self.one, -self.one
            full[self.n :] = phase
            self.rows = phase, full
        return self.rows[1]

    def spectrum(self, relation: Array, w: Array, wi: Array) -> None:
        """The multipliers."""
        values = multipliers_of(relation)
        w[:], wi[:] = values.real, values.imag


def multipliers_of(relation: Array) -> Array:
    """Eigenvalues μ of A + μ B, (n,), by the QZ algorithm; the largest first [2]_."""
    n = len(relation)
    if not np.isfinite(relation).all():
        return np.full(n, np.nan, dtype=complex)
    real, imaginary, scale = lapack.dggev(
        -relation[:, :n], relation[:, n:], compute_vl=0, compute_vr=0
    )[:3]
    with np.errstate(divide="ignore", invalid="ignore"):
        values = (real + 1j * imaginary) / scale
    return np.asarray(values[np.argsort(-np.abs(values), kind="stable")])


def trivial(multipliers: Array) -> int:
    """Index of the multiplier that is 1 along the orbit: the nearest one."""
    return int(np.argmin(np.abs(multipliers - 1.0)))
