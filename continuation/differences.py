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

GROWTH, SAME = 8.0, 1e-8
"""A longer step is better where it gives the same derivative."""

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
    best, gap, size = _central(function, h)
    for _ in range(SHRINKINGS):
        if gap <= DISAGREEMENT * size:
            break
        h /= 8
        shorter = _central(function, h)
        if not shorter[1] < gap:  # truncation falls with the step, rounding grows
            break
        best, gap, size = shorter
    return best if np.isfinite(gap) else _one_sided(function, scale, best)


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


def length(
    function: Callable[[float], Array], guess: float, most: float, noise: Array | float = 0.0
) -> float:
    """Length over which a function changes appreciably at 0.

    That for which the formula of fourth order agrees best with itself on a step half as long, row
    by row; of equally good ones the nearest to the guess. It is then made longer, up to `most`, as
    long as the derivative stays the same: rounding is the less. (Far away other terms may rule,
    and formulas there agree with each other on another derivative.)

    Parameters
    ----------
    function : callable
        Smooth function of a real number, values (m,).
    guess, most : float
        Positive.
    noise : ndarray, shape (m,), or float
        Rounding of the values; rows that change by no more at the guess have no say.
    """
    with np.errstate(all="ignore"):  # the longer ones may overflow
        changes = _changing(function, guess, noise)
        if not changes.any():
            return max(guess, most)
        found = guess
        if _inconsistency(function, guess, changes) > GOOD:
            errors = np.array([_inconsistency(function, guess * k, changes) for k in LADDER])
            good = np.flatnonzero(errors <= max(GOOD, 10.0 * float(errors.min())))
            found = guess * LADDER[good[np.argmin(np.abs(np.log(LADDER[good])))]]
        while found < most:
            longer = min(GROWTH * found, most)
            if not _difference(function, found, longer, changes) <= SAME:
                break
            found = longer
        return float(found)


def _changing(function: Callable[[float], Array], scale: float, noise: Array | float) -> Any:
    """Rows (m,) whose slope is more than rounding, also beside that of an even function."""
    h = RELATIVE_STEP * scale
    slope = np.abs(function(h) - function(-h)) / 2
    change = np.abs(function(2 * h) - function(0.0))
    return np.asarray(~((slope <= noise) | (slope <= EVEN * change)))


def _inconsistency(function: Callable[[float], Array], scale: float, rows: Array) -> float:
    """Relative difference of the derivatives by two steps."""
    return _difference(function, scale / 2, scale, rows)


def _difference(
    function: Callable[[float], Array], short: float, long: float, rows: Array
) -> float:
    """Mean over some rows of the relative difference of derivatives, each at most 1."""
    first, second = (_central(function, RELATIVE_STEP * scale)[0][rows] for scale in (short, long))
    size = np.maximum(np.abs(first), np.abs(second))
    part = np.abs(first - second) / np.where(size > 0, size, 1.0)
    return float(np.minimum(np.where(np.isfinite(part), part, 1.0), 1.0).mean())


def _central(function: Callable[[float], Any], h: float) -> tuple[Any, float, float]:
    """Derivative, by how much second and fourth order differ, and its largest entry.

    The largest entry decides: small ones are rounding. Infinite where not finite.
    """
    near = (function(h) - function(-h)) / (2 * h)
    difference = near - (function(2 * h) - function(-2 * h)) / (4 * h)
    size, gap = _largest(near), _largest(difference)
    if not np.isfinite(size + gap):
        return near, np.inf, size
    return near + difference / 3, gap, size


def _one_sided(function: Callable[[float], Any], scale: float, otherwise: Any) -> Any:
    for h in (RELATIVE_STEP * scale, -RELATIVE_STEP * scale):
        value = sum(c * function(k * h) for k, c in enumerate(ONE_SIDED)) / h
        if np.isfinite(_largest(value)):
            return value
    return otherwise


def _largest(a: Any) -> float:
    return float(abs(a).max()) if a.size else 0.0
