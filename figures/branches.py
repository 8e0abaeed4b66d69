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
from continuation.landscape import Loss, SetBranch
from continuation.landscape.evolution import function_distance, loss_diagram, lowest_index
from continuation.landscape.sets import SPLIT_LINE
from figures.arrays import join_presets, of_preset, presets_of
from figures.captions import Caption
from figures.settings import Settings
from figures.style import PAPER, SPECIAL_MARKERS, Style, verbatim
from figures.subjects import Subject, caption_of, conditions, is_measured, title

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
    "loss": "loss $L$",
    "inputs": r"input weights $|w_1|,\ |w_2|$",
}
"""What is drawn of a branch, with the label of its axis."""

MARKS = {"distance": "mark_distance", "loss": "mark_loss", "inputs": "mark_input"}
"""Where the heights of the special points are stored."""

NAME_GAP, MOST_NAMES = 0.055, 2
"""Share of the axis that a name takes, and names in one line."""

ARRIVALS = {
    "infinity": ("*", "arrives at infinity"),
    "line": ("P", "a unit falls silent: arrives at a line"),
    "stopped": ("x", "not followed further"),
}
"""Where a branch ends, as at input weights of 10³ or 10⁻⁵, with the marker and its text."""

WHOLE = ("limit", "closed loop")
"""Reasons of ends at which nothing happens."""

MARKED = {**SPECIAL_MARKERS, **ARRIVALS}

LEAST_INPUT = 1e-3
"""Smaller input weights, on the way of a unit through zero, leave the picture."""


@dataclass(frozen=True)
class Part:
    """A diagram of one preset in one parameter."""

    subject: Subject
    parameter: str
    seed: int
    samples: int
    noise: float
    limits: tuple[float, float]
    searched_at: tuple[float, ...]
    schedule: tuple[int, ...] = ()


def compute(part: Part) -> xr.Dataset:
    """Rows of all branches one after the other, and their special points."""
    loss = part.subject.loss(part.samples, part.seed)
    diagram = loss_diagram(
        loss,
        part.parameter,
        part.limits,
        part.searched_at,
        noise=part.noise,
        schedule=part.schedule,
    )
    distances = [_distance(loss, branch) for branch in diagram.branches]
    rows = {
        "branch": np.concatenate([np.full(len(b), k) for k, b in enumerate(diagram.branches)]),
        "parameter": np.concatenate([b.p for b in diagram.branches]),
        "distance": np.concatenate(distances),
        "loss": np.concatenate([b.loss for b in diagram.branches]),
        "index": np.concatenate([lowest_index(b) for b in diagram.branches]),
    }
    pairs = zip(diagram.branches, distances, strict=True)
    marks = [mark for branch, distance in pairs for mark in _marks(branch, distance)]
    return xr.Dataset(
        {
            **{name: ("row", values) for name, values in rows.items()},
            "inputs": (("row", "unit"), np.vstack([_inputs(b) for b in diagram.branches])),
            "label": ("line", [b.set.label for b in diagram.branches]),
            "kind": ("line", [b.set.kind for b in diagram.branches]),
            "region": ("line", [b.set.region for b in diagram.branches]),
            "mark": ("special", [m.kind for m in marks]),
            "mark_end": ("special", [m.end for m in marks]),
            "mark_parameter": ("special", np.array([m.parameter for m in marks], dtype=float)),
            "mark_distance": ("special", np.array([m.distance for m in marks], dtype=float)),
            "mark_loss": ("special", np.array([m.loss for m in marks], dtype=float)),
            "mark_input": ("special", np.array([m.input for m in marks], dtype=float)),
        },
        attrs={
            **part.subject.facts(part.samples, part.noise),
            "failures": "\n".join(diagram.failures),
            "schedule": ", ".join(map(str, part.schedule)),
        },
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Both presets; every name carries its preset."""
    return join_presets(parts)


def _distance(loss: Loss, branch: SetBranch) -> np.ndarray:
    """From the teacher; of measured data there is none."""
    taught = loss.model.teacher is not None
    return function_distance(loss, branch) if taught else np.full(len(branch), np.nan)


def quantities(of: xr.Dataset) -> tuple[str, str]:
    """What is drawn: without a teacher the loss in place of the distance from it."""
    return ("loss" if is_measured(of) else "distance"), "inputs"


def draw(data: xr.Dataset, label: str, fixed: str, style: Style = PAPER) -> Canvas:
    """A column a preset: distance of the network function from the teacher, and input weights."""
    presets = presets_of(data)
    canvas, axes = style.panels(2, len(presets), 0.86, share="x")
    seen: set[str] = set()
    marked: set[str] = set()
    for column, preset in zip(axes.T, presets, strict=True):
        of = of_preset(data, preset)
        for panel, quantity in zip(column, quantities(of), strict=True):
            draw_branches(panel, of, quantity, style)
            if column[0] is axes[0, 0]:
                panel.set_ylabel(QUANTITIES[quantity])
        seen |= set(of["region"].to_numpy().tolist())
        marked |= set(of["mark"].to_numpy().tolist())
        column[0].set_title(", ".join(filter(None, (title(of), conditions(of, fixed)))))
        column[1].set_xlabel(label)
    for panel in axes[1]:
        panel.set_ylim(bottom=max(panel.get_ylim()[0], LEAST_INPUT))
    canvas.legend(
        handles=_legend(seen, marked, style), loc="outside lower center", ncols=style.legend_columns
    )
    return style.finished(canvas, axes)


def caption(data: xr.Dataset, along: str, values: str) -> Caption:
    """A panel for each quantity and preset; `along` varies between `values`."""
    shown = [of_preset(data, preset) for preset in presets_of(data)]
    first = "loss" if is_measured(shown[0]) else "distance of the network function from the teacher"
    return caption_of(
        shown,
        panels=[f"{title(of)}: {text}" for text in (first, "input weights") for of in shown],
        notes=(
            "names at the right: sets as they are called where they were found; stars: a branch "
            "arrives at infinity (its weights pass 10³); crosses: at a line of others (a unit "
            "falls silent, its weights pass 10⁻⁵); input weights under 10⁻³ are left out",
            *(f"{title(of)}, at the right from the top: {_ranked(of)}" for of in shown),
            *(f"{title(of)}: {_ends(of)}" for of in shown if _ends(of)),
        ),
        **{{"noise": "noise", "size": "samples"}[along]: values},
    )


def _ranked(of: xr.Dataset) -> str:
    """Names of all branches that reach the right end, from the top of the first panel."""
    owner, parameter = of["branch"].to_numpy(), of["parameter"].to_numpy()
    height = of[quantities(of)[0]].to_numpy()
    ends = [
        (float(height[rows[-1]]), str(label))
        for k, label in enumerate(of["label"].to_numpy())
        for rows in [np.flatnonzero((owner == k) & np.isclose(parameter, parameter.max()))]
        if rows.size
    ]
    return ", ".join(dict.fromkeys(label for _, label in sorted(ends, reverse=True)))


def _ends(of: xr.Dataset) -> str:
    """Where which branch arrives, for the caption."""
    return "; ".join(text for text in map(str, of["mark_end"].to_numpy()) if text)


def _inputs(branch: SetBranch) -> np.ndarray:
    """|w₁|, |w₂| along a branch, (m, 2); at infinity the finite one, where the limit has one."""
    limit = branch.set.limit
    if limit is None:
        return np.abs(branch.theta[:, :2])
    inputs = np.full((len(branch), 2), np.nan)
    if limit.units:
        inputs[:, 0] = np.abs(branch.state[:, 0])
    return inputs


@dataclass(frozen=True)
class Mark:
    """A special point or an arrival; `end` says in words where which branch arrives.

    Its input weight is that of the unit that makes the difference: the one farther from where
    the others are, on a logarithmic scale.
    """

    kind: str
    end: str
    parameter: float
    distance: float
    loss: float
    input: float


def _marks(branch: SetBranch, distance: np.ndarray) -> list[Mark]:
    """Special points and arrivals of a branch."""
    inputs = _inputs(branch)
    typical = np.nanmedian(np.log(inputs[inputs > 0.0])) if (inputs > 0.0).any() else 0.0

    def other(k: int) -> float:
        row = inputs[k][np.isfinite(inputs[k]) & (inputs[k] > 0.0)]
        return float(row[np.argmax(np.abs(np.log(row) - typical))]) if row.size else np.nan

    places = [
        (SPECIAL_KINDS[s.kind], "", s.p, max(s.index, 0))
        for s in branch.special
        if s.located and s.kind in SPECIAL_KINDS
    ]
    ends = (0, len(branch) - 1) if len(branch.arrivals) == 2 else (len(branch) - 1,)
    for end, arrival, reason in zip(ends, branch.arrivals, branch.stop_reasons, strict=True):
        p, label = float(branch.p[end]), branch.set.label
        if arrival is not None:
            kind = "line" if arrival == SPLIT_LINE else "infinity"
            places.append((kind, f"{label} → {arrival} at {p:.4g}", p, end))
        elif reason not in WHOLE:
            reached = f"input weight {np.nanmax(inputs[end]):.3g}"
            places.append(("stopped", f"{label} stops at {p:.4g} ({reason}, {reached})", p, end))
    return [
        Mark(kind, end, p, float(distance[k]), float(branch.loss[k]), other(k))
        for kind, end, p, k in places
    ]


def draw_branches(
    axes: Axes, data: xr.Dataset, quantity: str = "distance", style: Style = PAPER
) -> None:
    """All branches of one preset: a quantity of `QUANTITIES` against the parameter."""
    values = data[quantity].to_numpy().reshape(data.sizes["row"], -1)
    marks = data[MARKS[quantity]].to_numpy()
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
        axes.plot(p, y, MARKED[str(kind)][0], color="black", mfc="white", ms=4, zorder=4)
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
            marker=MARKED[m][0],
            color="black",
            mfc="white",
            label=MARKED[m][1],
        )
        for m in MARKED
        if m in marks
    ]
    return handles
