"""Bifurcation diagram in the noise, for both two-unit presets."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure as Canvas

from figures import branches
from figures.branches import assemble, compute
from figures.captions import Caption
from figures.settings import Settings
from figures.style import PAPER, Style
from figures.subjects import subjects_of_two_units

__all__ = ["TITLE", "assemble", "caption", "compute", "draw", "parts"]

TITLE = "bifurcation diagram in the noise"

SAMPLES = 100
LIMITS = (0.01, 1.0)
SEARCHED_AT = (0.1, 0.03, 0.3, 0.6)


def parts(settings: Settings) -> Sequence[branches.Part]:
    """One diagram a preset."""
    values = SEARCHED_AT[: settings.choose(4, 2, 1)]
    samples = settings.samples(SAMPLES)
    return [
        branches.Part(one, "noise", settings.seed, samples, 0.0, LIMITS, values)
        for one in subjects_of_two_units(settings)
    ]


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Distance from the teacher against σ."""
    return branches.draw(data, r"noise $\sigma$", "n", style)


def caption(data: xr.Dataset) -> Caption:
    """A column a preset."""
    return branches.caption(data, "noise", f"{LIMITS[0]:g} to {LIMITS[1]:g}")
