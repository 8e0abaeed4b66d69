"""Derivatives by differences of fourth order, with control of the step.

Used only where a problem gives no derivative of its own, and for second and third derivatives in
event location. Rounding costs eps/h and truncation h⁴: with h near eps^(1/5) of the length over
which a function changes, both are near 1e-12. `length` finds that length. At the edge of a domain,
where a function is not finite on one side, the formula of the other side is used.

References
----------
.. [1] W. Press et al., *Numerical Recipes*, 3rd ed., Cambridge 2007, section 5.7.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from continuation.arrays import Array

__all__ = ["along", "jacobian", "length"]

RELATIVE_STEP = 7.4e-4
"""eps^(1/5): balances rounding and the error of fourth order."""

DISAGREEMENT = 1e-3
"""Where second and fourth order differ by more than this, the step is too long for the function."""

SHRINKINGS = 4
"""Steps shorter by 8^4 at most: a length that is known needs none."""

LADDER = 16.0 ** np.arange(-12, 8)
"""Lengths that are tried, as parts of a first guess: 3e-15 to 3e8."""

GOOD = 1e-9
"""Two steps that agree to this relative difference are both good."""

EVEN = 1e-6
"""A slope that makes up less than this part of a change is rounding."""

ONE_SIDED = np.array([-25.0, 48.0, -36.0, 16.0, -3.0]) / 12.0
"""Forward formula of fourth order on 0, h, ..., 4h."""


def along(function: Callable[[float], Any], scale: float = 1.0) -> Any:
    """Derivative of `function` at 0.

    Parameters
    ----------
    function : callable
        Smooth function of a real number with dense or sparse values.
    scale : float
        Length over which the function changes appreciably.

    Returns
    -------
    ndarray or sparse
        Same shape as the values.
    """
    h = RELATIVE_STEP * scale
    best, least = _central(function, h)
    for _ in range(SHRINKINGS):
        if least <= DISAGREEMENT * _largest(best):
            break
        h /= 8
        value, disagreement = _central(function, h)
        if disagreement >= least:  # rounding, not truncation
            break
        best, least = value, disagreement
    return best if np.isfinite(least) else _one_sided(function, scale, best)


def jacobian(function: Callable[[Array], Array], x: Array, lengths: Array) -> Array:
    """Matrix of derivatives of `function` at x.

    Parameters
    ----------
    function : callable
        Function from (n,) to (m,).
    x : ndarray, shape (n,)
    lengths : ndarray, shape (n,)
        Over which the function changes appreciably.

    Returns
    -------
    ndarray, shape (m, n)
    """
    columns = [along(moved(function, x, j), lengths[j]) for j in range(x.size)]
    return np.stack(columns, axis=-1)


def moved(function: Callable[[Array], Array], x: Array, j: int) -> Callable[[float], Array]:
    """The function of a displacement of x[j]."""

    def displaced(h: float) -> Array:
        y = x.copy()
        y[j] += h
        return np.array(function(y), dtype=float)

    return displaced


def length(function: Callable[[float], Array], guess: float) -> float:
    """Length over which a function changes appreciably at 0.

    That for which the formula of fourth order agrees best with itself on a step half as long, row
    by row; of equally good ones the nearest to the guess.

    Parameters
    ----------
    function : callable
        Smooth function of a real number, values (m,).
    guess : float
        Positive.
    """
    with np.errstate(all="ignore"):  # the longer ones may overflow
        if _inconsistency(function, guess) <= GOOD:
            return guess
        errors = np.array([_inconsistency(function, guess * part) for part in LADDER])
    good = np.flatnonzero(errors <= max(GOOD, 10.0 * float(errors.min())))
    nearest = good[np.argmin(np.abs(np.log(LADDER[good])))]
    return float(guess * LADDER[nearest])


def _inconsistency(function: Callable[[float], Array], scale: float) -> float:
    """Mean over the rows that change of the relative difference of two steps, each at most 1."""
    h = RELATIVE_STEP * scale
    first, second = _central(function, h)[0], _central(function, h / 2)[0]
    size = np.maximum(np.abs(first), np.abs(second))
    # a slope far below the change itself is the rounding of an even function
    change = np.abs(function(2 * h) - function(0.0))
    sloping = (size > 0) & ~(size * h <= EVEN * change)
    part = np.abs(first - second)[sloping] / size[sloping]
    part = np.where(np.isfinite(part), part, 1.0)
    return float(np.minimum(part, 1.0).mean()) if part.size else 0.0


def _central(function: Callable[[float], Any], h: float) -> tuple[Any, float]:
    """Derivative, and by how much second and fourth order differ; infinite where not finite."""
    near = (function(h) - function(-h)) / (2 * h)
    difference = near - (function(2 * h) - function(-2 * h)) / (4 * h)
    gap = _largest(difference)  # the largest entry decides: small entries are rounding
    return (near + difference / 3, gap) if np.isfinite(gap) else (near, np.inf)


def _one_sided(function: Callable[[float], Any], scale: float, otherwise: Any) -> Any:
    for h in (RELATIVE_STEP * scale, -RELATIVE_STEP * scale):
        value = sum(c * function(k * h) for k, c in enumerate(ONE_SIDED)) / h
        if np.isfinite(_largest(value)):
            return value
    return otherwise


def _largest(a: Any) -> float:
    return float(abs(a).max()) if a.size else 0.0
