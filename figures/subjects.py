"""What figures of one data set show: a preset on sampled data, or its network on measured ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr

from continuation.landscape import Dataset, Loss
from continuation.landscape.network import Axis, Observations, read_observations
from continuation.wording import counted
from figures.captions import Caption, data_sets, spelled
from figures.settings import Settings, remark
from figures.style import verbatim
from symbolic import PRESETS, Model

MEASURED = "that of the measurements"
"""Noise of measured data, in captions."""

UNTAUGHT = "measured data have no teacher, hence no regions and no excess risk"
"""Of measured data, in captions."""


@dataclass(frozen=True)
class Subject:
    """A model and its data.

    Attributes
    ----------
    preset : str
        Whose network it is, and whose teacher where no file is given.
    file : str or None
        CSV file of measured data, which are standardised.
    columns : str or None
        Names of its x and y column, with a comma between; None: the first two.
    """

    preset: str
    file: str | None = None
    columns: str | None = None

    @property
    def is_measured(self) -> bool:
        """Whether there is neither a teacher nor a noise that could be varied."""
        return self.file is not None

    @property
    def model(self) -> Model:
        """The preset, on measured data without its teacher."""
        own = PRESETS[self.preset]()
        if not self.is_measured:
            return own
        return Model.perceptron(hidden=own.hidden, activation=own.activation)

    def observations(self) -> Observations:
        """The standardised measurements; errors as `read_observations`."""
        return observed(str(self.file), self.columns)

    def loss(self, samples: int, seed: int) -> Loss:
        """On so many samples of a seed, or on all measurements."""
        model = self.model
        if self.is_measured:
            return Loss(model, self.observations().data)
        return Loss(model, Dataset.sample(model, samples, seed))

    def level(self, noise: float) -> float:
        """The noise σ that counts: measured data have theirs already."""
        return 0.0 if self.is_measured else noise

    def sizes(self, usual: Sequence[int]) -> tuple[int, ...]:
        """Sizes to show: of measured data those below the number of rows, and this.

        Of fewer rows than are usual the first half, and all.
        """
        if not self.is_measured:
            return tuple(usual)
        rows = self.observations().data.size
        smaller = tuple(size for size in usual if size < rows)
        return (*(smaller or (max(2, rows // 2),)), rows)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """Names and scales of x and y."""
        if not self.is_measured:
            return Axis("x"), Axis("y")
        seen = self.observations()
        return seen.x, seen.y

    def facts(self, samples: int, noise: float) -> dict[str, Any]:
        """What pictures and captions say of it, as attributes of stored data."""
        facts: dict[str, Any] = {"preset": self.preset, "noise": noise}
        if not self.is_measured:
            return {**facts, "samples": samples, "title": PRESETS[self.preset].title}
        stem = Path(str(self.file)).stem
        return {
            **facts,
            "samples": self.observations().data.size,
            "title": f"{stem}, {counted(PRESETS[self.preset]().hidden, 'unit')}",
            "file": Path(str(self.file)).name,
        }


def observed(file: str, columns: str | None) -> Observations:
    """Standardised measurements of two columns; errors as `read_observations`."""
    names = columns and [name.strip() for name in columns.split(",")]
    return read_observations(file, names or None, standardise=True)


def subjects(settings: Settings) -> list[Subject]:
    """What a figure of one data set shows, in order; of measured data each network once.

    Errors of the file are raised here, before anything is computed.
    """
    if settings.data is None:
        return [Subject(name) for name in settings.preset]
    first = {PRESETS[name]().hidden: name for name in reversed(settings.preset)}
    chosen = [name for name in settings.preset if name in first.values()]
    made = [Subject(name, settings.data, settings.columns) for name in chosen]
    made[0].observations()
    return made


def subjects_of_two_units(settings: Settings) -> list[Subject]:
    """Those of a figure over the plane of two input weights; errors as `of_two_units`."""
    settings.of_two_units()
    return subjects(settings)


def is_measured(of: xr.Dataset) -> bool:
    """Whether stored data of one subject are of a file."""
    return "file" in of.attrs


def title(of: xr.Dataset) -> str:
    """Name of the subject of stored data."""
    return verbatim(str(of.attrs["title"]))


def with_remark(of: xr.Dataset) -> str:
    """Its name and what is known of the scenario there."""
    known = "" if is_measured(of) else remark(of.attrs["preset"])
    return ": ".join(filter(None, (title(of), known)))


def conditions(of: xr.Dataset, *shown: str) -> str:
    """Of "n" and "σ" those that stay fixed in a panel; measured data have no σ."""
    texts = {"n": f"$n={of.attrs['samples']}$"}
    if not is_measured(of):
        texts["σ"] = rf"$\sigma={of.attrs['noise']:g}$"
    return ", ".join(texts[name] for name in shown if name in texts)


def heading(of: xr.Dataset) -> str:
    """Title of the panel of one data set."""
    known = "" if is_measured(of) else remark(of.attrs["preset"])
    return "\n".join(filter(None, (f"{title(of)}, {conditions(of, 'n', 'σ')}", known)))


def caption_of(
    shown: Sequence[xr.Dataset],
    panels: Sequence[str],
    notes: Sequence[str] = (),
    *,
    samples: str | None = None,
    noise: str | None = None,
) -> Caption:
    """Caption of a figure of one data set of each subject.

    Parameters
    ----------
    shown : sequence of xarray.Dataset
        Stored data, one of each subject.
    panels, notes : sequence of str
    samples, noise : str, optional
        Where they vary; those of the data if omitted.
    """
    first = shown[0]
    own = f"{first.attrs['samples']}" if samples is None else samples
    if is_measured(first):
        name = first.attrs["file"]
        models = [spelled(Subject(of.attrs["preset"], name).model) for of in shown]
        return Caption(
            panels, models, own, MEASURED, f"1 data set, {name}, standardised", (*notes, UNTAUGHT)
        )
    level = f"{first.attrs['noise']:g}" if noise is None else noise
    models = [of.attrs["preset"] for of in shown]
    return Caption(panels, models, own, level, f"{data_sets(1)} of each model", notes)
