"""Observed data from a CSV file with named columns, on standardised axes if wanted."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.errors import InvalidInputError, StoreError, UnknownNameError
from continuation.landscape.network.dataset import Dataset


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
    """A data set with the names and scales of its two axes."""

    data: Dataset
    x: Axis
    y: Axis


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
        An entry that is no finite number (named with its line), fewer than two columns or rows,
        a constant column.
    UnknownNameError
        A column that the file does not have.
    """
    names, rows = _read_rows(Path(path))
    x_name, y_name = _chosen(names, columns)
    x, y = (_numbers(Path(path), rows, names.index(name), name) for name in (x_name, y_name))
    axes = [_axis(n, v) if standardise else Axis(n) for n, v in ((x_name, x), (y_name, y))]
    data = Dataset.from_observations(axes[0].standardised(x), axes[1].standardised(y))
    return Observations(data, axes[0], axes[1])


def _read_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StoreError(f"cannot read {path} as a CSV text file: {error}") from error
    if not rows or len(rows[0]) < 2:
        raise InvalidInputError(f"{path} needs a first line with the names of two columns")
    return [name.strip() for name in rows[0]], rows[1:]


def _chosen(names: list[str], columns: Sequence[str] | None) -> tuple[str, str]:
    chosen = list(columns) if columns else names[:2]
    if len(chosen) != 2 or chosen[0] == chosen[1]:
        raise InvalidInputError(f"two different columns are needed, not {chosen}")
    for name in chosen:
        if name not in names:
            raise UnknownNameError(f"no column {name!r}; the file has {', '.join(names)}")
    return chosen[0], chosen[1]


def _numbers(path: Path, rows: list[list[str]], column: int, name: str) -> NDArray[np.float64]:
    values = np.empty(len(rows))
    for i, row in enumerate(rows):
        try:
            values[i] = float(row[column])
        except (ValueError, IndexError):
            values[i] = np.nan
        if not np.isfinite(values[i]):
            entry = row[column] if column < len(row) else "nothing"
            raise InvalidInputError(
                f"{path}, row {i + 1} after the names, column {name!r}: expected a finite number, "
                f"found {entry!r}"
            )
    return values


def _axis(name: str, values: NDArray[np.float64]) -> Axis:
    scale = float(np.std(values)) if values.size else 0.0
    if not scale > 0.0:
        raise InvalidInputError(f"column {name!r} is constant or empty: it cannot be standardised")
    return Axis(name, float(np.mean(values)), scale)
