"""Data sets from CSV files with many named columns: inputs, targets or classes, test rows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from continuation.arrays import Array
from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape.network.dataset import Dataset, as_whole
from continuation.landscape.network.loss import Loss
from continuation.landscape.network.observations import (
    Axis,
    column_names,
    numbers_of,
    rows_of,
    standardising,
)
from continuation.options import as_number
from symbolic import Model

BIAS = "bias"
"""Name of the row of biases among those of the inputs."""


@dataclass(frozen=True, eq=False)
class Table:
    """Data sets of one CSV file, with the names and scales of its columns.

    Attributes
    ----------
    train : Dataset
        Rows to fit.
    test : Dataset or None
        Rows that were kept back.
    inputs, targets : tuple of Axis
        Name and scale of each column; those of classes are not scaled.
    classes : tuple of str
        Of one target that holds words, or was said to hold classes: class k is what the target k
        stands for. Empty for numbers.
    reading : str
        How the file was read.
    """

    train: Dataset
    test: Dataset | None
    inputs: tuple[Axis, ...]
    targets: tuple[Axis, ...]
    classes: tuple[str, ...]
    reading: str

    def units(self, model: Model, theta: ArrayLike) -> Any:
        """The weights of the first layer by column name, as a table of pandas.

        Parameters
        ----------
        model : Model
            A network of layers or perceptron on these inputs.
        theta : array_like, shape (d,)

        Returns
        -------
        pandas.DataFrame
            One row for each input, and one for the biases; one column for each unit.
        """
        import pandas as pd  # takes half a second, and only tables need it

        weights, biases = model.unpack(np.asarray(theta, dtype=np.float64))
        rows = [*weights[0], *([] if biases[0] is None else [biases[0]])]
        names = [axis.name for axis in self.inputs] + [BIAS] * (biases[0] is not None)
        units = [f"unit {k + 1}" for k in range(weights[0].shape[1])]
        return pd.DataFrame(np.array(rows), index=names, columns=units)

    def predict(self, model: Model, theta: ArrayLike, measured: ArrayLike) -> Array:
        """Network function in measured units.

        Parameters
        ----------
        model : Model
        theta : array_like, shape (d,)
        measured : array_like, shape (n, d) or (n,) for one input
            Inputs as the file has them.

        Returns
        -------
        ndarray, shape (n,) or (n, m)
            Targets as the file has them; of classes what the loss takes (logits).
        """
        columns = np.asarray(measured, dtype=np.float64).reshape(-1, len(self.inputs)).T
        scaled = [a.standardised(column) for a, column in zip(self.inputs, columns, strict=True)]
        x = scaled[0] if len(scaled) == 1 else np.array(scaled).T
        found = Loss(model, self.train).predict(theta, x)
        if self.classes:
            return found
        rows = found.reshape(len(x), -1).T
        outputs = [axis.measured(row) for axis, row in zip(self.targets, rows, strict=True)]
        return np.array(outputs).T.reshape(found.shape)


def read_table(
    path: str | os.PathLike[str],
    target: str | Sequence[str],
    inputs: Sequence[str] | None = None,
    *,
    classes: bool = False,
    standardise: bool = True,
    test: float = 0.0,
    seed: int = 0,
) -> Table:
    r"""Read a CSV file whose first line names the columns.

    Parameters
    ----------
    path : path-like
    target : str or sequence of str
        Column (or columns) to fit. One that holds words holds classes.
    inputs : sequence of str, optional
        All other columns if omitted.
    classes : bool
        The numbers of the target stand for classes.
    standardise : bool
        Shift and scale inputs, and targets that are numbers, to mean 0 and deviation 1 on the rows
        to fit.
    test : float
        Share of rows, 0 ≤ test < 1, that are drawn to be kept back.
    seed : int
        Of that draw.

    Raises
    ------
    StoreError
        If the file cannot be read as text.
    InvalidInputError
        As `read_observations`; a column that is both input and target, classes of several targets,
        or too few rows.
    UnknownNameError
        A column that the file does not have.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.landscape import read_table
    >>> path = os.path.join(tempfile.mkdtemp(), "heights.csv")
    >>> with open(path, "w") as file:
    ...     _ = file.write("age,height\n1,75\n2,87\n3,95\n")
    >>> table = read_table(path, target="height")
    >>> table.train.size, [axis.name for axis in table.inputs]
    (3, ['age'])
    """
    path, share, seed = Path(path), as_number("test", test), as_whole("seed", seed, 0)
    if not 0.0 <= share < 1.0:
        raise InvalidInputError(
            f"test must be a share of the rows, from 0 to below 1, not {test!r}"
        )
    names, line = column_names(path)
    wanted = (target,) if isinstance(target, str) else tuple(target)
    given = tuple(inputs) if inputs is not None else tuple(n for n in names if n not in wanted)
    _require_columns(names, given, wanted)
    rows, empty = rows_of(path, names, line)
    kept = _rows_to_fit(len(rows), share, seed)
    x = [numbers_of(path, rows[name], names.index(name), name) for name in given]
    y, words = _targets(path, rows, names, wanted, classes)
    scaled = standardise and not words
    along = tuple(_axis(n, v[kept], standardise) for n, v in zip(given, x, strict=True))
    up = tuple(_axis(n, v[kept], scaled) for n, v in zip(wanted, y, strict=True))
    train, tested = (
        Dataset.from_observations(_on(along, x, part), _on(up, y, part)) if part.any() else None
        for part in (kept, ~kept)
    )
    if train is None:
        raise InvalidInputError(f"{path} has no rows to fit")
    reading = (
        f"{path}: {len(rows)} rows{f', {empty} empty ones left out' if empty else ''}, "
        f"{int(kept.sum())} to fit; {', '.join(wanted)} from {', '.join(given)}"
        f"{'; classes ' if words else ''}{', '.join(words)}"
    )
    return Table(train, tested, along, up, words, reading)


def _on(axes: Sequence[Axis], columns: Sequence[Array], chosen: NDArray[np.bool_]) -> Array:
    """Chosen rows of some columns on their axes, shape (k, columns)."""
    pairs = zip(axes, columns, strict=True)
    return np.array([axis.standardised(column[chosen]) for axis, column in pairs]).T


def _rows_to_fit(rows: int, share: float, seed: int) -> NDArray[np.bool_]:
    """Whether each row is one to fit (n,)."""
    kept = np.ones(rows, dtype=bool)
    kept[np.random.default_rng(seed).permutation(rows)[: round(share * rows)]] = False
    return kept


def _require_columns(names: Sequence[str], inputs: Sequence[str], target: Sequence[str]) -> None:
    for name in (*inputs, *target):
        if name not in names:
            raise UnknownNameError(f"no column {name!r}; the file has {', '.join(names)}")
    both = [name for name in inputs if name in target]
    if both or not inputs or not target:
        what = f"{both[0]!r} is both" if both else "one of them is missing"
        raise InvalidInputError(f"inputs and target must be different columns: {what}")


def _targets(
    path: Path, rows: Any, names: Sequence[str], target: Sequence[str], classes: bool
) -> tuple[list[Array], tuple[str, ...]]:
    """Targets as numbers, and the classes that they stand for."""
    first = rows[target[0]]
    if not classes and (len(target) > 1 or first.dtype.kind in "if"):
        return [numbers_of(path, rows[n], names.index(n), n) for n in target], ()
    if len(target) > 1:
        raise InvalidInputError("classes are those of one target column")
    if first.isna().any():
        row = int(first.index[first.isna()][0]) + 1
        raise InvalidInputError(f"{path}, row {row} after the names: no class in {target[0]!r}")
    words, places = np.unique(first.to_numpy(), return_inverse=True)
    return [places.astype(np.float64)], tuple(map(str, words))


def _axis(name: str, values: Array, standardise: bool) -> Axis:
    return standardising(name, values) if standardise else Axis(name)
