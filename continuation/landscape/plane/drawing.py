"""A plane drawn into axes of Matplotlib, readable without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from continuation.plotting import require_axes

if TYPE_CHECKING:
    from continuation.landscape.plane.diagram import PlaneDiagram

GREYS = (0.96, 0.84, 0.72, 0.60, 0.48)
"""Shades of regions with 0, 1, … overfitting attractors; the last one for more."""

MANY = len(GREYS) - 1
"""So many and more have one shade and one entry in the legend."""

UNKNOWN = 1.0
"""Shade of regions without a graph."""

PIXELS = 600
"""Of the image of the regions, each way."""

LINES: dict[str, Any] = {
    "fold": {"ls": "-", "lw": 1.6, "color": "black"},
    "branch point": {"ls": "-.", "lw": 1.2, "color": "black"},
    "arrival": {"ls": "--", "lw": 1.2, "color": "0.15"},
    "switch": {"ls": ":", "lw": 1.6, "color": "0.15"},
}
"""Curves by kind: they differ in dash and width."""

MARKERS = {"cusp": "d"}
"""Of points on curves; all others are drawn as small squares."""

LABELS = {
    "noise": "noise σ", "size": "samples n", "weight_decay": "weight decay ρ",
    "population": "share of the data set s",
}  # fmt: skip


def draw_plane(ax: Any, diagram: PlaneDiagram) -> list[Any]:
    """Regions by overfitting attractors, curves by kind, special points, one legend beside."""
    require_axes(ax)
    artists = [*_regions(ax, diagram), *_curves(ax, diagram), *_points(ax, diagram)]
    ax.set(xlim=diagram.limits[0], ylim=diagram.limits[1])
    ax.set(xlabel=LABELS[diagram.x], ylabel=LABELS[diagram.y])
    entries: dict[str, Any] = {}
    for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
        entries.setdefault(label, handle)
    ax.legend(
        entries.values(), entries.keys(), fontsize="small", loc="upper left",
        bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0, frameon=False,
    )  # fmt: skip
    return artists


def _regions(ax: Any, diagram: PlaneDiagram) -> list[Any]:
    """An image of the regions: each pixel belongs to the region around its middle."""
    middles = (np.arange(PIXELS) + 0.5) / PIXELS
    square = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    faces = diagram.arrangement.faces_at(square)
    counts = {f: r.overfitting_attractors for f, r in diagram.region_of_face.items()}
    shade = np.array([_shade(counts.get(face)) for face in range(int(faces.max()) + 1)])
    image = np.broadcast_to(
        shade[faces].reshape(PIXELS, PIXELS, 1), (PIXELS, PIXELS, 3)
    )  # a grey as red, green and blue: no colour map, no norm
    (left, right), (bottom, top) = diagram.limits
    drawn = ax.imshow(
        image, extent=(left, right, bottom, top), origin="lower", aspect="auto",
        interpolation="nearest", zorder=0.5,
    )  # fmt: skip
    seen = {counts.get(int(face)) for face in np.unique(faces)}
    for count in sorted(seen, key=lambda n: (n is None, n or 0)):
        ax.fill([], [], facecolor=str(_shade(count)), edgecolor="0.5", label=legend_words(count))
    return [drawn]


def _shade(count: int | None) -> float:
    return UNKNOWN if count is None else GREYS[min(count, MANY)]


def legend_words(count: int | None) -> str:
    """What a region with so many overfitting attractors is called; None where no graph is known."""
    if count is None:
        return "no graph computed"
    if count >= MANY:
        return f"{MANY} or more overfitting attractors"
    return f"{count} overfitting attractor{'' if count == 1 else 's'}"


def _curves(ax: Any, diagram: PlaneDiagram) -> list[Any]:
    artists: list[Any] = []
    for curve in diagram.curves:
        artists += ax.plot(*curve.points.T, label=curve.kind, zorder=2.0, **LINES[curve.kind])
    return artists


def _points(ax: Any, diagram: PlaneDiagram) -> list[Any]:
    style: Any = {"ls": "", "ms": 5, "mfc": "white", "mec": "black", "zorder": 3.0}
    artists: list[Any] = []
    for point in diagram.special:
        marker = MARKERS.get(point.kind, "s")
        artists += ax.plot([point.x], [point.y], marker=marker, label=point.kind, **style)
    return artists
