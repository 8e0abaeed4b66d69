"""How likely a single attractor is, over data set size and noise (claims 1 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.figure import Figure as Canvas
from numpy.typing import NDArray

from continuation.landscape import Dataset, Loss, find_critical_sets
from continuation.landscape.branches import label_regions
from figures.captions import Caption, levels, titles
from figures.settings import SHOWN as SHOWN_BESIDE
from figures.settings import Settings, with_remark
from figures.shares import Bounds, draw_shares, sampled
from figures.style import PAPER, Style
from symbolic import PRESETS

TITLE = "probability of a single attractor modulo symmetry over data set size and noise"

SIZES = (10, 100, 300)
NOISES = (0.02, 0.1)

SADDLES, SINGLE, ALONE = "saddles", "single", "alone"
"""Shares of data sets: no plateau set attracts, one set of the overfitting region, one in all."""

USUAL = {1: 24, 2: 6, 3: 2}
"""Data sets at most of a usual run, by units: a list of three takes forty times as long as one of
one."""

SHOWN = {SINGLE: "one overfitting attractor", ALONE: "one attractor in all"}


@dataclass(frozen=True)
class Part:
    """One preset at one size and noise, on as many data sets as a verdict needs."""

    preset: str
    size: int
    noise: float
    first: int
    budget: int
    least: int

    def draw(self, seed: int) -> dict[str, Bounds]:
        """Which of the shares the data set of a seed belongs to."""
        model = PRESETS[self.preset]()
        loss = Loss(model, Dataset.sample(model, self.size, seed))
        sets = find_critical_sets(loss, noise=self.noise, regions=False)
        regions = [found.region for found in label_regions(loss, sets.attractors)]
        more = not sets.complete
        return {
            SADDLES: _number(regions.count("plateau"), 0, more),
            SINGLE: _number(regions.count("overfitting"), 1, more),
            ALONE: _number(len(regions), 1, more),
        }


def parts(settings: Settings) -> Sequence[Part]:
    """One part for every preset, size and noise; the slow presets first."""
    least, sizes = settings.choose(10, 4, 2), SIZES[: settings.choose(len(SIZES), len(SIZES), 2)]
    units = {name: PRESETS[name]().hidden for name in PRESETS}
    return [
        Part(
            preset, size, noise, settings.seed, settings.choose(150, USUAL[units[preset]], 6), least
        )
        for preset in sorted(PRESETS, key=lambda name: -units[name])
        for size in sizes
        for noise in NOISES
    ]  # fmt: skip


def compute(part: Part) -> xr.Dataset:
    """The shares of one part."""
    place = {"preset": [part.preset], "size": [part.size], "noise": [part.noise]}
    return sampled(part.draw, part.first, part.budget, part.least).expand_dims(place)


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All shares over preset, size and noise."""
    return xr.combine_by_coords(parts, combine_attrs="drop").sel(preset=list(PRESETS))


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Shares against n, one curve for each noise; a column a preset."""
    presets = [str(name) for name in data["preset"].to_numpy()]
    canvas, axes = style.panels(2, len(presets), 0.6, share="xy", tallest=0.62)
    for column, preset in zip(axes.T, presets, strict=True):
        at = data.sel(preset=preset)
        for axis, share in zip(column, SHOWN, strict=True):
            draw_shares(axis, at.sel(share=share))
        draws = at["draws"].to_numpy()
        column[0].set_title(f"{PRESETS[preset].title}\n{_range(draws)} data sets")
        column[1].set_xlabel("data set size $n$")
    for row, name in zip(axes, SHOWN.values(), strict=True):
        row[0].set_ylabel(f"P({name})")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    canvas.legend(
        handles, labels, title=r"noise $\sigma$; 95 % intervals, valid at any stopping time",
        loc="outside lower center", ncols=len(labels),
    )  # fmt: skip
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """A panel for each share and preset."""
    presets = [str(name) for name in data["preset"].to_numpy()]
    return Caption(
        panels=[f"{title}: {share}" for share in SHOWN.values() for title in titles(presets)],
        models=presets,
        samples=levels(data["size"].to_numpy()),
        noise=levels(data["noise"].to_numpy()),
        data_sets=f"{_range(data['draws'].to_numpy())} data sets at every n and σ, until decided "
        f"or the budget of {_range(data['budget'].to_numpy())} ended",
        notes=(
            "bars: 95 % intervals, valid at any stopping time",
            "plateau, near-optimal, overfitting: " + "; ".join(map(with_remark, SHOWN_BESIDE)),
        ),
    )


def _range(draws: NDArray[np.int64]) -> str:
    least, most = draws.min(), draws.max()
    return f"{least}" if least == most else f"{least} to {most}"


def _number(found: int, wanted: int, more: bool) -> Bounds:
    """Whether a number is the wanted one; there may be more where the list is not complete."""
    return float(found == wanted and not more), float(found == wanted or (more and found < wanted))
