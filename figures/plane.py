"""The landscape of one data set of each two-unit preset in the plane of size and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from continuation.landscape import Dataset, Loss, plane_diagram
from continuation.storage import plane_from_arrays, plane_to_arrays
from figures.arrays import join_presets, of_preset, presets_of
from figures.captions import Caption, data_sets, titles
from figures.settings import Settings
from figures.style import PAPER, Style
from symbolic import PRESETS

TITLE = "plane of size and noise: regions by overfitting attractors, curves by kind"

PRESET_NAMES = ("fukumizu_amari", "overparameterised")
SCHEDULE = (20, 30, 50, 100)
LIMITS = ((20.0, 100.0), (0.05, 0.5))

SHORT = {"fukumizu_amari": (20.0, 30.0), "overparameterised": (88.0, 100.0)}
"""Sizes of less than a thorough run, within one block of the schedule."""


HEIGHT = 0.525
"""Of a panel, over the width of the picture."""


@dataclass(frozen=True)
class Part:
    """One preset."""

    preset: str
    seed: int
    sizes: tuple[float, float]
    lines: int
    resolution: int


def parts(settings: Settings) -> Sequence[Part]:
    """One part a preset; only a thorough run looks at both, and at whole planes with switches."""
    lines, resolution = settings.choose(6, 1, 1), settings.choose(12, 0, 0)
    return [
        Part(
            name, settings.seed, settings.choose(LIMITS[0], SHORT[name], SHORT[name]), lines,
            resolution,
        )
        for name in PRESET_NAMES[: settings.choose(2, 1, 1)]
    ]  # fmt: skip


def compute(part: Part) -> xr.Dataset:
    """Curves and regions."""
    model = PRESETS[part.preset]()
    loss = Loss(model, Dataset.sample(model, SCHEDULE[-1], part.seed))
    found = plane_diagram(
        loss, "size", "noise", (part.sizes, LIMITS[1]), schedule=SCHEDULE, lines=part.lines,
        resolution=part.resolution, seed=part.seed,
    )  # fmt: skip
    return plane_to_arrays(found).assign_attrs(preset=part.preset)


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All presets; every name carries its preset."""
    return join_presets(parts)


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """One panel a preset, each with its legend beside it, in a column below."""
    presets = presets_of(data)
    canvas, axes = style.panels(len(presets), 1, HEIGHT * len(presets))
    for panel, preset in zip(axes[:, 0], presets, strict=True):
        draw_regions(panel, of_preset(data, preset))
        panel.set_title(PRESETS[preset].title)
        if style.is_narrow:
            below = panel.get_legend()
            below.set_loc("upper left")
            below.set_bbox_to_anchor((0.0, -0.16), transform=panel.transAxes)
    return style.finished(canvas, axes)


def draw_regions(axes: Axes, data: xr.Dataset) -> None:
    """Regions and curves of one preset, with their legend."""
    plane_from_arrays(data).plot(axes)


def caption(data: xr.Dataset) -> Caption:
    """One panel a preset, with the limits of its plane."""
    presets = presets_of(data)
    planes = [plane_from_arrays(of_preset(data, preset)) for preset in presets]
    (low, high), (quiet, loud) = planes[0].limits
    return Caption(
        panels=titles(presets),
        models=presets,
        samples=f"{min(low, *(p.limits[0][0] for p in planes)):g} to {high:g}",
        noise=f"{quiet:g} to {loud:g}",
        data_sets=f"{data_sets(1)} of each model, samples come in by blocks {SCHEDULE}",
        notes=("colours: number of overfitting attractors; curves: where the landscape changes",),
    )
