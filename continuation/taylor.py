"""Taylor coefficients of a smooth function of one real variable, by interpolation around 0.

The function is interpolated at Chebyshev's points of an interval; the interval is the one for which
rounding and what the polynomial leaves out cost the least digits. Orders up to five keep some ten
digits, which differences repeated so often do not.

References
----------
.. [1] L. N. Trefethen, *Approximation Theory and Approximation Practice*, SIAM 2013, ch. 3, 8.
"""

from collections.abc import Callable

import numpy as np
from numpy.polynomial import chebyshev

from continuation.arrays import Array

__all__ = ["coefficients"]

DEGREE = 24
"""Of the polynomial: half the radius of convergence is then resolved to rounding."""

TAIL = 6
"""So many of the last coefficients of Chebyshev tell what is left out."""

HALVINGS = 24
"""Of the interval, up or down, at most."""

NODES = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
"""Chebyshev's points of the first kind."""

TO_CHEBYSHEV = np.linalg.inv(chebyshev.chebvander(NODES, DEGREE))
"""From values at the points to coefficients of Chebyshev's polynomials."""

TO_POWERS = np.array(
    [np.pad(chebyshev.cheb2poly(row), (0, DEGREE - k)) for k, row in enumerate(np.eye(DEGREE + 1))]
)
"""Row k: Chebyshev's polynomial of degree k in powers."""


def coefficients(
    function: Callable[[Array], Array], order: int, length: float
) -> tuple[Array, float]:
    """Taylor coefficients of orders 0 to `order` at 0, and the length of half the interval used.

    Parameters
    ----------
    function : callable
        Values (k, n) at numbers (k,).
    order : int
        At most `DEGREE`.
    length : float
        Over which the function changes appreciably; a first guess.

    Returns
    -------
    (order + 1, n) ndarray, float
    """
    best = _on(function, length, order)
    for factor in (2.0, 0.5):
        for _ in range(HALVINGS):
            other = _on(function, best[2] * factor, order)
            if not other[1] < best[1]:
                break
            best = other
    return best[0], best[2]


def _on(
    function: Callable[[Array], Array], radius: float, order: int
) -> tuple[Array, float, float]:
    """Coefficients by an interval, the error of the last of them, and the radius."""
    with np.errstate(all="ignore"):
        series = TO_CHEBYSHEV @ function(radius * NODES)
        powers = TO_POWERS[:, : order + 1].T @ series / radius ** np.arange(order + 1)[:, None]
        size = np.abs(series).max(initial=0.0)
        left_out = np.abs(series[-TAIL:]).max(initial=0.0)
        error = max(left_out, np.finfo(float).eps * size) / radius**order
    return powers, float(error) if np.isfinite(powers).all() else np.inf, radius
