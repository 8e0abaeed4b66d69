"""Units of the first layer in the names of the columns that they read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from continuation.landscape.infinity import LimitModel
from continuation.landscape.vectors import VectorLimit

if TYPE_CHECKING:
    from continuation.landscape.diagnosis.location import Location

MOST_UNITS, MOST_COLUMNS = 4, 3
"""Units that a sentence names, and columns of each."""


def readings(location: Location) -> str:
    """What the units in question read most, by weight times the spread of the column.

    These are the units that are in a channel, or nearest to a smaller network, else the first.
    """
    model, columns = location.loss_of.model, location.columns
    if not columns or not model.widths:
        return ""
    weights = model.unpack(location.theta)[0][0]
    spread = np.std(location.loss_of.data.x.reshape(-1, len(columns)), axis=0)
    shares = weights * spread[:, None]
    each = [f"unit {k + 1} reads {_most(shares[:, k], columns)}" for k in _asked(location)]
    return f"In columns: {'; '.join(each)}."


def _asked(location: Location) -> list[int]:
    """Positions of the units that a sentence is about."""
    near, width = location.embedding, location.loss_of.model.widths[0]
    if location.channel is not None:
        asked = [unit for group in location.channel.units for unit in group]
    elif near is not None and near.layer == 0:
        asked = list(near.units)
    else:
        asked = list(range(width))
    return asked[:MOST_UNITS]


def _most(shares: np.ndarray, columns: tuple[str, ...]) -> str:
    order = np.argsort(-np.abs(shares), kind="stable")[:MOST_COLUMNS]
    return ", ".join(f"{columns[k]} ({shares[k]:+.2g})" for k in order)


def in_columns(limit: LimitModel, columns: tuple[str, ...]) -> LimitModel:
    """A limit whose letters have the names of the columns."""
    if not (columns and isinstance(limit, VectorLimit)):
        return limit
    return replace(limit, names=(*columns, *limit.names[len(columns) :]))
