"""The types of arrays that annotations use."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array"]

Array = NDArray[np.float64]
"""Real numbers in double precision; docstrings give the shape."""
