"""The reduced loss of two units with every critical set and every connection on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure as Canvas

from continuation.landscape import (
    CriticalSet,
    LossAt,
    find_critical_sets,
    trajectory,
)
from continuation.landscape.graph import departures
from continuation.landscape.infinity import LimitModel
from continuation.landscape.search import reduced_loss
from figures.arrays import join_presets, of_preset, padded, presets_of
from figures.captions import Caption
from figures.plots import region_legend
from figures.settings import Settings
from figures.style import KIND_MARKERS, PAPER, Style, verbatim
from figures.subjects import Subject, caption_of, heading, subjects_of_two_units, title

TITLE = "reduced loss over the input weights with all critical sets and connections"

SAMPLES = 100
NOISE = 0.1
PATH_COLOUR = "#1A1A1A"

TOGETHER = 0.03
"""Sets closer than this on the plane carry one text."""

BESIDE = 0.032
"""Steps on the plane by which sets that stand together are drawn beside each other."""

LETTER, LINE = 0.02, 0.04
"""Size of a letter and of a line of text on the plane."""

KEY, KEY_LINE = (0.66, 0.0), 0.06
"""Lower left corner of the key on the plane, whose half below the diagonal is empty, and height of
a line of it."""

DECADES = np.arange(-3.0, 2.01, 0.5)
"""Edges of the shades: decades of the excess over the lowest loss, the same in all panels."""

STEPS_SHOWN = 250
"""Points kept of each trajectory, evenly spaced on the plane."""


@dataclass(frozen=True)
class Part:
    """One preset."""

    subject: Subject
    seed: int
    nodes: int
    samples: int
    noise: float


def parts(settings: Settings) -> Sequence[Part]:
    """One part a preset."""
    nodes = settings.choose(240, 160, 80)
    size, noise = settings.samples(SAMPLES), settings.level(NOISE)
    return [
        Part(one, settings.seed, nodes, size, one.level(noise))
        for one in subjects_of_two_units(settings)
    ]


def compactified(w: np.ndarray | float) -> np.ndarray:
    """[0, ∞] ↦ [0, 1]."""
    w = np.abs(np.asarray(w, dtype=np.float64))
    return np.where(np.isinf(w), 1.0, w / (1.0 + np.where(np.isinf(w), 0.0, w)))


def compute(part: Part) -> xr.Dataset:
    """Reduced loss on a compactified grid, places of the sets, projected connections."""
    loss = part.subject.loss(part.samples, part.seed)
    at = loss.at(noise=part.noise)
    sets = find_critical_sets(loss, noise=part.noise)
    axis = (np.arange(part.nodes) + 0.5) / part.nodes
    paths = [path for found in sets for path in _connections(at, found)]
    surface = reduced_loss(loss, axis / (1.0 - axis), noise=part.noise)
    return xr.Dataset(
        {
            "reduced": (("second", "first"), surface),
            "place": (("set", "side"), np.array([place(found) for found in sets])),
            "label": ("set", [found.label for found in sets]),
            "kind": ("set", [found.kind for found in sets]),
            "region": ("set", [found.region for found in sets]),
            "attracting": ("set", np.array([int(found.attracting) for found in sets])),
            "path": (("connection", "step", "side"), padded(paths)),
        },
        {"first": axis, "second": axis},
        {
            **part.subject.facts(part.samples, part.noise),
            "lowest": min(found.loss for found in sets),
        },
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Both presets; every name carries its preset."""
    return join_presets(parts)


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """One panel a preset."""
    presets = presets_of(data)
    canvas, axes = style.panels(1, len(presets), 0.66, share="y")
    regions: list[str] = []
    kinds: list[str] = []
    for panel, preset in zip(axes[0], presets, strict=True):
        of = of_preset(data, preset)
        surface = draw_landscape(panel, of, style)
        panel.set_title(heading(of))
        regions += of["region"].to_numpy().tolist()
        kinds += of["kind"].to_numpy().tolist()
    axes[0, 0].set_ylabel("larger input weight $|w_2|$")
    bar = canvas.colorbar(surface, ax=list(axes.ravel()), shrink=0.7, pad=0.01)
    bar.set_label(r"$\min_v L\,/\,$lowest $L\,-\,1$ (decades)")
    region_legend(canvas, regions, kinds, style=style)
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """One panel a preset."""
    shown = [of_preset(data, preset) for preset in presets_of(data)]
    return caption_of(
        shown,
        panels=[title(of) for of in shown],
        notes=(
            "grey: loss with the best output weights, relative to the lowest set; curves: flows "
            "out of the sets; axes w/(1 + w), so that infinity is seen",
        ),
    )


def place(found: CriticalSet) -> tuple[float, float]:
    """Where a set stands in the compactified triangle |w₁| ≤ |w₂|.

    Input weights that diverge or vanish at infinity stand on its edges, confluent pairs on its
    diagonal. The origin, where the reduced loss is not defined, stands in the corner.
    """
    if found.limit is not None:
        return _place_at_infinity(found.limit)
    first, second = np.sort(np.abs(found.weights[:2]))
    return float(compactified(first)), float(compactified(second))


def _place_at_infinity(limit: LimitModel) -> tuple[float, float]:
    weights = limit.input_weights
    return float(compactified(weights[0])), float(compactified(weights[-1]))


def _connections(at: LossAt, found: CriticalSet) -> Iterator[np.ndarray]:
    """Connections that leave a set, projected to the plane."""
    for start in departures(at, found):
        path = trajectory(at, start.theta, subspace=start.subspace)
        plane = compactified(np.sort(np.abs(path.theta[:, :2]), axis=1))
        if path.result.limit is not None:
            end = _place_at_infinity(path.result.limit)
            plane = np.vstack([plane, end])
        yield _thinned(plane)


def _thinned(path: np.ndarray) -> np.ndarray:
    """Points at even distances along a path in the plane."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    even = np.linspace(0.0, length[-1], STEPS_SHOWN)
    return np.column_stack([np.interp(even, length, path[:, k]) for k in (0, 1)])


def draw_landscape(axes: Axes, data: xr.Dataset, style: Style = PAPER) -> ContourSet:
    """Reduced loss of one preset with its sets and connections; returns what a colour bar needs."""
    lowest = float(data.attrs["lowest"])
    axis = data["first"].to_numpy()
    excess = data["reduced"].to_numpy() / lowest - 1.0
    shown = np.where(axis[:, None] >= axis[None, :], np.log10(np.maximum(excess, 1e-5)), np.nan)
    surface = axes.contourf(axis, axis, shown, DECADES, cmap="Greys_r", alpha=0.55, extend="both")
    levels = np.linspace(np.nanmin(shown), np.nanmax(shown), 15)
    axes.contour(axis, axis, shown, levels, colors="white", linewidths=0.3, linestyles="-")
    for path in data["path"].to_numpy():
        axes.plot(*path.T, color=PATH_COLOUR, lw=0.7, alpha=0.8, zorder=3)
        _arrowhead(axes, path)
    places = data["place"].to_numpy()
    for k, (x, y) in enumerate(apart(places)):
        _marker(axes, data.isel(set=k), x, y, style)
    _number(axes, places, _key_box(places.shape[0]))
    _key(axes, data["label"].to_numpy().tolist())
    axes.plot([0, 1], [0, 1], color="black", lw=0.6)
    ticks = np.array([0.0, 0.3, 1.0, 3.0, 10.0, np.inf])
    names = ["0", "0.3", "1", "3", "10", r"$\infty$"]
    axes.set_xticks(compactified(ticks), names)
    axes.set_yticks(compactified(ticks), names)
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.06), aspect="equal")
    axes.set_xlabel("smaller input weight $|w_1|$\n(axis $w/(1+w)$)")
    return surface


def apart(places: np.ndarray) -> np.ndarray:
    """Places of the markers: sets that stand together in a row, each of them seen."""
    shown = places.copy()
    for members in together(places):
        shown[members, 0] = places[members, 0].mean() + BESIDE * np.arange(len(members))
    return shown


def together(places: np.ndarray) -> list[list[int]]:
    """Sets closer to each other on the plane than can be seen apart."""
    groups: list[list[int]] = []
    for k, place in enumerate(places):
        near = (g for g in groups if np.abs(places[g] - place).max(axis=1).min() < TOGETHER)
        group = next(near, None)
        if group is None:
            groups.append([k])
        else:
            group.append(k)
    return groups


def _arrowhead(axes: Axes, path: np.ndarray) -> None:
    """A head in the middle of a connection that is long enough to be seen."""
    kept = path[np.isfinite(path).all(axis=1)]
    if np.abs(np.diff(kept, axis=0)).sum() > 0.08:
        middle = len(kept) // 2
        axes.annotate(
            "", kept[middle + 1], kept[middle - 1], zorder=3,
            arrowprops={"arrowstyle": "-|>", "color": PATH_COLOUR, "lw": 0.0, "mutation_scale": 8},
        )  # fmt: skip


def _marker(axes: Axes, data: xr.Dataset, x: float, y: float, style: Style) -> None:
    colour = style.regions[str(data["region"].item())]
    marker = KIND_MARKERS[str(data["kind"].item())]
    face = colour if data["attracting"].item() else "white"
    axes.plot(x, y, marker, mfc=face, mec=colour, mew=1.3, ms=6, zorder=5, clip_on=False)


def _number(axes: Axes, places: np.ndarray, key: np.ndarray) -> None:
    """Numbers beside the markers, clear of each other; sets that stand together share one text."""
    taken: list[np.ndarray] = [key, *(np.array([p - 0.016, p + 0.016]) for p in apart(places))]
    for members in together(places):
        x, y = places[members].mean(axis=0)
        text = ", ".join(str(k + 1) for k in members)
        size = np.array([LETTER * len(text), LINE])
        right = x + BESIDE * (len(members) - 1) + 0.03
        left = x - 0.03 - size[0]
        corners = [(right, y), (right, y - 0.06), (left, y), (right, y + 0.05), (left, y - 0.06)]
        boxes = [np.array([corner, np.array(corner) + size]) for corner in corners]
        box = min(boxes, key=lambda box: sum(_meet(box, other) for other in taken))
        taken.append(box)
        axes.text(
            box[0, 0], box[0, 1], text, fontsize="small", zorder=6, ha="left", va="bottom",
            bbox={"boxstyle": "square,pad=0.08", "fc": "white", "ec": "none", "alpha": 0.8},
        )  # fmt: skip


def _meet(one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.all(one[0] < other[1]) and np.all(other[0] < one[1]))


def _key(axes: Axes, labels: Sequence[str]) -> None:
    """What the numbers mean, in the empty half below the diagonal, from the lowest loss up."""
    lines = [f"{k + 1:>2}  {verbatim(label)}" for k, label in enumerate(labels)]
    text = "\n".join(lines)
    axes.text(*KEY, text, fontsize="small", va="bottom", ha="left", linespacing=1.15)


def _key_box(count: int) -> np.ndarray:
    """Lower left and upper right corner (2, 2) of the key of so many sets."""
    return np.array([KEY, (1.04, KEY[1] + KEY_LINE * count)])
