"""Bifurcation diagrams of the loss in one parameter, for the figures `noise` and `size`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from continuation.kinds import KINDS
from continuation.landscape import Dataset, Loss, SetBranch
from continuation.landscape.evolution import function_distance, loss_diagram, lowest_index
from figures.arrays import join_presets, of_preset, presets_of
from figures.captions import Caption, data_sets, titles
from figures.settings import Settings
from figures.style import PAPER, SPECIAL_MARKERS, Style, verbatim
from symbolic import PRESETS

SPECIAL_KINDS = {
    name: "branch point" if kind.branching else "fold"
    for name, kind in KINDS.items()
    if kind.singular
}
"""What is marked. A cusp has codimension two: on a branch in one parameter of random data it is
a fold whose quadratic coefficient is small. Points where an eigenvalue vanishes without a fold
are marked alike, whichever normal form their small coefficients suggest."""

STABILITY = {0: "-", 1: "--", 2: ":"}
"""Line style by index; larger ones as 2."""

QUANTITIES = {
    "distance": r"distance from the teacher $\|f-T\|$",
    "inputs": r"input weights $|w_1|,\ |w_2|$",
}
"""What is drawn of a branch, with the label of its axis."""

NAME_GAP, MOST_NAMES = 0.055, 2
"""Share of the axis that a name takes, and names in one line."""

LEAST_INPUT = 1e-3
"""Smaller input weights, on the way of a unit through zero, leave the picture."""


@dataclass(frozen=True)
class Part:
    """A diagram of one preset in one parameter."""

    preset: str
    parameter: str
    seed: int
    samples: int
    noise: float
    limits: tuple[float, float]
    searched_at: tuple[float, ...]
    schedule: tuple[int, ...] = ()


def compute(part: Part) -> xr.Dataset:
    """Rows of all branches one after the other, and their special points."""
    model = PRESETS[part.preset]()
    loss = Loss(model, Dataset.sample(model, part.samples, part.seed))
    diagram = loss_diagram(
        loss,
        part.parameter,
        part.limits,
        part.searched_at,
        noise=part.noise,
        schedule=part.schedule,
    )
    distances = [function_distance(loss, branch) for branch in diagram.branches]
    rows = {
        "branch": np.concatenate([np.full(len(b), k) for k, b in enumerate(diagram.branches)]),
        "parameter": np.concatenate([b.p for b in diagram.branches]),
        "distance": np.concatenate(distances),
        "loss": np.concatenate([b.loss for b in diagram.branches]),
        "index": np.concatenate([lowest_index(b) for b in diagram.branches]),
    }
    marks = [
        mark
        for branch, distance in zip(diagram.branches, distances, strict=True)
        for mark in _marks(branch, distance)
    ]
    return xr.Dataset(
        {
            **{name: ("row", values) for name, values in rows.items()},
            "inputs": (("row", "unit"), np.vstack([_inputs(b) for b in diagram.branches])),
            "label": ("line", [b.set.label for b in diagram.branches]),
            "kind": ("line", [b.set.kind for b in diagram.branches]),
            "region": ("line", [b.set.region for b in diagram.branches]),
            "mark": ("special", [m[0] for m in marks]),
            "mark_parameter": ("special", np.array([m[1] for m in marks], dtype=float)),
            "mark_distance": ("special", np.array([m[2] for m in marks], dtype=float)),
            "mark_input": ("special", np.array([m[3] for m in marks], dtype=float)),
        },
        attrs={
            "preset": part.preset,
            "samples": part.samples,
            "noise": part.noise,
            "failures": "\n".join(diagram.failures),
        },
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Both presets; every name carries its preset."""
    return join_presets(parts)


def draw(data: xr.Dataset, label: str, fixed: str, style: Style = PAPER) -> Canvas:
    """A column a preset: distance of the network function from the teacher, and input weights."""
    presets = presets_of(data)
    canvas, axes = style.panels(2, len(presets), 0.86, share="x")
    seen: set[str] = set()
    marked: set[str] = set()
    for column, preset in zip(axes.T, presets, strict=True):
        of = of_preset(data, preset)
        for panel, quantity in zip(column, QUANTITIES, strict=True):
            draw_branches(panel, of, quantity, style)
        seen |= set(of["region"].to_numpy().tolist())
        marked |= set(of["mark"].to_numpy().tolist())
        value = of.attrs["samples" if fixed == "n" else "noise"]
        symbol = "n" if fixed == "n" else r"\sigma"
        column[0].set_title(f"{PRESETS[preset].title}, ${symbol}={value:g}$")
        column[1].set_xlabel(label)
    for panel in axes[1]:
        panel.set_ylim(bottom=max(panel.get_ylim()[0], LEAST_INPUT))
    for row, text in zip(axes, QUANTITIES.values(), strict=True):
        row[0].set_ylabel(text)
    canvas.legend(
        handles=_legend(seen, marked, style), loc="outside lower center", ncols=style.legend_columns
    )
    return style.finished(canvas, axes)


def caption(data: xr.Dataset, along: str, values: str) -> Caption:
    """A panel for each quantity and preset; `along` varies between `values`."""
    presets = presets_of(data)
    of = of_preset(data, presets[0])
    fixed = {"samples": f"{of.attrs['samples']}", "noise": f"{of.attrs['noise']:g}"}
    fixed |= {"noise": values} if along == "noise" else {"samples": values}
    texts = ("distance of the network function from the teacher", "input weights")
    return Caption(
        panels=[f"{title}: {text}" for text in texts for title in titles(presets)],
        models=presets,
        data_sets=f"{data_sets(1)} of each model",
        notes=(
            "names at the right: sets as they are called where they were found; stars: a branch "
            "arrives at infinity (its weights pass 10³) or at a line of others (a unit falls "
            "silent, its weights pass 10⁻⁵); input weights under 10⁻³ are left out",
        ),
        **fixed,
    )


def _inputs(branch: SetBranch) -> np.ndarray:
    """|w₁|, |w₂| along a branch, (m, 2); at infinity the finite one, where the limit has one."""
    limit = branch.set.limit
    if limit is None:
        return np.abs(branch.theta[:, :2])
    inputs = np.full((len(branch), 2), np.nan)
    if limit.units:
        inputs[:, 0] = np.abs(branch.state[:, 0])
    return inputs


def _marks(branch: SetBranch, distance: np.ndarray) -> list[tuple[str, float, float, float]]:
    """Special points and arrivals: kind, parameter, distance and input weight of the unit that

    makes the difference: the one farther from where the others are, on a logarithmic scale.
    """
    inputs = _inputs(branch)
    typical = np.nanmedian(np.log(inputs[inputs > 0.0])) if (inputs > 0.0).any() else 0.0

    def other(k: int) -> float:
        row = inputs[k][np.isfinite(inputs[k]) & (inputs[k] > 0.0)]
        return float(row[np.argmax(np.abs(np.log(row) - typical))]) if row.size else np.nan

    places = [
        (SPECIAL_KINDS[s.kind], s.p, max(s.index, 0))
        for s in branch.special
        if s.located and s.kind in SPECIAL_KINDS
    ]
    ends = (0, len(branch) - 1) if len(branch.arrivals) == 2 else (len(branch) - 1,)
    places += [
        ("arrival", float(branch.p[end]), end)
        for end, arrival in zip(ends, branch.arrivals, strict=True)
        if arrival is not None
    ]
    return [(kind, p, float(distance[k]), other(k)) for kind, p, k in places]


def draw_branches(
    axes: Axes, data: xr.Dataset, quantity: str = "distance", style: Style = PAPER
) -> None:
    """All branches of one preset: a quantity of `QUANTITIES` against the parameter."""
    values = data[quantity].to_numpy().reshape(data.sizes["row"], -1)
    marks = data[{"distance": "mark_distance", "inputs": "mark_input"}[quantity]].to_numpy()
    owner, parameter = data["branch"].to_numpy(), data["parameter"].to_numpy()
    index = data["index"].to_numpy()
    for k, (region, kind) in enumerate(
        zip(data["region"].to_numpy(), data["kind"].to_numpy(), strict=True)
    ):
        rows = np.flatnonzero(owner == k)
        thin = str(kind) == "infinity"
        for piece, number in _pieces(index[rows]):
            axes.plot(
                parameter[rows][piece], values[rows][piece], STABILITY[min(number, 2)],
                color=style.regions[_region_of_piece(str(region), number)],
                lw=0.8 if thin else 1.5, zorder=2 - thin,
            )  # fmt: skip
    for kind, p, y in zip(
        data["mark"].to_numpy(), data["mark_parameter"].to_numpy(), marks, strict=True
    ):
        axes.plot(p, y, SPECIAL_MARKERS[str(kind)][0], color="black", mfc="white", ms=4, zorder=4)
    axes.set(xscale="log", yscale="log")
    _name_branches(axes, data, values)


def _name_branches(axes: Axes, data: xr.Dataset, values: np.ndarray) -> None:
    """Names at the right, those that would stand on each other in one line of text."""
    owner, parameter = data["branch"].to_numpy(), data["parameter"].to_numpy()
    ends: list[tuple[float, str]] = []
    for k, label in enumerate(data["label"].to_numpy()):
        last = np.flatnonzero(owner == k)[np.argmax(parameter[owner == k])]
        if np.isclose(parameter[last], parameter.max()):
            shown = values[last][np.isfinite(values[last]) & (values[last] >= LEAST_INPUT)]
            ends += [(float(np.log10(y)), str(label)) for y in shown if y > 0.0]
    decades = np.ptp(np.log10(axes.get_ylim()))
    for group in _close(sorted(ends), NAME_GAP * decades):
        names = list(dict.fromkeys(label for _, label in group))
        text = ", ".join(map(verbatim, names[:MOST_NAMES]))
        text += f" +{len(names) - MOST_NAMES}" if len(names) > MOST_NAMES else ""
        axes.annotate(
            text, (1.01, 10.0 ** np.mean([y for y, _ in group])), fontsize="x-small", va="center",
            xycoords=("axes fraction", "data"), annotation_clip=False,
        )  # fmt: skip


def _close(ends: Sequence[tuple[float, str]], gap: float) -> list[list[tuple[float, str]]]:
    """Sorted places in runs whose means are no closer than a gap."""
    runs = [[end] for end in ends]
    while True:
        means = [np.mean([y for y, _ in run]) for run in runs]
        near = next((k for k in range(len(runs) - 1) if means[k + 1] - means[k] < gap), None)
        if near is None:
            return runs
        runs[near : near + 2] = [runs[near] + runs[near + 1]]


def _region_of_piece(region: str, index: int) -> str:
    """Region of a piece of a branch that was labelled where it was found.

    Near-optimal and overfitting sets both tend to the optimum, and differ in attracting or not.
    """
    if region not in ("near-optimal", "overfitting"):
        return region
    return "overfitting" if index == 0 else "near-optimal"


def _pieces(index: np.ndarray) -> list[tuple[slice, int]]:
    """Runs of equal index, each reaching into the next so that the line has no gaps."""
    cuts = [0, *(np.flatnonzero(np.diff(index)) + 1), index.size]
    return [(slice(a, b + 1), int(index[a])) for a, b in itertools.pairwise(cuts)]


def _legend(regions: set[str], marks: set[str], style: Style) -> list[Line2D]:
    handles = [
        Line2D([], [], color=c, lw=1.5, label=r) for r, c in style.regions.items() if r in regions
    ]
    names = {0: "attracting", 1: "index 1", 2: "index 2 or more"}
    handles += [
        Line2D([], [], color="black", ls=STABILITY[k], lw=1.2, label=names[k]) for k in names
    ]
    handles.append(Line2D([], [], color="0.4", lw=0.8, label="thin: at infinity"))
    handles += [
        Line2D(
            [],
            [],
            ls="",
            marker=SPECIAL_MARKERS[m][0],
            color="black",
            mfc="white",
            label=SPECIAL_MARKERS[m][1],
        )
        for m in SPECIAL_MARKERS
        if m in marks
    ]
    return handles
