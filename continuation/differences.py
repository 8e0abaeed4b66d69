"""Derivatives by differences of fourth order, with control of the step.

Used only where a problem gives no derivative of its own, and for second and third derivatives in
event location. Rounding costs eps/h and truncation h⁴: with h near eps^(1/5) of the length over
which a function changes, both are near 1e-12. `length` finds that length. At the edge of a domain,
where a function is not finite on one side, the formula of the other side is used.

References
----------
.. [1] W. Press et al., *Numerical Recipes*, 3rd ed., Cambridge 2007, section 5.7.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from continuation.arrays import Array

__all__ = ["along", "jacobian", "length", "nearer", "polarised", "repeated", "together"]

RELATIVE_STEP = 7.4e-4
"""eps^(1/5): balances rounding and the error of fourth order."""

DISAGREEMENT = 1e-3
"""Where second and fourth order differ by more than this, the step is too long for the function."""

SHRINKINGS, TO_EDGE = 4, 14
"""Steps shorter by 8^4 at most: a length that is known needs none; by 8^14 before a function that
is not finite beside a point is taken to end there. Next to an end it changes over what is left."""

LADDER = 16.0 ** np.arange(-12, 8)
"""Lengths that are tried, as parts of a first guess: 3e-15 to 3e8."""

GOOD = 1e-9
"""Two steps that agree to this relative difference are both good."""

GROWTH, SAME = 8.0, 1e-8
"""A longer step is better where it gives the same derivative and agrees no worse with itself: else
it gains less in rounding than it loses by truncation."""

DECADES = 16.0 ** np.arange(-9.0, 0.0, 3.0)
"""Parts of a guess; by each formulas can agree over five decades of lengths."""

OTHER = 1e-6
"""Derivatives that differ by more are not the same."""

BEST = 1e-12
"""Two steps that agree to this relative difference agree as well as rounding lets them."""

EVEN = 1e-6
"""A slope that makes up less than this part of a change is rounding."""

ONE_SIDED = np.array([-25.0, 48.0, -36.0, 16.0, -3.0]) / 12.0
"""Forward formula of fourth order on 0, h, ..., 4h."""

REPEATED: Mapping[int, tuple[float, Array, Array]] = {
    2: (
        0.04,
        np.array([-5 / 2, 4 / 3, -1 / 12, 0.0]),
        np.array([-49 / 18, 3 / 2, -3 / 20, 1 / 90]),
    ),
    3: (
        0.08,
        np.array([-13 / 8, 1.0, -1 / 8, 0.0]),
        np.array([-61 / 30, 169 / 120, -3 / 10, 7 / 240]),
    ),
}
"""Order of a derivative -> the first step, formulas of fourth and of sixth order: on 0, h, 2h, 3h
both ways for the second, on h, ..., 4h for the third derivative [1]_."""

AGREEING = 1e-8
"""Where formulas of fourth and sixth order differ by less, the sixth is as good as rounding."""


def along(function: Callable[[float], Any], scale: float = 1.0) -> Any:
    """Derivative of `function` at 0.

    `together` is the same for functions that answer for many numbers at once.

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
    return together(_one_by_one(function), scale)


def together(function: Callable[[Array], Any], scale: float = 1.0) -> Any:
    """Derivative at 0 of a function that takes numbers (k,) and gives its values one after another.

    Parameters
    ----------
    function : callable
        (k,) -> sequence of k values, or array of shape (k, ...).
    scale : float
        Length over which the function changes appreciably.
    """
    h = RELATIVE_STEP * scale
    best, gap, size = _central(function, h)
    left = SHRINKINGS
    for _ in range(TO_EDGE):
        if gap <= DISAGREEMENT * size or not left:
            break
        h /= 8
        shorter = _central(function, h)
        if np.isfinite(gap) and not shorter[1] < gap:  # truncation falls, rounding grows
            break
        left -= bool(np.isfinite(gap))
        best, gap, size = shorter
    return best if np.isfinite(gap) else _one_sided(function, scale, best)


def repeated(function: Callable[[float], Array], order: int, scale: float) -> Array:
    """Second or third derivative of `function` at 0, by formulas of sixth order.

    Steps are halved as long as that brings formulas of fourth and sixth order together.

    Parameters
    ----------
    function : callable
        Smooth function of a real number.
    order : int
        2 or 3.
    scale : float
        Length over which the function changes appreciably.
    """
    h = REPEATED[order][0] * scale
    best, gap, size = _symmetric(function, order, h)
    for _ in range(2 * SHRINKINGS):
        if gap <= AGREEING * size:
            break
        h /= 2
        shorter = _symmetric(function, order, h)
        if np.isfinite(gap) and not shorter[1] < gap:
            break
        best, gap, size = shorter
    return best


def _symmetric(
    function: Callable[[float], Array], order: int, h: float
) -> tuple[Array, float, float]:
    """Derivative, by how much fourth and sixth order differ, and its largest entry."""
    first, sign = order - 2, 1.0 if order == 2 else -1.0
    pairs = [function(k * h) + sign * function(-k * h) for k in range(first, first + 4)]
    _, fourth, sixth = REPEATED[order]
    weights = np.array([0.5, 1.0, 1.0, 1.0]) if order == 2 else np.ones(4)
    rough, fine = (np.tensordot(c * weights, pairs, 1) / h**order for c in (fourth, sixth))
    gap, size = _largest(fine - rough), _largest(fine)
    return np.asarray(fine), gap if np.isfinite(gap + size) else np.inf, size


def polarised(form: Callable[[Array], Array], *directions: Array) -> Array:
    """Symmetric form of two or three arguments by what it is for equal ones.

    Parameters
    ----------
    form : callable
        e -> B(e, e) or C(e, e, e).
    *directions : ndarray
        Of like length, or digits are lost.
    """
    first = directions[0]
    if all(v is first for v in directions):
        return form(first)
    if len(directions) == 2:
        u, v = directions
        return (form(u + v) - form(u - v)) / 4
    u, v, w = directions
    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    total = sum(s * t * form(u + s * v + t * w) for s, t in signs)
    return np.asarray(total / 24)


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
    long as the derivative stays the same and agrees with itself no worse: rounding is the less.
    (Far away other terms may rule, and formulas there agree with each other on another derivative.)
    Else it is made shorter, as long as the derivative agrees with itself better.

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
        found, error = guess, _inconsistency(function, guess, changes)
        if error > GOOD:
            errors = np.array([_inconsistency(function, guess * k, changes) for k in LADDER])
            good = np.flatnonzero(errors <= max(GOOD, 10.0 * float(errors.min())))
            best = good[np.argmin(np.abs(np.log(LADDER[good])))]
            found, error = guess * LADDER[best], errors[best]
        longer = _longer(function, found, most, changes, error, noise)
        return longer if longer > found else _shorter(function, found, changes, error)


def nearer(function: Callable[[float], Array], guess: float, noise: Array | float = 0.0) -> float:
    """A guess at a length that is not beyond what the function does near 0.

    Far away other terms may rule, on whose derivative formulas agree as well: of lengths that are
    shorter by decades, the shortest one by which formulas agree on another derivative, or on a
    curvature where there is none by the guess.
    """
    with np.errstate(all="ignore"):
        rows = _changing(function, guess, noise)
        is_bent = bool(rows.any()) and _unlike_a_parabola(function, guess, rows) > OTHER
        for shorter in guess * DECADES if rows.any() else ():
            agrees = _inconsistency(function, shorter, rows) <= GOOD
            is_other = _difference(function, shorter, guess, rows) > OTHER
            smooth = is_bent and _unlike_a_parabola(function, shorter, rows) <= OTHER
            if agrees and (is_other or smooth):
                return float(shorter)
    return guess


def _unlike_a_parabola(function: Callable[[float], Array], scale: float, rows: Array) -> float:
    """By how much curvatures by two steps differ, in parts of the slope, at most 1; a mean."""
    h = RELATIVE_STEP * scale
    ahead, behind, far_ahead, far_behind = (function(k * h) for k in CENTRAL)
    gap = np.abs(far_ahead + far_behind - 4 * (ahead + behind) + 6 * function(0.0))[rows]
    slope = np.abs(ahead - behind)[rows] / 2
    part = gap / np.where(slope > 0, slope, 1.0)
    return float(np.minimum(np.where(np.isfinite(part), part, 1.0), 1.0).mean())


def _longer(
    function: Callable[[float], Array], found: float, most: float, rows: Array, error: float,
    noise: Array | float,
) -> float:  # fmt: skip
    """The longest of longer ones with the same derivative, no larger error and one curvature.

    Of rows whose slope vanishes, too: by a longer step terms of third order are one.
    """
    vanishing = ~np.asarray(rows, dtype=bool)
    while found < most:
        longer = min(GROWTH * found, most)
        further = _inconsistency(function, longer, rows)
        if not (further <= max(error, BEST) and _difference(function, found, longer, rows) <= SAME):
            break
        if _unlike_a_parabola(function, longer, rows) > OTHER:
            break
        if vanishing.any() and (vanishing & (_slopes_apart(function, found, longer) > noise)).any():
            break
        found, error = longer, further
    return float(found)


def _slopes_apart(function: Callable[[float], Array], short: float, long: float) -> Array:
    """By how much a change by the long step differs as the derivatives by both say it, (m,)."""
    many = _one_by_one(function)
    first, second = (_central(many, RELATIVE_STEP * scale)[0] for scale in (short, long))
    return np.asarray(RELATIVE_STEP * long * np.abs(first - second))


def _shorter(function: Callable[[float], Array], found: float, rows: Array, error: float) -> float:
    """The first of shorter ones beyond which the error grows again, or that is as good as any."""
    while error > BEST:
        nearer = _inconsistency(function, found / GROWTH, rows)
        if not nearer < error:
            break
        found, error = found / GROWTH, nearer
    return float(found)


def _changing(function: Callable[[float], Array], scale: float, noise: Array | float) -> Any:
    """Rows (m,) whose slope is more than rounding, also beside that of an even function.

    Those that are not finite so far away change, too: the scale is beyond what they allow.
    """
    h = RELATIVE_STEP * scale
    slope = np.abs(function(h) - function(-h)) / 2
    change = np.abs(function(2 * h) - function(0.0))
    is_rounding = (slope <= noise) | (slope <= EVEN * change)
    return np.asarray(~(is_rounding & np.isfinite(slope + change)))


def _inconsistency(function: Callable[[float], Array], scale: float, rows: Array) -> float:
    """Relative difference of the derivatives by two steps."""
    return _difference(function, scale / 2, scale, rows)


def _difference(
    function: Callable[[float], Array], short: float, long: float, rows: Array
) -> float:
    """Mean over some rows of the relative difference of derivatives, each at most 1."""
    many = _one_by_one(function)
    first, second = (_central(many, RELATIVE_STEP * scale)[0][rows] for scale in (short, long))
    size = np.maximum(np.abs(first), np.abs(second))
    part = np.abs(first - second) / np.where(size > 0, size, 1.0)
    return float(np.minimum(np.where(np.isfinite(part), part, 1.0), 1.0).mean())


def _one_by_one(function: Callable[[float], Any]) -> Callable[[Array], list[Any]]:
    return lambda h: [function(each) for each in h.tolist()]


CENTRAL = np.array([1.0, -1.0, 2.0, -2.0])
"""Where the formula of fourth order asks, in steps."""


def _central(function: Callable[[Array], Any], h: float) -> tuple[Any, float, float]:
    """Derivative, by how much second and fourth order differ, and its largest entry.

    The largest entry decides: small ones are rounding. Infinite where not finite.
    """
    ahead, behind, far_ahead, far_behind = function(h * CENTRAL)
    near = (ahead - behind) / (2 * h)
    difference = near - (far_ahead - far_behind) / (4 * h)
    size, gap = _largest(near), _largest(difference)
    if not np.isfinite(size + gap):
        return near, np.inf, size
    return near + difference / 3, gap, size


def _one_sided(function: Callable[[Array], Any], scale: float, otherwise: Any) -> Any:
    for h in (RELATIVE_STEP * scale, -RELATIVE_STEP * scale):
        values = function(h * np.arange(float(ONE_SIDED.size)))
        value = sum(c * each for c, each in zip(ONE_SIDED, values, strict=True)) / h
        if np.isfinite(_largest(value)):
            return value
    return otherwise


def _largest(a: Any) -> float:
    return float(abs(a).max()) if a.size else 0.0
