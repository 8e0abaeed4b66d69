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

from continuation.landscape.basins import UNDECIDED, UNLISTED, sweep_basins
from continuation.landscape.sets import INFINITY, POINT, SET_KINDS
from figures.arrays import join_parameters, join_presets, of_parameter, of_preset, presets_of
from figures.captions import Caption, levels
from figures.settings import Settings
from figures.style import PAPER, Style
from figures.subjects import (
    Subject,
    caption_of,
    conditions,
    is_measured,
    subjects,
    title,
    with_remark,
)

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

LABELS = {"noise": r"noise $\sigma$", "size": "data set size $n$"}
FIXED = {"noise": "n", "size": "σ"}
"""What is swept, and what stays fixed meanwhile."""


@dataclass(frozen=True)
class Part:
    """One preset along one parameter."""

    subject: Subject
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
    made = []
    for one in subjects(settings):
        noises = () if one.is_measured else NOISES
        for along, values in (("noise", noises), ("size", one.sizes(SIZES))):
            shown, own = tuple(map(float, values[::-stride][::-1])), one.level(noise)
            made += [Part(one, along, shown, n, settings.seed, samples, own)] if shown else []
    return made


def compute(part: Part) -> xr.Dataset:
    """Counts per attractor, with names matched along the parameter."""
    loss = part.subject.loss(max(*SIZES, part.samples), part.seed)
    facts = part.subject.facts(part.samples, part.noise)
    sweep = sweep_basins(
        loss,
        part.parameter,
        part.values,
        noise=part.noise,
        size=float(facts["samples"]),
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
        {**facts, "parameter": part.parameter, "trajectories": part.trajectories},
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All sweeps side by side; the names of one carry its preset and parameter in front."""
    return join_presets(join_parameters(parts))


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """A stacked bar for every value, each layer with its interval."""
    presets = presets_of(data)
    swept = parameters_of(data)
    canvas, axes = style.panels(len(presets), len(swept), 0.39 * len(presets), share="y")
    seen: set[tuple[str, str]] = set()
    for row, preset in zip(axes, presets, strict=True):
        for panel, parameter in zip(row, swept, strict=True):
            of = of_parameter(of_preset(data, preset), parameter)
            seen |= draw_basins(panel, of, style)
            name, fixed = LABELS[parameter], conditions(of, FIXED[parameter])
            panel.set(xlabel=f"{name} ({fixed})" if fixed else name, title=with_remark(of))
        row[0].set_ylabel("fraction of initial weights")
    canvas.legend(
        handles=_legend(seen, style), loc="outside lower center", ncols=style.legend_columns
    )
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """A panel for each preset and parameter."""
    swept = parameters_of(data)
    shown = {
        parameter: [of_parameter(of_preset(data, name), parameter) for name in presets_of(data)]
        for parameter in swept
    }
    values = {
        p: levels(v for of in each for v in of["value"].to_numpy()) for p, each in shown.items()
    }
    first = shown["size"][0]
    own = first.attrs["samples"]
    return caption_of(
        shown["size"],
        panels=[f"{title(of)}, along the {p}" for of in shown["size"] for p in swept],
        notes=(
            f"{first.attrs['trajectories']} initial weights from N(0, 1) for a bar",
            "along the size the first n samples count",
        ),
        samples=values["size"] if is_measured(first) else f"{own} (along σ), {values['size']}",
        noise=f"{values.get('noise', '')}, {first.attrs['noise']:g} (along n)",
    )


def parameters_of(data: xr.Dataset) -> list[str]:
    """Parameters that are swept: of measured data the size only."""
    first = of_preset(data, presets_of(data)[0])
    return [name for name in LABELS if f"{name}_parameter" in first.attrs]


def draw_basins(axes: Axes, data: xr.Dataset, style: Style = PAPER) -> set[tuple[str, str]]:
    """Bars of one preset along one parameter; returns the pairs of kind and region that occur."""
    values = data["value"].to_numpy()
    names = [str(name) for name in data["attractor"].to_numpy()]
    arrays = {k: data[k].to_numpy() for k in ("fraction", "lower", "upper", "region")}
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
