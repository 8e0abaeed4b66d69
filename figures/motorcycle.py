"""Observed data, fitted by two units with bias and offset: the motorcycle accident, or a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from continuation.landscape import Loss, connect, find_critical_sets
from continuation.landscape.network import Observations, read_observations
from continuation.wording import counted
from figures.captions import Caption, spelled
from figures.graph_data import graph_arrays
from figures.plots import CROWDED, draw_graph, joined, region_legend, unfollowed
from figures.settings import Settings
from figures.style import PAPER, Style, verbatim
from figures.subjects import observed
from symbolic import Model

TITLE = "fits of all critical sets to observed data, and the graph between them"

SOURCE = "motorcycle.csv"
LABELS = ("time after impact (ms)", "head acceleration (g)")
"""Of its columns."""

ATTRACTOR_LINES: tuple[Any, ...] = (
    "-",
    (0, (6, 1.5)),
    (0, (3, 1, 1, 1)),
    (0, (1, 1)),
)
"""Of the named attractors: they are told apart in grey print, too."""


NAMED = 4
"""Lowest attractors whose fits have names, and that a crowded graph names."""

WIDE, TALL = (1.25, (2.0, 3.0)), (1.5, (2.0, 5.0))
"""Height over width of a page, and those of fits and graph, where the graph is crowded; in a column
its names need more room above each other."""

DECIDING = 2
"""Named attractors that flows out of one set reach: a reader looks for what divides basins."""


def model() -> Model:
    """Two tanh units with bias, and an output offset."""
    return Model.perceptron(hidden=2, bias=True, offset=True)


def observations(settings: Settings) -> Observations:
    """The file that is asked for, or the motorcycle data; standardised."""
    if settings.data is None:
        with resources.as_file(resources.files("figures") / "data" / SOURCE) as path:
            return read_observations(path, standardise=True)
    return observed(settings.data, settings.columns)


def parts(settings: Settings) -> Sequence[Settings]:
    """One part; errors of the file are said before anything is computed."""
    observations(settings)
    return [settings.of_any_budget]


def compute(settings: Settings) -> xr.Dataset:
    """Critical sets, their fits in measured units, and the graph."""
    seen = observations(settings)
    loss = Loss(model(), seen.data)
    sets = find_critical_sets(loss, seed=settings.seed)
    graph = connect(loss, sets)
    x = np.linspace(seen.data.x.min() - 0.1, seen.data.x.max() + 0.1, 400)
    fitted = [s for s in sets if s.attracting or not s.at_infinity]
    arrays = graph_arrays(graph)
    return arrays.assign(
        seen_x=("sample", seen.x.measured(seen.data.x)),
        seen_y=("sample", seen.y.measured(seen.data.target)),
        at=("abscissa", seen.x.measured(x)),
        fit=(("set", "abscissa"), np.array([seen.y.measured(s.outputs(x)) for s in fitted])),
        set_label=("set", [s.label for s in fitted]),
        set_kind=("set", [s.kind for s in fitted]),
        set_loss=("set", [s.loss for s in fitted]),
        set_index=("set", [s.index for s in fitted]),
        set_attracting=("set", np.array([int(s.attracting) for s in fitted])),
    ).assign_attrs(
        source=SOURCE if settings.data is None else Path(settings.data).name,
        x_label=LABELS[0] if settings.data is None else seen.x.name,
        y_label=LABELS[1] if settings.data is None else seen.y.name,
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """The one part."""
    return parts[0]


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """Fits and graph beside each other; a crowded graph takes the whole width below the fits."""
    shown = connected(data)
    if shown.sizes["node"] > CROWDED:
        share, heights = TALL if style.is_narrow else WIDE
        canvas, axes = style.panels(2, 1, share, height_ratios=heights)
    else:
        canvas, axes = style.panels(1, 2, 0.72)
    left, right = axes.ravel()
    draw_fits(left, data)
    nodes = shown[["label", "kind", "region", "loss", "attracting"]].assign(text=texts(shown))
    draw_graph(right, nodes, shown[["source", "target", "multiplicity", "source_parameter"]], style)
    right.set_title(f"{counted(data.attrs['undecided'], 'flow')} undecided")
    regions, kinds = (shown[name].to_numpy().tolist() for name in ("region", "kind"))
    left = bool(unfollowed(shown, joined(shown)))
    region_legend(canvas, regions, kinds, unfollowed=left, style=style)
    return style.finished(canvas, axes)


def caption(data: xr.Dataset) -> Caption:
    """Fits and graph."""
    attracting = int(data["attracting"].to_numpy().sum())
    left = data.sizes["node"] - connected(data).sizes["node"]
    return Caption(
        panels=[
            "measurements and the fits of all attractors, those at infinity among them, and of all "
            "sets at finite weights",
            "graph of all sets that flows leave or reach",
        ],
        models=[spelled(model())],
        samples=f"{data.sizes['sample']}",
        noise="that of the measurements",
        data_sets=f"1 data set, {data.attrs['source']}",
        notes=(
            f"{counted(data.sizes['node'], 'set')}, {attracting} of them attracting; "
            f"{counted(data.attrs['undecided'], 'flow')} undecided",
            f"{counted(left, 'set')} that no flow leaves or reaches not drawn",
            *_numbered(connected(data)),
            "no teacher, hence no regions: nodes are grey",
        ),
    )


def texts(shown: xr.Dataset) -> tuple[str, list[str]]:
    """Names of what a reader looks for, see `_named`; numbers, by loss, of the other sets.

    Where there are few, all have their names.
    """
    names = [str(label) for label in shown["label"].to_numpy()]
    named = _named(shown) if len(names) > CROWDED else set(range(len(names)))
    order = [k for k in np.argsort(shown["loss"].to_numpy(), kind="stable") if k not in named]
    for number, k in enumerate(order, start=1):
        names[k] = str(number)
    return "node", names


def _named(shown: xr.Dataset) -> set[int]:
    """The lowest attractors, and what divides their basins."""
    attracting = shown["attracting"].to_numpy() == 1
    lowest = [int(k) for k in np.argsort(shown["loss"].to_numpy(), kind="stable") if attracting[k]]
    named = set(lowest[:NAMED])
    ends: dict[int, set[int]] = {}
    for source, target in joined(shown):
        ends.setdefault(source, set()).update({target} & named)
    return named | {source for source, reached in ends.items() if len(reached) >= DECIDING}


def _numbered(shown: xr.Dataset) -> Iterator[str]:
    """What the numbers in the graph stand for, as a sentence of the caption."""
    _, found = texts(shown)
    labels = shown["label"].to_numpy()
    pairs = [(int(text), labels[k]) for k, text in enumerate(found) if text.isdecimal()]
    if pairs:
        listed = ", ".join(f"{number} {label}" for number, label in sorted(pairs))
        yield (
            f"named are the {NAMED} lowest attractors and the sets with flows to {DECIDING} of "
            f"them; numbers, by loss, stand for {listed}"
        )


def connected(data: xr.Dataset) -> xr.Dataset:
    """The graph without the nodes that have no connection."""
    ends = [data[name].to_numpy().astype(np.int64) for name in ("source", "target")]
    kept = np.unique(np.concatenate(ends))
    source, target = (np.searchsorted(kept, end) for end in ends)
    return data.isel(node=kept).assign(source=("edge", source), target=("edge", target))


def draw_fits(axes: Axes, data: xr.Dataset) -> None:
    """Measurements, the fits of the lowest attractors by name, and those of other sets faintly."""
    samples = f"{data.sizes['sample']} measurements"
    axes.plot(data["seen_x"], data["seen_y"], ".", color="0.6", ms=3, label=samples)
    at, fits = data["at"].to_numpy(), data["fit"].to_numpy()
    attracting, kind = data["set_attracting"].to_numpy() == 1, data["set_kind"].to_numpy()
    names, losses = data["set_label"].to_numpy(), data["set_loss"].to_numpy()
    named = [int(k) for k in np.argsort(losses, kind="stable") if attracting[k]][:NAMED]
    faint = ~np.isin(np.arange(names.size), named)
    others = {
        "other attractors": (faint & attracting, "-"),
        "saddles": (~attracting & (kind == "point"), ":"),
        "lines, manifolds": (~attracting & (kind != "point"), "--"),
    }
    for label, (chosen, line) in others.items():
        for k, fit in enumerate(fits[chosen]):
            axes.plot(at, fit, line, color="0.45", lw=0.6, label=label if k == 0 else None)
    for k, line in zip(named, ATTRACTOR_LINES, strict=False):
        axes.plot(
            at, fits[k], color=f"C{named.index(k)}", ls=line, lw=1.5,
            label=f"{verbatim(str(names[k]))}: $L={losses[k]:.4g}$",
        )  # fmt: skip
    axes.set(xlabel=verbatim(data.attrs["x_label"]), ylabel=verbatim(data.attrs["y_label"]))
    axes.legend(loc="best", fontsize="small")
