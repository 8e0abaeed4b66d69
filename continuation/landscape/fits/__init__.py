"""Fits of formulas to data, in any units, within bounds, and the limits that they run off to.

May import `network`.
"""

from continuation.landscape.fits.curve import Curve
from continuation.landscape.fits.guesses import Guesses
from continuation.landscape.fits.runs import MOST_BATCHES, FitRuns

__all__ = [
    "MOST_BATCHES",
    "Curve",
    "FitRuns",
    "Guesses",
]
