"""What follows a branch beyond infinity as labelled arrays, and back, without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from continuation.landscape.branches import ChartLeg, Leg, WeightsLeg
from continuation.landscape.infinity import Chart, LimitModel, Passage, charted_end
from continuation.storage.branches import points_from_parts, points_to_parts

ARRAYS = ("p", "coordinates", "theta", "virtual", "loss", "inertia")

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
    arrays |= points_to_parts(leg.special)[0]
    return {
        f"{prefix}_{name}": ([f"{prefix}_{name}_{axis}" for axis in range(array.ndim)], array)
        for name, array in arrays.items()
    }


def _document(leg: Leg) -> dict[str, Any]:
    return {
        "chart": leg.chart,
        "stop_reason": leg.stop_reason,
        "unit": {**vars(leg.unit), "end": leg.chart} if isinstance(leg, ChartLeg) else None,
        "passages": [{**vars(q), "limit": q.limit.to_dict()} for q in leg.passages],
        "special": points_to_parts(leg.special)[1],
    }


def _leg(data: xr.Dataset, prefix: str, entry: Mapping[str, Any]) -> Leg:
    arrays = {name: data[f"{prefix}_{name}"].to_numpy() for name in ARRAYS}
    arrays["virtual"] = arrays["virtual"].astype(bool)
    of_points = {str(k).removeprefix(f"{prefix}_"): v.to_numpy() for k, v in data.items()}
    common = {
        "passages": tuple(
            Passage(**{**passage, "limit": LimitModel.from_dict(passage["limit"])})
            for passage in entry["passages"]
        ),
        "special": points_from_parts(of_points, entry["special"]),
        "stop_reason": entry["stop_reason"],
        **arrays,
    }
    if entry["unit"] is None:
        return WeightsLeg(**common)
    return ChartLeg(**common, unit=_chart(entry["unit"]))


def _chart(unit: Mapping[str, Any]) -> Chart:
    return Chart(charted_end(unit["end"]), tuple(unit["units"]), tuple(unit["signs"]))
