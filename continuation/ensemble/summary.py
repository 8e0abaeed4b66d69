"""Shares of one column in every cell."""

from __future__ import annotations

import numpy as np
import xarray as xr

from continuation.errors import UnknownNameError
from continuation.statistics import LEVEL, anytime_interval


def shares(table: xr.Dataset, column: str, level: float = LEVEL) -> xr.Dataset:
    """Mean of a column in every cell, with an interval that holds at any time of stopping.

    Parameters
    ----------
    table : xarray.Dataset
        Of `ensemble` or `load_ensemble`.
    column : str
        Values in [0, 1]: true or false, or a share.
    level : float
        Confidence level in (0, 1), for each cell.

    Returns
    -------
    xarray.Dataset
        Over "cell": coordinates `model`, `n`, `noise`, `weight_decay`; `share`, `lower`, `upper`,
        `data_sets` (that answered) and `failures`.

    Raises
    ------
    UnknownNameError
        The table has no such column of numbers.
    InvalidInputError
        If a value does not lie in [0, 1].

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from continuation.ensemble import ensemble, grid, shares
    >>> settings = grid("single_unit", n=10, noise=0.1)
    >>> table = ensemble("sets", settings, data_sets=4, executor=ThreadPoolExecutor(1))
    >>> float(shares(table, "single_attractor").share[0])
    1.0
    """
    numbers = [
        str(name)
        for name, values in table.data_vars.items()
        if values.dims == ("row",) and values.dtype.kind == "f"
    ]
    if column not in numbers:
        raise UnknownNameError(f"no column {column!r}; choose from {', '.join(numbers)}")
    cells = np.unique(table["cell"].to_numpy())
    rows = []
    for cell in cells:
        values = table[column].to_numpy()[table["cell"].to_numpy() == cell]
        known = values[~np.isnan(values)]
        mean = known.mean() if known.size else np.nan
        rows.append((mean, *anytime_interval(known, level), known.size, values.size - known.size))
    named = ("share", "lower", "upper", "data_sets", "failures")
    first = [int(np.argmax(table["cell"].to_numpy() == cell)) for cell in cells]
    places = ("model", "n", "noise", "weight_decay")
    return xr.Dataset(
        {name: ("cell", np.array([row[k] for row in rows])) for k, name in enumerate(named)},
        {"cell": cells} | {name: ("cell", table[name].to_numpy()[first]) for name in places},
        {"column": column, "level": level},
    )
