"""Phase plane of the single unit: flow, nullclines, critical points, invariant manifolds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from continuation.landscape import CriticalSets, find_critical_sets, phase_plane
from continuation.storage import phase_to_arrays
from continuation.wording import counted
from figures.captions import Caption
from figures.settings import Settings
from figures.style import COLUMN, PAPER, Style
from figures.subjects import Subject, caption_of, heading

TITLE = "phase plane of the single unit, with nullclines and invariant manifolds"

PRESET = "single_unit"
SAMPLES = 50
NOISE = 0.5
EXTENT = (-3.0, 3.0)
"""Range of both weights: holds the minima of the preset and shows the valleys that lead away."""

ROOM = 1.25
"""Of a range that holds minima farther out, as a multiple of their largest weight."""

STABLE: dict[str, Any] = {"color": "C0", "lw": 1.8, "ls": "-"}
UNSTABLE: dict[str, Any] = {"color": "C1", "lw": 1.8, "ls": (0, (5, 1))}


@dataclass(frozen=True)
class Part:
    """A data set, and the points of the grid along an axis."""

    subject: Subject
    seed: int
    resolution: int


def parts(settings: Settings) -> Sequence[Part]:
    """One part; errors of a file of data are said before anything is computed."""
    one = Subject(PRESET, settings.data, settings.columns)
    if one.is_measured:
        one.observations()
    return [Part(one, settings.seed, settings.choose(201, 201, 81))]


def compute(part: Part) -> xr.Dataset:
    """Field on a grid, critical points and the manifolds of the saddles."""
    one, noise = part.subject, part.subject.level(NOISE)
    loss = one.loss(SAMPLES, part.seed)
    sets = find_critical_sets(loss, noise=noise)
    extent = _extent(sets)
    plane = phase_plane(loss, sets, noise=noise, extent=extent, resolution=part.resolution)
    farthest = np.array([np.abs(s.weights).max() for s in sets if not s.at_infinity])
    return (
        phase_to_arrays(plane)
        .assign(beyond=("set beyond", farthest[farthest > extent[1]]))
        .assign_attrs(one.facts(SAMPLES, noise))
    )


def _extent(sets: CriticalSets) -> tuple[float, float]:
    """The usual range, or one that holds every minimum.

    Saddles at much larger weights would leave of the minima one spot; the caption names them.
    """
    farthest = max(
        (np.abs(s.weights).max() for s in sets if s.attracting and not s.at_infinity), default=0.0
    )
    reach = max(EXTENT[1], ROOM * float(farthest))
    return -reach, reach


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """The one part."""
    return parts[0]


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Draw the phase plane, in one column."""
    canvas, axes = replace(style, width=min(style.width, COLUMN)).panels(1, 1, 0.45)
    draw_plane(axes[0, 0], data)
    axes[0, 0].set_title(heading(data))
    canvas.legend(handles=plane_legend(), loc="outside lower center", ncols=3)
    return canvas


def caption(data: xr.Dataset) -> Caption:
    """One panel; the signs of the points, and the orbits that lie beyond its limits."""
    index = data["index"].to_numpy()
    beyond = data["beyond"].to_numpy()
    reach = (
        f"{beyond.min():.3g} and more" if beyond.size > 1 else "".join(f"{b:.3g}" for b in beyond)
    )
    orbits = counted(len(beyond), "orbit of points", "orbits of points")
    outside = f"; beyond the limits {orbits} with weights of {reach}" if beyond.size else ""
    return caption_of(
        [data],
        panels=["gradient flow in the plane of both weights"],
        notes=(
            f"{counted(int((index == 0).sum()), 'minimum', 'minima')} and "
            f"{counted(int((index != 0).sum()), 'saddle')}{outside}",
        ),
    )


def draw_plane(axes: Axes, data: xr.Dataset) -> None:
    """Streamlines, nullclines, manifolds and critical points."""
    field = data["gradient"].to_numpy()
    w, v = data["w"].to_numpy(), data["v"].to_numpy()
    axes.streamplot(
        w,
        v,
        -field[..., 0],
        -field[..., 1],
        color="0.75",
        density=1.1,
        linewidth=0.5,
        arrowsize=0.6,
    )
    for component, style in ((0, ":"), (1, "--")):
        axes.contour(
            w, v, field[..., component], [0.0], colors="0.35", linestyles=style, linewidths=0.9
        )
    for curve, stable in zip(data["curve"].to_numpy(), data["stable"].to_numpy(), strict=True):
        axes.plot(*curve.T, **(STABLE if stable else UNSTABLE))
    _draw_points(axes, data)
    axes.set(xlim=w[[0, -1]], ylim=v[[0, -1]])
    axes.set(xlabel="input weight $w$", ylabel="output weight $v$")


def _draw_points(axes: Axes, data: xr.Dataset) -> None:
    for point, index in zip(data["point"].to_numpy(), data["index"].to_numpy(), strict=True):
        face = "black" if index == 0 else "white"
        axes.plot(*point, "o" if index != 1 else "D", mfc=face, mec="black", ms=5, zorder=5)


def plane_legend() -> list[Line2D]:
    """Handles for what `draw_plane` draws."""

    def line(label: str, **style: object) -> Line2D:
        return Line2D([], [], label=label, **style)  # type: ignore[arg-type]

    return [
        line("stable manifold", **STABLE),
        line("unstable manifold", **UNSTABLE),
        line(r"$\partial_w L=0$", color="0.35", ls=":"),
        line(r"$\partial_v L=0$", color="0.35", ls="--"),
        line("minimum", ls="", marker="o", mfc="black", mec="black"),
        line("saddle", ls="", marker="D", mfc="white", mec="black"),
    ]
