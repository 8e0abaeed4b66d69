"""Branches of the engine and their special points as arrays by name, and back, without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from continuation.branch import Branch, SpecialPoint
from continuation.meaning import UNNAMED, Meaning

BRANCH_ARRAYS = (
    "x", "p", "tangent", "eigenvalues", "inertia", "error_bound", "length", "iterations",
    "statistics",
)  # fmt: skip
POINT_ARRAYS = ("x", "tangent", "kernel", "left_kernel", "bracket")

Parts = tuple[dict[str, Any], dict[str, Any]]
"""Arrays by name, and the rest as a JSON document."""


def branch_to_parts(branch: Branch) -> Parts:
    """All arrays of a branch by name, and the rest of it as a JSON document."""
    arrays = {name: getattr(branch, name) for name in BRANCH_ARRAYS}
    points, listed = points_to_parts(branch.special)
    return arrays | points, {**_rest(branch, (*BRANCH_ARRAYS, "special")), "special": listed}


def branch_from_parts(arrays: Mapping[str, Any], document: Mapping[str, Any]) -> Branch:
    """Inverse of `branch_to_parts`."""
    rest = {**document, "meaning": _meaning(document)}
    rest["special"] = points_from_parts(arrays, document["special"])
    return Branch(**{name: arrays[name] for name in BRANCH_ARRAYS}, **rest)


def points_to_parts(points: Sequence[SpecialPoint]) -> tuple[dict[str, Any], list[Any]]:
    """Arrays of special points by name, and the rest of each."""
    arrays = {
        f"special_{i}_{name}": getattr(point, name)
        for i, point in enumerate(points)
        for name in POINT_ARRAYS
    }
    return arrays, [_rest(point, POINT_ARRAYS) for point in points]


def points_from_parts(
    arrays: Mapping[str, Any], listed: Sequence[Mapping[str, Any]]
) -> tuple[SpecialPoint, ...]:
    """Inverse of `points_to_parts`."""
    return tuple(
        SpecialPoint(
            **{**entry, "meaning": _meaning(entry)},
            **{name: arrays[f"special_{i}_{name}"] for name in POINT_ARRAYS},
        )
        for i, entry in enumerate(listed)
    )


def _meaning(document: Mapping[str, Any]) -> Meaning:
    """Names of unknowns and parameters; files of version 0.1.0 have none."""
    return Meaning.from_dict(document["meaning"]) if "meaning" in document else UNNAMED


def _rest(record: Branch | SpecialPoint, arrays: Sequence[str]) -> dict[str, Any]:
    names = [field.name for field in fields(record) if field.name not in arrays]
    return {n: getattr(record, n) for n in names} | {"meaning": record.meaning.to_dict()}


def prefixed(prefix: str, arrays: dict[str, Any], document: dict[str, Any]) -> Parts:
    """The same parts, names of arrays with a prefix."""
    return {prefix + name: array for name, array in arrays.items()}, document


def under(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays whose names have the prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
