"""Pieces of figures: (data, axes) in, artists out; nothing is computed but what is shown."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

import networkx as nx
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from numpy.typing import NDArray

from continuation.arrays import Array
from figures.style import KIND_MARKERS, PAPER, Style, verbatim

BAND = (0.1, 0.9)
"""Quantiles shown around a median."""

MOST_COLUMNS = 6
"""Columns of a graph: with more, labels run into each other."""

CROWDED = 20
"""With more nodes than these, labels are abbreviated."""

BOUND = "\N{NO-BREAK SPACE}"

KEY_WIDTH = 56
"""Characters of a line below a graph of half the page's width."""

ENTERED_COLOUR, ENTERED_WIDTH = "0.05", 1.2
"""Arrows into certified basins; the others are thin and grey."""

KIND_NAMES = {
    "point": "point",
    "line": "line (split or silent)",
    "manifold": "manifold",
    "infinity": "set at infinity",
}


def median_and_band(
    axes: Axes, levels: Array, values: Array, label: str, colour: str = "C0"
) -> None:
    """Median over data sets with its band, every data set as a faint dot.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    levels : ndarray, shape (k,)
    values : ndarray, shape (m, k)
        NaN where a data set has no value; a level that none has is left out.
    label : str
        Legend entry of the median.
    colour : str
    """
    reached = np.isfinite(values).any(axis=0)
    levels, values = levels[reached], values[:, reached]
    low, middle, high = np.nanquantile(values, (BAND[0], 0.5, BAND[1]), axis=0)
    axes.fill_between(levels, low, high, color=colour, alpha=0.2, lw=0)
    axes.plot(np.tile(levels, len(values)), values.ravel(), ".", color="0.55", ms=1.5, zorder=1)
    axes.plot(levels, middle, "o-", color=colour, ms=3, label=label)


def draw_graph(axes: Axes, nodes: xr.Dataset, edges: xr.Dataset, style: Style = PAPER) -> None:
    """Heteroclinic graph: height = loss, colour = region, shape = kind, filled = attracting.

    A dot marks what is certified, a dark arrow what was followed into a certified basin.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    nodes : xarray.Dataset
        Along "node": label, kind, region, loss, attracting and, where known, certified.
    edges : xarray.Dataset
        Along "edge": source and target (positions of nodes), multiplicity, source_parameter and,
        where known, certified_basin.
    style : Style
        For the colours of regions.
    """
    loss = nodes["loss"].to_numpy()
    height = height_of(loss)
    links = joined(edges)
    texts, key = node_texts([verbatim(str(label)) for label in nodes["label"].to_numpy()])
    across = spread(height, list(links), MOST_COLUMNS * (2 if key else 1))
    entered = certified_links(edges)
    for (i, j), count in links.items():
        _arrow(axes, (across[i], height[i]), (across[j], height[j]), count, (i, j) in entered)
    for k in range(loss.size):
        _node(axes, nodes.isel(node=k), across[k], height[k], texts[k], style)
    if "certified" in nodes:
        marked = nodes["certified"].to_numpy().astype(bool)
        axes.scatter(
            across[marked],
            height[marked],
            s=9,  # seen on filled and on empty nodes
            color="white",
            edgecolor="black",
            linewidth=0.6,
            zorder=3.5,
        )
    ticks = _distinct_levels(height)
    axes.set_yticks(height[ticks], _level_texts(loss[ticks]))
    axes.set_xticks([])
    axes.set_xlabel(key, fontsize="small")
    axes.spines["bottom"].set_visible(False)
    axes.margins(0.12, 0.1)
    axes.set_ylabel("loss $L$ (order and logarithmic gaps)")


def node_texts(labels: Sequence[str]) -> tuple[list[str], str]:
    """Labels of nodes; of a crowded graph their initials and numbers, and what these stand for."""
    if len(labels) <= CROWDED:
        return list(labels), ""
    names = [label.rpartition(" ")[0] for label in labels]
    short = {name: "".join(word[0] for word in name.replace("(", "").split()) for name in names}
    pairs = zip(names, labels, strict=True)
    texts = [short[name] + label.rpartition(" ")[2] for name, label in pairs]
    entries = [f"{text} {name}".replace(" ", BOUND) for name, text in sorted(short.items())]
    return texts, textwrap.fill(", ".join(entries), KEY_WIDTH).replace(BOUND, " ")


def joined(edges: xr.Dataset) -> dict[tuple[int, int], int]:
    """One arrow for each pair of nodes: connections that leave from one place are added up.

    Of a line several places are known; the arrow carries the largest number that any has.
    """
    counts: dict[tuple[int, int], Counter[float]] = {}
    columns = [
        edges[k].to_numpy() for k in ("source", "target", "source_parameter", "multiplicity")
    ]
    for source, target, place, number in zip(*columns, strict=True):
        at = 0.0 if np.isnan(place) else float(place)
        counts.setdefault((int(source), int(target)), Counter())[at] += int(number)
    return {link: max(number.values()) for link, number in counts.items()}


def certified_links(edges: xr.Dataset) -> set[tuple[int, int]]:
    """Pairs of nodes all of whose connections were followed into a certified basin."""
    if "certified_basin" not in edges:
        return set()
    ends = list(zip(edges["source"].to_numpy(), edges["target"].to_numpy(), strict=True))
    entered = edges["certified_basin"].to_numpy().astype(bool)
    open_ = {(int(i), int(j)) for (i, j), sure in zip(ends, entered, strict=True) if not sure}
    return {(int(i), int(j)) for i, j in ends} - open_


def height_of(loss: Array) -> Array:
    """Heights in [0, 1] that keep the order of the losses and grow with the logarithm of gaps.

    Losses of a landscape agree to many digits or differ by orders of magnitude; linear and
    logarithmic axes both put nodes on top of each other.
    """
    order = np.argsort(loss, kind="stable")
    gaps = np.diff(loss[order]) / max(float(np.ptp(loss)), np.finfo(float).tiny)
    steps = np.maximum(0.0, np.log10(np.maximum(gaps, 1e-12)) + 6.0) + 0.6 * (gaps > 1e-9)
    height = np.empty(loss.size)
    height[order] = np.concatenate([[0.0], np.cumsum(steps)])
    return height / max(float(height.max()), 1.0)


def spread(height: Array, links: Sequence[tuple[int, int]], most: int = MOST_COLUMNS) -> Array:
    """Horizontal places: short arrows, no two nodes close to each other.

    Nodes are placed from the bottom up; each takes the free column that is closest to the mean
    of its placed neighbours.
    """
    graph = nx.Graph(links)
    columns = np.linspace(0.0, 1.0, max(3, min(most, height.size)))
    across = np.full(height.size, np.nan)
    for k in np.argsort(height, kind="stable"):
        near = [across[j] for j in graph.adj.get(k, ()) if np.isfinite(across[j])]
        wanted = float(np.mean(near)) if near else 0.5
        placed = np.isfinite(across)
        crowding = [
            (
                np.exp(
                    -((c - across[placed]) ** 2) / 0.02 - (height[k] - height[placed]) ** 2 / 0.02
                )
            ).sum()
            for c in columns
        ]
        through = [_covered(c, height[k], across, height, graph, k) for c in columns]
        across[k] = columns[
            int(
                np.argmin(
                    4.0 * np.array(crowding) + np.abs(columns - wanted) + 2.0 * np.array(through)
                )
            )
        ]
    return across


def _covered(
    place: float, level: float, across: Array, height: Array, graph: nx.Graph, node: int
) -> float:
    """How many placed nodes the arrows from (place, level) would run across."""
    count = 0.0
    for j in graph.adj.get(node, ()):
        if not np.isfinite(across[j]):
            continue
        for m in np.flatnonzero(np.isfinite(across)):
            between = min(level, height[j]) + 0.02 < height[m] < max(level, height[j]) - 0.02
            if m not in (j, node) and between:
                share = (height[m] - level) / (height[j] - level)
                count += abs(place + share * (across[j] - place) - across[m]) < 0.06
    return count


def region_legend(
    canvas: Figure,
    regions: Sequence[str],
    kinds: Sequence[str],
    certified: Sequence[bool] = (),
    entered: Sequence[bool] = (),
    style: Style = PAPER,
) -> None:
    """Legend below a figure for colours of regions and shapes of kinds, those that occur.

    Parameters
    ----------
    canvas : matplotlib.figure.Figure
    regions, kinds : sequence of str
        Of all nodes.
    certified : sequence of bool
        Which nodes are certified.
    entered : sequence of bool
        Which connections were followed into a certified basin.
    style : Style
    """
    handles = [
        Line2D([], [], ls="", marker="o", color=colour, label=region)
        for region, colour in style.regions.items()
        if region in set(regions)
    ]
    handles += [
        Line2D([], [], ls="", marker=KIND_MARKERS[k], mfc="white", mec="black", label=KIND_NAMES[k])
        for k in KIND_MARKERS
        if k in set(kinds)
    ]
    handles.append(Line2D([], [], ls="", marker="o", color="black", label="filled: attracting"))
    if any(certified):
        label = "dot: proved in ball arithmetic"
        handles.append(
            Line2D([], [], ls="", marker="o", color="white", mec="black", ms=3, label=label)
        )
    if any(entered):
        label = "dark arrow: into a certified basin"
        handles.append(Line2D([], [], color=ENTERED_COLOUR, lw=ENTERED_WIDTH, label=label))
    canvas.legend(handles=handles, loc="outside lower center", ncols=style.legend_columns)


def _node(axes: Axes, node: xr.Dataset, x: float, y: float, text: str, style: Style) -> None:
    colour = style.regions[str(node["region"].item())]
    attracting = bool(node["attracting"].item())
    axes.plot(
        x,
        y,
        KIND_MARKERS[str(node["kind"].item())],
        mfc=colour if attracting else "white",
        mec=colour,
        mew=1.6,
        ms=8,
        zorder=3,
    )
    axes.annotate(
        text,
        (x, y),
        xytext=(0, -7),  # below: arrows arrive from above
        textcoords="offset points",
        fontsize="small",
        ha="center",
        va="top",
        zorder=4,
        bbox={"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.75},
    )


def _arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], count: int, entered: bool
) -> None:
    arrow = FancyArrowPatch(
        start,
        end,
        arrowstyle="-|>",
        mutation_scale=7,
        shrinkA=6,
        shrinkB=6,
        color=ENTERED_COLOUR if entered else "0.6",
        lw=ENTERED_WIDTH if entered else 0.7,
        connectionstyle="arc3,rad=0.06",
        zorder=1,
    )
    axes.add_patch(arrow)
    axes.annotate(
        str(count),
        (0.6 * start[0] + 0.4 * end[0], 0.6 * start[1] + 0.4 * end[1]),
        fontsize="small",
        color="0.25",
        ha="center",
        va="center",
        zorder=2,
        bbox={"boxstyle": "circle,pad=0.1", "fc": "white", "ec": "none"},
    )


def _level_texts(levels: Array) -> list[str]:
    """Numbers with as many digits as tell them apart, four at least."""
    for digits in range(4, 16):
        texts = [f"{level:.{digits}g}" for level in levels]
        if len(set(texts)) == len(np.unique(levels)):
            break
    return texts


def _distinct_levels(height: Array) -> NDArray[np.intp]:
    """Nodes whose tick labels do not overlap, from the bottom up."""
    kept: list[int] = []
    for k in np.argsort(height, kind="stable"):
        if not kept or height[k] - height[kept[-1]] > 0.035:
            kept.append(int(k))
    return np.array(kept)
