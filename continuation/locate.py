"""The branch between its samples, as a function of a sample coordinate u.

u = i at sample i; in between a cubic Hermite interpolant is corrected onto the branch. Events are
bracketed and found as roots of functions of u; Newton on an augmented system does the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from continuation import step_arrays
from continuation.arrival import MAX_INTERPOLATION_ERROR, cubic_root
from continuation.corrector import BRANCH_CONTRACTION, CONVERGED, SINGULAR
from continuation.rates import rates
from continuation.stepper import S_SMALLEST
from continuation.workspace import Samples, Workspace

__all__ = ["Local", "Path"]

Array = np.ndarray

#: Resolution of u in a root search.
U_TOLERANCE = 1e-13


class NoValue(Exception):
    """A test function has no value: the Jacobian is not finite there."""


@dataclass(frozen=True, eq=False)
class Local:
    """The branch at one u.

    Attributes
    ----------
    z : (n + 1,) ndarray
        The point (x, p).
    tangent : (n + 1,) ndarray
    eigenvalues : (k,) ndarray
    rates : (k,) ndarray
        Ascending.
    negative : int
        Negative pivots, -1 where not counted.
    corrected : bool
        Newton converged; else z is the interpolant.
    smallest : float
        Least singular value of dF/dx.
    """

    u: float
    z: Array
    tangent: Array
    eigenvalues: Array
    rates: Array
    negative: int
    corrected: bool
    smallest: float


class Path:
    """Consecutive samples with the branch between them.

    Parameters
    ----------
    workspace : Workspace
    samples : Samples
    always_zero : int
        Eigenvalues that are zero all along the branch.
    """

    def __init__(self, workspace: Workspace, samples: Samples, always_zero: int = 0) -> None:
        self.workspace = workspace
        self.always_zero = always_zero
        self.samples = samples
        self.z = np.column_stack([samples.x, samples.p])
        self._known: dict[float, Local] = {}

    def guess(self, u: float) -> tuple[Array, Array]:
        """Hermite interpolant and its unit tangent at u."""
        i, z0, z1, t0, t1 = self._around(u)
        h, s = self.workspace.norm(z1 - z0), u - i
        z, tangent = np.empty((2, z0.size))
        step_arrays.predict(z, z1, t1, z0, t0, h, (s - 1) * h)
        step_arrays.interpolated_tangent(tangent, z1, t1, z0, t0, h, s, self.workspace.weight)
        return z, tangent

    def _around(self, u: float) -> tuple[int, Array, Array, Array, Array]:
        """Index of the sample before u, and points and tangents of it and of the next."""
        i = min(max(int(u), 0), len(self.samples) - 2)
        t = self.samples.tangent
        return i, self.z[i], self.z[i + 1], t[i], t[i + 1]

    def at(self, u: float) -> Local:
        """The branch at u; samples themselves at whole numbers."""
        if u not in self._known:
            self._known[u] = self._sample(int(u)) if u == int(u) else self._between(u)
        return self._known[u]

    def parameter(self, u: float) -> float:
        """The parameter at u."""
        return float(self.z[int(u), -1] if u == int(u) else self.at(u).z[-1])

    def coordinate(self, z: Array, i: int) -> float:
        """Coordinate of a point near the chord between samples i and i + 1."""
        i = min(max(i, 0), len(self.samples) - 2)
        chord = self.z[i + 1] - self.z[i]
        w = self.workspace
        return i + w.inner(z - self.z[i], chord) / w.inner(chord, chord)

    def root(self, function: Callable[[Local], float], low: float, high: float) -> Local | None:
        """The branch where `function` changes sign between `low` and `high`; None without one.

        None, too, where it has no value: at the edge of the domain of the equations.
        """
        values = [function(self.at(u)) for u in (low, high)]
        for u, value in zip((low, high), values, strict=True):
            if value == 0.0:
                return self.at(u)
        if not values[0] * values[1] < 0:
            return None

        def value_at(u: float) -> float:
            value = function(self.at(u))
            if np.isnan(value):
                raise NoValue
            return value

        try:  # of a function that is rounding around its zero, where the iteration got to
            root, _ = brentq(
                value_at, low, high, xtol=U_TOLERANCE, rtol=1e-14, full_output=True, disp=False
            )
        except NoValue:
            return None
        return self.at(float(root))

    def at_parameter(self, p: float, low: float, high: float) -> Local | None:
        """The branch where the parameter is p, once between `low` and `high` within one step.

        By Newton with the parameter held; None where that fails or leaves the branch.
        """
        i, z0, z1, t0, t1 = self._around(low)
        h = self.workspace.norm(z1 - z0)
        cubic = (float(z0[-1] - p), float(z1[-1] - p), float(h * t0[-1]), float(h * t1[-1]))
        u = i + cubic_root(*cubic, low - i, high - i)
        z, tangent = self.guess(u)
        z[-1] = p
        base, w = z.copy(), self.workspace
        met = w.correct_at_parameter(z, BRANCH_CONTRACTION) == CONVERGED
        if not met or w.norm(z - base) > MAX_INTERPOLATION_ERROR * h:
            return None
        z[-1] = p
        values, negative, smallest = w.spectrum()
        tangent = w.tangent(tangent)
        return Local(u, z, tangent, values, rates(w.problem, values), negative, True, smallest)

    def _sample(self, i: int) -> Local:
        s = self.samples
        return Local(
            float(i), self.z[i], s.tangent[i], s.eigenvalues[i],
            rates(self.workspace.problem, s.eigenvalues[i]), int(s.negative[i]), True,
            float(s.statistics[i, S_SMALLEST]),
        )  # fmt: skip

    def _between(self, u: float) -> Local:
        base, tangent = self.guess(u)
        z = base.copy()
        w = self.workspace
        status = w.correct(z, base, tangent)
        # singular to the last bit: this is the branch point itself, reached by Newton so far
        corrected = status in (CONVERGED, SINGULAR)
        if status == CONVERGED:
            tangent = w.tangent(tangent)
        elif not corrected:
            z = base
        values, negative, smallest = w.spectrum()
        return Local(u, z, tangent, values, rates(w.problem, values), negative, corrected, smallest)
