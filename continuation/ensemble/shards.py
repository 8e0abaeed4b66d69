"""Shards: some data sets of one setting, asked together and stored together."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.ensemble.questions import Answer, Case, Question, Value
from continuation.ensemble.settings import Setting
from continuation.errors import InvalidInputError, MlpcontError

SHARD = 25
"""Data sets of a shard: some seconds of work, which is what an interruption costs."""

SEED_BITS = 63
"""Seeds are stored as signed integers; two of 10^5 are equal with probability 10^-9."""

RESERVED = ("cell", "model", "n", "noise", "weight_decay", "number", "seed", "failure")
"""Columns that every table has; those of the answers have other names."""


@dataclass(frozen=True)
class Shard:
    """Data sets `first` to `last` (not included) of one cell.

    Attributes
    ----------
    cell : int
        Place of the setting among the settings.
    setting : Setting
    first, last : int
    seed : int
        Root of all data sets of the ensemble.
    """

    cell: int
    setting: Setting
    first: int
    last: int
    seed: int

    def cases(self) -> Iterator[tuple[int, Case]]:
        """Number and case of every data set of the shard."""
        for number in range(self.first, self.last):
            yield number, Case(self.setting, seed_of(self.seed, number))


def seed_of(root: int, number: int) -> int:
    """Seed of one data set: the same for all settings, so that they differ in nothing else."""
    words = np.random.SeedSequence(root, spawn_key=(number,)).generate_state(1, np.uint64)
    return int(words[0] >> np.uint64(64 - SEED_BITS))


def answered(question: Question, shard: Shard) -> xr.Dataset:
    """The rows of a shard; a question that fails on a data set leaves its message in the row."""
    cases = list(shard.cases())
    asked = [_ask(question, case) for _, case in cases]
    answers = [answer for answer, _ in asked]
    described = [one for answer in answers for one in answer.sets]
    own = {
        "number": np.array([number for number, _ in cases], dtype=np.int64),
        "seed": np.array([case.seed for _, case in cases], dtype=np.int64),
        "failure": np.array([failure for _, failure in asked], dtype=object),
    }
    rows = columns([answer.row for answer in answers]) | own
    sets = columns(described)
    sets["row"] = np.repeat(np.arange(len(cases)), [len(answer.sets) for answer in answers])
    return xr.Dataset(
        {name: ("row", array) for name, array in rows.items()}
        | {f"set_{name}": ("set", array) for name, array in sets.items()}
    )


def _ask(question: Question, case: Case) -> tuple[Answer, str]:
    """The answer, or none and why."""
    try:
        given = question(case)
    except MlpcontError as error:
        return Answer({}), f"{type(error).__name__}: {error}"
    except Exception as error:  # whatever a user's question raises is a row, not the end
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Answer({}), f"{type(error).__name__}: {error} ({place.name}, line {place.lineno})"
    answer = given if isinstance(given, Answer) else Answer(given)
    clashes = sorted(set(RESERVED) & set(answer.row))
    if clashes:
        raise InvalidInputError(f"a question may not call its columns {', '.join(clashes)}")
    return answer, ""


def columns(rows: Sequence[Mapping[str, Value]]) -> dict[str, NDArray[Any]]:
    """Arrays of the rows' values: text with "" where missing, all else as float with NaN."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: _column([row.get(name) for row in rows]) for name in names}


def _column(values: Sequence[Value | None]) -> NDArray[Any]:
    if any(isinstance(value, str) for value in values):
        return np.array(["" if value is None else str(value) for value in values], dtype=object)
    return np.array([np.nan if value is None else float(value) for value in values])
