"""Results as documents: each kind of result with the panels that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from continuation.errors import StoreError
from continuation.kinds import KINDS
from continuation.landscape import SetBranch
from continuation.storage import (
    BasinsResult,
    BranchResult,
    EvolutionResult,
    GraphResult,
    PhaseResult,
    PlaneResult,
    Result,
)
from figures.captions import spelled
from figures.explore.pictures import phase_document, plane_document
from figures.explore.plain import Document, number, numbers
from figures.explore.scenes import moving, standing

MOST_ROWS = 400
"""Of a branch, evenly spread over its rows."""


def document(result: Result, name: str) -> Document:
    """A result as plain values.

    Parameters
    ----------
    result : Result
    name : str
        Of the file that it comes from, or of what was asked for.

    Returns
    -------
    dict
        "name", "kind", "facts" (pairs of texts), "notes", and what the panels show; JSON knows
        every value in it.

    Raises
    ------
    StoreError
        If what the result holds does not fit together.
    """
    try:
        shown = SHOWN[type(result)](result)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise StoreError(f"{name}: its {result.kind} cannot be shown ({error})") from error
    notes = [*result.reservations, *result.sets.notes, *shown.pop("notes", [])]
    return {
        "name": name,
        "kind": result.kind,
        "facts": facts(result),
        "origin": origin(result),
        "notes": list(dict.fromkeys(notes)),
        **shown,
    }


def facts(result: Result) -> list[list[str]]:
    """Model, data and settings, as pairs of texts; a parameter with its range, not a value."""
    data = result.loss.data
    settings = {k: v for k, v in result.settings.items() if v not in (None, "")}
    if {"parameter", "lower", "upper"} <= settings.keys():
        varied, low, high = (settings.pop(name) for name in ("parameter", "lower", "upper"))
        settings = settings | {f"{varied}": f"{low} to {high}"}
    return [
        ["model", spelled(result.loss.model)],
        ["data", f"{data.kind}, n = {data.size}"],
        *([name.replace("_", " "), f"{value}"] for name, value in settings.items()),
    ]


def origin(result: Result) -> Document:
    """What tells the data set of a result from those of an ensemble."""
    settings = result.settings
    return {
        "model": result.loss.model.digest,
        "n": result.loss.data.size,
        "noise": float(settings.get("noise") or 0.0),
        "weight_decay": float(settings.get("weight_decay") or 0.0),
        "seed": str(settings.get("seed")),
    }


def _branch(result: BranchResult) -> Document:
    return standing(result) | {"curve": curve_document(result.branch)}


def curve_document(branch: SetBranch) -> Document:
    """Loss and index along a branch, with its special points."""
    step = max(1, len(branch) // MOST_ROWS)
    points = [point for point in branch.special if not KINDS[point.kind].prescribed]
    rows = [max(point.index, 0) for point in points]
    return {
        "set": branch.set.label,
        "region": branch.set.region,
        "parameter": branch.parameter.replace("_", " "),
        "p": numbers(branch.p[::step], 8),
        "loss": numbers(branch.loss[::step], 10),
        "index": branch.inertia[::step, 0].tolist(),
        "ends": list(branch.stop_reasons),
        "marks": [
            {"kind": point.kind, "p": number(point.p), "loss": number(branch.loss[row])}
            for point, row in zip(points, rows, strict=True)
        ],
    }


def _basins(result: BasinsResult) -> Document:
    basins = result.basins
    scene = standing(result)
    order = {label: k for k, label in enumerate(scene["sets"])}
    shares = {
        name: [
            {
                "label": one.label,
                "set": order.get(one.label),
                "share": number(one.estimate, 6),
                "lower": number(one.lower, 6),
                "upper": number(one.upper, 6),
            }
            for one in found
        ]
        for name, found in (("targets", basins.targets), ("itineraries", basins.itineraries))
    }
    return scene | {"basins": shares | {"n": basins.n}}


def _phase(result: PhaseResult) -> Document:
    return standing(result) | {"picture": phase_document(result.phase)}


def _plane(result: PlaneResult) -> Document:
    return {"notes": list(result.plane.notes), "picture": plane_document(result.plane)}


SHOWN: Mapping[type[Result], Callable[[Any], Document]] = {
    Result: standing,
    GraphResult: standing,
    EvolutionResult: moving,
    BranchResult: _branch,
    BasinsResult: _basins,
    PhaseResult: _phase,
    PlaneResult: _plane,
}
"""How each kind of result is shown."""
