"""Data sets between two scheduled sizes, as weighted data sets.

The kernels know a schedule of sizes; what works on samples (limit models, searches, graphs) sees
the same loss through weights.

See docs/theory.md, Parameters.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from continuation.landscape.network.conditions import ramp
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss


@lru_cache(maxsize=8)
def loss_in_blocks(loss: Loss, p: float, schedule: tuple[int, ...]) -> Loss:
    """The loss on `in_blocks`."""
    return Loss(loss.model, in_blocks(loss.data, p, schedule))


def in_blocks(data: Dataset, p: float, schedule: tuple[int, ...]) -> Dataset:
    """The data set in which whole blocks of samples are ramped in, at the size p.

    Between the scheduled sizes a ≤ p < b the block of samples a ≤ i < b carries the C² ramp
    6t⁵ − 15t⁴ + 10t³ of t = (p − a)/(b − a), as in the kernels.

    Parameters
    ----------
    data : Dataset
        With uniform weights.
    p : float
    schedule : tuple of int
        Increasing sizes.
    """
    upper = min((n for n in schedule if n >= p), default=schedule[-1])
    lower = max((n for n in schedule if n <= p), default=schedule[0])
    if lower >= upper:
        return data.first(upper)
    t = (p - lower) / (upper - lower)
    weights = np.ones(upper)
    weights[lower:] = ramp(t)
    whole = data.first(upper)
    return Dataset(whole.x, whole.target, whole.noise, weights / weights.sum(), whole.kind)
