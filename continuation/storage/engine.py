"""Branches, curves, diagrams and orbits as NetCDF files, and back, without loss."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from continuation.branch import Branch
from continuation.curve import Curve
from continuation.diagram import Diagram
from continuation.errors import InvalidInputError, StoreError
from continuation.landscape import PlaneDiagram
from continuation.meaning import Meaning
from continuation.orbits import Connection, ConnectionBranch, Orbit, OrbitBranch, OrbitCurve
from continuation.storage.branches import (
    Parts,
    branch_from_parts,
    branch_to_parts,
    points_from_parts,
    points_to_parts,
    prefixed,
    under,
)
from continuation.storage.netcdf import (
    arrays_of,
    read_stored,
    real_variables,
    to_json,
    write_dataset,
)
from continuation.storage.orbits import branch_from_parts as orbits_from_parts
from continuation.storage.orbits import branch_to_parts as orbits_to_parts
from continuation.storage.orbits import (
    connection_from_parts,
    connections_from_parts,
    connections_to_parts,
    curve_from_parts,
    curve_to_parts,
    one_to_parts,
    orbit_from_parts,
)
from continuation.storage.planes import plane_from_parts, plane_to_parts
from continuation.storage.results import result_of

DOCUMENT = "document"
"""Attribute that holds what is no array, as JSON."""

CURVE_ARRAYS = ("x", "p", "q", "kernel", "unfolding", "frequency")


def save_engine_result(result: Any, path: str | os.PathLike[str]) -> Path:
    """Write a branch, a curve, a diagram or an orbit of any kind.

    Raises
    ------
    StoreError
        Where the file cannot be written.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation import Problem, trace_branch
    >>> from continuation.storage import save_engine_result
    >>> branch = trace_branch(Problem(lambda x, p: p - x), [0.0], 0.0, p_limits=(0, 1))
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> save_engine_result(branch, path).exists()
    True
    """
    for kind, (of, taken_apart, _) in KINDS_OF_FILES.items():
        if isinstance(result, of):
            arrays, document = taken_apart(result)
            variables: dict[str, Any] = {}
            for name, array in arrays.items():
                variables |= real_variables(name, np.asarray(array))
            return write_dataset(
                path, xr.Dataset(variables, attrs={DOCUMENT: to_json(document)}), kind
            )
    raise InvalidInputError(
        f"a branch, a curve, a diagram or an orbit can be saved, got {type(result).__name__}."
    )


def load_any(path: str | os.PathLike[str]) -> Any:
    """Read what `save_engine_result` or a command wrote.

    Raises
    ------
    StoreError
        Where the file is missing, truncated or foreign.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation import Problem, trace_branch
    >>> from continuation.storage import load_any, save_engine_result
    >>> branch = trace_branch(Problem(lambda x, p: p - x), [0.0], 0.0, p_limits=(0, 1))
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> load_any(save_engine_result(branch, path)).stop_reason
    'limit'
    """
    stored = read_stored(path)
    data = stored.data
    kind = data.attrs["kind"]
    if kind not in KINDS_OF_FILES:
        return result_of(path, stored)
    put_together: Callable[[Any, Any], Any] = KINDS_OF_FILES[kind][2]
    try:
        return put_together(arrays_of(data, ""), json.loads(data.attrs[DOCUMENT]))
    except (KeyError, ValueError, TypeError) as error:
        raise StoreError(f"{path} is damaged ({error}); compute it again") from error


def _curve_to_arrays(curve: Curve) -> Parts:
    arrays, document = prefixed("branch_", *branch_to_parts(curve.branch))
    arrays |= {name: getattr(curve, name) for name in CURVE_ARRAYS}
    points, listed = points_to_parts(curve.special)
    whole = {"branch": document, "special": listed, "kind": curve.kind}
    return arrays | points, {**whole, "meaning": curve.meaning.to_dict()}


def _curve_from_arrays(arrays: Mapping[str, Any], document: Mapping[str, Any]) -> Curve:
    return Curve(
        **{name: arrays[name] for name in CURVE_ARRAYS},
        special=points_from_parts(arrays, document["special"]),
        branch=branch_from_parts(under("branch_", arrays), document["branch"]),
        kind=document["kind"], meaning=Meaning.from_dict(document["meaning"]),
    )  # fmt: skip


def _diagram_to_arrays(diagram: Diagram) -> Parts:
    arrays: dict[str, Any] = {}
    documents: list[Any] = []
    for i, branch in enumerate(diagram.branches):
        of_branch, document = prefixed(f"branch{i}_", *branch_to_parts(branch))
        arrays |= of_branch
        documents.append(document)
    points, listed = points_to_parts(diagram.nodes)
    rest = {name: getattr(diagram, name) for name in ("ends", "passes", "notes", "periods")}
    return arrays | points, {"branches": documents, "nodes": listed, **rest}


def _diagram_from_arrays(arrays: Mapping[str, Any], document: Mapping[str, Any]) -> Diagram:
    branches = [
        branch_from_parts(under(f"branch{i}_", arrays), of_branch)
        for i, of_branch in enumerate(document["branches"])
    ]
    return Diagram(
        branches=tuple(branches),
        nodes=points_from_parts(arrays, document["nodes"]),
        ends=tuple((start, end) for start, end in document["ends"]),
        passes=tuple((branch, sample, node) for branch, sample, node in document["passes"]),
        notes=tuple(document["notes"]),
        periods=tuple(document["periods"]),
    )


KINDS_OF_FILES: Mapping[str, tuple[type, Callable[[Any], Parts], Callable[..., Any]]] = {
    "engine branch": (Branch, branch_to_parts, branch_from_parts),
    "engine curve": (Curve, _curve_to_arrays, _curve_from_arrays),
    "engine diagram": (Diagram, _diagram_to_arrays, _diagram_from_arrays),
    "plane diagram": (PlaneDiagram, plane_to_parts, plane_from_parts),
    "periodic orbit": (Orbit, one_to_parts, orbit_from_parts),
    "orbit branch": (OrbitBranch, orbits_to_parts, orbits_from_parts),
    "orbit curve": (OrbitCurve, curve_to_parts, curve_from_parts),
    "connecting orbit": (Connection, one_to_parts, connection_from_parts),
    "connection branch": (ConnectionBranch, connections_to_parts, connections_from_parts),
}
"""What a file says it holds -> the class, and the two ways."""
