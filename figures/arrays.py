"""Arrays of different lengths in one array, data sets of several presets in one data set."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

PRESETS = "presets"
"""Attribute of joined data: the names of its presets, in order."""


def padded(rows: Sequence[ArrayLike]) -> NDArray[np.float64]:
    """Stack arrays that differ in their first length, the rest filled with NaN."""
    arrays = [np.asarray(row, dtype=np.float64) for row in rows]
    longest = max(len(array) for array in arrays)
    out = np.full((len(arrays), longest, *arrays[0].shape[1:]), np.nan)
    for place, array in zip(out, arrays, strict=True):
        place[: len(array)] = array
    return out


def join_presets(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """One data set of several; every name in it carries the attribute "preset" of its part."""
    named = []
    for part in parts:
        names = {k: f"{part.attrs['preset']}_{k}" for k in {*part.variables, *part.dims}}
        named.append(part.rename(names))
    attributes = {f"{part.attrs['preset']}_{k}": v for part in parts for k, v in part.attrs.items()}
    attributes[PRESETS] = " ".join(part.attrs["preset"] for part in parts)
    return xr.merge(named, combine_attrs="drop").assign_attrs(attributes)


def join_parameters(parts: Sequence[xr.Dataset]) -> list[xr.Dataset]:
    """Data sets of several presets, each along some parameters: one of each preset.

    Every name in it carries the attribute "parameter" of its part; what all its parts say of
    it, such as the preset, keeps its name beside.
    """
    joined = []
    for preset in dict.fromkeys(part.attrs["preset"] for part in parts):
        own = [part for part in parts if part.attrs["preset"] == preset]
        named, attributes = [], {"preset": preset}
        for part in own:
            prefix = part.attrs["parameter"]
            named.append(part.rename({k: f"{prefix}_{k}" for k in {*part.variables, *part.dims}}))
            attributes |= {f"{prefix}_{k}": v for k, v in part.attrs.items()}
        joined.append(xr.merge(named, combine_attrs="drop").assign_attrs(attributes))
    return joined


def of_parameter(data: xr.Dataset, parameter: str) -> xr.Dataset:
    """Of the data of one preset the part along one parameter, as `of_preset`."""
    return of_preset(data, parameter)


def presets_of(data: xr.Dataset) -> list[str]:
    """Presets of joined data, in order."""
    return str(data.attrs[PRESETS]).split()


def of_preset(data: xr.Dataset, preset: str) -> xr.Dataset:
    """The part of one preset, with its own names and attributes."""
    prefix = f"{preset}_"

    def own(names: Iterable[Hashable]) -> dict[str, str]:
        return {str(k): str(k).removeprefix(prefix) for k in names if str(k).startswith(prefix)}

    chosen = data[[k for k in own(data.variables) if k in data.data_vars]]
    names = own({*chosen.variables, *chosen.dims})
    attributes = {short: data.attrs[k] for k, short in own(data.attrs).items()}
    return chosen.rename(names).drop_attrs(deep=False).assign_attrs(attributes)
