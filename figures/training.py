"""Training curves: loss on the data and excess risk against time, from small weights (claim 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator

from continuation.arrays import Array
from continuation.landscape import Loss, Trajectory, find_critical_sets, flows_to_limits, trajectory
from continuation.landscape.basins import Gazetteer, Stop, regions_of, route, spans
from continuation.statistics import wilson_interval
from figures.arrays import join_presets, of_preset, padded, presets_of
from figures.captions import Caption
from figures.settings import Settings
from figures.style import PAPER, Style, verbatim
from figures.subjects import Subject, caption_of, is_measured, subjects, title, with_remark

TITLE = "loss on the data and excess risk against log time along typical trajectories"

SAMPLES = 100
NOISE = 0.1
TYPICAL = 3
"""Trajectories shown per preset: one for each of the most frequent itineraries."""

SCALES = (1.0, 0.1, 0.01)
"""Standard deviations of the initial weights; trajectories of the last are shown."""

WAY = 32
"""Letters of an itinerary that have room in one line above a panel."""

SHOWN_FROM = 1e-1
"""First time on the axes; nothing happens before."""


@dataclass(frozen=True)
class Part:
    """One preset."""

    subject: Subject
    seed: int
    starts: int
    samples: int
    noise: float


def parts(settings: Settings) -> Sequence[Part]:
    """One part a preset."""
    starts = settings.choose(1000, 300, 100)
    size, noise = settings.samples(SAMPLES), settings.level(NOISE)
    return [Part(one, settings.seed, starts, size, one.level(noise)) for one in subjects(settings)]


def compute(part: Part) -> xr.Dataset:
    """Itineraries of random starts, and the curves of the typical ones."""
    loss, named = part.subject.loss(part.samples, part.seed), part.subject.is_measured
    at = loss.at(noise=part.noise)
    places = Gazetteer.of(at, find_critical_sets(loss, noise=part.noise))
    unit = np.random.default_rng(part.seed).standard_normal((part.starts, loss.model.dimension))
    by_scale = [
        [itinerary(route(places, r), named) for r in flows_to_limits(at, scale * unit)]
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
            **_excess(loss, paths),
            "span_start": (("path", "span"), padded([[s.start for s in p] for p in pieces])),
            "span_end": (("path", "span"), padded([[s.end for s in p] for p in pieces])),
            "span_region": ("path", ["|".join(s.region for s in p) for p in pieces]),
            "span_label": ("path", ["|".join(s.label for s in p) for p in pieces]),
        },
        attrs={
            **part.subject.facts(part.samples, part.noise),
            "starts": part.starts,
        },
    )


def itinerary(stops: Sequence[Stop], named: bool) -> str:
    """Regions that a trajectory passes; where there are none, the sets by name."""
    if named:
        return " → ".join(dict.fromkeys(stop.label for stop in stops))
    return " → ".join(regions_of(stops))


def _excess(loss: Loss, paths: Sequence[Trajectory]) -> dict[str, tuple[tuple[str, str], Array]]:
    """The excess risk along trajectories, where there is a teacher."""
    if loss.model.teacher is None:
        return {}
    population = loss.population.at()
    rows = [np.array([population.value(q) for q in path.theta]) for path in paths]
    return {"excess": (("path", "step"), padded(rows))}


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
        row[0].set_ylabel("\n".join((*with_remark(of).split(": "), "loss")))
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
    near = "the sets in turn" if is_measured(shown[0]) else "sets of these regions"
    return caption_of(
        shown,
        panels=[f"{title(of)}: {way}" for of in shown for way in of["shown"].values],
        notes=(
            f"the most frequent itineraries of {shown[0].attrs['starts']} initial weights from "
            f"N(0, {SCALES[-1]:g}²), one trajectory of each; shaded: near {near}",
        ),
    )


def draw_training(axes: Axes, data: xr.Dataset, k: int, style: Style = PAPER) -> set[str]:
    """Both losses of the k-th typical trajectory of one preset; returns the regions passed."""

    def of(name: str) -> np.ndarray:
        values = data[name].isel(path=k).to_numpy()
        return values[np.isfinite(values)]

    t = of("time")
    axes.plot(t[1:], of("train")[1:], color="black", lw=1.4, label="data")
    if "excess" in data:
        axes.plot(t[1:], of("excess")[1:], color="C0", lw=1.4, ls="--", label="excess risk")
    regions = str(data["span_region"].to_numpy()[k]).split("|")
    for number, (region, start, end) in enumerate(
        zip(regions, of("span_start"), of("span_end"), strict=True)
    ):
        alike = number % 2 == 1 and regions[number - 1] == region
        axes.axvspan(start, end, color=style.regions[region], alpha=0.15 if alike else 0.35, lw=0)
    axes.set(xscale="log", yscale="log", xlim=(SHOWN_FROM, t[-1]))
    axes.yaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))  # their texts have room in a column
    name = str(data["shown"].to_numpy()[k])
    shown = (data["itinerary"] == name) & (data["scale"] == SCALES[-1])
    share = float(data["fraction"].to_numpy()[shown.to_numpy()][0])
    way = fill(verbatim(name), WAY).replace("→", "$→$")
    axes.set_title(f"{way}\n({100 * share:.0f} % of {data.attrs['starts']} starts)")
    return set(regions)
