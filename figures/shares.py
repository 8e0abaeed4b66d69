"""Shares of data sets over size and noise: their parts, their intervals, and one panel of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from continuation.statistics import wilson_interval

STYLES = (
    ("#000000", "o", "-"),
    ("#0072B2", "s", "--"),
    ("#D55E00", "^", "-."),
    ("#8B8B8B", "D", ":"),
)
"""One for each noise, told apart in grey print too."""

BESIDE = 1.06
"""Ratio of the places of neighbouring curves: on one place the bars would hide each other."""


@dataclass(frozen=True)
class Part:
    """Some data sets of one preset, at every size and noise."""

    preset: str
    seeds: tuple[int, ...]


def groups(presets: Sequence[str], first: int, count: int, together: int) -> list[Part]:
    """Data sets of every preset, some together in a part; each has its own seed."""
    seeds = range(first, first + count)
    grouped = [tuple(seeds[i : i + together]) for i in range(0, count, together)]
    return [Part(preset, group) for preset in presets for group in grouped]


def joined_presets(parts: Sequence[xr.Dataset], presets: Sequence[str]) -> xr.Dataset:
    """All parts along "preset" and "seed"."""
    by_preset = [
        xr.concat([p for p in parts if p["preset"].item() == name], "seed") for name in presets
    ]
    return xr.concat(by_preset, "preset").assign_coords(preset=list(presets))


def with_shares(data: xr.Dataset, hits: xr.DataArray) -> xr.Dataset:
    """The data with the share of hits among the seeds and its 95 % interval."""
    number, count = hits.sum("seed"), data.sizes["seed"]
    low, high = wilson_interval(number.to_numpy(), count)
    return data.assign(
        probability=number / count, lower=(number.dims, low), upper=(number.dims, high)
    )


def draw_shares(axes: Axes, panel: xr.Dataset) -> None:
    """Shares against the size, one curve for each noise."""
    sizes = panel["size"].to_numpy()
    noises = panel["noise"].to_numpy()
    for k, (noise, (colour, marker, line)) in enumerate(zip(noises, STYLES, strict=True)):
        at = panel.sel(noise=noise)
        middle = at["probability"].to_numpy()
        error = np.abs(np.array([at["lower"].to_numpy(), at["upper"].to_numpy()]) - middle)
        axes.errorbar(
            sizes * BESIDE ** (k - 1.5), middle, error, color=colour, marker=marker, ls=line,
            ms=3.5, capsize=1.5, lw=1, label=f"{noise:g}",
        )  # fmt: skip
    axes.set(xscale="log", ylim=(-0.04, 1.04))
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
