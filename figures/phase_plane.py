"""Phase plane of the single unit: flow, nullclines, critical points, invariant manifolds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from continuation.landscape import CriticalSet, Dataset, Loss, LossAt, find_critical_sets
from continuation.landscape.manifolds import invariant_curve
from figures.arrays import padded
from figures.settings import Settings
from figures.style import SINGLE
from symbolic import single_unit

TITLE = "phase plane of the single unit, with nullclines and invariant manifolds"

SAMPLES = 50
NOISE = 0.5
EXTENT = (-3.0, 3.0)
"""Range of both weights: holds every critical point and shows the valleys that lead away."""

CURVE_LENGTH = 12.0
"""Twice the side of the window, so that manifolds leave it."""


STABLE = {"color": "#0072B2", "lw": 1.8, "ls": "-"}
UNSTABLE = {"color": "#D55E00", "lw": 1.8, "ls": (0, (5, 1))}


def parts(settings: Settings) -> Sequence[Settings]:
    """One part."""
    return [settings]


def compute(settings: Settings) -> xr.Dataset:
    """Field on a grid, critical points and the manifolds of the saddles."""
    model = single_unit()
    loss = Loss(model, Dataset.sample(model, SAMPLES, settings.seed))
    at = loss.at(noise=NOISE)
    axis = np.linspace(*EXTENT, settings.choose(201, 81))
    field = np.array([[at.gradient([w, v]) for w in axis] for v in axis])
    points = [p for s in find_critical_sets(loss, noise=NOISE) for p in _images(s)]
    curves = [curve for point in points for curve in _manifolds(at, point)]
    return xr.Dataset(
        {
            "gradient": (("v", "w", "component"), field),
            "point": (("points", "component"), np.array(points)),
            "index": ("points", np.array([_index(at, p) for p in points])),
            "curve": (("curves", "step", "component"), padded([c for _, c in curves])),
            "stable": ("curves", np.array([int(stable) for stable, _ in curves])),
        },
        {"w": axis, "v": axis, "component": ["w", "v"]},
        {"noise": NOISE, "samples": SAMPLES},
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """The one part."""
    return parts[0]


def draw(data: xr.Dataset) -> Canvas:
    """Draw the phase plane."""
    canvas, axes = plt.subplots(figsize=(SINGLE, 0.92 * SINGLE))
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
    axes.set(xlim=EXTENT, ylim=EXTENT, xlabel="input weight $w$", ylabel="output weight $v$")
    axes.set_title(f"single unit, $n={data.attrs['samples']}$, $\\sigma={data.attrs['noise']:g}$")
    canvas.legend(handles=_legend(), loc="outside lower center", ncols=3)
    return canvas


def _draw_points(axes: Axes, data: xr.Dataset) -> None:
    for point, index in zip(data["point"].to_numpy(), data["index"].to_numpy(), strict=True):
        face = "black" if index == 0 else "white"
        axes.plot(*point, "o" if index != 1 else "D", mfc=face, mec="black", ms=5, zorder=5)


def _legend() -> list[Line2D]:
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


def _images(critical: CriticalSet) -> Iterator[np.ndarray]:
    """The orbit of a point in the window under (w, v) → (−w, −v)."""
    if critical.theta is None or np.abs(critical.theta).max() > EXTENT[1]:
        return
    yield critical.theta
    if np.any(critical.theta != 0.0):
        yield -critical.theta


def _index(at: LossAt, point: np.ndarray) -> int:
    return int((np.linalg.eigvalsh(at.hessian(point)) < 0.0).sum())


def _manifolds(at: LossAt, point: np.ndarray) -> Iterator[tuple[bool, np.ndarray]]:
    """Both halves of both manifolds of a saddle in the plane."""
    values, vectors = np.linalg.eigh(at.hessian(point))
    if not values[0] < 0.0 < values[1]:
        return
    for k, stable in ((0, False), (1, True)):
        for side in (1.0, -1.0):
            yield (
                stable,
                invariant_curve(
                    at, point, side * vectors[:, k], stable=stable, length=CURVE_LENGTH
                ),
            )
