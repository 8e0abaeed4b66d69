"""The landscape of one data set of each two-unit preset in the plane of size and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.figure import Figure as Canvas

from continuation.landscape import Dataset, Loss, plane_diagram
from continuation.storage import plane_from_arrays, plane_to_arrays
from figures.arrays import join_presets, of_preset
from figures.settings import Settings
from figures.style import DOUBLE
from symbolic import PRESETS

TITLE = "plane of size and noise: regions by overfitting attractors, curves by kind"

PRESET_NAMES = ("fukumizu_amari", "overparameterised")
SCHEDULE = (20, 30, 50, 100)
LIMITS = ((20.0, 100.0), (0.05, 0.5))

QUICK = {"fukumizu_amari": (80.0, 100.0), "overparameterised": (88.0, 100.0)}
"""Sizes of a quick run, on the last block of the schedule."""


@dataclass(frozen=True)
class Part:
    """One preset."""

    preset: str
    seed: int
    sizes: tuple[float, float]
    lines: int
    resolution: int


def parts(settings: Settings) -> Sequence[Part]:
    """One part a preset; a quick run looks at a part of the plane, without switches."""
    lines, resolution = settings.choose(6, 1), settings.choose(12, 0)
    return [
        Part(name, settings.seed, QUICK[name] if settings.quick else LIMITS[0], lines, resolution)
        for name in PRESET_NAMES
    ]


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
    """Both presets; every name carries its preset."""
    return join_presets(parts)


def draw(data: xr.Dataset) -> Canvas:
    """One panel a preset, each with its legend beside it."""
    canvas, axes = plt.subplots(2, 1, figsize=(DOUBLE, 1.05 * DOUBLE), layout="constrained")
    for panel, preset in zip(axes, PRESET_NAMES, strict=True):
        plane_from_arrays(of_preset(data, preset)).plot(panel)
        panel.set_title(PRESETS[preset].title)
    return canvas
