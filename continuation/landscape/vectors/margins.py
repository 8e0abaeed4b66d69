"""The direction in which a unit that diverges settles: the widest margin of its cell.

A unit that diverges, w = R u, sees a sample as φ(±∞) but for e^{−2R|u·x̃|}: the nearest samples
decide what the loss still gains, and the flow turns u until the nearest ones, the supports, are as
far away as they can be without a change of any sign.

References
----------
C. L. Lawson and R. J. Hanson, *Solving Least Squares Problems*, SIAM 1995, ch. 23: LDP.
D. Soudry et al., "The implicit bias of gradient descent on separable data", *JMLR* 19 (2018).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from continuation.arrays import Array

NO_MARGIN = 1e-9
"""Residual of the least squares problem, of norm 1, from which the cell is one of a direction."""

SUPPORT = 1e-7
"""Excess of a margin over the smallest, relative, below which a sample is a support."""


class Margin(NamedTuple):
    """A direction u (D,) of length 1, and which samples support it."""

    u: Array
    supports: NDArray[np.int64]


def widest_margin(inputs: Array, signs: Array) -> Margin | None:
    """The direction of the widest margin among those with these signs at inputs (n, D).

    None where no direction has them. Samples whose sign is 0 are those at x̃ = 0.
    """
    seen = np.flatnonzero(signs)
    rows = signs[seen, None] * inputs[seen]
    rows = rows / np.abs(rows).max(initial=1e-300)  # which leaves directions as they are
    matrix, wanted = np.vstack([rows.T, np.ones(len(rows))]), np.zeros(rows.shape[1] + 1)
    wanted[-1] = 1.0
    weights, left = nnls(matrix, wanted)
    if left < NO_MARGIN:
        return None
    residual = matrix @ weights - wanted
    w = -residual[:-1] / residual[-1]
    margins = rows @ w
    if margins.min() <= 0.0:
        return None
    near = margins <= margins.min() * (1.0 + SUPPORT)
    return Margin(w / np.linalg.norm(w), seen[near])
