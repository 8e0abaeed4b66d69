"""Piecewise polynomials that satisfy an equation at Gauss points: the matrices of one interval.

An interval has `degree` + 1 nodes, evenly spaced with both ends, and `degree` Gauss points. A
solution of a smooth equation is right to h^(degree + 1) everywhere and to h^(2 degree) at the ends
of intervals [1]_.

References
----------
.. [1] C. de Boor, B. Swartz, *SIAM J. Numer. Anal.* 10 (1973) 582.
"""

from dataclasses import dataclass
from functools import cache
from math import comb, factorial

import numpy as np
from numpy.polynomial import Polynomial, legendre

from continuation.arrays import Array
from continuation.errors import InvalidInputError

__all__ = ["Scheme", "scheme_of"]

DEGREES = (2, 7)
"""Of polynomials: below, no order is left at the ends; above, evenly spaced nodes lose digits."""


@dataclass(frozen=True, eq=False)
class Scheme:
    """What depends on the degree m alone; the interval is [0, 1].

    Attributes
    ----------
    degree : int
    points, weights : (m,) ndarray
        Of Gauss.
    values, slopes : (m, m + 1) ndarray
        From values at the nodes to values and derivatives at the Gauss points.
    top : (m + 1,) ndarray
        From values at the nodes to the m-th derivative.
    powers : (m + 1, m + 1) ndarray
        From 1, s, s², ... to Lagrange's polynomials at s.
    error : float
        Largest error where the (m + 1)-th derivative is 1.
    """

    degree: int
    points: Array
    weights: Array
    values: Array
    slopes: Array
    top: Array
    powers: Array
    error: float

    def at(self, s: Array) -> Array:
        """From values at the nodes to values at s (k,) in [0, 1]: shape (k, m + 1)."""
        return np.asarray(s[:, None] ** np.arange(self.degree + 1) @ self.powers)


@cache
def scheme_of(degree: int) -> Scheme:
    """The scheme of a degree."""
    low, high = DEGREES
    if not (isinstance(degree, int) and low <= degree <= high):
        raise InvalidInputError(f"degree must be an integer from {low} to {high}, got {degree!r}.")
    roots, weights = legendre.leggauss(degree)
    points, bases = (roots + 1) / 2, _bases(degree)
    return Scheme(
        degree, points, weights / 2,
        np.stack([basis(points) for basis in bases], axis=-1),
        np.stack([basis.deriv()(points) for basis in bases], axis=-1),
        np.array([(-1.0) ** (degree - j) * comb(degree, j) for j in range(degree + 1)])
        * float(degree) ** degree,
        np.stack([basis.coef for basis in bases], axis=-1),
        _error(points),
    )  # fmt: skip


def _bases(degree: int) -> list[Polynomial]:
    """Lagrange's polynomials at evenly spaced nodes."""
    nodes = np.arange(degree + 1) / degree
    return [_lagrange(nodes, j) for j in range(degree + 1)]


def _lagrange(nodes: Array, j: int) -> Polynomial:
    others = np.delete(nodes, j)
    plain = Polynomial.fromroots(others)
    return plain / plain(nodes[j])


def _error(points: Array) -> float:
    """Largest value of the integral of the product of (s - c)/m! over the Gauss points c."""
    integral = Polynomial.fromroots(points).integ()
    return float(np.abs(integral(np.linspace(0, 1, 201))).max()) / factorial(points.size)
