"""Training curves: loss on the data and excess risk against time, from small weights (claim 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator

from continuation.landscape import Dataset, Loss, find_critical_sets, flows_to_limits, trajectory
from continuation.landscape.basins import Gazetteer, regions_of, route, spans
from continuation.statistics import wilson_interval
from figures.arrays import join_presets, of_preset, padded, presets_of
from figures.captions import Caption, data_sets
from figures.settings import Settings, remark
from figures.style import PAPER, Style
from symbolic import PRESETS

TITLE = "loss on the data and excess risk against log time along typical trajectories"

SAMPLES = 100
NOISE = 0.1
TYPICAL = 3
"""Trajectories shown per preset: one for each of the most frequent itineraries."""

SCALES = (1.0, 0.1, 0.01)
"""Standard deviations of the initial weights; trajectories of the last are shown."""

SHOWN_FROM = 1e-1
"""First time on the axes; nothing happens before."""


@dataclass(frozen=True)
class Part:
    """One preset."""

    preset: str
    seed: int
    starts: int
    samples: int
    noise: float


def parts(settings: Settings) -> Sequence[Part]:
    """One part a preset."""
    starts = settings.choose(1000, 100, 100)
    size, noise = settings.samples(SAMPLES), settings.level(NOISE)
    return [Part(name, settings.seed, starts, size, noise) for name in settings.preset]


def compute(part: Part) -> xr.Dataset:
    """Itineraries of random starts, and the curves of the typical ones."""
    model = PRESETS[part.preset]()
    loss = Loss(model, Dataset.sample(model, part.samples, part.seed))
    at, population = loss.at(noise=part.noise), loss.population.at()
    places = Gazetteer.of(at, find_critical_sets(loss, noise=part.noise))
    unit = np.random.default_rng(part.seed).standard_normal((part.starts, model.dimension))
    by_scale = [
        [" → ".join(regions_of(route(places, r))) for r in flows_to_limits(at, scale * unit)]
        for scale in SCALES
    ]
    starts, ways = SCALES[-1] * unit, by_scale[-1]
    ends = Counter(ways)
    rows = [(scale, *row) for scale, all_ways in zip(SCALES, by_scale, strict=True)
            for row in Counter(all_ways).items()]  # fmt: skip
    typical = [ways.index(name) for name, _ in ends.most_common(TYPICAL)]
    paths = [trajectory(at, starts[k]) for k in typical]
    pieces = [spans(path, route(places, path.result)) for path in paths]
    low, high = wilson_interval([count for _, _, count in rows], part.starts)
    return xr.Dataset(
        {
            "scale": ("way", [scale for scale, _, _ in rows]),
            "itinerary": ("way", [way for _, way, _ in rows]),
            "fraction": ("way", np.array([count for _, _, count in rows]) / part.starts),
            "lower": ("way", low),
            "upper": ("way", high),
            "shown": ("path", [ways[k] for k in typical]),
            "time": (("path", "step"), padded([p.t for p in paths])),
            "train": (("path", "step"), padded([p.loss for p in paths])),
            "excess": (
                ("path", "step"),
                padded([np.array([population.value(q) for q in p.theta]) for p in paths]),
            ),
            "span_start": (("path", "span"), padded([[s.start for s in p] for p in pieces])),
            "span_end": (("path", "span"), padded([[s.end for s in p] for p in pieces])),
            "span_region": ("path", ["|".join(s.region for s in p) for p in pieces]),
            "span_label": ("path", ["|".join(s.label for s in p) for p in pieces]),
        },
        attrs={
            "preset": part.preset,
            "starts": part.starts,
            "samples": part.samples,
            "noise": part.noise,
        },
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Both presets; every name carries its preset."""
    return join_presets(parts)


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """A row a preset, a column a typical trajectory."""
    presets = presets_of(data)
    most = max(of_preset(data, preset).sizes["path"] for preset in presets)
    canvas, axes = style.panels(len(presets), most, 0.28 * len(presets), share="y")
    regions: set[str] = set()
    for row, preset in zip(axes, presets, strict=True):
        of = of_preset(data, preset)
        for k, panel in enumerate(row):
            if k < of.sizes["path"]:
                regions |= draw_training(panel, of, k, style)
            else:
                panel.set_axis_off()
        row[0].set_ylabel(f"{PRESETS[preset].title}\n{remark(preset)}\nloss")
    for panel in axes[-1]:
        panel.set_xlabel("flow time $t$")
    handles, _ = axes[0, 0].get_legend_handles_labels()
    shades = [
        Patch(color=style.regions[r], alpha=0.35, label=r) for r in style.regions if r in regions
    ]
    canvas.legend(
        handles=[*handles, *shades],
        loc="outside lower center",
        ncols=6 if not style.is_narrow else 3,
    )
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """Share of every trajectory shown."""
    shown = [of_preset(data, preset) for preset in presets_of(data)]
    panels = [
        f"{PRESETS[of.attrs['preset']].title}: {way}" for of in shown for way in of["shown"].values
    ]
    return Caption(
        panels=panels,
        models=presets_of(data),
        samples=f"{shown[0].attrs['samples']}",
        noise=f"{shown[0].attrs['noise']:g}",
        data_sets=f"{data_sets(1)} of each model",
        notes=(
            f"the most frequent itineraries of {shown[0].attrs['starts']} initial weights from "
            f"N(0, {SCALES[-1]:g}²), one trajectory of each; shaded: near sets of these regions",
        ),
    )


def draw_training(axes: Axes, data: xr.Dataset, k: int, style: Style = PAPER) -> set[str]:
    """Both losses of the k-th typical trajectory of one preset; returns the regions passed."""

    def of(name: str) -> np.ndarray:
        values = data[name].isel(path=k).to_numpy()
        return values[np.isfinite(values)]

    t = of("time")
    axes.plot(t[1:], of("train")[1:], color="black", lw=1.4, label="data")
    axes.plot(t[1:], of("excess")[1:], color="C0", lw=1.4, ls="--", label="excess risk")
    regions = str(data["span_region"].to_numpy()[k]).split("|")
    for region, start, end in zip(regions, of("span_start"), of("span_end"), strict=True):
        axes.axvspan(start, end, color=style.regions[region], alpha=0.35, lw=0)
    axes.set(xscale="log", yscale="log", xlim=(SHOWN_FROM, t[-1]))
    axes.yaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))  # their texts have room in a column
    name = str(data["shown"].to_numpy()[k])
    shown = (data["itinerary"] == name) & (data["scale"] == SCALES[-1])
    share = float(data["fraction"].to_numpy()[shown.to_numpy()][0])
    axes.set_title(
        f"{name.replace('→', '$→$')}\n({100 * share:.0f} % of {data.attrs['starts']} starts)"
    )
    return set(regions)
