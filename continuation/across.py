r"""The branch across one of its singular points: the polynomial through regular points beside it.

Where [J, F_p] loses rank, Newton loses digits and the tangent is that of a nearly singular matrix;
the branch itself is smooth there. So are functions on it, such as the bordered singular function g
of `augmented`: its sign on both sides says whether it passes zero, and where it only touches zero,
the place is the simple zero of dg/ds, while F = 0, g = 0 has a double one, known to half the
digits.

References
----------
.. [1] W. Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.polynomial import polyder, polyroots, polyval, polyvander

from continuation.arrays import Array
from continuation.corrector import CONVERGED
from continuation.locate import Path

__all__ = ["Crossing", "crossing", "tangent_at"]

STEPS = (0.1, 0.05, 0.2, 0.02)
"""Distances of neighbouring points, in parts of the step between samples."""

SHORT_CHORD = 0.02
"""A step shorter than this counts as this long for it, unless no points are found then: the units
of a run that began beside a singular point may be long ones."""

ORDER = (4, -4, 3, -3, 2, -2, 1, -1)
"""Places of the points in these distances: nearer ones, harder to correct, start from farther ones.

Of degree 7, the polynomial errs by 6e2 (h/R)^8 over a radius of convergence R: less than rounding.
"""

FROM_FARTHER = 4
"""So many points foretell the next better than the interpolant of samples does."""

ROUGH = 1e-2
"""Newton moves a foretold point by less than this part of the distance, or the branch is lost."""


NEARLY_REAL = 1e-6
"""A root whose imaginary part is below this part of the reach is a real one."""


@dataclass(frozen=True, eq=False)
class Crossing:
    """Points of a branch on both sides of one of its points.

    Attributes
    ----------
    centre : ndarray, shape (n + 1,)
        A point (x, p) on or near the branch.
    along : ndarray, shape (n + 1,)
        Unit vector; the points lie in planes normal to it, at the distances `s`.
    s : ndarray, shape (8,)
        Increasing.
    z : ndarray, shape (8, n + 1)
    """

    centre: Array
    along: Array
    s: Array
    z: Array

    def at(self, s: float) -> Array:
        """The branch in the plane at this distance, (n + 1,)."""
        return np.asarray(self.centre + polyval(s, _polynomial(self.s, self.z - self.centre)))

    def slope(self, s: float) -> Array:
        """Derivative of `at`, (n + 1,): a tangent, not of length 1."""
        return np.asarray(polyval(s, polyder(_polynomial(self.s, self.z - self.centre))))

    def values(self, function: Callable[[Array], float]) -> Array:
        """A function of (x, p) at the points, (8,)."""
        return np.array([function(z) for z in self.z])

    def least(self, values: Array) -> float | None:
        """Distance at which a smooth function with these values (8,) has slope zero, if inside."""
        roots = polyroots(polyder(_polynomial(self.s, values)))
        real = roots.real[np.abs(roots.imag) <= NEARLY_REAL * self.s[-1]]
        inside = real[np.abs(real) <= self.s[-1]]
        return float(inside[np.abs(inside).argmin()]) if inside.size else None


def crossing(path: Path, z: Array, i: int) -> Crossing | None:
    """The branch on both sides of one of its points, with the longest steps that succeed.

    Parameters
    ----------
    path : Path
    z : ndarray, shape (n + 1,)
        After sample i.
    """
    u = path.coordinate(z, i)
    along = path.guess(u)[1]
    i = min(max(int(u), 0), len(path.samples) - 2)
    lengths = np.array([path.workspace.norm(d) for d in np.diff(path.z, axis=0)])
    for chord in sorted({max(lengths[i], SHORT_CHORD), lengths[i]}, reverse=True):
        for part in STEPS:
            found = _points(path, z, u, along, part * chord, lengths)
            if found is not None:
                return found
    return None


def tangent_at(path: Path, z: Array, i: int, crossed: bool) -> Array | None:
    """Unit tangent of a branch at one of its points z, also where others cross it.

    Parameters
    ----------
    path : Path
    z : ndarray, shape (n + 1,)
        After sample i.
    i : int
    crossed : bool
        Other branches meet here: [J, F_p] has lost rank and says nothing.

    Returns
    -------
    ndarray, shape (n + 1,), or None
        None where Newton fails beside z too.
    """
    w, along = path.workspace, path.guess(path.coordinate(z, i))[1]
    if not crossed and w.correct(z.copy(), z, along) == CONVERGED:
        return w.tangent(along)
    beside = crossing(path, z, i)
    if beside is None:
        return None
    tangent = beside.slope(0.0)
    return np.asarray(tangent / w.norm(tangent))


def _points(
    path: Path, z: Array, u: float, along: Array, step: float, lengths: Array
) -> Crossing | None:
    places: list[float] = []
    points: list[Array] = []
    for k in ORDER:
        s = k * step
        if len(points) >= FROM_FARTHER:
            guess = z + polyval(s, _polynomial(np.array(places), np.array(points) - z))
        else:
            guess = z + path.guess(_along(lengths, u, s))[0] - path.guess(u)[0]
        y = _corrected(path, z + s * along, along, guess, step)
        if y is None:
            return None
        places.append(s)
        points.append(y)
    order = np.argsort(places)
    return Crossing(z, along, np.array(places)[order], np.array(points)[order])


def _along(lengths: Array, u: float, s: float) -> float:
    """Coordinate of the branch at a distance s from that at u, of samples these lengths apart."""
    places = np.concatenate([[0.0], np.cumsum(lengths)])
    i = min(max(int(u), 0), lengths.size - 1)
    place = places[i] + (u - i) * lengths[i] + s
    k = min(max(int(np.searchsorted(places, place)) - 1, 0), lengths.size - 1)
    return float(k + (place - places[k]) / lengths[k])


def _corrected(path: Path, base: Array, along: Array, guess: Array, step: float) -> Array | None:
    """The branch in the plane through `base` normal to `along`, from a guess."""
    w = path.workspace
    y = guess + w.inner(base - guess, along) * along
    foretold = y.copy()
    met = w.correct(y, base, along) == CONVERGED and w.norm(y - foretold) <= ROUGH * step
    return y if met else None


def _polynomial(s: Array, values: Array) -> Array:
    """Coefficients of the polynomial with these values at s, by powers of s."""
    h = float(np.abs(s).max())
    inside = np.linalg.solve(polyvander(s / h, s.size - 1), values)
    powers = h ** -np.arange(float(s.size))
    return np.asarray((inside.T * powers).T)
