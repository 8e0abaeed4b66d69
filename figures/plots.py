"""Pieces of figures: (data, axes) in, artists out; nothing is computed but what is shown."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

from continuation.arrays import Array
from figures.graph_layout import Scene, bends, number_places, places_across
from figures.style import KIND_MARKERS, PAPER, Style, verbatim

BAND = (0.1, 0.9)
"""Quantiles shown around a median."""

PANEL_SHARE = (0.8, 0.85)
"""What the labels of the axes leave of the width and the height of a panel."""

CROWDED = 20
"""With more nodes than these, labels are abbreviated."""

BOUND = "\N{NO-BREAK SPACE}"

ONES = f"arrows{BOUND}without{BOUND}a{BOUND}number:{BOUND}1"
"""Said of crowded graphs, which have no room for them."""

KEY_WIDTH = 50
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
        Along "node": label, kind, region, loss, attracting and, where known, certified; "text",
        what stands at each node, where that is not its label or a short form of it.
    edges : xarray.Dataset
        Along "edge": source and target (positions of nodes), multiplicity, source_parameter and,
        where known, certified_basin.
    style : Style
        For the colours of regions.
    """
    loss = nodes["loss"].to_numpy()
    height = height_of(loss)
    links, count = joined(edges), nodes.sizes["node"]
    given = "text" if "text" in nodes else "label"
    texts, key = [verbatim(str(text)) for text in nodes[given].to_numpy()], ""
    if given == "label":
        texts, key = node_texts(texts)
    size = panel_size(axes)
    scene = Scene(
        height=height * size[1],
        width=float(size[0]),
        labels=np.array([text_width(text) for text in texts]),
        links=np.array(list(links), dtype=np.int64).reshape(-1, 2),
    )
    across = places_across(scene)
    bent = bends(scene, across)
    ones = count > CROWDED  # are too many to be read
    numbers = ["" if ones and number == 1 else str(number) for number in links.values()]
    at = number_places(scene, across, bent, numbers) / size
    places = np.column_stack([across / size[0], height])
    entered = certified_links(edges)
    for (i, j), bend, number, place in zip(links, bent, numbers, at, strict=True):
        _arrow(axes, places[i], places[j], bend, (i, j) in entered)
        if number:
            _number(axes, number, place)
    left = unfollowed(nodes, links)
    for k in range(count):
        _node(axes, nodes.isel(node=k), places[k], texts[k], k in left, style)
    if "certified" in nodes:
        marked = nodes["certified"].to_numpy().astype(bool)
        axes.scatter(
            places[marked, 0],
            places[marked, 1],
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
    axes.set(xlim=(0.0, 1.0), ylim=(-24.0 / size[1], 1.0 + 9.0 / size[1]))
    axes.set_ylabel("loss $L$ (order and logarithmic gaps)")


def text_width(text: str) -> float:
    """Width in points of a small text."""
    font = FontProperties(size="small")
    return float(TextPath((0.0, 0.0), text, prop=font).get_extents().width)


def panel_size(axes: Axes) -> Array:
    """Width and height in points of what a panel will have, its labels taken off."""
    box = axes.get_position()
    whole = axes.figure.get_window_extent()
    share = np.array([box.width, box.height]) * np.array(PANEL_SHARE)
    return np.asarray(72.0 / axes.figure.dpi * np.array([whole.width, whole.height]) * share)


def unfollowed(nodes: xr.Dataset, links: Collection[tuple[int, int]]) -> set[int]:
    """Sets that do not attract, and out of which no flow is drawn."""
    attracting = nodes["attracting"].to_numpy().astype(bool)
    left = {source for source, _ in links}
    return {k for k in range(attracting.size) if not attracting[k] and k not in left}


def node_texts(labels: Sequence[str]) -> tuple[list[str], str]:
    """Labels of nodes; of a crowded graph their initials and numbers, and what these stand for."""
    if len(labels) <= CROWDED:
        return list(labels), ""
    names = [label.rpartition(" ")[0] for label in labels]
    short = _short_names(set(names))
    pairs = zip(names, labels, strict=True)
    texts = [short[name] + label.rpartition(" ")[2] for name, label in pairs]
    entries = [f"{text} {name}".replace(" ", BOUND) for name, text in sorted(short.items())]
    return texts, textwrap.fill(", ".join([*entries, ONES]), KEY_WIDTH).replace(BOUND, " ")


def _short_names(names: Collection[str]) -> dict[str, str]:
    """Initials of the words; where two names share theirs, as many first letters as differ."""
    words = {name: name.replace("(", "").replace(")", "").split() for name in names}
    short = {name: "".join(word[0] for word in parts) for name, parts in words.items()}
    for length in range(2, max(map(len, names), default=0)):
        shared = {text for text, number in Counter(short.values()).items() if number > 1}
        for name in names:
            if short[name] in shared:
                short[name] = "".join(words[name])[:length]
    return short


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
    """Heights in [0, 1], half by the order of the losses and half by the logarithms of gaps.

    Losses of a landscape agree to many digits or differ by orders of magnitude; linear and
    logarithmic axes both put nodes on top of each other.
    """
    order = np.argsort(loss, kind="stable")
    gaps = np.diff(loss[order]) / max(float(np.ptp(loss)), np.finfo(float).tiny)
    steps = np.maximum(0.0, np.log10(np.maximum(gaps, 1e-12)) + 6.0)
    apart = gaps > 1e-9
    steps += apart * max(float(steps.sum()), 1.0) / max(int(apart.sum()), 1)
    height = np.empty(loss.size)
    height[order] = np.concatenate([[0.0], np.cumsum(steps)])
    return height / max(float(height.max()), 1.0)


def region_legend(
    canvas: Figure,
    regions: Sequence[str],
    kinds: Sequence[str],
    certified: Sequence[bool] = (),
    entered: Sequence[bool] = (),
    unfollowed: bool = False,
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
    unfollowed : bool
        Whether flows out of some set that does not attract were not followed, or not decided.
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
    if unfollowed:
        label = "italic: no flow out followed"
        handles.append(Line2D([], [], ls="", marker="", label=label))
    if any(entered):
        label = "dark arrow: into a certified basin"
        handles.append(Line2D([], [], color=ENTERED_COLOUR, lw=ENTERED_WIDTH, label=label))
    canvas.legend(handles=handles, loc="outside lower center", ncols=style.legend_columns)


def _node(
    axes: Axes, node: xr.Dataset, place: Array, text: str, unfollowed: bool, style: Style
) -> None:
    colour = style.regions[str(node["region"].item())]
    attracting = bool(node["attracting"].item())
    axes.plot(
        *place,
        KIND_MARKERS[str(node["kind"].item())],
        mfc=colour if attracting else "white",
        mec=colour,
        mew=1.6,
        ms=8,
        zorder=3,
    )
    axes.annotate(
        text,
        (place[0], place[1]),
        xytext=(0, -7),  # below: arrows arrive from above
        textcoords="offset points",
        fontsize="small",
        fontstyle="italic" if unfollowed else "normal",
        ha="center",
        va="top",
        zorder=4,
        bbox={"boxstyle": "square,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.75},
    )


def _arrow(axes: Axes, start: Array, end: Array, bend: float, entered: bool) -> None:
    arrow = FancyArrowPatch(
        (float(start[0]), float(start[1])),
        (float(end[0]), float(end[1])),
        arrowstyle="-|>",
        mutation_scale=7,
        shrinkA=6,
        shrinkB=6,
        color=ENTERED_COLOUR if entered else "0.6",
        lw=ENTERED_WIDTH if entered else 0.7,
        connectionstyle=f"arc3,rad={bend}",
        zorder=1,
    )
    axes.add_patch(arrow)


def _number(axes: Axes, text: str, place: Array) -> None:
    axes.text(
        place[0], place[1], text, fontsize="small", color="0.25", ha="center", va="center",
        zorder=2,
        bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"},
    )  # fmt: skip


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
