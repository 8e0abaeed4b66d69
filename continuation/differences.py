"""Derivatives by central differences of fourth order, with control of the step.

Used only where a problem gives no derivative of its own, and for second and third derivatives in
event location. Rounding costs eps/h and truncation h⁴: with h near eps^(1/5) both are near 1e-12.

References
----------
.. [1] W. Press et al., *Numerical Recipes*, 3rd ed., Cambridge 2007, section 5.7.
"""

from collections.abc import Callable

import numpy as np

__all__ = ["along", "jacobian"]

Array = np.ndarray

#: eps^(1/5): balances rounding and the error of fourth order.
RELATIVE_STEP = 7.4e-4
#: Where second and fourth order differ by more than this, the step is too long for the function.
DISAGREEMENT = 1e-3
SHRINKINGS = 4


def along(function: Callable[[float], Array], scale: float = 1.0) -> Array:
    """Derivative of `function` at 0.

    Parameters
    ----------
    function
        Smooth function of a real number with array values.
    scale
        Length over which the function changes appreciably.

    Returns
    -------
    ndarray
        Same shape as the values.
    """
    h = RELATIVE_STEP * scale
    for _ in range(SHRINKINGS):
        near = (function(h) - function(-h)) / (2 * h)
        far = (function(2 * h) - function(-2 * h)) / (4 * h)
        difference = near - far
        # the largest entry decides: small entries are rounding
        if np.abs(difference).max(initial=0.0) <= DISAGREEMENT * np.abs(near).max(initial=0.0):
            break
        if not np.isfinite(difference).all() or np.abs(difference).max() > 1e-9 / h:
            h /= 8
        else:
            break
    return near + difference / 3


def jacobian(function: Callable[[Array], Array], x: Array) -> Array:
    """Matrix of derivatives of `function` at x.

    Parameters
    ----------
    function
        Function from (n,) to (m,).
    x : (n,) ndarray

    Returns
    -------
    (m, n) ndarray
    """
    columns = []
    for j in range(x.size):

        def moved(h: float, j: int = j) -> Array:
            y = x.copy()
            y[j] += h
            return np.array(function(y), dtype=float)

        columns.append(along(moved, max(1.0, abs(x[j]))))
    return np.stack(columns, axis=-1)
