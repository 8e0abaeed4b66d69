"""Rows of different lengths in one array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def padded(rows: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Stack arrays that differ in their first length, the rest filled with NaN."""
    arrays = [np.asarray(row, dtype=np.float64) for row in rows]
    longest = max(len(array) for array in arrays)
    out = np.full((len(arrays), longest, *arrays[0].shape[1:]), np.nan)
    for place, array in zip(out, arrays, strict=True):
        place[: len(array)] = array
    return out
