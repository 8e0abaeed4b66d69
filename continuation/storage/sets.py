"""Critical sets, branches and graphs as labelled arrays, and back, without loss.

Every number stands in a float64 or integer variable of its own, so that any NetCDF reader can use
it; what has no rectangular shape (limit models, λ-segments, stabilisers) is canonical JSON beside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.errors import StoreError
from continuation.landscape.branches import SetBranch, joined_special_points
from continuation.landscape.infinity import SEPARATED, LimitModel
from continuation.landscape.network import Conditions, Dataset, SignedPermutation, Stabiliser
from continuation.landscape.sets import (
    CriticalSet,
    CriticalSets,
    Embedding,
    EvidenceBranch,
    LayerEmbedding,
    Piece,
    RegionEvidence,
    Saturation,
    Segment,
)
from continuation.landscape.vectors import Separated, VectorLimit
from continuation.storage.branches import branch_from_parts, branch_to_parts
from continuation.storage.legs import legs_from_arrays, legs_to_arrays
from continuation.storage.netcdf import arrays_of, real_variables, to_json
from symbolic import Model

TEXTS = ("kind", "subkind", "label", "region")
NUMBERS = ("loss", "excess_risk")


def sets_to_arrays(sets: CriticalSets) -> xr.Dataset:
    """Critical sets along the dimension "set"."""
    variables: dict[str, Any] = {
        name: ("set", [getattr(s, name) for s in sets]) for name in (*TEXTS, *NUMBERS)
    }
    variables["theta"] = (("set", "weight"), _ragged([s.theta for s in sets]))
    variables["error_bound"] = (("set", "bound"), _ragged([s.error_bound for s in sets]))
    variables["base"] = (("set", "base_weight"), _ragged([s.base for s in sets]))
    variables["eigenvalues"] = (("set", "eigenvalue"), _ragged([s.eigenvalues for s in sets]))
    variables["inertia"] = (("set", "sign"), np.array([s.inertia for s in sets]).reshape(-1, 3))
    variables["attracting"] = ("set", np.array([s.attracting for s in sets], dtype=np.int8))
    variables["orbit_size"] = ("set", np.array([s.orbit_size for s in sets], dtype=np.int64))
    variables["details"] = ("set", [_details(s) for s in sets])
    attributes = {
        "set_notes": json.dumps(list(sets.notes)),
        "complete": int(sets.complete),
        "euler_count": "none" if sets.euler_count is None else str(sets.euler_count),
        "saturation": json.dumps([asdict(width) for width in sets.saturation]),
    }
    return xr.Dataset(variables, {"sign": ["negative", "zero", "positive"]}, attributes)


def sets_from_arrays(data: xr.Dataset, model: Model) -> CriticalSets:
    """Inverse of `sets_to_arrays`."""
    count = data.attrs["euler_count"]
    return CriticalSets(
        tuple(_set(data.isel(set=i), model) for i in range(data.sizes["set"])),
        tuple(json.loads(data.attrs["set_notes"])),
        bool(data.attrs["complete"]),
        None if count == "none" else int(count),
        tuple(Saturation(**width) for width in json.loads(data.attrs["saturation"])),
    )


def dataset_to_arrays(data: Dataset) -> xr.Dataset:
    """A data set along the dimension "sample", several inputs or outputs along their own."""
    rows = {name: getattr(data, name) for name in ("x", "target", "noise", "weights")}
    kept = {
        f"data_{name}": (_axes_of_data(name)[: np.ndim(values)], values)
        for name, values in rows.items()
        if values is not None
    }
    return xr.Dataset(kept, attrs={"data_kind": data.kind})


def _axes_of_data(name: str) -> tuple[str, str]:
    return "sample", "input" if name == "x" else "output"


def dataset_from_arrays(data: xr.Dataset) -> Dataset:
    """Inverse of `dataset_to_arrays`."""
    x, target, noise = (data[f"data_{name}"].to_numpy() for name in ("x", "target", "noise"))
    weights = data["data_weights"].to_numpy() if "data_weights" in data else None
    return Dataset(x, target, noise, weights, str(data.attrs["data_kind"]))


def _details(critical: CriticalSet) -> str:
    return to_json(
        {
            "limit": None if critical.limit is None else critical.limit.to_dict(),
            "normal_derivatives": list(critical.normal_derivatives),
            "parameters": dict(critical.conditions.keywords),
            "evidence": None if critical.evidence is None else asdict(critical.evidence),
            "segments": [asdict(segment) for segment in critical.segments],
            "embedding": None if critical.embedding is None else asdict(critical.embedding),
            "pieces": [asdict(piece) for piece in critical.pieces],
            "stabiliser_order": critical.stabiliser.order,
            "stabiliser": [asdict(element) for element in critical.stabiliser.elements],
            "lengths": [
                -1 if row is None else len(row)
                for row in (critical.theta, critical.base, critical.eigenvalues)
            ],
        }
    )


def _unpadded(row: xr.Dataset, name: str, length: int) -> Array:
    if length < 0:
        raise StoreError(f"a critical set has no {name}")
    return np.asarray(row[name].to_numpy()[:length].copy())


def _known(row: xr.Dataset, name: str) -> Array | None:
    """Numbers that all of a row's sets have or none; files of earlier versions have none."""
    if name not in row:
        return None
    values = row[name].to_numpy()
    values = values[~np.isnan(values)]
    return values.copy() if values.size else None


def _limit(letters: Mapping[str, float], model: Model) -> LimitModel:
    """A limit model by its letters; that of a network of layers has vectors."""
    if SEPARATED.name in letters:
        return Separated()
    return (VectorLimit if model.is_network else LimitModel).from_dict(letters)


def _set(row: xr.Dataset, model: Model) -> CriticalSet:
    details: Mapping[str, Any] = json.loads(str(row["details"].item()))
    limit = details["limit"]
    of_theta, of_base, of_eigenvalues = details["lengths"]
    elements = tuple(
        SignedPermutation(tuple(e["place"]), tuple(e["sign"])) for e in details["stabiliser"]
    )
    negative, zero, positive = (int(k) for k in row["inertia"].to_numpy())
    return CriticalSet(
        model=model,
        theta=None if of_theta < 0 else _unpadded(row, "theta", of_theta),
        error_bound=_known(row, "error_bound"),
        base=None if of_base < 0 else _unpadded(row, "base", of_base),
        eigenvalues=_unpadded(row, "eigenvalues", of_eigenvalues),
        inertia=(negative, zero, positive),
        attracting=bool(row["attracting"].item()),
        orbit_size=int(row["orbit_size"].item()),
        limit=None if limit is None else _limit(limit, model),
        normal_derivatives=tuple(details["normal_derivatives"]),
        conditions=Conditions(**details["parameters"]),
        evidence=_evidence(details["evidence"]),
        segments=tuple(Segment(**segment) for segment in details["segments"]),
        embedding=_embedding(details["embedding"]),
        pieces=tuple(
            Piece(tuple(piece["negative"]), piece["index"], piece["parts"])
            for piece in details["pieces"]
        ),
        stabiliser=Stabiliser(details["stabiliser_order"], elements),
        kind=str(row["kind"].item()),
        subkind=str(row["subkind"].item()),
        label=str(row["label"].item()),
        region=str(row["region"].item()),
        loss=float(row["loss"].item()),
        excess_risk=float(row["excess_risk"].item()),
    )


def _evidence(record: Mapping[str, Any] | None) -> RegionEvidence | None:
    if record is None:
        return None
    branch = record["branch"]
    if branch is not None:
        state = tuple(tuple(row) for row in branch["state"])
        branch = EvidenceBranch(tuple(branch["noise"]), state, tuple(branch["distance"]))
    return RegionEvidence(**{**record, "branch": branch})


def _embedding(record: Mapping[str, Any] | None) -> Embedding | None:
    if record is None:
        return None
    own = (
        tuple(record["copies"]),
        tuple(tuple(unit) for unit in record["silent"]),
        record["dead"],
        record["silent_freedom"],
    )
    if "widths" not in record:
        return Embedding(*own)
    layers = tuple(record["widths"]), tuple(record["silent_layers"])
    return LayerEmbedding(*own, *layers, record["freedom"], record["across"])


def _ragged(rows: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64]:
    """Rows of different lengths (or none at all) in one array, filled with NaN."""
    width = max((len(row) for row in rows if row is not None), default=0)
    out = np.full((len(rows), width), np.nan)
    for i, row in enumerate(rows):
        if row is not None:
            out[i, : len(row)] = row
    return out


def branch_to_arrays(branch: SetBranch) -> xr.Dataset:
    """The branch of a set along "branch_sample", and each direction as it was traced."""
    variables: dict[str, Any] = {
        "branch_p": ("branch_sample", branch.p),
        "branch_theta": (("branch_sample", "branch_weight"), branch.theta),
        "branch_state": (("branch_sample", "branch_unknown"), branch.state),
        "branch_loss": ("branch_sample", branch.loss),
        "branch_inertia": (("branch_sample", "sign"), branch.inertia),
        "branch_transverse": (("branch_sample", "branch_across"), branch.transverse),
    }
    documents = []
    for k, direction in enumerate(branch.branches):
        arrays, document = branch_to_parts(direction)
        documents.append(document)
        for name, array in arrays.items():
            variables |= real_variables(f"direction{k}_{name}", np.asarray(array))
    beyond, legs = legs_to_arrays(branch.beyond)
    variables |= beyond
    directions = {"documents": documents, "arrivals": list(branch.arrivals), "beyond": legs}
    attributes = {
        "branch_set": branch.set.label,
        "branch_parameter": branch.parameter,
        "branch_directions": to_json(directions),
    }
    return xr.Dataset(variables, attrs=attributes)


def branch_from_arrays(data: xr.Dataset, sets: CriticalSets) -> SetBranch:
    """Inverse of `branch_to_arrays`; `sets` holds the set that was followed."""
    directions = json.loads(data.attrs["branch_directions"])
    branches = tuple(
        branch_from_parts(arrays_of(data, f"direction{k}_"), document)
        for k, document in enumerate(directions["documents"])
    )
    names = ("p", "theta", "state", "loss", "inertia", "transverse")
    rows = {name: data[f"branch_{name}"].to_numpy() for name in names}
    return SetBranch(
        set=next(found for found in sets if found.label == data.attrs["branch_set"]),
        parameter=str(data.attrs["branch_parameter"]),
        special=joined_special_points(branches),
        branches=branches,
        arrivals=tuple(directions["arrivals"]),
        beyond=legs_from_arrays(data, directions["beyond"]),
        **rows,
    )
