"""The boundary of a claim: the noise at which the share of data sets crosses 50 % and 95 %."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from continuation.ensemble import Case, Crossing, Setting, find_crossings
from figures.journeys import ARRIVAL, journeys
from figures.settings import Settings
from figures.shares import MOST
from symbolic import Model

THRESHOLDS = {0.5: ("#0072B2", "o", 1 / 1.12), MOST: ("#D55E00", "s", 1.12)}
"""Shares whose crossing is looked for: colour and marker, and the factor that sets the crossings
of one size side by side."""

SIDES = {1: "#009E73", -1: "#D0D0D0", 0: "white"}
"""Colours of the noises that were asked: the share above, below, undecided."""

PROBES = 8
"""Noises at most, of each crossing: both limits, and six halvings of a ratio of 200 come to 9 %,
closer than most of their shares can be told apart."""

SIZES = (10, 30, 100)

MOST_DRAWS = 250
"""Data sets at most, of each noise: 200 hits in a row say "above 95 %" at the level that makes
eight decisions right together, and a share of 0.98 or 0.9 takes as many more."""


@dataclass(frozen=True)
class Subject:
    """A share whose boundary is traced.

    Attributes
    ----------
    claim : int
    family : str
        Student and teacher.
    column : str
        Of the answers of the question.
    title, counted : str
        What is counted, in short and in full.
    limits : (float, float)
        Noises.
    sizes : tuple of int
    """

    claim: int
    family: str
    column: str
    title: str
    counted: str
    limits: tuple[float, float]
    sizes: tuple[int, ...]


SUBJECTS = (
    Subject(
        3, "fukumizu_amari", "single_overfitting", "one overfitting attractor",
        "data sets with one overfitting attractor", (0.01, 2.0), SIZES,
    ),
    Subject(
        3, "single_unit", "single_attractor", "one attractor in all",
        "data sets with one attractor in all", (0.02, 4.0), SIZES,
    ),
    Subject(
        2, "alike", ARRIVAL, "ends in overfitting region",
        "trajectories that end in the overfitting region", (0.02, 4.0), SIZES,
    ),
)  # fmt: skip


def arrivals(case: Case) -> dict[str, float]:
    """Share of initial weights from N(0, 1) that are known to end in the overfitting region."""
    return {ARRIVAL: journeys(case, case.sets(), 1.0)[ARRIVAL][0]}


QUESTIONS: Mapping[str, str | Callable[[Case], Mapping[str, float]]] = {ARRIVAL: arrivals}
"""By column; the others are columns of the question "sets"."""


@dataclass(frozen=True)
class Boundary:
    """Crossings of one subject at one size."""

    subject: int
    model: Model
    size: int
    first: int
    budget: int
    probes: int

    @property
    def family(self) -> str:
        """Student and teacher."""
        return SUBJECTS[self.subject].family

    @property
    def question(self) -> str:
        """Of the figure."""
        return "boundary"


def boundaries(settings: Settings, models: Mapping[str, Model]) -> list[Boundary]:
    """One part for every subject and size, of a thorough run: few data sets bracket nothing."""
    return [
        Boundary(number, models[subject.family], size, settings.seed, MOST_DRAWS, PROBES)
        for number, subject in settings.choose(tuple(enumerate(SUBJECTS)), (), ())
        for size in subject.sizes
    ]


def trace(part: Boundary) -> xr.Dataset:
    """Crossings along "crossing", the noises that were asked along "probe"."""
    subject = SUBJECTS[part.subject]
    with tempfile.TemporaryDirectory() as answers:  # those of one threshold serve the other
        found = [
            find_crossings(
                QUESTIONS.get(subject.column, "sets"), Setting(part.model, part.size, 1.0),
                subject.column, along="noise", limits=subject.limits, threshold=threshold,
                data_sets=part.budget, probes=part.probes, store=answers, seed=part.first,
            )[0]
            for threshold in THRESHOLDS
        ]  # fmt: skip
    return _rows(part, found)


def _rows(part: Boundary, found: Sequence[Crossing]) -> xr.Dataset:
    common = {"subject": part.subject, "size": part.size}
    crossings = [
        common
        | {"threshold": one.threshold, "lower": one.lower, "upper": one.upper, "text": str(one)}
        | {"first_side": one.sides[0], "last_side": one.sides[1], "budget": part.budget}
        for one in found
    ]
    probes = [
        common | {"threshold": one.threshold} | vars(at) for one in found for at in one.probes
    ]
    return xr.Dataset(
        {
            f"{name}_{column}": (name, np.array([row[column] for row in rows]))
            for name, rows in (("crossing", crossings), ("probe", probes))
            for column in rows[0]
        }
    )


def draw_boundary(axes: Axes, data: xr.Dataset, subject: int) -> None:
    """Brackets of the crossings over the size, and the noises that were asked.

    Parameters
    ----------
    axes : matplotlib Axes
    data : xarray.Dataset
        Of figure `scenario`.
    subject : int
        Place in `SUBJECTS`.
    """
    low, high = SUBJECTS[subject].limits
    for threshold, (colour, marker, beside) in THRESHOLDS.items():
        probes = _where(data, "probe", subject=subject, threshold=threshold)
        for side, fill in SIDES.items():
            at = probes["side"] == side
            axes.scatter(
                probes["size"][at] * beside, probes["value"][at], s=7, facecolor=fill,
                edgecolor="0.4", lw=0.4, zorder=1,
            )  # fmt: skip
        found = _where(data, "crossing", subject=subject, threshold=threshold)
        # where only one side is known the share may cross beyond the limits, or never
        crosses = found["first_side"] * found["last_side"] < 0
        ends = np.clip([found["lower"][crosses], found["upper"][crosses]], low, high)
        middle = np.sqrt(ends[0] * ends[1])
        axes.errorbar(
            found["size"][crosses] * beside, middle, np.abs(ends - middle), fmt=marker,
            color=colour, ms=3.5, capsize=2, lw=1.2, zorder=2,
        )  # fmt: skip
    sizes = SUBJECTS[subject].sizes
    axes.set(xscale="log", yscale="log", ylim=(low / 1.3, high * 1.3), xlabel="data set size $n$")
    axes.set(xlim=(sizes[0] / 1.6, sizes[-1] * 1.6))
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()


def boundary_legend() -> list[Line2D]:
    """Crossings, and what is known of the noises that were asked."""
    brackets = [
        Line2D([], [], color=colour, marker=marker, ms=3.5, label=f"share crosses {threshold:.0%}")
        for threshold, (colour, marker, _) in THRESHOLDS.items()
    ]
    dots = [
        Line2D([], [], ls="", marker="o", ms=2.5, mfc=fill, mec="0.4", mew=0.4, label=text)
        for fill, text in zip(SIDES.values(), ("above", "below", "undecided"), strict=True)
    ]
    return [*brackets, *dots]


def sentences(data: xr.Dataset) -> list[tuple[int, str, str, str]]:
    """Claim, setting, what was found and on how many data sets, of every crossing."""
    texts = []
    crossings = _where(data, "crossing")
    for k, number in enumerate(crossings.get("subject", ())):
        subject, size = SUBJECTS[number], crossings["size"][k]
        same = {"subject": number, "size": size, "threshold": crossings["threshold"][k]}
        draws = _where(data, "probe", **same)["data_sets"]
        texts.append(
            (
                subject.claim,
                f"{subject.family}, n = {size}",
                f"share of {subject.counted}: {crossings['text'][k]}",
                f"{draws.min()} to {draws.max()} data sets at each of {draws.size} noises",
            )
        )
    return texts


def _where(data: xr.Dataset, name: str, **wanted: float) -> dict[str, NDArray[Any]]:
    """Columns of crossings or probes, of those rows that have the wanted values."""
    columns = {
        str(column).removeprefix(f"{name}_"): values.to_numpy()
        for column, values in data.data_vars.items()
        if values.dims == (name,)
    }
    rows = np.ones(data.sizes.get(name, 0), dtype=bool)
    for column, value in wanted.items():
        rows &= columns[column] == value
    return {column: values[rows] for column, values in columns.items()}
