"""Confidence intervals of measured fractions, of fixed samples and at any stopping time."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from continuation.errors import InvalidInputError

LEVEL = 0.95
"""Confidence level used throughout."""

BETS = np.cos(np.pi * (np.arange(256) + 0.5) / 512.0) ** 2
"""Shares that the bettors expect: the Gauss-Chebyshev nodes of Beta(1/2, 1/2). Any weights make the
interval valid; with these it is that of the whole mixture up to 511 values."""


def wilson_interval(
    hits: ArrayLike, trials: int, level: float = LEVEL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson score intervals of binomial fractions hits / trials.

    Parameters
    ----------
    hits : array_like of int
        Between 0 and `trials`.
    trials : int
        At least 1.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    lower, upper : ndarray, shape of `hits`

    Raises
    ------
    InvalidInputError
        If a count or the level is out of range.

    References
    ----------
    E. B. Wilson, *J. Amer. Statist. Assoc.* 22 (1927) 209.
    """
    counts = np.asarray(hits)
    if trials < 1 or (counts < 0).any() or (counts > trials).any() or not 0.0 < level < 1.0:
        raise InvalidInputError(
            "0 <= hits <= trials, trials >= 1 and 0 < level < 1 are needed, "
            f"not {counts.tolist()} of {trials} at level {level}"
        )
    # SciPy loads its statistics, half a second of imports, when they are first asked for.
    tests = (scipy.stats.binomtest(int(k), trials) for k in counts.ravel())
    intervals = [test.proportion_ci(level, method="wilson") for test in tests]
    lower, upper = np.array([(i.low, i.high) for i in intervals]).reshape(-1, 2).T
    return lower.reshape(counts.shape), upper.reshape(counts.shape)


def anytime_interval(values: ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """Interval of the mean of independent values in [0, 1], valid at every stopping time.

    With probability `level` at least, the intervals after 1, 2, 3, … values *all* hold the mean, so
    that one may look at each of them and stop when they decide.

    Parameters
    ----------
    values : array_like, shape (n,)
        In [0, 1]: 0 and 1 for misses and hits.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    lower, upper : float
        (0, 1) without values.

    Raises
    ------
    InvalidInputError
        If a value or the level is out of range.

    Notes
    -----
    Against the claim that the mean is m, one who expects q bets so that a value x multiplies the
    wealth by x q/m + (1 − x)(1 − q)/(1 − m): a martingale if the claim is true. The mean wealth of
    bettors whose q are spread as Beta(1/2, 1/2) is one too, and exceeds 1/α at any time with
    probability α at most (Ville). The interval holds every m at which it does not; log wealth is
    convex in m and at most 0 at the mean of the values. For hits and misses this is the
    beta-binomial mixture.

    References
    ----------
    H. Robbins, *Ann. Math. Statist.* 41 (1970) 1397. S. R. Howard, A. Ramdas, J. McAuliffe,
    J. Sekhon, *Ann. Statist.* 49 (2021) 1055. I. Waudby-Smith, A. Ramdas, *J. R. Stat. Soc. B*
    86 (2024) 1.
    """
    seen, counts = _counted(values, level)
    if not counts.size:
        return 0.0, 1.0
    lower, rest = (_lower_end(x, counts, np.log1p(-level)) for x in (seen, 1.0 - seen))
    return lower, 1.0 - rest


def anytime_excludes(values: ArrayLike, mean: float, level: float = LEVEL) -> bool:
    """Whether `anytime_interval` leaves out a mean in (0, 1): one evaluation, not two roots.

    Raises as `anytime_interval`.
    """
    return bool(_log_wealth(*_counted(values, level), mean) > -np.log1p(-level))


def anytime_decides(least: ArrayLike, most: ArrayLike, mean: float, level: float = LEVEL) -> bool:
    """Whether values known up to bounds tell on which side of a mean in (0, 1) theirs lies.

    Parameters
    ----------
    least, most : array_like, shape (n,)
        Bounds of every value; the same where it is known.
    mean : float
    level : float
        As of `anytime_interval`, which says what is raised.
    """
    above, below = np.asarray(least, dtype=np.float64), np.asarray(most, dtype=np.float64)
    if above.size == 0:
        return False
    rises = above.mean() > mean and anytime_excludes(above, mean, level)
    return bool(rises or (below.mean() < mean and anytime_excludes(below, mean, level)))


def _counted(values: ArrayLike, level: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Different values with their numbers."""
    seen, counts = np.unique(np.asarray(values, dtype=np.float64), return_counts=True)
    if not ((seen >= 0.0) & (seen <= 1.0)).all() or not 0.0 < level < 1.0:
        raise InvalidInputError(
            f"values in [0, 1] and 0 < level < 1 are needed, not {seen.tolist()} at level {level}"
        )
    return seen, counts


def _lower_end(values: NDArray[np.float64], counts: NDArray[np.int64], threshold: float) -> float:
    """The mean below that of the values at which the log wealth falls to −threshold."""
    smallest = float(np.finfo(np.float64).eps)
    mean = min(float(values @ counts / counts.sum()), 1.0 - smallest)

    def excess(m: float) -> float:
        return _log_wealth(values, counts, m) + threshold

    if mean <= smallest or excess(smallest * mean) <= 0.0:
        return 0.0
    return float(scipy.optimize.brentq(excess, smallest * mean, mean))


def _log_wealth(values: NDArray[np.float64], counts: NDArray[np.int64], mean: float) -> float:
    """Logarithm of the mean wealth of all bettors against a mean in (0, 1)."""
    high, low = BETS / mean, (1.0 - BETS) / (1.0 - mean)
    growth = np.log(np.outer(high, values) + np.outer(low, 1.0 - values)) @ counts
    return float(np.logaddexp.reduce(growth)) - float(np.log(BETS.size))
