"""Settings: a model and the conditions that its data sets are drawn under."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape.network import as_whole, require_level
from symbolic import PRESETS, Model


@dataclass(frozen=True)
class Setting:
    """What one cell of an ensemble has in common.

    Attributes
    ----------
    model : Model or str
        With a teacher; a string is the name of a preset.
    n : int
        Samples of each data set, at least 2.
    noise : float
        σ ≥ 0.
    weight_decay : float
        ρ ≥ 0.

    Raises
    ------
    InvalidInputError
        A value out of range, or a model without a teacher.
    UnknownNameError
        No preset has this name.
    """

    model: Model | str
    n: int
    noise: float
    weight_decay: float = 0.0
    student: Model = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.model, str) and self.model not in PRESETS:
            known = ", ".join(PRESETS)
            raise UnknownNameError(f"unknown preset {self.model!r}; choose from {known}")
        if not isinstance(self.model, str | Model):
            raise InvalidInputError(f"model: a Model or the name of a preset, not {self.model!r}")
        model = PRESETS[self.model]() if isinstance(self.model, str) else self.model
        if model.teacher is None:
            raise InvalidInputError("data sets are drawn from a teacher, and this model has none")
        as_whole("n", self.n, 2)
        require_level("noise", self.noise)
        require_level("weight_decay", self.weight_decay)
        object.__setattr__(self, "student", model)

    @property
    def name(self) -> str:
        """Name of the preset, or the beginning of the model's digest."""
        return self.model if isinstance(self.model, str) else f"model {self.model.digest[:8]}"

    def to_json(self) -> str:
        """All that the numbers of this cell depend on, besides the question and the seed."""
        conditions = [int(self.n), float(self.noise), float(self.weight_decay)]
        return json.dumps([self.name, self.student.digest, *conditions])


def grid(
    models: Model | str | Iterable[Model | str],
    *,
    n: int | Iterable[int],
    noise: float | Iterable[float],
    weight_decay: float | Iterable[float] = 0.0,
) -> tuple[Setting, ...]:
    """Every combination, the last argument varying fastest.

    Parameters
    ----------
    models, n, noise, weight_decay
        One value or several, as in `Setting`.

    Raises
    ------
    InvalidInputError, UnknownNameError
        As `Setting`; nothing to combine; a value given twice.

    Examples
    --------
    >>> from continuation.ensemble import grid
    >>> [setting.noise for setting in grid("single_unit", n=10, noise=[0.1, 0.3])]
    [0.1, 0.3]
    """
    axes = [_several(values) for values in (models, n, noise, weight_decay)]
    return require_settings(Setting(*values) for values in itertools.product(*axes))


def require_settings(settings: Setting | Iterable[Setting]) -> tuple[Setting, ...]:
    """One setting or several; an empty ensemble is refused, and one that has a cell twice."""
    cells = tuple(settings) if isinstance(settings, Iterable) else (settings,)
    if strange := [cell for cell in cells if not isinstance(cell, Setting)]:
        raise InvalidInputError(f"settings: a Setting or several, see grid, not {strange[0]!r}")
    if not cells:
        raise InvalidInputError("at least one setting is needed")
    texts = [setting.to_json() for setting in cells]
    twice = sorted({text for text in texts if texts.count(text) > 1})
    if twice:
        raise InvalidInputError(f"settings that are given twice: {', '.join(twice)}")
    return cells


def _several(values: Any) -> tuple[Any, ...]:
    one = isinstance(values, str | Model) or not isinstance(values, Iterable)
    return (values,) if one else tuple(values)
