"""What a run of the main job is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from continuation.errors import InvalidInputError, StoreError, UnknownNameError
from symbolic import PRESETS

SHOWN = {"overparameterised": "the scenario happens", "fukumizu_amari": "it does not"}
"""Presets shown side by side: from small weights a good part of the trajectories passes a plateau
and a near-optimal saddle and ends overfitting (figure `scenario`), and none does."""


PAPER = tuple(SHOWN)
"""Presets that are shown where no others are asked for."""

OF_DATA = (
    "training",
    "landscape",
    "phase_plane",
    "size",
    "graph",
    "evolution",
    "basins",
    "motorcycle",
)
"""Figures of one data set, which may be measured."""

PAGE = 178.0
"""Width in millimetres of a page of two columns."""


Choice = TypeVar("Choice")


class Budget(StrEnum):
    """How much a run computes."""

    QUICK = "quick"
    """A preview: few samples, small grids, parts of ranges."""
    USUAL = "usual"
    """What a reader can wait for: whole pictures, and claims on a few data sets each."""
    THOROUGH = "thorough"
    """Evidence: claims on as many data sets as decide them, boundaries, whole planes; hours."""


def budget_of(quick: bool, thorough: bool) -> Budget:
    """The budget of a command line.

    Raises
    ------
    InvalidInputError
        Where two are asked for.
    """
    if quick and thorough:
        raise InvalidInputError("give either --quick or --thorough")
    return Budget.QUICK if quick else Budget.THOROUGH if thorough else Budget.USUAL


@dataclass(frozen=True)
class Settings:
    """Settings shared by all figures.

    Attributes
    ----------
    seed : int
        Root of every random stream.
    budget : Budget
        How many samples, seeds, data sets and trajectories.
    preset : tuple of str
        Models that figures of one data set show.
    n : int or None
        Their number of samples, where it is fixed; None: each figure's own.
    noise : float or None
        Their noise σ, where it is fixed; None: each figure's own.
    data : str or None
        CSV file that the figures of one data set (`OF_DATA`) show in place of sampled data, with
        the networks of the presets; None: sampled data, and the motorcycle data.
    columns : str or None
        Names of its x and y column, with a comma between; None: the first two.
    """

    seed: int = 0
    budget: Budget = Budget.USUAL
    preset: tuple[str, ...] = PAPER
    n: int | None = None
    noise: float | None = None
    data: str | None = None
    columns: str | None = None

    def __post_init__(self) -> None:
        if int(self.seed) != self.seed or self.seed < 0:
            raise InvalidInputError(f"seed must be a non-negative integer, not {self.seed}")
        unknown = [name for name in self.preset if name not in PRESETS]
        if unknown or not self.preset:
            raise UnknownNameError(
                f"unknown preset {', '.join(unknown) or 'none'!r}; choose from {', '.join(PRESETS)}"
            )
        if self.n is not None and self.n < 2:
            raise InvalidInputError(f"n must be at least 2, not {self.n}")
        if self.noise is not None and not 0.0 < self.noise < float("inf"):
            raise InvalidInputError(f"noise must be positive and finite, not {self.noise}")
        if self.columns is not None and self.data is None:
            raise InvalidInputError("--columns goes with --data")
        if self.data is not None and (self.n is not None or self.noise is not None):
            raise InvalidInputError("--n and --noise go with presets: measured data have their own")

    @property
    def contents(self) -> str:
        """Digest of the file of data; empty without one.

        Raises
        ------
        StoreError
            If it cannot be read.
        """
        if self.data is None:
            return ""
        try:
            return hashlib.sha256(Path(self.data).read_bytes()).hexdigest()
        except OSError as error:
            raise StoreError(f"cannot read {self.data}: {error.strerror}") from error

    def figures(self, names: Sequence[str], only: Sequence[str] | None) -> list[str]:
        """Names of the figures that are asked for: of a file of data those that show data.

        Raises
        ------
        InvalidInputError
            For a file of data and a figure that does not show it.
        """
        wanted = list(dict.fromkeys(only or (OF_DATA if self.data else names)))
        others = [name for name in wanted if name not in OF_DATA]
        if self.data is not None and others:
            raise InvalidInputError(
                f"{', '.join(others)}: drawn of data that a teacher gives, with a noise that "
                f"varies, and measured data have neither; --data is shown by {', '.join(OF_DATA)}"
            )
        return wanted

    def choose(self, thorough: Choice, usual: Choice, quick: Choice) -> Choice:
        """What the budget has of three."""
        chosen = {Budget.THOROUGH: thorough, Budget.USUAL: usual, Budget.QUICK: quick}
        return chosen[self.budget]

    @property
    def of_any_budget(self) -> Settings:
        """The settings of a part that is the same whatever the budget."""
        return replace(self, budget=Budget.USUAL)

    def samples(self, own: int) -> int:
        """Number of samples of a figure that has `own` where nothing else is asked for."""
        return own if self.n is None else self.n

    def level(self, own: float) -> float:
        """Noise of a figure that has `own` where nothing else is asked for."""
        return own if self.noise is None else self.noise

    def of_two_units(self) -> tuple[str, ...]:
        """Presets of a figure over the plane of two input weights.

        Raises
        ------
        InvalidInputError
            For a preset with another number of units.
        """
        wrong = [name for name in self.preset if PRESETS[name]().hidden != 2]
        if wrong:
            raise InvalidInputError(
                f"{', '.join(wrong)}: figures over two input weights need two units; leave them "
                "out with --only"
            )
        return self.preset

    @property
    def stated(self) -> dict[str, object]:
        """Seed and budget, and what differs from what is usual: what a command line needs."""
        usual = asdict(Settings())
        return {
            name: value
            for name, value in asdict(self).items()
            if name in ("seed", "budget") or value != usual[name]
        }


def remark(preset: str) -> str:
    """What is known of the scenario in the preset: nothing of those that are not usually shown."""
    return SHOWN.get(preset, "")


def with_remark(preset: str) -> str:
    """The name of a preset and what is known of the scenario there."""
    return ": ".join(filter(None, (PRESETS[preset].title, remark(preset))))
