"""Bifurcation diagram in the size of the data set, for both two-unit presets."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure as Canvas

from figures import branches
from figures.branches import assemble, compute
from figures.captions import Caption
from figures.settings import Settings
from figures.style import PAPER, Style

__all__ = ["TITLE", "assemble", "caption", "compute", "draw", "parts"]

TITLE = "bifurcation diagram in the data set size, blocks of samples ramped in"

NOISE = 0.1
SCHEDULE = (10, 20, 50, 100, 200, 500, 1000)
SEARCHED_AT = (100.0, 20.0, 500.0)


def parts(settings: Settings) -> Sequence[branches.Part]:
    """One diagram a preset."""
    values = SEARCHED_AT[: settings.choose(3, 2, 1)]
    limits = (float(SCHEDULE[0]), float(SCHEDULE[-1]))
    own = (SCHEDULE[-1], settings.level(NOISE), limits, values, SCHEDULE)
    return [
        branches.Part(preset, "size", settings.seed, *own) for preset in settings.of_two_units()
    ]


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Distance from the teacher against n."""
    return branches.draw(data, "data set size $n$", "noise", style)


def caption(data: xr.Dataset) -> Caption:
    """A column a preset."""
    return branches.caption(data, "size", f"{SCHEDULE[0]} to {SCHEDULE[-1]}, by blocks {SCHEDULE}")
