"""How much of a sample counts: the ramp by which samples come in as the size grows.

The compiled kernels of `symbolic` have their own text of the same ramp, because a kernel file
stands alone (a test holds the two together); everything else that is no checker takes it from
here. An interval of sizes needs bounds of the ramp, not its values: see `certify.provers`.

See docs/theory.md, Parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network.dataset import Dataset


def ramp(t: Any) -> Any:
    """S(t) = 6t⁵ − 15t⁴ + 10t³ from S(0) = 0 to S(1) = 1, twice continuously differentiable.

    Whole coefficients, so that floats, fractions and balls are taken alike.
    """
    return t * t * t * (t * (6 * t - 15) + 10)


def ramp_slope(t: Any) -> Any:
    """S'(t) = 30 t² (1 − t)²."""
    return 30 * t * t * (1 - t) * (1 - t)


def weights_of(data: Dataset, size: float | None = None, schedule: Sequence[int] = ()) -> Array:
    """ω (n,) of all samples, Σ ω = 1: those of the data, or those of its first `size` samples."""
    return sample_weights(data.size, size, schedule) if data.weights is None else data.weights


def sample_weights(count: int, size: float | None, schedule: Sequence[int] = ()) -> Array:
    """Weights ω of `count` samples at a size, Σ ω = 1; shape (count,).

    Parameters
    ----------
    count : int
    size : float or None
        Number of leading samples that count; None: all.
    schedule : sequence of int
        Sizes between which whole blocks come in; empty: one sample at a time.
    """
    if size is None or (size == count and not len(schedule)):
        return np.full(count, 1.0 / count)
    weight, _ = _relative(count, size, schedule)
    return weight / weight.sum()


def weight_slopes(count: int, size: float, schedule: Sequence[int] = ()) -> Array:
    """Derivatives of `sample_weights` by the size, shape (count,)."""
    weight, slope = _relative(count, size, schedule)
    total = weight.sum()
    return slope / total - weight * slope.sum() / total**2


def _relative(count: int, size: float, schedule: Sequence[int]) -> tuple[Array, Array]:
    """Weights relative to those of the samples that count in full, and their derivatives."""
    steps = np.asarray(schedule if len(schedule) else [np.floor(size), np.floor(size) + 1.0])
    k = int(np.clip(np.searchsorted(steps, size, side="right") - 1, 0, len(steps) - 2))
    low, high = steps[k], steps[k + 1]
    t = float(np.clip((size - low) / (high - low), 0.0, 1.0))
    place = np.arange(count)
    comes_in = (place >= low) & (place < high)
    weight = np.where(place < low, 1.0, np.where(comes_in, ramp(t), 0.0))
    return weight, np.where(comes_in, ramp_slope(t) / (high - low), 0.0)
