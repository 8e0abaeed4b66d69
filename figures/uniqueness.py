"""How often one critical point near the optimum is certified (the rigorous side of claim 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from continuation.certify.unique_minimum import unique_minimum_holds
from continuation.landscape import Dataset, Loss
from continuation.statistics import wilson_interval
from figures.settings import Settings
from figures.style import DOUBLE, PRESET_TITLES
from symbolic import PRESETS

TITLE = "share of data sets with exactly one certified minimum near the theoretical optimum"

PRESET_NAMES = ("single_unit", "fukumizu_amari")
"""Presets with as many units as their teacher: only there the optimum is isolated."""
TITLES = {**PRESET_TITLES, "single_unit": "one unit"}
SIZES = (30, 100, 300)
NOISES = (0.001, 0.003, 0.01, 0.03)
SEEDS_PER_PART = 4
STYLES = (
    ("#000000", "o", "-"),
    ("#0072B2", "s", "--"),
    ("#D55E00", "^", "-."),
    ("#8B8B8B", "D", ":"),
)


@dataclass(frozen=True)
class Part:
    """Some data sets of one preset, at every size and noise."""

    preset: str
    seeds: tuple[int, ...]


def parts(settings: Settings) -> Sequence[Part]:
    """Data sets in groups."""
    seeds = range(settings.seed, settings.seed + settings.choose(24, 2))
    groups = [tuple(seeds[i : i + SEEDS_PER_PART]) for i in range(0, len(seeds), SEEDS_PER_PART)]
    return [Part(preset, group) for preset in PRESET_NAMES for group in groups]


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
    by_preset = [
        xr.concat([p for p in parts if p["preset"].item() == name], "seed") for name in PRESET_NAMES
    ]
    data = xr.concat(by_preset, "preset").assign_coords(preset=list(PRESET_NAMES))
    hits = data["holds"].sum("seed")
    low, high = wilson_interval(hits.to_numpy(), data.sizes["seed"])
    data["probability"] = hits / data.sizes["seed"]
    data["lower"] = (hits.dims, low)
    data["upper"] = (hits.dims, high)
    return data


def draw(data: xr.Dataset) -> Canvas:
    """Share of data sets against n, one curve per noise."""
    canvas, axes = plt.subplots(1, 2, figsize=(DOUBLE, 0.4 * DOUBLE), sharey=True)
    for axis, preset in zip(axes, data["preset"].to_numpy(), strict=True):
        _panel(axis, data.sel(preset=preset))
        axis.set_title(TITLES[str(preset)])
        axis.set_xlabel("data set size $n$")
    axes[0].set_ylabel("share certified (95 % interval)")
    axes[0].legend(title=r"noise $\sigma$", loc="lower right", ncols=2)
    return canvas


def _panel(axes: Axes, panel: xr.Dataset) -> None:
    sizes = panel["size"].to_numpy()
    for k, (noise, (colour, marker, line)) in enumerate(
        zip(panel["noise"].to_numpy(), STYLES, strict=True)
    ):
        at = panel.sel(noise=noise)
        middle = at["probability"].to_numpy()
        error = np.abs(np.array([at["lower"].to_numpy(), at["upper"].to_numpy()]) - middle)
        place = sizes * 1.05 ** (k - 1.5)  # side by side, or the bars hide each other
        axes.errorbar(
            place, middle, error, color=colour, marker=marker, ls=line, ms=3.5, capsize=1.5, lw=1,
            label=f"{noise:g}",
        )  # fmt: skip
    axes.set(xscale="log", ylim=(-0.04, 1.04))
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
