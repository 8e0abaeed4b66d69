"""Where the gradient flow ends from random initial weights, over noise and data set size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
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
from figures.settings import SHOWN, Settings
from figures.style import DOUBLE, REGION_COLOURS
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
LABELS = {
    "noise": rf"noise $\sigma$ ($n$ = {SAMPLES})",
    "size": rf"data set size $n$ ($\sigma$ = {NOISE:g})",
}
DARK = ("overfitting", "near-optimal")
"""Regions whose colour needs white hatches."""
WIDTH = 0.78
INTERVAL = "95 % interval of the layer below (topmost: above)"


@dataclass(frozen=True)
class Part:
    """One preset along one parameter."""

    preset: str
    parameter: str
    values: tuple[float, ...]
    trajectories: int
    seed: int


def parts(settings: Settings) -> Sequence[Part]:
    """A sweep for every panel."""
    stride, n = settings.choose(1, 3), settings.choose(150, 40)
    return [
        Part(preset, parameter, tuple(map(float, values[::stride])), n, settings.seed)
        for preset in SHOWN
        for parameter, values in (("noise", NOISES), ("size", SIZES))
    ]


def compute(part: Part) -> xr.Dataset:
    """Counts per attractor, with names matched along the parameter."""
    model = PRESETS[part.preset]()
    loss = Loss(model, Dataset.sample(model, max(SIZES), part.seed))
    sweep = sweep_basins(
        loss,
        part.parameter,
        part.values,
        noise=NOISE,
        size=float(SAMPLES),
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
        {"preset": part.preset, "parameter": part.parameter, "trajectories": part.trajectories},
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All sweeps side by side; the names of one carry its preset and parameter in front."""
    named = []
    for part in parts:
        prefix = f"{part.attrs['preset']}_{part.attrs['parameter']}_"
        named.append(part.rename({k: f"{prefix}{k}" for k in {*part.variables, *part.dims}}))
    merged = xr.merge(named, combine_attrs="drop")
    return merged.assign_attrs(trajectories=parts[0].attrs["trajectories"])


def draw(data: xr.Dataset) -> Canvas:
    """A stacked bar for every value; the edge of each layer carries the layer's interval."""
    canvas, axes = plt.subplots(2, 2, figsize=(DOUBLE, 0.78 * DOUBLE), sharey=True)
    seen: set[tuple[str, str]] = set()
    for row, preset in zip(axes, SHOWN, strict=True):
        for panel, parameter in zip(row, LABELS, strict=True):
            seen |= _panel(panel, data, f"{preset}_{parameter}_")
            panel.set(xlabel=LABELS[parameter], title=f"{PRESETS[preset].title} ({SHOWN[preset]})")
        row[0].set_ylabel("fraction of initial weights")
    canvas.legend(handles=_legend(seen), loc="outside lower center", ncols=4)
    return canvas


def _panel(axes: Axes, data: xr.Dataset, prefix: str) -> set[tuple[str, str]]:
    """Draw one sweep; returns the pairs of kind and region that occur."""
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
            axes.bar(k, fraction, WIDTH, bottom, **_style(kind, region))
            place = k + WIDTH * (0.22 * (layer % 4) - 0.33)
            ends = np.array([float(arrays[end][k, j]) for end in ("lower", "upper")])
            bottom, layer = bottom + fraction, layer + 1
            if layer < len(present):
                _whisker(axes, place, bottom, bottom - fraction + ends)
            else:  # the last one hangs from the top
                _whisker(axes, place, bottom - fraction, bottom - ends[::-1])
    axes.set_xticks(range(len(values)), [f"{value:g}" for value in values])
    axes.set_ylim(0.0, 1.0)
    return seen


def _whisker(axes: Axes, place: float, middle: float, ends: NDArray[np.float64]) -> None:
    """An interval in black on white, so that it shows on every colour."""
    below, above = max(middle - ends[0], 0.0), max(ends[1] - middle, 0.0)
    for colour, width in (("white", 2.4), ("black", 0.9)):
        axes.errorbar(
            place, middle, [[below], [above]], color=colour, lw=width, capsize=1.6, capthick=width,
            zorder=4,
        )  # fmt: skip


def _kind(name: str) -> str:
    return UNDECIDED if name in (UNDECIDED, UNLISTED) else name.rstrip("0123456789 ")


def _rank(name: str) -> int:
    return list(HATCHES).index(_kind(name))


def _style(kind: str, region: str) -> dict[str, Any]:
    face = "white" if kind == UNDECIDED else REGION_COLOURS[region or "unlabelled"]
    return {
        "facecolor": face,
        "hatch": HATCHES[kind],
        "edgecolor": "white" if region in DARK else "black",
        "linewidth": 0.5,
    }


def _legend(seen: set[tuple[str, str]]) -> list[Patch | Line2D]:
    """Colours of regions, then hatches of kinds."""
    regions = [
        Patch(facecolor=colour, label=region)
        for region, colour in REGION_COLOURS.items()
        if region in {r for _, r in seen}
    ]
    kinds = [
        Patch(facecolor="white", edgecolor="black", hatch=HATCHES[kind], label=KIND_NAMES[kind])
        for kind in HATCHES
        if kind in {k for k, _ in seen}
    ]
    interval = Line2D([], [], ls="", marker="$I$", color="black", label=INTERVAL)
    return [*regions, *kinds, interval]
