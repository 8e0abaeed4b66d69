"""How often one critical point near the optimum is certified (the rigorous side of claim 3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure as Canvas

from continuation.certify.provers import unique_minimum_holds
from continuation.landscape import Dataset, Loss
from figures.captions import Caption, data_sets, levels, titles
from figures.settings import Settings
from figures.shares import Part, draw_shares, groups, joined_presets, with_shares
from figures.style import PAPER, Style
from symbolic import PRESETS

TITLE = "share of data sets with exactly one certified minimum near the theoretical optimum"

PRESET_NAMES = ("single_unit", "fukumizu_amari")
"""Presets with as many units as their teacher: only there the optimum is isolated."""
SIZES = (30, 100, 300)
NOISES = (0.001, 0.003, 0.01, 0.03)
SEEDS_PER_PART = 4


def parts(settings: Settings) -> Sequence[Part]:
    """Data sets in groups."""
    return groups(PRESET_NAMES, settings.seed, settings.choose(24, 12, 2), SEEDS_PER_PART)


def compute(part: Part) -> xr.Dataset:
    """Whether the condition holds for every data set, size and noise of one part."""
    model = PRESETS[part.preset]()
    holds = [
        [_holds(Loss(model, Dataset.sample(model, n, seed))) for n in SIZES] for seed in part.seeds
    ]
    return xr.Dataset(
        {"holds": (("preset", "seed", "size", "noise"), np.array(holds)[None])},
        {
            "preset": [part.preset],
            "seed": list(part.seeds),
            "size": list(SIZES),
            "noise": list(NOISES),
        },
    )


def _holds(loss: Loss) -> list[bool]:
    return [unique_minimum_holds(loss, noise=noise) for noise in NOISES]


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All data sets, with the share and its 95 % interval."""
    data = joined_presets(parts, PRESET_NAMES)
    return with_shares(data, data["holds"])


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Share of data sets against n, one curve per noise."""
    canvas, axes = style.panels(1, data.sizes["preset"], 0.4, share="y")
    for axis, preset in zip(axes[0], data["preset"].to_numpy(), strict=True):
        draw_shares(axis, data.sel(preset=preset))
        axis.set_title(f"{PRESETS[str(preset)].title}: {data.sizes['seed']} data sets")
        axis.set_xlabel("data set size $n$")
    axes[0, 0].set_ylabel("share certified (95 % interval)")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    canvas.legend(
        handles, labels, title=r"noise $\sigma$", loc="outside lower center", ncols=len(labels)
    )
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """One panel a preset."""
    presets = [str(preset) for preset in data["preset"].to_numpy()]
    return Caption(
        panels=titles(presets),
        models=presets,
        samples=levels(data["size"].to_numpy()),
        noise=levels(data["noise"].to_numpy()),
        data_sets=f"{data_sets(data.sizes['seed'])} at every n and σ",
        notes=("bars: 95 % intervals (Wilson)",),
    )
