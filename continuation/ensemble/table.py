"""Shards to one labelled table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.ensemble.settings import Setting

SET = "set_"
"""Beginning of the names of what is said of single sets."""


def joined(
    shards: Sequence[tuple[int, xr.Dataset]],
    settings: Sequence[Setting],
    provenance: dict[str, Any],
) -> xr.Dataset:
    """One row for each data set, in the order of cells and numbers; its sets behind one another.

    Parameters
    ----------
    shards : sequence of (int, xarray.Dataset)
        Cell and rows, in order.
    settings : sequence of Setting
        Of all cells.
    provenance : dict
        Becomes the attributes.
    """
    lengths = [shard.sizes["row"] for _, shard in shards]
    names = dict.fromkeys(str(name) for _, shard in shards for name in shard.data_vars)
    arrays = {name: column(name, [shard for _, shard in shards]) for name in names}
    offsets = np.cumsum([0, *lengths])[:-1]
    set_rows = [
        shard["set_row"].to_numpy() + k for (_, shard), k in zip(shards, offsets, strict=True)
    ]
    arrays["set_row"] = np.concatenate([np.zeros(0, dtype=np.int64), *set_rows])
    cells = [cell for (cell, _), length in zip(shards, lengths, strict=True) for _ in range(length)]
    coordinates = {
        "cell": np.array(cells, dtype=np.int64),
        "model": np.array([settings[cell].name for cell in cells], dtype=object),
        "n": np.array([settings[cell].n for cell in cells], dtype=np.int64),
        "noise": np.array([settings[cell].noise for cell in cells], dtype=np.float64),
        "weight_decay": np.array([settings[cell].weight_decay for cell in cells], dtype=np.float64),
    }
    return xr.Dataset(
        {name: (_dimension(name), array) for name, array in arrays.items()},
        {name: ("row", array) for name, array in coordinates.items()},
        provenance | {"settings": json.dumps([setting.to_json() for setting in settings])},
    )


def _dimension(name: str) -> str:
    return "set" if name.startswith(SET) else "row"


def column(name: str, shards: Sequence[xr.Dataset]) -> NDArray[Any]:
    """One column of all shards; where a shard has none (all its data sets failed) it is missing."""
    dimension = _dimension(name)
    known = [shard[name].to_numpy() for shard in shards if name in shard]
    missing = "" if known[0].dtype.kind in "OUS" else np.nan
    pieces = [
        shard[name].to_numpy() if name in shard else np.full(shard.sizes[dimension], missing)
        for shard in shards
    ]
    return np.concatenate(pieces)
