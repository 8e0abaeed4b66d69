"""Shares of data sets over their size and noise: surfaces, intervals, and where they cross."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from continuation.ensemble import SHARES, shares
from continuation.errors import StoreError
from figures.style import DOUBLE, verbatim

CROSSINGS = ((0.5, "-"), (0.95, "--"))
"""Shares on which a line is drawn, and its style."""

LIGHT = 0.55
"""Shares from which on text on the surface is dark: the surface is light there."""

MOST_TEXTS = 40
"""Cells of a panel with numbers in them; of more the numbers could not be read."""


def draw_probability(table: xr.Dataset) -> Canvas:
    """One panel for each share and model, over data set size and noise.

    Raises
    ------
    StoreError
        If the table has no column of shares.
    """
    columns = share_columns(table)
    models = list(dict.fromkeys(table["model"].to_numpy().tolist()))
    canvas, axes = plt.subplots(
        len(models),
        len(columns),
        figsize=(max(DOUBLE, 2.3 * len(columns)), 0.5 + 2.3 * len(models)),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for row, model in zip(axes, models, strict=True):
        for panel, column in zip(row, columns, strict=True):
            found = shares(table, column)
            surface = draw_surface(panel, found.isel(cell=found["model"].to_numpy() == model))
            panel.set_title(f"{verbatim(model)}\n{verbatim(column.replace('_', ' '))}")
        row[0].set_ylabel(r"noise $\sigma$")
    for panel in axes[-1]:
        panel.set_xlabel("data set size $n$")
    places = np.unique(table["n"]).size * np.unique(table["noise"]).size
    intervals = " (95 % interval below it)" if places <= MOST_TEXTS else ""
    canvas.colorbar(surface, ax=axes, label=f"share{intervals}", shrink=0.9)
    lines = [Line2D([], [], color="k", ls=style) for _, style in CROSSINGS]
    canvas.legend(
        lines, [f"share {level:g}" for level, _ in CROSSINGS], loc="outside lower center", ncols=2
    )
    return canvas


def draw_surface(axes: Axes, cells: xr.Dataset) -> object:
    """One share over size and noise, as the colours of cells with their intervals.

    Parameters
    ----------
    axes : matplotlib Axes
    cells : xarray.Dataset
        Of `continuation.ensemble.shares`, one model; where settings differ in weight decay only,
        the first of them.

    Returns
    -------
    matplotlib QuadMesh
        For a colour bar.
    """
    sizes = np.unique(cells["n"].to_numpy())
    noises = np.unique(cells["noise"].to_numpy())
    grid = {
        name: np.full((noises.size, sizes.size), np.nan) for name in ("share", "lower", "upper")
    }
    for k in reversed(range(cells.sizes["cell"])):
        one = cells.isel(cell=k)
        place = np.searchsorted(noises, one["noise"]), np.searchsorted(sizes, one["n"])
        for name, values in grid.items():
            values[place] = float(one[name])
    x, y = np.arange(sizes.size), np.arange(noises.size)
    mesh = axes.pcolormesh(x, y, grid["share"], cmap="cividis", norm=Normalize(0.0, 1.0))
    if min(grid["share"].shape) > 1:
        for level, style in CROSSINGS:
            line = axes.contour(x, y, grid["share"], [level], colors="k", linestyles=style)
            line.set(linewidth=1, path_effects=[withStroke(linewidth=2, foreground="white")])
    if grid["share"].size <= MOST_TEXTS:
        _write(axes, grid)
    axes.set_xticks(x, [f"{n:g}" for n in sizes])
    axes.set_yticks(y, [f"{noise:g}" for noise in noises])
    axes.spines[["top", "right"]].set_visible(True)
    return mesh


def _write(axes: Axes, grid: dict[str, np.ndarray]) -> None:
    """Estimate and interval in every cell."""
    for (row, column), share in np.ndenumerate(grid["share"]):
        if np.isnan(share):
            continue
        low, high = grid["lower"][row, column], grid["upper"][row, column]
        colour = "black" if share > LIGHT else "white"
        text = f"{share:.2f}\n{low:.2f}–{high:.2f}"
        halo = withStroke(linewidth=1.5, foreground=axes.collections[0].to_rgba(share))
        axes.text(
            column, row, text, ha="center", va="center", fontsize=5.5, color=colour,
            path_effects=[halo],
        )  # fmt: skip


def share_columns(table: xr.Dataset) -> Sequence[str]:
    """Columns of shares: those of the question if it has a name, else all within [0, 1]."""
    named = str(table.attrs.get("question", "")).split(" ")[0].rsplit(".", 1)[-1]
    if named in SHARES and set(SHARES[named]) <= set(table.data_vars):
        return SHARES[named]
    numbers = {str(k): v.to_numpy() for k, v in table.data_vars.items() if v.dtype.kind == "f"}
    found = [
        name
        for name, values in numbers.items()
        if table[name].dims == ("row",) and np.nanmin(values) >= 0.0 and np.nanmax(values) <= 1.0
    ]
    if not found:
        raise StoreError("no column of the table holds shares between 0 and 1")
    return found
