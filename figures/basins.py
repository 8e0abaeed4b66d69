"""Where the gradient flow ends from random initial weights, over noise and data set size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from continuation.landscape import Dataset, Loss
from continuation.landscape.basins import UNDECIDED, UNLISTED, sweep_basins
from continuation.landscape.sets import INFINITY, POINT, SET_KINDS
from figures.arrays import PRESETS as ORDER
from figures.arrays import presets_of
from figures.captions import Caption, data_sets, levels
from figures.settings import Settings, with_remark
from figures.style import PAPER, Style
from symbolic import PRESETS

TITLE = "fractions of initial weights per attractor, over noise and data set size"

NOISES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
SIZES = (10, 20, 40, 80, 160, 320)
NOISE, SAMPLES = 0.1, 100
"""The parameter that is kept while the other one varies."""


def _legend_text(name: str) -> str:
    """Text of a kind in the legend: ends with their family, isolated points as points."""
    family = SET_KINDS[name].family if name in SET_KINDS else ""
    if family == INFINITY:
        return f"{family}: {name}"
    return family if family == POINT else name


HATCHES = {
    **{name: kind.hatch for name, kind in SET_KINDS.items() if kind.hatch is not None},
    UNDECIDED: "oo",
}
KIND_NAMES = {name: _legend_text(name) for name in HATCHES}
DARK = ("overfitting", "near-optimal")
"""Regions whose colour needs white hatches."""
WIDTH, BESIDE, GAP = 0.46, 0.22, 0.09
"""Of a bar, from the place of a value to its bar and to its intervals, and between these."""
HATCH_WIDTH = 0.6
"""Thinner than the bars' edges: the colour stays the first thing that is seen."""
INTERVAL = "fraction, 95 % interval"


@dataclass(frozen=True)
class Part:
    """One preset along one parameter."""

    preset: str
    parameter: str
    values: tuple[float, ...]
    trajectories: int
    seed: int
    samples: int
    noise: float


def parts(settings: Settings) -> Sequence[Part]:
    """A sweep for every panel."""
    stride, n = settings.choose(1, 2, 3), settings.choose(150, 40, 40)
    samples, noise = settings.samples(SAMPLES), settings.level(NOISE)
    return [
        Part(preset, along, tuple(map(float, values[::stride])), n, settings.seed, samples, noise)
        for preset in settings.preset
        for along, values in (("noise", NOISES), ("size", SIZES))
    ]


def compute(part: Part) -> xr.Dataset:
    """Counts per attractor, with names matched along the parameter."""
    model = PRESETS[part.preset]()
    loss = Loss(model, Dataset.sample(model, max(*SIZES, part.samples), part.seed))
    sweep = sweep_basins(
        loss,
        part.parameter,
        part.values,
        noise=part.noise,
        size=float(part.samples),
        n=part.trajectories,
        seed=part.seed,
    )
    lower, upper = sweep.interval()
    dims = ("value", "attractor")
    return xr.Dataset(
        {
            "count": (dims, sweep.counts),
            "fraction": (dims, sweep.fractions),
            "lower": (dims, lower),
            "upper": (dims, upper),
            "region": (dims, sweep.regions.astype(str)),
            "matched_by": (dims, sweep.matched_by.astype(str)),
            "complete": ("value", sweep.complete.astype(np.int8)),
        },
        {"value": sweep.values, "attractor": list(sweep.labels)},
        {
            "preset": part.preset,
            "parameter": part.parameter,
            "trajectories": part.trajectories,
            "samples": part.samples,
            "noise": part.noise,
        },
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All sweeps side by side; the names of one carry its preset and parameter in front."""
    named = []
    for part in parts:
        prefix = f"{part.attrs['preset']}_{part.attrs['parameter']}_"
        named.append(part.rename({k: f"{prefix}{k}" for k in {*part.variables, *part.dims}}))
    merged = xr.merge(named, combine_attrs="drop")
    common = {name: parts[0].attrs[name] for name in ("trajectories", "samples", "noise")}
    presets = dict.fromkeys(part.attrs["preset"] for part in parts)
    return merged.assign_attrs({**common, ORDER: " ".join(presets)})


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """A stacked bar for every value, each layer with its interval."""
    presets = presets_of(data)
    canvas, axes = style.panels(len(presets), 2, 0.39 * len(presets), share="y")
    labels = {
        "noise": rf"noise $\sigma$ ($n$ = {data.attrs['samples']})",
        "size": rf"data set size $n$ ($\sigma$ = {data.attrs['noise']:g})",
    }
    seen: set[tuple[str, str]] = set()
    for row, preset in zip(axes, presets, strict=True):
        for panel, parameter in zip(row, labels, strict=True):
            seen |= draw_basins(panel, data, preset, parameter, style)
            panel.set(xlabel=labels[parameter], title=with_remark(preset))
        row[0].set_ylabel("fraction of initial weights")
    canvas.legend(
        handles=_legend(seen, style), loc="outside lower center", ncols=style.legend_columns
    )
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """A panel for each preset and parameter."""
    values = {
        parameter: levels(
            v for preset in presets_of(data) for v in data[f"{preset}_{parameter}_value"].to_numpy()
        )
        for parameter in ("noise", "size")
    }
    return Caption(
        panels=[
            f"{PRESETS[preset].title}, along {text}"
            for preset in presets_of(data)
            for text in ("the noise", "the size")
        ],
        models=presets_of(data),
        samples=f"{data.attrs['samples']} (along σ), {values['size']}",
        noise=f"{values['noise']}, {data.attrs['noise']:g} (along n)",
        data_sets=f"{data_sets(1)} of each model, of which the first n samples count",
        notes=(f"{data.attrs['trajectories']} initial weights from N(0, 1) for a bar",),
    )


def draw_basins(
    axes: Axes, data: xr.Dataset, preset: str, parameter: str, style: Style = PAPER
) -> set[tuple[str, str]]:
    """Bars of one preset along one parameter; returns the pairs of kind and region that occur."""
    prefix = f"{preset}_{parameter}_"
    values = data[f"{prefix}value"].to_numpy()
    names = [str(name) for name in data[f"{prefix}attractor"].to_numpy()]
    arrays = {k: data[prefix + k].to_numpy() for k in ("fraction", "lower", "upper", "region")}
    seen = set()
    for k in range(len(values)):
        bottom, layer = 0.0, 0
        present = [j for j in range(len(names)) if arrays["fraction"][k, j] > 0.0]
        for j in sorted(present, key=lambda j: (_rank(names[j]), names[j])):
            fraction = float(arrays["fraction"][k, j])
            kind, region = _kind(names[j]), str(arrays["region"][k, j])
            seen.add((kind, region))
            axes.bar(k - BESIDE, fraction, WIDTH, bottom, **_bar(kind, region, style))
            ends = np.array([float(arrays[end][k, j]) for end in ("lower", "upper")])
            place = k + BESIDE + GAP * (layer + 0.5 - 0.5 * len(present))
            bottom, layer = bottom + fraction, layer + 1
            _whisker(axes, place, fraction, ends, _face(kind, region, style))
    axes.set_xticks(range(len(values)), [f"{value:g}" for value in values])
    axes.set_ylim(0.0, 1.0)
    return seen


def _whisker(axes: Axes, place: float, middle: float, ends: NDArray[np.float64], face: str) -> None:
    """A fraction with its interval beside the bar, in the colour of its layer."""
    below, above = max(middle - ends[0], 0.0), max(ends[1] - middle, 0.0)
    axes.errorbar(
        place, middle, [[below], [above]], color="black", lw=0.8, capsize=1.4, marker="o", ms=3.2,
        mfc=face, mew=0.6, zorder=4,
    )  # fmt: skip


def _kind(name: str) -> str:
    return UNDECIDED if name in (UNDECIDED, UNLISTED) else name.rstrip("0123456789 ")


def _rank(name: str) -> int:
    return list(HATCHES).index(_kind(name))


def _face(kind: str, region: str, style: Style) -> str:
    return "white" if kind == UNDECIDED else style.regions[region or "unlabelled"]


def _bar(kind: str, region: str, style: Style) -> dict[str, Any]:
    return {
        "facecolor": _face(kind, region, style),
        "hatch": HATCHES[kind],
        "edgecolor": "white" if region in DARK else "black",
        "linewidth": 0.6,
        "hatch_linewidth": HATCH_WIDTH,
    }


def _legend(seen: set[tuple[str, str]], style: Style) -> list[Patch | Line2D]:
    """Colours of regions, then hatches of kinds."""
    regions = [
        Patch(facecolor=colour, label=region)
        for region, colour in style.regions.items()
        if region in {r for _, r in seen}
    ]
    kinds = [
        Patch(
            facecolor="white",
            edgecolor="black",
            hatch=HATCHES[kind],
            label=KIND_NAMES[kind],
            hatch_linewidth=HATCH_WIDTH,
        )
        for kind in HATCHES
        if kind in {k for k, _ in seen}
    ]
    interval = Line2D(
        [], [], marker="o", ms=3.2, lw=0.8, mfc="white", color="black", label=INTERVAL
    )
    return [*regions, *kinds, interval]
