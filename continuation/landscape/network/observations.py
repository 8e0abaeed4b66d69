"""Observed data from a CSV file with named columns, on standardised axes if wanted."""

from __future__ import annotations

import csv
import itertools
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.errors import InvalidInputError, StoreError, UnknownNameError
from continuation.landscape.network.dataset import Dataset

NEARLY_CONSTANT = 1e-10
"""Standard deviation of a column relative to its largest entry below which standardising it would
show the rounding of its entries: fewer than six of their digits vary."""

SEPARATORS = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class Axis:
    """Name and affine scale of a column: stored value = (measured − centre) / scale."""

    name: str
    centre: float = 0.0
    scale: float = 1.0

    def standardised(self, measured: ArrayLike) -> NDArray[np.float64]:
        """From measured units to those of the data set."""
        return (np.asarray(measured, dtype=np.float64) - self.centre) / self.scale

    def measured(self, standardised: ArrayLike) -> NDArray[np.float64]:
        """From units of the data set to measured ones."""
        return self.centre + self.scale * np.asarray(standardised, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Observations:
    """A data set with the names and scales of its two axes.

    Attributes
    ----------
    data : Dataset
    x, y : Axis
    reading : str
        How the file was read: names, rows, and what was left out.
    """

    data: Dataset
    x: Axis
    y: Axis
    reading: str


def read_observations(
    path: str | os.PathLike[str],
    columns: Sequence[str] | None = None,
    *,
    standardise: bool = False,
) -> Observations:
    """Read (x, y) from a CSV file whose first line names the columns.

    Parameters
    ----------
    path : path-like
    columns : sequence of two str, optional
        Names of the x and the y column; the first two of the file if omitted.
    standardise : bool
        Shift and scale both columns to mean 0 and standard deviation 1.

    Raises
    ------
    StoreError
        If the file cannot be read as text.
    InvalidInputError
        An entry that is no finite number (named with its row), a row that has more entries than
        there are names, a first line of numbers (a column is called by a number only if it is
        asked for by name), fewer than two columns or rows, columns of one name, a column that is
        standardised though it does not vary.
    UnknownNameError
        A column that the file does not have.
    """
    path = Path(path)
    names, line = column_names(path)
    x_name, y_name = _chosen(names, columns)
    if columns is None and any(map(_is_number, (x_name, y_name))):
        raise InvalidInputError(
            f"the first line of {path} holds numbers ({', '.join(names)}), not the names of "
            "columns: put a line such as x,y before it, or ask for the columns by name"
        )
    table, empty = rows_of(path, names, line)
    x, y = (numbers_of(path, table[name], names.index(name), name) for name in (x_name, y_name))
    reading = _reading(path, names, (x_name, y_name), len(table), empty)
    axes = [standardising(n, v) if standardise else Axis(n) for n, v in ((x_name, x), (y_name, y))]
    data = Dataset.from_observations(axes[0].standardised(x), axes[1].standardised(y))
    return Observations(data, axes[0], axes[1], reading)


def _reading(
    path: Path, names: Sequence[str], chosen: tuple[str, str], rows: int, empty: int
) -> str:
    """In words, how the file was read."""
    of = f" of {len(names)}" if len(names) > 2 else ""
    skipped = f", {empty} empty row{'s' * (empty > 1)} left out" if empty else ""
    return (
        f"{path}: {rows} rows{skipped}; x is column {chosen[0]!r} and y is column "
        f"{chosen[1]!r}{of}, as the first line names them"
    )


def column_names(path: Path) -> tuple[list[str], int]:
    """The names that the first line gives to the columns, and how many empty ones stand before."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = enumerate(csv.reader(file))
            line, first = next(((k, row) for k, row in rows if row), (0, []))
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise StoreError(f"cannot read {path} as a CSV text file: {error}") from error
    if len(first) < 2:
        found = "".join(first)
        other = next((f", not {word}" for mark, word in SEPARATORS.items() if mark in found), "")
        raise InvalidInputError(
            f"{path} needs a first line with the names of two columns, commas between{other}"
        )
    names = [name.strip() for name in first]
    if len(set(names)) < len(names):
        raise InvalidInputError(f"{path} gives one name to several columns: {', '.join(names)}")
    return names, line


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def rows_of(path: Path, names: list[str], line: int) -> tuple[Any, int]:
    """Rows below the names that are not empty, and how many are."""
    whole = _table(path, names, line)
    empty = whole.isna().all(axis=1)
    return whole[~empty], int(empty.sum())


def _table(path: Path, names: list[str], line: int) -> Any:
    """All rows below the names, as a table of pandas."""
    import pandas as pd  # takes half a second, and only files need it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # entries would be dropped
            return pd.read_csv(
                path, names=names, header=line, index_col=False, encoding="utf-8-sig",
                skipinitialspace=True, keep_default_na=False, na_values=[""], low_memory=False,
                skip_blank_lines=False,
            )  # fmt: skip
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise InvalidInputError(
            f"{path} has a row with more than {len(names)} entries, as many as the first line "
            f"names ({str(error).strip()}); decimal commas must be points"
        ) from error
    except (OSError, ValueError) as error:
        raise StoreError(f"cannot read {path} as a CSV text file: {error}") from error


def _chosen(names: list[str], columns: Sequence[str] | None) -> tuple[str, str]:
    chosen = list(columns) if columns else names[:2]
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise InvalidInputError(f"two different columns are needed, not {chosen}")
    for name in chosen:
        if name not in names:
            raise UnknownNameError(f"no column {name!r}; the file has {', '.join(names)}")
    return chosen[0], chosen[1]


def numbers_of(path: Path, column: Any, index: int, name: str) -> NDArray[np.float64]:
    """A column as numbers (n,), or an error that names the row and the entry that is none."""
    import pandas as pd

    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    if column.dtype.kind == "b":  # words that pandas takes for truth values
        values = np.full(values.size, np.nan)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        row = int(column.index[wrong[0]]) + 1
        raise InvalidInputError(
            f"{path}, row {row} after the names, column {name!r}: expected a finite number, "
            f"found {_entry(path, row, index)!r}"
        )
    return values


def _entry(path: Path, row: int, index: int) -> str:
    """The text that stands in a row after the names."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        entries = next(itertools.islice(csv.reader(file), row, None), [])
    return (entries[index : index + 1] or [""])[0].strip() or "nothing"


def standardising(name: str, values: NDArray[np.float64]) -> Axis:
    """The axis on which a column has mean 0 and standard deviation 1."""
    scale = float(np.std(values)) if values.size else 0.0
    if not scale > NEARLY_CONSTANT * np.max(np.abs(values), initial=0.0):
        raise InvalidInputError(
            f"column {name!r} is constant or empty, or varies by less than {NEARLY_CONSTANT:g} of "
            "its size: it cannot be standardised (subtract a constant from it first)"
        )
    return Axis(name, float(np.mean(values)), scale)
