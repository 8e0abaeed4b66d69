"""Bifurcation diagram in the noise, for both two-unit presets."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure as Canvas

from figures import branches
from figures.branches import assemble, compute
from figures.settings import SHOWN, Settings

__all__ = ["TITLE", "assemble", "compute", "draw", "parts"]

TITLE = "bifurcation diagram in the noise"

SAMPLES = 100
LIMITS = (0.01, 1.0)
SEARCHED_AT = (0.1, 0.03, 0.3, 0.6)


def parts(settings: Settings) -> Sequence[branches.Part]:
    """One diagram a preset."""
    values = SEARCHED_AT[: settings.choose(4, 1)]
    return [
        branches.Part(preset, "noise", settings.seed, SAMPLES, 0.0, LIMITS, values)
        for preset in SHOWN
    ]


def draw(data: xr.Dataset) -> Canvas:
    """Distance from the teacher against σ."""
    return branches.draw(data, r"noise $\sigma$", "n")
