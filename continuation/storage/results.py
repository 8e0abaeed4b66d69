"""What one command computes: a file with everything needed to understand, redraw and repeat it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import xarray as xr

from continuation.certify.certificate import (
    Certificate,
    certificates_from_json,
    claims_to_json,
    problem_of,
)
from continuation.errors import StoreError
from continuation.landscape import Loss
from continuation.landscape.network import Axis, fitting_units, rescaled
from continuation.storage.kinds import GRAPH, RESULTS, Result
from continuation.storage.manifest import EDITED
from continuation.storage.netcdf import Stored, read_stored, to_json, write_dataset
from continuation.storage.sets import (
    dataset_from_arrays,
    dataset_to_arrays,
    sets_from_arrays,
    sets_to_arrays,
)
from symbolic import Model

CERTIFICATES = "certificates"
"""Variable that holds the claims as JSON; the data they speak of are the file's own."""


def save_result(result: Result, path: str | os.PathLike[str]) -> Path:
    """Write a result to NetCDF.

    Raises
    ------
    StoreError
        If the file cannot be written.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.landscape import Axis, Dataset, Loss, connect, find_critical_sets
    >>> from continuation.storage import GraphResult, load_result, save_result
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> axes = (Axis("x"), Axis("y"))
    >>> result = GraphResult(loss, {"noise": 0.1}, axes, sets, graph=connect(loss, sets))
    >>> path = save_result(result, os.path.join(tempfile.mkdtemp(), "graph.nc"))
    >>> load_result(path).graph
    FlowGraph(4 sets, 1 connection, attractors: isolated 1)
    """
    model, own = result.loss.model, RESULTS[result.kind].to_arrays(result)
    parts = [sets_to_arrays(result.sets), dataset_to_arrays(result.loss.data), own]
    if result.certificates:
        parts.append(xr.Dataset({CERTIFICATES: ((), claims_to_json(result.certificates))}))
    attributes = {
        "model": model.to_json(),
        "model_digest": model.digest,
        "settings": to_json(result.settings),
        "axes": json.dumps([asdict(axis) for axis in result.axes]),
        GRAPH: own.attrs.get(GRAPH, ""),
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

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.landscape import Axis, Dataset, Loss, connect, find_critical_sets
    >>> from continuation.storage import GraphResult, load_result, save_result
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> sets = find_critical_sets(loss, noise=0.1)
    >>> axes = (Axis("x"), Axis("y"))
    >>> result = GraphResult(loss, {"noise": 0.1}, axes, sets, graph=connect(loss, sets))
    >>> path = save_result(result, os.path.join(tempfile.mkdtemp(), "graph.nc"))
    >>> [found.label for found in load_result(path).sets]
    ['isolated 1', 'linear 1', 'step 1', 'origin 1']
    """
    return result_of(path, read_stored(path, edited=edited))


def result_of(path: str | os.PathLike[str], stored: Stored) -> Result:
    """The result that a file holds which was read already; `path` is for messages only.

    Raises
    ------
    StoreError
        As of `load_result`.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.landscape import Axis, Dataset, Loss, find_critical_sets
    >>> from continuation.storage import Result, read_stored, result_of, save_result
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> result = Result(loss, {}, (Axis("x"), Axis("y")), find_critical_sets(loss))
    >>> path = save_result(result, os.path.join(tempfile.mkdtemp(), "points.nc"))
    >>> result_of(path, read_stored(path)).kind
    'points'
    """
    kind = str(stored.data.attrs["kind"])
    if kind not in RESULTS:
        raise StoreError(f"{path} holds {kind!r}, not one of {', '.join(RESULTS)}")
    return _result(path, stored, kind)


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


def _result(path: str | os.PathLike[str], stored: Stored, kind: str) -> Result:
    data = stored.data
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
    with _reading(path, "the certificates"):
        certificates = _certificates(data, loss, settings)
    with _reading(path, f"the {kind}"):
        own = RESULTS[kind].fields(data, sets)
    return RESULTS[kind].of(
        loss=loss, settings=settings, axes=(x_axis, y_axis), sets=sets, certificates=certificates,
        verified=stored.verified, edited=stored.edited, **own,
    )  # fmt: skip


def _certificates(
    data: xr.Dataset, loss: Loss, settings: Mapping[str, float | int | str | None]
) -> tuple[Certificate, ...]:
    """The certificates of a file; they must speak of the data in it, or in units that fit them."""
    if CERTIFICATES not in data:
        return ()
    values = {name: float(settings.get(name) or 0.0) for name in ("noise", "weight_decay")}
    units = fitting_units(loss, decays=values["weight_decay"] > 0.0)
    spoken_of = (loss, rescaled(loss, units.inverse))
    problems = [problem_of(one, **values) for one in spoken_of]
    return certificates_from_json(str(data[CERTIFICATES].item()), problems)
