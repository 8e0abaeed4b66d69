"""The settings in which most trajectories make the whole journey: a search among random ones."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

import numpy as np
import xarray as xr

from continuation.ensemble import Case, Finalist, Setting, best_settings
from continuation.workers import this_process
from figures.captions import spelled
from figures.journeys import ITINERARY, SCALES, journeys
from figures.settings import Settings
from symbolic import Model

BEST = "best itinerary"
"""Share of initial weights with the whole itinerary, in the settings that a search has chosen."""

UNITS = (3, 2, 1)
"""Of students; the slow ones first."""

CANDIDATES, FIRST, FINALISTS, NEW = 24, 2, 2, 40
"""Random settings for each number of units, data sets of each in the first round, settings that are
left, and new data sets for these: some minutes for three units, whose lists cost a second each."""

SLOPES, RATIOS, NOISES = (0.5, 2.0), (1.5, 6.0), (0.02, 0.5)
"""Ranges of the first input weight of the teacher, of the second over the first, and of the noise;
uniform in their logarithms."""

OUTPUTS = (-1.5, 1.5)
"""Range of the teacher's second output weight; half of the teachers have no second unit."""

SIZES = (30, 100, 300)


@dataclass(frozen=True)
class Search:
    """A search among students of one width."""

    units: int
    first: int
    candidates: int
    finalists: int
    draws: int

    @property
    def family(self) -> str:
        """Of the student."""
        return f"{self.units} units"

    @property
    def question(self) -> str:
        """Of the figure."""
        return "search"


def searches(settings: Settings) -> list[Search]:
    """One part for each width, of a thorough run: the best of a few settings tell nothing."""
    widths = settings.choose(UNITS, (), ())
    return [Search(units, settings.seed, CANDIDATES, FINALISTS, NEW) for units in widths]


def candidates(search: Search) -> list[Setting]:
    """Random teachers, inputs, sizes and noises."""
    generator = np.random.default_rng([search.first, search.units])
    return [_candidate(search.units, generator) for _ in range(search.candidates)]


def _candidate(units: int, generator: np.random.Generator) -> Setting:
    slope, ratio, noise = (
        float(np.exp(generator.uniform(*np.log(ends)))) for ends in (SLOPES, RATIOS, NOISES)
    )
    output = generator.uniform(*OUTPUTS) if generator.random() < 0.5 else 0.0
    teacher = f"tanh({slope:.2g}*x)"
    if output:
        teacher += f" {'-' if output < 0 else '+'} {abs(output):.2g}*tanh({slope * ratio:.2g}*x)"
    model = Model.perceptron(
        units, teacher=teacher, input_scale=float(generator.choice([1.0, 2.0]))
    )
    return Setting(model, int(generator.choice(SIZES)), float(f"{noise:.2g}"))


def itineraries(case: Case) -> dict[str, float]:
    """Shares of initial weights of every scale that are known to make the whole journey."""
    sets = case.sets()
    return {str(scale): journeys(case, sets, scale)[ITINERARY][0] for scale in SCALES}


def search_settings(search: Search) -> xr.Dataset:
    """A row for every setting that is left."""
    with tempfile.TemporaryDirectory() as answers:  # each round asks for the rounds before, too
        found = best_settings(
            itineraries, candidates(search), list(map(str, SCALES)), data_sets=search.draws,
            first=min(FIRST, search.draws), finalists=search.finalists, seed=search.first,
            store=answers, executor=this_process(),
        )  # fmt: skip
    rows = [_row(search, one) for one in found]
    return xr.Dataset({name: ("row", np.array([row[name] for row in rows])) for name in rows[0]})


def _row(search: Search, found: Finalist) -> dict[str, str | float | int]:
    """The columns of figure `scenario`."""
    setting = found.setting
    return {
        "share": BEST,
        "family": f"best of {search.candidates} random settings, {_described(setting)}",
        "size": setting.n,
        "noise": setting.noise,
        "weight_decay": setting.weight_decay,
        "scale": float(found.column),
        "estimate": found.share,
        "unknown": 0.0,
        "lower": found.lower,
        "upper": found.upper,
        "draws": found.data_sets,
        "budget": search.draws,
    }


def _described(setting: Setting) -> str:
    """Width, teacher and inputs: of the student its width says all."""
    model = setting.student
    return f"H = {model.hidden}, {spelled(model).split(', ', 1)[1]}"
