"""Diagrams of planes as labelled arrays, and back, without loss.

Vertices of all curves stand one after the other along "plane_row"; regions, their graphs and what
is said of the curves are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr

from continuation.landscape import (
    FlowGraph,
    PlaneCurve,
    PlaneDiagram,
    PlanePoint,
    Region,
    Regions,
)
from continuation.storage.branches import Parts
from continuation.storage.netcdf import arrays_of, to_json

ROW, PREFIX = "plane_row", "plane_"

DOCUMENT = "plane"
"""Attribute that holds everything but the vertices."""


def plane_to_arrays(diagram: PlaneDiagram) -> xr.Dataset:
    """Both parts as one data set, its variables named after what they belong to.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, plane_diagram
    >>> from continuation.storage import plane_to_arrays
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> plane = plane_diagram(loss, "noise", "size", ((0.1, 0.2), (10, 20)), lines=2)
    >>> sorted(plane_to_arrays(plane).attrs)
    ['plane']
    """
    arrays, document = plane_to_parts(diagram)
    variables = {PREFIX + name: (ROW, values) for name, values in arrays.items()}
    return xr.Dataset(variables, attrs={DOCUMENT: to_json(document)})


def plane_from_arrays(data: xr.Dataset) -> PlaneDiagram:
    """Inverse of `plane_to_arrays`.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, plane_diagram
    >>> from continuation.storage import plane_from_arrays, plane_to_arrays
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> plane = plane_diagram(loss, "noise", "size", ((0.1, 0.2), (10, 20)), lines=2)
    >>> plane_from_arrays(plane_to_arrays(plane))
    PlaneDiagram(noise × size, 3 regions, curves: 1 of folds, 1 of arrivals)
    """
    return plane_from_parts(arrays_of(data, PREFIX), json.loads(data.attrs[DOCUMENT]))


def plane_to_parts(diagram: PlaneDiagram) -> Parts:
    """Vertices of all curves, and the rest as one document."""
    curves = diagram.curves
    owner = [np.full(len(curve.points), k) for k, curve in enumerate(curves)]
    points = np.concatenate([np.empty((0, 2)), *(curve.points for curve in curves)])
    document = {
        "parameters": [diagram.x, diagram.y],
        "limits": [list(pair) for pair in diagram.limits],
        "curves": [
            {
                "kind": curve.kind, "text": curve.text, "ends": list(curve.ends),
                "error": curve.error, "special": [asdict(point) for point in curve.special],
            }
            for curve in curves
        ],
        "crossings": [asdict(point) for point in diagram.crossings],
        "regions": [_region_record(region) for region in diagram.regions],
        "lines": list(diagram.lines),
        "complete": diagram.complete,
        "notes": list(diagram.notes),
    }  # fmt: skip
    arrays = {
        "curve": np.concatenate([np.empty(0, dtype=np.int64), *owner]),
        "x": points[:, 0],
        "y": points[:, 1],
    }
    return arrays, document


def plane_from_parts(arrays: Mapping[str, Any], record: Mapping[str, Any]) -> PlaneDiagram:
    """Inverse of `plane_to_parts`."""
    owner, points = arrays["curve"], np.column_stack([arrays["x"], arrays["y"]])
    x, y = record["parameters"]
    (x_low, x_high), (y_low, y_high) = record["limits"]
    curves = tuple(
        PlaneCurve(
            curve["kind"], curve["text"], points[owner == k],
            tuple(PlanePoint(**point) for point in curve["special"]),
            (curve["ends"][0], curve["ends"][1]), curve["error"],
        )
        for k, curve in enumerate(record["curves"])
    )  # fmt: skip
    return PlaneDiagram(
        x,
        y,
        ((x_low, x_high), (y_low, y_high)),
        curves,
        tuple(PlanePoint(**point) for point in record["crossings"]),
        Regions(tuple(_region(region) for region in record["regions"])),
        tuple(record["lines"]),
        record["complete"],
        tuple(record["notes"]),
    )


def _region_record(region: Region) -> dict[str, Any]:
    return {
        "number": region.number, "at": list(region.at), "area": region.area, "note": region.note,
        "graph": None if region.graph is None else region.graph.to_json(),
    }  # fmt: skip


def _region(record: dict[str, Any]) -> Region:
    graph = None if record["graph"] is None else FlowGraph.from_json(record["graph"])
    x, y = record["at"]
    return Region(record["number"], (x, y), record["area"], graph, record["note"])
