"""Ensembles as documents: shares over size and noise, with the table of their data sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from continuation.ensemble import load_ensemble, shares
from figures.explore.plain import Document, number
from figures.probability import share_columns
from symbolic import PRESETS

MOST_ROWS = 200
"""Data sets of one setting that are listed: the first ones; shares are those of all."""

HIDDEN_COLUMNS = ("cell", "model", "n", "noise", "weight_decay", "number", "seed", "set_row")
"""Not listed beside the answers: they say which data set it is."""


def is_ensemble(path: Path) -> bool:
    """Whether a path is the folder of an ensemble, as opposed to a file."""
    return path.is_dir()


def ensemble_document(folder: Path) -> Document:
    """Shares of every setting, and the answers of its data sets.

    Raises
    ------
    StoreError
        If the folder holds no ensemble, or none with shares.
    """
    table = load_ensemble(folder)
    columns = list(share_columns(table))
    models = dict.fromkeys(str(name) for name in table["model"].to_numpy())
    return {
        "name": folder.resolve().name,
        "kind": "ensemble",
        "facts": [
            ["question", str(table.attrs.get("question", ""))],
            ["seed", str(table.attrs.get("seed", ""))],
            ["data sets", str(table.sizes["row"])],
        ],
        "notes": [],
        "ensemble": {
            "columns": columns,
            "models": {name: _digest(name) for name in models},
            "shares": {column: _cells(shares(table, column)) for column in columns},
            "answers": _answers(table),
        },
    }


def _digest(name: str) -> str:
    """Of the model of a preset; empty for others."""
    return PRESETS[name]().digest if name in PRESETS else ""


def _cells(found: xr.Dataset) -> list[Document]:
    """One entry a setting."""
    names = ("n", "noise", "weight_decay", "share", "lower", "upper", "data_sets", "failures")
    return [
        {"cell": int(one["cell"]), "model": str(one["model"].item())}
        | {name: number(float(one[name]), 6) for name in names}
        for one in (found.isel(cell=k) for k in range(found.sizes["cell"]))
    ]


def _answers(table: xr.Dataset) -> Document:
    """Rows of the table by setting: seed and number of the data set, then the answers."""
    names = [
        str(name) for name, values in table.data_vars.items()
        if values.dims == ("row",) and name not in HIDDEN_COLUMNS
    ]  # fmt: skip
    cell, rows = table["cell"].to_numpy(), {}
    for one in np.unique(cell):
        kept = table.isel(row=np.flatnonzero(cell == one)[:MOST_ROWS])
        columns = [_plain(kept[name].to_numpy()) for name in ("number", "seed", *names)]
        rows[str(int(one))] = [list(row) for row in zip(*columns, strict=True)]
    return {"names": ["data set", "seed", *names], "rows": rows, "most": MOST_ROWS}


def _plain(column: np.ndarray) -> list[str]:
    """Texts: seeds have more digits than a number of JavaScript."""
    if column.dtype.kind == "f":
        return ["" if np.isnan(value) else f"{value:.6g}" for value in column]
    return [str(value) for value in column.tolist()]
