"""What one command computes: a file with everything needed to understand, redraw and repeat it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import xarray as xr

from continuation.certify.certificate import (
    Certificate,
    certificates_from_json,
    claims_to_json,
    problem_of,
)
from continuation.errors import StoreError
from continuation.landscape import (
    Basins,
    CriticalSets,
    Evolution,
    FlowGraph,
    Loss,
    PassageTimes,
    PhasePlane,
    SetBranch,
)
from continuation.landscape.network import Axis
from continuation.storage.evolutions import evolution_from_arrays, evolution_to_arrays
from continuation.storage.flows import (
    basins_from_arrays,
    basins_to_arrays,
    phase_from_arrays,
    phase_to_arrays,
)
from continuation.storage.manifest import EDITED
from continuation.storage.netcdf import Stored, read_stored, to_json, write_dataset
from continuation.storage.sets import (
    branch_from_arrays,
    branch_to_arrays,
    dataset_from_arrays,
    dataset_to_arrays,
    sets_from_arrays,
    sets_to_arrays,
)
from symbolic import Model

KINDS = ("points", "branch", "graph", "evolution", "basins", "phase")

CERTIFICATES = "certificates"
"""Variable that holds the claims as JSON; the data they speak of are the file's own."""


@dataclass(frozen=True, eq=False)
class Result:
    """Result of one command.

    Attributes
    ----------
    loss : Loss
        Model and data.
    settings : mapping
        Noise, size, weight decay, seed, … as given: strings and numbers.
    axes : tuple of two Axis
        Names and scales of x and y.
    sets : CriticalSets
    branch : SetBranch or None
    graph : FlowGraph or None
    certificates : tuple of Certificate
        Of the sets and of the basins that connections end in.
    evolution : Evolution or None
        Then `sets` are the starts of its strands, see `evolution_records.strand_sets`.
    basins : Basins or None
    passages : tuple of PassageTimes
        With the basins.
    phase : PhasePlane or None
    verified : bool
        False if it comes from a file that was written before checksums.
    edited : tuple of str
        Fields that were changed on purpose after they were computed.
    """

    loss: Loss
    settings: Mapping[str, float | int | str | None]
    axes: tuple[Axis, Axis]
    sets: CriticalSets
    branch: SetBranch | None = None
    graph: FlowGraph | None = None
    certificates: tuple[Certificate, ...] = ()
    evolution: Evolution | None = None
    basins: Basins | None = None
    passages: tuple[PassageTimes, ...] = ()
    phase: PhasePlane | None = None
    verified: bool = True
    edited: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What was computed: one of `KINDS`."""
        given = (name for name in KINDS[1:] if getattr(self, name) is not None)
        return next(given, "points")

    @property
    def reservations(self) -> tuple[str, ...]:
        """What stands between this result and what was computed, in words."""
        unverified = () if self.verified else ("not verified: written before checksums",)
        edited = (f"edited on purpose: {', '.join(self.edited)}",) if self.edited else ()
        return unverified + edited


def save_result(result: Result, path: str | os.PathLike[str]) -> Path:
    """Write a result to NetCDF.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    model = result.loss.model
    parts = [sets_to_arrays(result.sets), dataset_to_arrays(result.loss.data)]
    if result.branch is not None:
        parts.append(branch_to_arrays(result.branch))
    if result.evolution is not None:
        parts.append(evolution_to_arrays(result.evolution))
    if result.basins is not None:
        parts.append(basins_to_arrays(result.basins, result.passages))
    if result.phase is not None:
        parts.append(phase_to_arrays(result.phase))
    if result.certificates:
        parts.append(xr.Dataset({CERTIFICATES: ((), claims_to_json(result.certificates))}))
    attributes = {
        "model": model.to_json(),
        "model_digest": model.digest,
        "settings": to_json(result.settings),
        "axes": json.dumps([asdict(axis) for axis in result.axes]),
        "graph": "" if result.graph is None else result.graph.to_json(),
    }
    if result.edited:
        attributes[EDITED] = json.dumps(result.edited)
    merged = xr.merge(parts, combine_attrs="no_conflicts").assign_attrs(attributes)
    return write_dataset(path, merged, result.kind)


def load_result(path: str | os.PathLike[str], *, edited: bool = False) -> Result:
    """Read a result back, identical to what was saved, and verified by its checksums.

    Parameters
    ----------
    path : path-like
    edited : bool
        Accept fields that were changed on purpose after they were written; `Result.edited` names
        them, and so does every file that the result is saved to.

    Raises
    ------
    StoreError
        If the file is missing, truncated, foreign, damaged, or no result of a command; the field
        is named.
    """
    stored = read_stored(path, edited=edited)
    if stored.data.attrs["kind"] not in KINDS:
        raise StoreError(
            f"{path} holds {stored.data.attrs['kind']!r}, not one of {', '.join(KINDS)}"
        )
    return _result(path, stored)


@contextmanager
def _reading(path: str | os.PathLike[str], field: str) -> Iterator[None]:
    """Name the file and the field in whatever goes wrong."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:  # a file may hold anything, and provoke anything
        raise StoreError(
            f"{path} is damaged: {field} cannot be read ({type(error).__name__}: {error}); "
            "compute it again"
        ) from error


def _result(path: str | os.PathLike[str], stored: Stored) -> Result:
    data, kind = stored.data, stored.data.attrs["kind"]
    with _reading(path, "the model"):
        model = Model.from_json(data.attrs["model"])
        if model.digest != data.attrs["model_digest"]:
            raise StoreError(f"{path} is damaged: the model does not match its digest")
    with _reading(path, "the data set"):
        loss = Loss(model, dataset_from_arrays(data))
    with _reading(path, "the settings"):
        settings = json.loads(data.attrs["settings"])
        x_axis, y_axis = (Axis(**axis) for axis in json.loads(data.attrs["axes"]))
    with _reading(path, "the critical sets"):
        sets = sets_from_arrays(data, model)
    with _reading(path, "the graph"):
        graph = FlowGraph.from_json(data.attrs["graph"]) if data.attrs["graph"] else None
    with _reading(path, "the certificates"):
        certificates = _certificates(data, loss, settings)
    with _reading(path, f"the {kind}"):
        branch = branch_from_arrays(data, sets) if kind == "branch" else None
        evolution = evolution_from_arrays(data, sets) if kind == "evolution" else None
        basins, passages = basins_from_arrays(data) if kind == "basins" else (None, ())
        phase = phase_from_arrays(data) if kind == "phase" else None
    axes = (x_axis, y_axis)
    return Result(
        loss, settings, axes, sets, branch, graph, certificates, evolution, basins, passages, phase,
        stored.verified, stored.edited,
    )  # fmt: skip


def _certificates(
    data: xr.Dataset, loss: Loss, settings: Mapping[str, float | int | str | None]
) -> tuple[Certificate, ...]:
    """The certificates of a file; they must speak of the data in it."""
    if CERTIFICATES not in data:
        return ()
    values = {name: float(settings.get(name) or 0.0) for name in ("noise", "weight_decay")}
    return certificates_from_json(str(data[CERTIFICATES].item()), [problem_of(loss, **values)])
