"""Timelines of the heteroclinic graph along the noise and along the size of the data set."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from continuation.landscape import Evolution, evolve
from continuation.landscape.graph import UNDECIDED
from figures.arrays import join_parameters, join_presets, of_parameter, of_preset, presets_of
from figures.captions import Caption
from figures.plots import panel_size, text_width
from figures.settings import Settings
from figures.style import PAPER, SPECIAL_MARKERS, Style, verbatim
from figures.subjects import Subject, caption_of, conditions, is_measured, subjects, title

TITLE = "timeline of the graph: births, deaths and switches along the noise and the size"

SEED = 1
"""Added to the seed of the run: with 0, the graphs of these data sets show every kind of event."""
SAMPLES = 100
NOISE = 0.1
LIMITS = {"overparameterised": ((0.65, 0.82), (0.73, 0.82))}
"""Noise of a thorough run and of others, where much happens within a short range."""
USUAL_LIMITS = ((0.05, 0.5), (0.05, 0.5))
SCHEDULE = (20, 50, 100)

AXES = {"noise": r"noise $\sigma$", "size": "data set size $n$"}
"""Parameters, from the top, and how their axes are named."""

FIXED = {"noise": "n", "size": "σ"}
"""What stays fixed along a parameter."""

BAR_HEIGHT = {0: 0.72, 1: 0.36, 2: 0.14}
"""Height of a bar by index: attracting sets are full lanes; higher indices as 2."""

EVENT_MARKS = {
    **{name: SPECIAL_MARKERS[name] for name in ("fold", "arrival", "branch point")},
    "stopped": ("x", "not followed further"),
}

GAP_COLOUR, LEAST_GAP = "0.9", 1e-3
"""Where no graph is known, if it is wider than this share of the axis."""

GAP = 4.0
"""Points between the words of neighbouring runs."""


@dataclass(frozen=True)
class Part:
    """One timeline."""

    subject: Subject
    parameter: str
    limits: tuple[float, float]
    schedule: tuple[int, ...]
    resolution: int
    seed: int
    samples: int
    noise: float


def parts(settings: Settings) -> Sequence[Part]:
    """Along the noise and along the size; less than a thorough run looks at a part of the range."""
    resolution, seed = settings.choose(16, 6, 6), settings.seed + SEED
    made = []
    for one in subjects(settings):
        own = settings.samples(SAMPLES), one.level(settings.level(NOISE))
        sizes = one.sizes(SCHEDULE)[settings.choose(0, -2, -2) :]
        whole, short = LIMITS.get(one.preset, USUAL_LIMITS)
        limits = settings.choose(whole, short, short)
        if not one.is_measured:
            made.append(Part(one, "noise", limits, (), resolution, seed, *own))
        limits = float(sizes[0]), float(sizes[-1])
        made.append(Part(one, "size", limits, sizes, resolution, seed, *own))
    return made


def compute(part: Part) -> xr.Dataset:
    """Bars, marks, switches and counts of one timeline."""
    samples = part.samples if part.parameter == "noise" else part.schedule[-1]
    loss = part.subject.loss(samples, part.seed)
    found = evolve(
        loss,
        part.parameter,
        part.limits,
        noise=part.noise,
        schedule=part.schedule,
        resolution=part.resolution,
    )
    return timeline_arrays(found).assign_attrs(part.subject.facts(samples, part.noise))


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All timelines; every name carries its preset and its parameter."""
    return join_presets(join_parameters(parts))


def timeline_arrays(found: Evolution) -> xr.Dataset:
    """An evolution as arrays for drawing.

    Returns
    -------
    xarray.Dataset
        Along "lane" the labels, attracting sets first; along "bar" pieces of lanes with constant
        region and index; along "side" the targets of index-1 points; along "mark" the events of
        each strand; along "switch" and "interval" what the names say.
    """
    order = _lane_order(found)
    lane = {label: k for k, label in enumerate(order)}
    bars = [
        (lane[label], i.lower, i.upper, node["region"], node["index"], node["attracting"])
        for i in found.intervals
        for label, node in i.graph.nx.nodes(data=True)
        if label in lane
    ]
    sides = [
        (lane[a], lane[b], i.lower, i.upper)
        for i in found.intervals
        for a, b, edge in i.graph.nx.edges(data=True)
        if edge["departure"] == "side" and a in lane and b in lane
    ]
    marks = [
        (lane[label], event.p, event.kind)
        for event in found.events
        if event.kind != "switch"
        for label in (*event.born, *event.died, *event.changed)
    ]
    variables: dict[str, tuple[str, object]] = {"label": ("lane", order)}
    variables |= _columns("bar", ("lane", "lower", "upper", "region", "index", "attracting"), bars)
    variables |= _columns("side", ("source", "target", "lower", "upper"), sides)
    variables |= _columns("mark", ("lane", "p", "kind"), marks)
    switches = [(lane[s.source], lane[s.before], lane[s.after], s.p) for s in found.switches]
    variables |= _columns("switch", ("source", "before", "after", "p"), switches)
    counts = [(i.lower, i.upper, len(i.graph.attractors)) for i in found.intervals]
    variables |= _columns("interval", ("lower", "upper", "attractors"), counts)
    low, high = found.limits
    attributes = {"parameter": found.parameter, "lower": low, "upper": high}
    return xr.Dataset(variables, attrs={**attributes, "notes": "\n".join(found.notes)})


def _lane_order(found: Evolution) -> list[str]:
    """Lanes from the top: attracting sets, then by the lowest index, then by birth.

    Targets of flows that no branch follows have lanes of their own; strands that live only
    within the bracket of an event, where no graph is known, come last.
    """

    def rank(label: str) -> tuple[float, float, str]:
        nodes = [i.graph.nx.nodes[label] for i in found.intervals if label in i.graph.nx]
        lowest = (0 if node["attracting"] else max(1, node["index"]) for node in nodes)
        return min(lowest, default=np.inf), born.get(label, np.inf), label

    seen = {label for i in found.intervals for label in i.graph.nx}
    born = {s.label: float(s.p[0]) for s in found.strands}
    return sorted((seen | set(born)) - {UNDECIDED}, key=rank)


def _columns(
    dim: str, names: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> dict[str, tuple[str, object]]:
    """Variables "dim_name" of rows; texts stay texts, and no rows make empty numbers."""
    table = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return {
        f"{dim}_{name}": (
            dim,
            list(column) if column and isinstance(column[0], str) else np.array(column, float),
        )
        for name, column in zip(names, table, strict=True)
    }


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Lanes with their events, and the number of attractors below, for both parameters."""
    presets, along = presets_of(data), parameters_of(data)
    canvas, axes = style.panels(
        2 * len(along), len(presets), 0.48 + 0.4 * len(along), height_ratios=(6.0, 1.0) * len(along)
    )
    regions: set[str] = set()
    for column, preset in enumerate(presets):
        for row, parameter in enumerate(along):
            of = of_parameter(of_preset(data, preset), parameter)
            lanes, counts = axes[2 * row : 2 * row + 2, column]
            draw_timeline(lanes, of, style)
            draw_attractors(counts, of)
            fixed = conditions(of, FIXED[parameter])
            lanes.set_title(", ".join(filter(None, (title(of), fixed))))
            counts.set_xlabel(AXES[parameter])
            regions |= set(of["bar_region"].to_numpy().tolist())
    canvas.legend(
        handles=timeline_legend(regions, style),
        loc="outside lower center",
        ncols=style.legend_columns,
    )
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """Timelines and numbers of attractors."""
    presets, along = presets_of(data), parameters_of(data)
    shown = {p: [of_parameter(of_preset(data, name), p) for name in presets] for p in along}
    first = shown["size"][0]
    noises = ", ".join("{:g} to {:g}".format(*_limits(of)) for of in shown.get("noise", ()))
    sizes, own = "{:g} to {:g}".format(*_limits(first)), shown[along[0]][0].attrs["samples"]
    return caption_of(
        shown["size"],
        panels=[
            f"{text} of {title(of)}"
            for p in along
            for text in (f"all sets along the {p}", f"number of attractors along the {p}")
            for of in shown[p]
        ],
        notes=[
            f"{title(of)}: {line}"
            for each in shown.values()
            for of in each
            for line in dict.fromkeys(str(of.attrs["notes"]).split("\n"))
            if line
        ],
        samples=sizes if is_measured(first) else f"{own} along σ, {sizes}",
        noise=f"{noises}, {first.attrs['noise']:g} along n",
    )


def parameters_of(data: xr.Dataset) -> list[str]:
    """Parameters along which there are timelines: of measured data the size only."""
    first = of_preset(data, presets_of(data)[0])
    return [name for name in AXES if f"{name}_parameter" in first.attrs]


def draw_timeline(axes: Axes, data: xr.Dataset, style: Style = PAPER) -> None:
    """One lane a set; switches as arrows from the old target to the new one."""
    columns = ("bar_lane", "bar_lower", "bar_upper", "bar_region", "bar_index", "bar_attracting")
    for lane, low, high, region, index, attracts in _rows(data, columns):
        height = BAR_HEIGHT[0 if attracts else min(max(int(index), 1), 2)]
        axes.broken_barh(
            [(low, high - low)], (lane - height / 2, height),
            facecolor=style.regions[str(region)], lw=0, zorder=2,
        )  # fmt: skip
    for low, high in _unknown(data):
        axes.axvspan(low, high, color=GAP_COLOUR, lw=0, zorder=0)
    for p in sorted({*data["mark_p"].to_numpy(), *data["switch_p"].to_numpy()}):
        axes.axvline(p, color="0.85", lw=0.5, zorder=0)
    for lane, p, kind in _rows(data, ("mark_lane", "mark_p", "mark_kind")):
        marker = EVENT_MARKS[str(kind)][0]
        axes.plot(p, lane, marker, color="black", mfc="white", mew=0.7, ms=4, zorder=4)
    for source, before, after, p in _rows(
        data, ("switch_source", "switch_before", "switch_after", "switch_p")
    ):
        _switch(axes, p, source, before, after)
    _targets(axes, data)
    labels = [
        f"{verbatim(str(label))}  {_letter(k)}" for k, label in enumerate(data["label"].to_numpy())
    ]
    axes.set_yticks(range(len(labels)), labels, fontsize="small")
    axes.set(xlim=_limits(data), ylim=(len(labels) - 0.4, -0.6))
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=False)
    axes.spines["left"].set_visible(False)


def _switch(axes: Axes, p: float, source: float, before: float, after: float) -> None:
    """A dot at the saddle, an arrow from its old target to the new one."""
    axes.plot([p, p], [source, after], ":", color="black", lw=0.6, zorder=3)
    axes.plot(p, source, "s", color="black", ms=3.5, zorder=5)
    axes.annotate(
        "", (p, after), (p, before), zorder=5,
        arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 0.9, "mutation_scale": 7,
                    "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def _targets(axes: Axes, data: xr.Dataset) -> None:
    """Letters of the lanes that each index-1 point leads to, once for every run."""
    low, high = _limits(data)
    points = panel_size(axes)[0] / (high - low)
    runs: dict[int, list[tuple[float, float, tuple[int, ...]]]] = {}
    rows = sorted(_rows(data, ("side_source", "side_lower", "side_upper", "side_target")))
    for (source, lower, upper), group in itertools.groupby(rows, key=lambda row: row[:3]):
        targets = tuple(sorted({int(row[3]) for row in group}))
        known = runs.setdefault(int(source), [])
        if known and known[-1][2] == targets:
            known[-1] = (known[-1][0], upper, targets)
        else:
            known.append((lower, upper, targets))
    for source, pieces in runs.items():
        for lower, upper, targets in pieces:
            text = "→ " + ", ".join(map(_letter, targets))
            if text_width(text) + GAP < points * (upper - lower):
                axes.text(
                    0.5 * (lower + upper), source, text,
                    fontsize="small", ha="center", va="center", zorder=6,
                    bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8},
                )  # fmt: skip


def _letter(lane: int) -> str:
    """Short name of a lane: a … z, aa, …"""
    return ascii_lowercase[lane % 26] * (1 + lane // 26)


def draw_attractors(axes: Axes, data: xr.Dataset) -> None:
    """Number of attracting sets against the parameter."""
    for low, high, count in _rows(
        data, ("interval_lower", "interval_upper", "interval_attractors")
    ):
        axes.plot([low, high], [count, count], color="black", lw=1.4, solid_capstyle="butt")
    top = int(data["interval_attractors"].max())
    axes.set(xlim=_limits(data), ylim=(0, top + 0.7), ylabel="attractors")
    axes.set_yticks(range(0, top + 1, max(1, top // 3)))
    axes.grid(axis="y", lw=0.3)


def _unknown(data: xr.Dataset) -> Iterator[tuple[float, float]]:
    """Where no graph is known: between the intervals, within the brackets of events."""
    low, high = _limits(data)
    known = sorted(_rows(data, ("interval_lower", "interval_upper")))
    begins, ends = [begin for begin, _ in known], [end for _, end in known]
    for end, begin in zip([low, *ends], [*begins, high], strict=True):
        if begin - end > LEAST_GAP * (high - low):
            yield end, begin


def _rows(data: xr.Dataset, names: Sequence[str]) -> list[tuple[float, ...]]:
    return list(zip(*(data[name].to_numpy().tolist() for name in names), strict=True))


def _limits(data: xr.Dataset) -> tuple[float, float]:
    return float(data.attrs["lower"]), float(data.attrs["upper"])


def timeline_legend(regions: set[str], style: Style) -> list[Patch | Line2D]:
    """Regions that occur, heights of bars and marks of events."""
    named = [(style.regions[r], r) for r in style.regions if r in regions]
    handles: list[Patch | Line2D] = [
        Patch(color=colour, label=", ".join(r for other, r in named if other == colour))
        for colour in dict.fromkeys(colour for colour, _ in named)
    ]
    widths = {0: "attracting", 1: "index 1, → its targets", 2: "index 2 or more"}
    handles += [
        Line2D([], [], color="0.4", lw=8 * BAR_HEIGHT[k], label=name, solid_capstyle="butt")
        for k, name in widths.items()
    ]
    handles += [
        Line2D([], [], ls="", marker=marker, color="black", mfc="white", ms=4, label=name)
        for marker, name in EVENT_MARKS.values()
    ]
    handles.append(Patch(color=GAP_COLOUR, label="bracket of an event: no graph"))
    handles.append(Line2D([], [], marker="s", ls=":", lw=0.6, color="black", ms=3.5,
                          label="switch: source, old → new target"))  # fmt: skip
    return handles
