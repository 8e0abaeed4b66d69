"""Real data: the motorcycle accident, fitted by two units with bias and output offset."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from continuation.landscape import Loss, connect, find_critical_sets
from continuation.landscape.network import read_observations
from figures.graph_data import graph_arrays
from figures.plots import flow_graph
from figures.settings import Settings
from figures.style import DOUBLE
from symbolic import Model

TITLE = "fits of all critical sets to the motorcycle data, and the graph between them"

SOURCE = "motorcycle.csv"


def model() -> Model:
    """Two tanh units with bias, and an output offset."""
    return Model.perceptron(hidden=2, bias=True, offset=True)


def parts(settings: Settings) -> Sequence[Settings]:
    """One part."""
    return [settings]


def compute(settings: Settings) -> xr.Dataset:
    """Critical sets, their fits in measured units, and the graph."""
    with resources.as_file(resources.files("figures") / "data" / SOURCE) as path:
        seen = read_observations(path, standardise=True)
    loss = Loss(model(), seen.data)
    sets = find_critical_sets(loss, seed=settings.seed)
    graph = connect(loss, sets)
    x = np.linspace(seen.data.x.min() - 0.1, seen.data.x.max() + 0.1, 400)
    finite = [s for s in sets if not s.at_infinity]
    arrays = graph_arrays(graph)
    return arrays.assign(
        time=("sample", seen.x.measured(seen.data.x)),
        acceleration=("sample", seen.y.measured(seen.data.target)),
        at=("abscissa", seen.x.measured(x)),
        fit=(("set", "abscissa"), np.array([seen.y.measured(s.outputs(x)) for s in finite])),
        set_label=("set", [s.label for s in finite]),
        set_kind=("set", [s.kind for s in finite]),
        set_loss=("set", [s.loss for s in finite]),
        set_index=("set", [s.index for s in finite]),
        set_attracting=("set", np.array([int(s.attracting) for s in finite])),
    )


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """The one part."""
    return parts[0]


def draw(data: xr.Dataset) -> Canvas:
    """Fits on the left, graph on the right."""
    canvas, (left, right) = plt.subplots(
        1, 2, figsize=(DOUBLE, 0.58 * DOUBLE), width_ratios=[1.05, 1.0]
    )
    _draw_fits(left, data)
    nodes = data[["label", "kind", "region", "loss", "attracting"]]
    flow_graph(right, nodes, data[["source", "target", "multiplicity", "source_parameter"]])
    right.set_title(f"critical sets and connections ({data.attrs['undecided']} flows undecided)")
    return canvas


def _draw_fits(axes: Axes, data: xr.Dataset) -> None:
    axes.plot(data["time"], data["acceleration"], ".", color="0.6", ms=3, label="133 measurements")
    at = data["at"].to_numpy()
    styles = {
        "attractors": (data["set_attracting"] == 1, "#0072B2", "-", 1.4),
        "saddles": (
            (data["set_attracting"] == 0) & (data["set_kind"] == "point"),
            "#D55E00",
            ":",
            0.8,
        ),
        "split lines, silent curves": (data["set_kind"] == "line", "black", "--", 1.2),
    }
    for label, (chosen, colour, line, width) in styles.items():
        for k, fit in enumerate(data["fit"].to_numpy()[chosen.to_numpy()]):
            axes.plot(at, fit, line, color=colour, lw=width, label=label if k == 0 else None)
    axes.set(xlabel="time after impact (ms)", ylabel="head acceleration (g)")
    axes.legend(loc="lower right")
