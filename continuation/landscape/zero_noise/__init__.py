"""The optimum without noise, and what noise makes of it.

May import `search` and what `search` may import.
"""

from continuation.landscape.zero_noise.arcsine import ErfPopulation
from continuation.landscape.zero_noise.branches import (
    ZeroNoiseBranch,
    ZeroNoiseCheck,
    branch_from_zero,
    check_zero_noise,
)
from continuation.landscape.zero_noise.optimum import optimum_shift, scaling_exponent
from continuation.landscape.zero_noise.sets import ZeroNoiseSet, ZeroNoiseSets, zero_noise_sets

__all__ = [
    "ErfPopulation",
    "ZeroNoiseBranch",
    "ZeroNoiseCheck",
    "ZeroNoiseSet",
    "ZeroNoiseSets",
    "branch_from_zero",
    "check_zero_noise",
    "optimum_shift",
    "scaling_exponent",
    "zero_noise_sets",
]
