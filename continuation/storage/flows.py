"""Basins, passage times and phase planes as labelled arrays, and back, without loss."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import xarray as xr

from continuation.landscape.basins import Basins, Fraction, PassageTimes
from continuation.landscape.graph import PhasePlane
from continuation.landscape.network import Conditions
from continuation.storage.netcdf import to_json

FRACTIONS = ("target", "itinerary")
NUMBERS = ("count", "estimate", "lower", "upper")


def basins_to_arrays(basins: Basins, passages: Sequence[PassageTimes]) -> xr.Dataset:
    """Fractions along "target" and "itinerary"; each saddle's passages along its own dimension."""
    variables: dict[str, object] = {}
    for name, rows in zip(FRACTIONS, (basins.targets, basins.itineraries), strict=True):
        variables[f"{name}_label"] = (name, [row.label for row in rows])
        for number in NUMBERS:
            variables[f"{name}_{number}"] = (name, np.array([getattr(r, number) for r in rows]))
    for k, one in enumerate(passages):
        for name in ("measured", "predicted"):
            variables[f"passage{k}_{name}"] = (f"passage{k}", getattr(one, name))
        variables[f"passage{k}_rates"] = (f"passage{k}_direction", one.rates)
    saddles = [
        {"label": p.label, "radius": p.radius, "nonlinearity": p.nonlinearity} for p in passages
    ]
    numbers = {
        "trajectories": basins.n, "seed": basins.seed, "saddles": saddles,
        "conditions": asdict(basins.conditions),
    }  # fmt: skip
    return xr.Dataset(variables, attrs={"basins": to_json(numbers)})


def basins_from_arrays(data: xr.Dataset) -> tuple[Basins, tuple[PassageTimes, ...]]:
    """Inverse of `basins_to_arrays`."""
    numbers = json.loads(data.attrs["basins"])
    total = int(numbers["trajectories"])
    targets, itineraries = (_fractions(data, name, total) for name in FRACTIONS)
    passages = tuple(
        PassageTimes(
            saddle["label"],
            saddle["radius"],
            data[f"passage{k}_rates"].to_numpy(),
            data[f"passage{k}_measured"].to_numpy(),
            data[f"passage{k}_predicted"].to_numpy(),
            saddle["nonlinearity"],
        )
        for k, saddle in enumerate(numbers["saddles"])
    )
    conditions = Conditions(**numbers.get("conditions", {}))
    return Basins(targets, itineraries, total, int(numbers["seed"]), conditions), passages


def _fractions(data: xr.Dataset, name: str, total: int) -> tuple[Fraction, ...]:
    columns = [data[f"{name}_{number}"].to_numpy() for number in NUMBERS]
    labels = [str(label) for label in data[f"{name}_label"].to_numpy()]
    return tuple(
        Fraction(label, int(count), total, float(estimate), float(lower), float(upper))
        for label, count, estimate, lower, upper in zip(labels, *columns, strict=True)
    )


def phase_to_arrays(plane: PhasePlane) -> xr.Dataset:
    """Field along ("v", "w"), points along "points", curves padded with NaN.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, find_critical_sets, phase_plane
    >>> from continuation.storage import phase_to_arrays
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> list(phase_to_arrays(phase_plane(loss, sets, resolution=21)).sizes)
    ['v', 'w', 'component', 'points', 'curves', 'step']
    """
    longest = max((len(curve) for curve in plane.curves), default=0)
    curves = np.full((len(plane.curves), longest, 2), np.nan)
    for row, curve in zip(curves, plane.curves, strict=True):
        row[: len(curve)] = curve
    return xr.Dataset(
        {
            "gradient": (("v", "w", "component"), plane.gradient),
            "point": (("points", "component"), plane.points),
            "index": ("points", plane.index),
            "curve": (("curves", "step", "component"), curves),
            "stable": ("curves", np.array(plane.stable, dtype=np.int64)),
        },
        {"w": plane.first, "v": plane.second, "component": ["w", "v"]},
    )


def phase_from_arrays(data: xr.Dataset) -> PhasePlane:
    """Inverse of `phase_to_arrays`."""
    curves = data["curve"].to_numpy()
    return PhasePlane(
        data["w"].to_numpy(),
        data["v"].to_numpy(),
        data["gradient"].to_numpy(),
        data["point"].to_numpy(),
        data["index"].to_numpy(),
        tuple(curve[~np.isnan(curve[:, 0])] for curve in curves),
        tuple(bool(stable) for stable in data["stable"].to_numpy()),
    )
