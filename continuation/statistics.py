"""Confidence intervals of measured fractions."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from continuation.errors import InvalidInputError

LEVEL = 0.95
"""Confidence level used throughout."""


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
