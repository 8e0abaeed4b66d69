"""How likely a single attractor is, over data set size and noise (claim 3)."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.figure import Figure as Canvas

from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.branches import label_regions
from figures.settings import Settings
from figures.shares import Part, draw_shares, groups, joined_presets, with_shares
from figures.style import DOUBLE
from symbolic import PRESETS

TITLE = "probability of a single attractor modulo symmetry over data set size and noise"

PRESET_NAMES = ("fukumizu_amari", "overparameterised")
SIZES = (10, 30, 100, 300)
NOISES = (0.03, 0.1, 0.3, 0.6)
COUNTS = ("overfitting", "attracting", "plateau", "attracting line", "attracting infinity")
"""Numbers of attracting sets: by region (overfitting, plateau), in all, and by kind."""
SINGLE = ("overfitting", "attracting")
"""Counts whose probability of being one is estimated."""

SEEDS_PER_PART = 5


def parts(settings: Settings) -> Sequence[Part]:
    """Data sets in groups."""
    return groups(PRESET_NAMES, settings.seed, settings.choose(30, 5), SEEDS_PER_PART)


def compute(part: Part) -> xr.Dataset:
    """Numbers of attracting sets for every data set, size and noise of one part."""
    counts = np.array([[_counts(part.preset, seed, n) for n in SIZES] for seed in part.seeds])
    dims = ("preset", "seed", "size", "noise", "count")
    return xr.Dataset(
        {"number": (dims, counts[None, ..., :-1]), "complete": (dims[:-1], counts[None, ..., -1])},
        {
            "preset": [part.preset],
            "seed": list(part.seeds),
            "size": list(SIZES),
            "noise": list(NOISES),
            "count": list(COUNTS),
        },
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All data sets, with P(exactly one) and its 95 % interval."""
    data = joined_presets(parts, PRESET_NAMES)
    numbers = data["number"].sel(count=list(SINGLE)).rename(count="single")
    return with_shares(data, numbers == 1)


def draw(data: xr.Dataset) -> Canvas:
    """P(exactly one) against n, one curve per noise."""
    canvas, axes = plt.subplots(2, 2, figsize=(DOUBLE, 0.68 * DOUBLE), sharex=True, sharey=True)
    titles = {
        "overfitting": "overfitting region is one attractor",
        "attracting": "one attractor in all",
    }
    for column, (count, title) in enumerate(titles.items()):
        for row, preset in enumerate(data["preset"].to_numpy()):
            panel = data.sel(preset=preset)[["probability", "lower", "upper"]]
            draw_shares(axes[row, column], panel.sel(single=count))
            axes[row, column].set_title(f"{PRESETS[str(preset)].title}: {title}")
    for row in axes:
        row[0].set_ylabel("probability (95 % interval)")
    for axis in axes[-1]:
        axis.set_xlabel("data set size $n$")
    axes[0, 1].legend(title=r"noise $\sigma$", ncols=2)
    return canvas


def _counts(preset: str, seed: int, n: int) -> list[list[int]]:
    model = PRESETS[preset]()
    loss = Loss(model, Dataset.sample(model, n, seed))
    rows = []
    for noise in NOISES:
        sets = find_critical_sets(loss, noise=noise, regions=False)
        attracting = label_regions(loss, sets.attractors)
        rows.append(
            [
                sum(s.region == "overfitting" for s in attracting),
                len(attracting),
                sum(s.region == "plateau" for s in attracting),
                sum(s.is_line for s in attracting),
                sum(s.at_infinity for s in attracting),
                int(sets.complete),
            ]
        )
    return rows
