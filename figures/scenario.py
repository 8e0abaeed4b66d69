"""Where the scenario plateau, near-optimal, overfitting holds: a search over settings (claim 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.image import AxesImage

from continuation.ensemble import Case, Setting
from continuation.landscape import Symmetry
from continuation.landscape.flow import FlowResult
from figures.best import BEST, Search, search_settings, searches
from figures.boundary import (
    SUBJECTS,
    Boundary,
    boundaries,
    boundary_legend,
    draw_boundary,
    trace,
)
from figures.captions import Caption, levels
from figures.journeys import ARRIVAL, ITINERARY, PASSAGE, SCALES, STARTS, flows, journeys, mean
from figures.settings import Settings
from figures.shares import FAILS, HOLDS, UNDECIDED, Bounds, sampled, verdict
from figures.style import MILLIMETRES, PAPER, Style, letter_panels
from symbolic import PRESETS, Model, Preset

TITLE = "where plateau, near-optimal, overfitting holds: shares over teachers, data and weights"

FAMILIES: dict[str, Preset] = {
    **PRESETS,
    "alike": Preset(
        partial(Model.perceptron, 2, teacher="tanh(x) + tanh(4*x)", input_scale=2), "units alike"
    ),
}
"""Student and teacher: the presets, and a teacher whose output weights have one sign."""

DECIDED = "decided"
"""Share of initial weights whose trajectory is decided to tend to an attracting set."""

SINGLE = "single"
"""Share of data sets on which one attracting set is in the overfitting region."""

TOGETHER, USEFUL = "together", "useful"
"""Shares of data sets: on which all trajectories end in one point modulo symmetry, and in one whose
excess risk is small."""

SMALL = 0.01
"""Excess risk that counts as small, relative to that of the zero network."""

DECAYS = (1e-4, 1e-3, 1e-2, 1e-1)

MOST_DRAWS = {1: 150, 2: 150, 3: 25}
"""Data sets at most, by units: 116 say that a share which is 1 lies above 95 %. Those of three
units cost ten times as much, and their shares are known to lie below after a few, or stay
undecided."""

USUAL_DRAWS = {1: 8, 2: 8, 3: 2}
"""Those of a usual run."""

NEAR = 1e-4
"""Distance of two limits of one point, relative to 1 + |θ|; flows decide them to 1e-8."""

OTHERS = ((100, 0.5), (300, 0.02))
"""Sizes and noises beside those of the preset: more noise; more data and less noise."""


@dataclass(frozen=True)
class Part:
    """One question about one student and teacher, on as many data sets as a verdict needs."""

    question: str
    family: str
    size: int
    noise: float
    weight_decay: float
    first: int
    budget: int
    least: int

    def case(self, seed: int) -> Case:
        """The data set of a seed."""
        model = FAMILIES[self.family]()
        return Case(Setting(model, self.size, self.noise, self.weight_decay), seed)


def parts(settings: Settings) -> Sequence[Part | Boundary | Search]:
    """What takes long: boundaries and searches; then the settings, the slow students first."""
    models = {name: preset() for name, preset in FAMILIES.items()}
    return [*boundaries(settings, models), *searches(settings), *_given(settings, models)]


def _given(settings: Settings, models: Mapping[str, Model]) -> list[Part]:
    """The settings of the matrices."""
    least = settings.choose(10, 2, 2)
    units = {name: models[name].hidden for name in FAMILIES}
    return [
        Part(
            question, family, size, noise, decay, settings.seed,
            settings.choose(MOST_DRAWS[units[family]], USUAL_DRAWS[units[family]], 4), least,
        )
        for family in sorted(FAMILIES, key=lambda name: -units[name])
        for question, size, noise, decay in _asked(FAMILIES[family], settings)
    ]  # fmt: skip


def _asked(family: Preset, settings: Settings) -> list[tuple[str, int, float, float]]:
    """Questions about a student, with size, noise and weight decay."""
    own = (family.size, family.noise)
    data = settings.choose([own, *OTHERS], [own], [own])
    decays = settings.choose(DECAYS, DECAYS, DECAYS[::3])
    return [
        *((question, *given, 0.0) for question in ("trajectories", "limits") for given in data),
        *(("decay", *own, decay) for decay in decays),
    ]


def compute(part: Part | Boundary | Search) -> xr.Dataset:
    """A row for every share, or crossings and the noises that were asked."""
    if isinstance(part, Boundary):
        return trace(part)
    if isinstance(part, Search):
        return search_settings(part)
    found = sampled(partial(QUESTIONS[part.question], part), part.first, part.budget, part.least)
    names = [str(name).split(" ") for name in found["share"].to_numpy()]
    rows = found.drop_vars("share").rename(share="row")
    columns = {
        "share": [name for name, _ in names],
        "scale": np.array([float(scale) for _, scale in names]),
        "family": [part.family] * len(names),
        **{
            name: np.full(len(names), getattr(part, name))
            for name in ("size", "noise", "weight_decay")
        },
        **{name: np.full(len(names), rows[name].item()) for name in ("draws", "budget")},
    }
    return rows.assign({name: ("row", column) for name, column in columns.items()})


def _trajectories(part: Part, seed: int) -> dict[str, Bounds]:
    """Itineraries from every scale, and the attractors, of one data set."""
    case = part.case(seed)
    sets = case.sets()
    count = [found.region for found in sets.attractors].count("overfitting")
    bounds = {f"{SINGLE} {SCALES[0]}": (float(count == 1), float(count == 1))}
    for scale in SCALES:
        shares = journeys(case, sets, scale)
        bounds |= {f"{name} {scale}": share for name, share in shares.items()}
    return bounds


def _limits(part: Part, seed: int) -> dict[str, Bounds]:
    """Trajectories that are decided, of one data set."""
    results = flows(part.case(seed), SCALES[0])
    return {f"{DECIDED} {SCALES[0]}": mean([(float(r.decided), 1.0) for r in results])}


def _together(part: Part, seed: int) -> dict[str, Bounds]:
    """Whether trajectories end in one point, of one data set."""
    case = part.case(seed)
    loss, results = case.loss, flows(case, SCALES[0])
    apart = _apart(
        Symmetry.of(loss.model, decays=part.weight_decay > 0.0), [r for r in results if r.decided]
    )
    known, risk = all(r.decided for r in results), loss.population.at()
    far = any(risk.value(r.theta) > SMALL * risk.value(0.0 * r.theta) for r in results)
    return {
        f"{TOGETHER} {SCALES[0]}": (float(known and not apart), float(not apart)),
        f"{USEFUL} {SCALES[0]}": (
            float(known and not apart and not far),
            float(not apart and not far),
        ),
    }


def _apart(symmetry: Symmetry, results: Sequence[FlowResult]) -> bool:
    """Whether some of these limits are no points, or two of them different ones."""
    if any(r.status != "point" for r in results):
        return True
    return any(
        symmetry.distance(r.weights, results[0].weights) > NEAR * (1.0 + np.linalg.norm(r.weights))
        for r in results
    )


QUESTIONS: Mapping[str, Callable[[Part, int], dict[str, Bounds]]] = {
    "trajectories": _trajectories,
    "limits": _limits,
    "decay": _together,
}


def assemble(settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """All rows, all crossings."""
    along = {
        name: [part for part in parts if name in part.dims] for name in ("row", "crossing", "probe")
    }
    joined = [
        xr.concat([part.drop_dims(set(part.dims) - {name}) for part in those], name)
        for name, those in along.items()
        if those
    ]
    return xr.merge(joined)


PANELS = {
    ITINERARY: "trajectories: plateau,\nnear-optimal, overfitting",
    ARRIVAL: "trajectories that end\nin the overfitting region",
    SINGLE: "data sets:\none overfitting attractor",
    TOGETHER: "data sets: all trajectories\nend in one point",
    USEFUL: "data sets: all end in one\npoint of small excess risk",
}
"""Shares that are drawn, with the titles of their panels."""

BOUNDARIES = tuple(f"{FAMILIES[one.family].title}:\n{one.title}" for one in SUBJECTS)
"""Titles of the panels of boundaries."""

MARKS = {HOLDS: "✓", FAILS: "", UNDECIDED: "?"}


def draw(data: xr.Dataset, style: Style = PAPER) -> Canvas:
    """A matrix a share: a row a student and teacher, a column a setting; then boundaries."""
    canvas, axes = _places(style, len(SUBJECTS) if _traced(data) else 0)
    matrices, below = axes[: len(PANELS)], axes[len(PANELS) :]
    for axis, (share, title) in zip(matrices, PANELS.items(), strict=True):
        image = draw_matrix(axis, data, share)
        axis.set_title(title)
    for number, (axis, title) in enumerate(zip(below, BOUNDARIES, strict=False)):
        draw_boundary(axis, data, number)
        axis.set_title(title)
    if not style.is_narrow:
        for axis in (matrices[1], *matrices[3:]):
            axis.set_yticklabels([])
    for axis in below if style.is_narrow else below[:1]:
        axis.set_ylabel(r"noise $\sigma$")
    if below:
        columns = 1 if style.is_narrow else 5
        canvas.legend(handles=boundary_legend(), loc="outside lower center", ncols=columns)
    canvas.colorbar(
        image, ax=matrices, location="bottom", fraction=0.03, aspect=50,
        label="share (✓ at least 95 %:\nthe whole interval above;\n? undecided; else below)",
    )  # fmt: skip
    letter_panels(axes)
    return canvas


def _traced(data: xr.Dataset) -> bool:
    """Whether boundaries were looked for."""
    return "crossing" in data.dims


def _places(style: Style, boundaries: int) -> tuple[Canvas, list[Axes]]:
    """Two panels above rows of three on a page, all below each other in a column."""
    inches = style.width / MILLIMETRES
    count = len(PANELS) + boundaries
    if style.is_narrow:
        canvas, axes = plt.subplots(count, 1, figsize=(inches, 0.9 * count * inches))
        return canvas, list(axes)
    rows = 1 + (count - 2) // 3
    canvas = plt.figure(figsize=(inches, (0.1 + 0.4 * rows) * inches))
    grid = canvas.add_gridspec(rows, 6)
    thirds = [grid[row, k : k + 2] for row in range(1, rows) for k in (0, 2, 4)]
    places = (grid[0, :3], grid[0, 3:], *thirds)
    return canvas, [canvas.add_subplot(place) for place in places]


def caption(data: xr.Dataset) -> Caption:
    """One panel a share."""
    draws = data["draws"].to_numpy()
    titles = (*PANELS.values(), *(BOUNDARIES if _traced(data) else ()))
    return Caption(
        panels=[text.replace("\n", " ") for text in titles],
        models=[*PRESETS, "units alike: two units, T(x) = tanh(x) + tanh(4*x), x ~ N(0, 2²)"],
        samples=levels(data["size"].to_numpy()),
        noise=levels(data["noise"].to_numpy()),
        data_sets=f"{draws.min()} to {draws.max()} data sets in every setting, until decided or "
        f"the budget of at most {data['budget'].to_numpy().max()} ended",
        notes=(
            "numbers: shares in per cent; own: n and σ of the preset; s: deviation of the initial "
            f"weights; ρ: weight decay; {STARTS} initial weights for a data set",
            *(_how_traced(data) if _traced(data) else ()),
        ),
    )


def _how_traced(data: xr.Dataset) -> Iterator[str]:
    draws = data["probe_data_sets"].to_numpy()
    yield (
        "last panels: noise at which the share crosses 50 % and 95 %, bracketed by bisection "
        f"with {draws.min()} to {draws.max()} data sets at every noise that was asked; "
        "a bracket holds with probability 95 % if the share is monotone; without a bracket the "
        "share lies on one side at both ends of the axis, or was not decided"
    )


Cell = tuple[float, str]
"""A share and its verdict."""


def _cells(data: xr.Dataset, share: str) -> dict[tuple[str, str], Cell]:
    """By name of the setting and family, in the order of the rows."""
    columns = ("family", "size", "noise", "weight_decay", "scale", "estimate", "lower", "upper")
    of = data.isel(row=np.flatnonzero(data["share"].to_numpy() == share))
    rows = zip(*(of[name].to_numpy().tolist() for name in columns), strict=True)
    return {(_setting(share, *row[:5]), row[0]): (row[5], verdict(*row[6:])) for row in rows}


def _setting(share: str, family: str, size: int, noise: float, decay: float, scale: float) -> str:
    """Short name of a setting, the same for all families with noises of their own."""
    if share in (TOGETHER, USEFUL):
        return rf"$\rho={decay:g}$"
    own = (size, noise) == (FAMILIES[family].size, FAMILIES[family].noise)
    data = "own" if own else rf"$n={size}$, $\sigma={noise:g}$"
    return data if share == SINGLE else rf"{data}; $s={scale:g}$"


def draw_matrix(axes: Axes, data: xr.Dataset, share: str) -> AxesImage:
    """One share of `PANELS` as colours and numbers, with the marks of their verdicts."""
    cells = _cells(data, share)
    columns = list(dict.fromkeys(column for column, _ in cells))
    values = np.full((len(FAMILIES), len(columns)), np.nan)
    for (column, family), (estimate, result) in cells.items():
        place = list(FAMILIES).index(family), columns.index(column)
        values[place] = estimate
        axes.text(
            *place[::-1], f"{100 * estimate:.0f}{MARKS[result]}", ha="center", va="center",
            fontsize="small", color="white" if estimate < 0.6 else "black",
            weight="bold" if result == HOLDS else "normal",
        )  # fmt: skip
    axes.set_yticks(range(len(FAMILIES)), [preset.title for preset in FAMILIES.values()])
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right", fontsize="small")
    return axes.imshow(values, cmap="viridis", vmin=0.0, vmax=1.0, aspect="auto")


def setting_text(row: xr.Dataset) -> str:
    """The setting of one row, for a reader."""
    size, noise, decay, scale = (
        row[name].item() for name in ("size", "noise", "weight_decay", "scale")
    )
    text = f"{row['family'].item()}, n = {size}, σ = {noise:g}"
    text += f", ρ = {decay:g}" if decay else ""
    by_weights = str(row["share"].item()) in (ITINERARY, BEST, PASSAGE, ARRIVAL, DECIDED)
    return text + (f", weights from N(0, {scale:g}²)" if by_weights else "")
