"""What follows a branch beyond infinity as labelled arrays, and back, without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr

from continuation.branch import SpecialPoint
from continuation.landscape.branches import Leg
from continuation.landscape.infinity import Chart, Passage

ARRAYS = ("p", "coordinates", "theta", "virtual", "loss", "inertia")
POINT_ARRAYS = ("x", "tangent", "kernel", "left_kernel", "bracket")
POINT_SCALARS = ("kind", "p", "coefficients", "located", "status", "index", "name")

Legs = tuple[tuple[Leg, ...], ...]


def legs_to_arrays(beyond: Legs) -> tuple[dict[str, Any], list[Any]]:
    """Variables of all legs, and a document with the rest, one entry a direction."""
    variables: dict[str, Any] = {}
    for k, legs in enumerate(beyond):
        for i, leg in enumerate(legs):
            variables |= _variables(f"beyond{k}_{i}", leg)
    return variables, [[_document(leg) for leg in legs] for legs in beyond]


def legs_from_arrays(data: xr.Dataset, document: Sequence[Sequence[Mapping[str, Any]]]) -> Legs:
    """Inverse of `legs_to_arrays`."""
    return tuple(
        tuple(_leg(data, f"beyond{k}_{i}", entry) for i, entry in enumerate(entries))
        for k, entries in enumerate(document)
    )


def _variables(prefix: str, leg: Leg) -> dict[str, Any]:
    arrays = {name: np.asarray(getattr(leg, name)) for name in ARRAYS}
    arrays["virtual"] = arrays["virtual"].astype(np.int8)
    for j, point in enumerate(leg.special):
        arrays |= {f"special_{j}_{name}": getattr(point, name) for name in POINT_ARRAYS}
    return {
        f"{prefix}_{name}": ([f"{prefix}_{name}_{axis}" for axis in range(array.ndim)], array)
        for name, array in arrays.items()
    }


def _document(leg: Leg) -> dict[str, Any]:
    return {
        "chart": leg.chart,
        "stop_reason": leg.stop_reason,
        "unit": None if leg.unit is None else asdict(leg.unit),
        "passages": [asdict(passage) for passage in leg.passages],
        "special": [{n: getattr(point, n) for n in POINT_SCALARS} for point in leg.special],
    }


def _leg(data: xr.Dataset, prefix: str, entry: Mapping[str, Any]) -> Leg:
    arrays = {name: data[f"{prefix}_{name}"].to_numpy() for name in ARRAYS}
    arrays["virtual"] = arrays["virtual"].astype(bool)
    unit = entry["unit"]
    special = tuple(
        SpecialPoint(
            **scalars,
            **{name: data[f"{prefix}_special_{j}_{name}"].to_numpy() for name in POINT_ARRAYS},
        )
        for j, scalars in enumerate(entry["special"])
    )
    return Leg(
        chart=entry["chart"],
        passages=tuple(Passage(**passage) for passage in entry["passages"]),
        special=special,
        stop_reason=entry["stop_reason"],
        unit=unit and Chart(unit["end"], tuple(unit["units"]), tuple(unit["signs"])),
        **arrays,
    )
