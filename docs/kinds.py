"""`python -m docs.kinds`: the pictures of the kinds of critical sets and of the regions."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from continuation.landscape import CriticalSet, CriticalSets, Dataset, Loss, find_critical_sets
from docs.pictures import keep
from figures.style import REGION_COLOURS, Style
from symbolic import fukumizu_amari, three_units

SAMPLES, NOISE = 50, 0.1

NEAR = 0.25
"""Distance in input weights at which units are drawn on their way to an end."""

STEEP = 30.0
"""Input weight of a unit that is drawn on its way to a step."""

SHOWN = {
    "isolated 1": (2, "isolated: every unit works"),
    "dead unit 1": (2, "dead unit: w = v = 0"),
    "silent unit 1": (3, "silent unit: v = 0, w ≠ 0"),
    "split line 1": (2, "split line: two copies share v"),
    "confluence 1": (2, "confluence: w₂ − w₁ → 0, v → ±∞"),
    "linear 1": (2, "linear: w → 0, v → ∞"),
    "step 1": (2, "step: w → ∞"),
    "corner 1": (2, "corner of two linear ends: c x + c₃ x³"),
    "corner 3": (3, "corner: confluence and step"),
}
"""Sets by label, in the landscape of two or three units."""


def landscape(hidden: int) -> tuple[Loss, CriticalSets]:
    """Two or three units on the same samples of 2 tanh x − tanh 4x."""
    model = fukumizu_amari() if hidden == 2 else three_units()
    loss = Loss(model, Dataset.sample(model, SAMPLES, 0))
    return loss, find_critical_sets(loss, noise=NOISE)


def units_of(found: CriticalSet) -> Iterator[tuple[float, float]]:
    """Input and output weight of each unit; at infinity of units that are on their way."""
    if found.limit is None:
        half = len(found.weights) // 2
        yield from zip(found.weights[:half], found.weights[half:], strict=True)
    else:
        yield from approaching(found.limit.to_dict())


def approaching(end: Mapping[str, float]) -> Iterator[tuple[float, float]]:
    """Units near an end, by the names of its limit model."""
    if "b" in end:
        for side in (-1.0, 1.0):
            yield end["w"] + side * NEAR, end["a"] / 2 + side * end["b"] / (2 * NEAR)
    elif "w" in end:
        yield end["w"], end["v"]
    if "c3" in end:  # v_1 w_1 + v_2 w_2 = c, v_1 w_1^3 + v_2 w_2^3 = -3 c_3
        w = np.array([NEAR, 2 * NEAR])
        yield from zip(w, np.linalg.solve([w, w**3], [end["c"], -3 * end["c3"]]), strict=True)
    elif "c" in end:
        yield NEAR, end["c"] / NEAR
    if "s" in end:
        yield STEEP, end["s"]


def draw_set(axes: Axes, loss: Loss, found: CriticalSet, title: str) -> None:
    """Data, what each unit contributes, and the network function, at infinity the limit."""
    x = np.linspace(-3.3, 3.3, 600)
    axes.plot(
        loss.data.x, loss.data.target + NOISE * loss.data.noise, ".", color="0.75", ms=3, zorder=1
    )
    for w, v in units_of(found):
        axes.plot(x, v * np.tanh(w * x), color="#0072B2", lw=0.8, zorder=2)
    axes.plot(x, found.outputs(x), color="black", lw=1.4, zorder=3)
    axes.set(xlim=(-3.3, 3.3), ylim=(-3.2, 3.2), title=title)


def kinds() -> Figure:
    """One panel a kind."""
    look = Style(font_size=8)
    landscapes = {hidden: landscape(hidden) for hidden in (2, 3)}
    with look.used():
        figure, grid = plt.subplots(3, 3, figsize=(7.0, 5.6), sharex=True, sharey=True)
        for axes, (label, (hidden, title)) in zip(grid.flat, SHOWN.items(), strict=True):
            loss, sets = landscapes[hidden]
            draw_set(axes, loss, next(s for s in sets if s.label == label), title)
        figure.supxlabel("x")
        figure.supylabel("y")
    return figure


def split_line() -> Figure:
    """Curvature across the split line over the share λ, and where the line attracts."""
    line = next(found for found in landscape(2)[1] if found.is_line)
    inner = next(piece for piece in line.segments if piece.lower == 0.0)
    with Style(font_size=8).used():
        figure, axes = plt.subplots(figsize=(4.2, 2.4))
        share = np.linspace(-0.5, 1.5, 301)
        most = inner.transverse_curvature
        curve = 4 * most * share * (1 - share)
        axes.axhline(0, color="0.6", lw=0.6)
        for part, dashes in ((curve >= 0, "-"), (curve <= 0, "--")):
            axes.plot(share, np.where(part, curve, np.nan), dashes, color=REGION_COLOURS["plateau"])
        axes.plot([0, 1], [0, 0], "s", mfc="white", mec="black", ms=4)
        axes.set(xlabel="share λ of the first copy", ylabel="curvature across the line")
        for where, height, text in (
            (0.5, -0.9 * most, "segment: attracts"),
            (-0.25, 0.4 * most, "ray: saddles"),
            (1.25, 0.4 * most, "ray: saddles"),
        ):
            axes.annotate(text, (where, height), ha="center")
    return figure


def regions() -> Figure:
    """Network functions of all sets of three units, region by region."""
    loss, sets = landscape(3)
    x = np.linspace(-3.3, 3.3, 600)
    teacher = 2 * np.tanh(x) - np.tanh(4 * x)
    with Style(font_size=8).used():
        figure, grid = plt.subplots(2, 2, figsize=(7.0, 4.4), sharex=True, sharey=True)
        names = ("plateau", "near-optimal", "overfitting", "other")
        for axes, region in zip(grid.flat, names, strict=True):
            members = [found for found in sets if found.region == region]
            axes.plot(
                loss.data.x, loss.data.target + NOISE * loss.data.noise, ".", color="0.75", ms=3
            )
            for found in members:
                axes.plot(x, found.outputs(x), color=REGION_COLOURS[region], lw=1.0)
            axes.plot(x, teacher, ":", color="black", lw=1.0)
            axes.set_title(f"{region}: {len(members)} sets")
        figure.supxlabel("x")
        figure.supylabel("y")
    return figure


def main() -> None:
    """Draw and keep every picture."""
    mpl.use("agg")
    with tempfile.TemporaryDirectory() as folder:
        for draw in (kinds, split_line, regions):
            path = Path(folder) / f"{draw.__name__}.png"
            draw().savefig(path, dpi=160)
            print(keep(path))


if __name__ == "__main__":
    main()
