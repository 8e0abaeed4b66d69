"""Draw a result that `python -m continuation` has written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from continuation.errors import StoreError
from continuation.kinds import KINDS
from continuation.storage import (
    BasinsResult,
    BranchResult,
    EvolutionResult,
    GraphResult,
    PhaseResult,
    PlaneResult,
    Result,
    load_result,
    phase_to_arrays,
)
from figures.evolution import draw_attractors, draw_timeline, timeline_arrays, timeline_legend
from figures.graph_data import graph_arrays
from figures.job import free_name, save_canvas
from figures.phase_plane import draw_plane, plane_legend
from figures.plots import draw_graph, joined, region_legend, unfollowed
from figures.style import DOUBLE, PAPER, REGION_COLOURS, SINGLE, Style, verbatim

ABSCISSAE = 400


def draw_file(path: Path, output: Path) -> list[Path]:
    """Draw a stored result as PDF and PNG named after its file.

    Raises
    ------
    StoreError
        If the file is missing, damaged or no result, or what it holds does not fit together.
    """
    return draw_result(load_result(path), path, output)


def draw_result(result: Result, path: Path, output: Path, style: Style = PAPER) -> list[Path]:
    """Draw a result as PDF and PNG named after the file that it comes from.

    Raises
    ------
    StoreError
        If what the result holds does not fit together.
    """
    with style.used():
        try:
            canvas = DRAWN[type(result)](result)
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise StoreError(f"{path}: its {result.kind} cannot be drawn ({error})") from error
        return save_canvas(canvas, output, free_name(path.stem, output))


def _points(result: Result) -> Canvas:
    """Fits of all critical sets over the data."""
    canvas, axes = plt.subplots(figsize=(1.4 * SINGLE, SINGLE))
    _fits(axes, result)
    return canvas


def _graph(result: GraphResult) -> Canvas:
    """Fits on the left, graph on the right."""
    canvas, (left, right) = plt.subplots(1, 2, figsize=(DOUBLE, 0.6 * DOUBLE))
    _fits(left, result)
    arrays = graph_arrays(result.graph)
    draw_graph(right, arrays, arrays)
    names = ("region", "kind", "certified", "certified_basin")
    columns = [arrays[name].to_numpy().tolist() for name in names]
    left = bool(unfollowed(arrays, joined(arrays)))
    region_legend(canvas, columns[0], columns[1], columns[2], columns[3], unfollowed=left)
    return canvas


def _evolution(result: EvolutionResult) -> Canvas:
    """One lane a set over the parameter, with the number of attractors below."""
    arrays = timeline_arrays(result.evolution)
    height = 1.6 + 0.17 * arrays.sizes["lane"]
    canvas, (upper, lower) = plt.subplots(
        2, 1, figsize=(DOUBLE, height + 0.8), height_ratios=[height, 0.8]
    )
    draw_timeline(upper, arrays)
    draw_attractors(lower, arrays)
    lower.set_xlabel(result.evolution.parameter.replace("_", " "))
    regions = set(arrays["bar_region"].to_numpy().tolist())
    canvas.legend(handles=timeline_legend(regions, PAPER), loc="outside lower center", ncols=4)
    return canvas


def _branch(result: BranchResult) -> Canvas:
    """Loss and index along the branch, with its special points."""
    branch = result.branch
    canvas, (upper, lower) = plt.subplots(
        2, 1, figsize=(1.4 * SINGLE, SINGLE), sharex=True, height_ratios=[3, 1]
    )
    colour = REGION_COLOURS[branch.set.region]
    upper.plot(branch.p, branch.loss, "-", color=colour)
    lower.step(branch.p, branch.inertia[:, 0], where="mid", color=colour)
    for k, point in enumerate(p for p in branch.special if not KINDS[p.kind].prescribed):
        loss = branch.loss[max(point.index, 0)]
        upper.plot(point.p, loss, "o", color="black", mfc="white", ms=4)
        upper.annotate(
            verbatim(point.kind), (point.p, loss), xytext=(4, 6 + 8 * (k % 3)),
            textcoords="offset points", fontsize="small",
        )  # fmt: skip
    ends = " and ".join(branch.stop_reasons)
    upper.set(ylabel="loss $L$", title=verbatim(f"{branch.set.label}; ends: {ends}"))
    lower.set(xlabel=branch.parameter.replace("_", " "), ylabel="index")
    highest = int(branch.inertia[:, 0].max())
    lower.set_ylim(-0.3, highest + 0.3)
    lower.set_yticks(range(highest + 1))
    return canvas


def _basins(result: BasinsResult) -> Canvas:
    """Fractions of initial weights on the left, passage times on the right."""
    canvas, (left, right) = plt.subplots(1, 2, figsize=(DOUBLE, 0.45 * DOUBLE))
    regions = {found.label: found.region for found in result.sets}
    for k, one in enumerate(result.basins.targets):
        colour = REGION_COLOURS[regions.get(one.label, "unlabelled")]
        error = [[one.estimate - one.lower], [one.upper - one.estimate]]
        left.barh(k, one.estimate, color=colour)
        left.errorbar(one.estimate, k, xerr=error, color="black", capsize=2, lw=1)
    left.set_yticks(
        range(len(result.basins.targets)), [verbatim(one.label) for one in result.basins.targets]
    )
    left.invert_yaxis()
    left.set(xlabel=f"fraction of {result.basins.n} initial weights (95 % interval)")
    passed = [times for times in result.passages if times.count]
    for times, marker in zip(passed, itertools.cycle("osD^v"), strict=False):
        right.plot(
            times.predicted, times.measured, marker, ms=3, mfc="none", label=verbatim(times.label)
        )
    if passed:
        ends = np.concatenate([times.predicted[times.predicted > 0.0] for times in passed])
        right.plot([ends.min(), ends.max()], [ends.min(), ends.max()], "-", color="0.5", lw=0.8)
        right.set(xscale="log", yscale="log")
        right.legend()
    right.set(xlabel="passage time predicted by eigenvalues", ylabel="measured")
    return canvas


def _phase(result: PhaseResult) -> Canvas:
    """Flow, nullclines, critical points and manifolds."""
    canvas, axes = plt.subplots(figsize=(1.4 * SINGLE, 1.25 * SINGLE))
    draw_plane(axes, phase_to_arrays(result.phase))
    canvas.legend(handles=plane_legend(), loc="outside lower center", ncols=3)
    return canvas


def _fits(axes: Axes, result: Result) -> None:
    data = result.loss.data
    noise = float(result.settings.get("noise") or 0.0)
    x_axis, y_axis = result.axes
    seen = y_axis.measured(data.target + noise * data.noise)
    axes.plot(x_axis.measured(data.x), seen, ".", color="0.6", ms=3, label=f"{data.size} samples")
    x = np.linspace(data.x.min(), data.x.max(), ABSCISSAE)
    named: set[str] = set()
    for found in result.sets:
        name = "attracting" if found.attracting else "not attracting"
        axes.plot(
            x_axis.measured(x), y_axis.measured(found.outputs(x)),
            "-" if found.attracting else ":", color="C0" if found.attracting else "C1",
            lw=1.4 if found.attracting else 0.8, label=None if name in named else name,
        )  # fmt: skip
        named.add(name)
    axes.set(xlabel=verbatim(x_axis.name), ylabel=verbatim(y_axis.name))
    axes.legend()


def _plane(result: PlaneResult) -> Canvas:
    canvas, ax = plt.subplots(figsize=(DOUBLE, 0.55 * DOUBLE))
    result.plane.plot(ax)
    return canvas


DRAWN: Mapping[type[Result], Callable[[Any], Canvas]] = {
    Result: _points,
    BranchResult: _branch,
    GraphResult: _graph,
    EvolutionResult: _evolution,
    BasinsResult: _basins,
    PhaseResult: _phase,
    PlaneResult: _plane,
}
"""How each kind of result is drawn."""
