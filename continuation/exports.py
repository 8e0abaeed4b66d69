"""Results as tables and as files: the one arrow that leads from the engine up to the store."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from continuation.arrays import Array

__all__ = ["Stored", "Table", "listed", "load", "stacked", "table"]

Table = Any
"""A pandas.DataFrame, of which no types are published."""


class Stored:
    """A result that can be written to a file."""

    def save(self, path: str | PathLike[str]) -> Path:
        """Write everything to a NetCDF file, atomically; `load` reads it back.

        Raises
        ------
        StoreError
            Where the file cannot be written.
        """
        from continuation.storage import save_engine_result

        return save_engine_result(self, path)


def load(path: str | PathLike[str]) -> Any:
    """Read a branch, curve, diagram or orbit that `save` wrote, or the result of a command.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Branch, Curve, Diagram, Orbit, OrbitBranch, ... or continuation.storage.Result

    Raises
    ------
    StoreError
        Where the file is missing, truncated or foreign.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation import Problem, load, trace_branch
    >>> problem = Problem(lambda x, p: p - x**2)
    >>> branch = trace_branch(problem, [1.0], 1.0, p_limits=(-1, 1), direction=-1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "fold.nc")
    ...     again = load(branch.save(path))
    >>> bool((again.x == branch.x).all())
    True
    """
    from continuation.storage import load_any

    return load_any(path)


def table(columns: dict[str, Sequence[Any] | Array], rows: Array) -> Table:
    """Columns of samples and of special points in one table, in the order of `rows`.

    Parameters
    ----------
    columns : dict of name to values
    rows : ndarray
        Keys by which the rows are ordered.
    """
    import pandas

    order = np.argsort(rows, kind="stable")
    return pandas.DataFrame(columns).iloc[order].reset_index(drop=True)


def listed(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> Table:
    """Rows of names and values as a table, with these columns or all that occur.

    Parameters
    ----------
    rows : sequence of mapping
        Where one lacks a value the table has none.
    columns : sequence of str
        Names that the table has in any case, before others.
    """
    import pandas

    names = dict.fromkeys([*columns, *(name for row in rows for name in row)])
    return pandas.DataFrame(list(rows), columns=list(names))


def stacked(tables: Sequence[Table]) -> Table:
    """Tables below each other, the number of each in the column "branch"."""
    import pandas

    numbered = [of.assign(branch=number) for number, of in enumerate(tables)]
    return pandas.concat(numbered, ignore_index=True)
