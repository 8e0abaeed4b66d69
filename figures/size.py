"""Bifurcation diagram in the size of the data set, for both two-unit presets."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr
from matplotlib.figure import Figure as Canvas

from figures import branches
from figures.arrays import of_preset, presets_of
from figures.branches import assemble, compute
from figures.captions import Caption
from figures.settings import Settings
from figures.style import PAPER, Style
from figures.subjects import Subject, subjects_of_two_units

__all__ = ["TITLE", "assemble", "caption", "compute", "draw", "parts"]

TITLE = "bifurcation diagram in the data set size, blocks of samples ramped in"

NOISE = 0.1
SCHEDULE = (10, 20, 50, 100, 200, 500, 1000)
SEARCHED_AT = (100.0, 20.0, 500.0)


def parts(settings: Settings) -> Sequence[branches.Part]:
    """One diagram a preset."""
    return [_part(one, settings) for one in subjects_of_two_units(settings)]


def _part(one: Subject, settings: Settings) -> branches.Part:
    sizes = one.sizes(SCHEDULE)
    limits = (float(sizes[0]), float(sizes[-1]))
    known = [value for value in SEARCHED_AT if value in sizes] or [limits[1]]
    values = tuple(known[: settings.choose(3, 2, 1)])
    noise = one.level(settings.level(NOISE))
    return branches.Part(one, "size", settings.seed, sizes[-1], noise, limits, values, sizes)


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Distance from the teacher against n."""
    return branches.draw(data, "data set size $n$", "σ", style)


def caption(data: xr.Dataset) -> Caption:
    """A column a preset."""
    sizes = of_preset(data, presets_of(data)[0]).attrs["schedule"]
    first, *_, last = sizes.split(", ")
    return branches.caption(data, "size", f"{first} to {last}, by blocks ({sizes})")
