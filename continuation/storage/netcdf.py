"""Results to and from NetCDF: labelled arrays with provenance and checksums, no pickle.

Files are put together in memory and written by `files.write_bytes`: the HDF5 library does not get
to see a full disk, which it does not survive. They are read whole, and what they hold is
inspected before it is asked for.
"""

from __future__ import annotations

import io
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.errors import StoreError
from continuation.storage.files import as_path, write_bytes
from continuation.storage.inspection import require_bounded
from continuation.storage.manifest import (
    EDITED,
    MANIFEST,
    differing_fields,
    with_manifest,
    without_manifest,
)
from continuation.storage.seal import is_sealed, sealed, unsealed

FORMAT = "mlpcont-result"
"""Marks our files; anything else is refused as foreign."""

FORMAT_VERSION = 2

FIRST_WITH_MANIFEST = 2
"""Files of format 1 carry no checksums."""

MOST_BYTES = 2 << 30
"""Largest file that is read: the largest result of the figures has 1/50 of it."""

CHECKED_BY_HDF5 = 1 << 12
"""Bytes from which on an array is stored in chunks that carry HDF5's own checksum too, which other
readers verify; chunks of shorter ones would take more room than their numbers."""

PACKAGES = ("mlpcont", "numpy", "scipy", "sympy", "numba", "networkx", "xarray", "h5netcdf")
"""Packages whose versions stand in the provenance."""

SHOWN_FIELDS = 5
"""Damaged fields that a message names."""


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file holds, and how far it is known to be what was written.

    Attributes
    ----------
    data : xarray.Dataset
    verified : bool
        False for files of format 1, which carry no checksums.
    edited : tuple of str
        Fields that were changed on purpose after they were computed.
    """

    data: xr.Dataset
    verified: bool
    edited: tuple[str, ...]


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of every package that had a part in a result."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def write_dataset(path: str | os.PathLike[str], data: xr.Dataset, kind: str) -> Path:
    """Write a data set to NetCDF; the final name appears only when the file is complete.

    Parameters
    ----------
    path : path-like
        Final name; missing parent folders are made.
    data : xarray.Dataset
        Variables of numbers or strings; attributes of numbers or strings.
    kind : str
        What the file holds; `read_dataset` checks it.

    Returns
    -------
    pathlib.Path
        The final name.

    Raises
    ------
    StoreError
        If the folder cannot be made or written.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> import xarray as xr
    >>> from continuation.storage import write_dataset
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> data = xr.Dataset({"share": ("cell", [0.5, 1.0])})
    >>> write_dataset(path, data, "shares").exists()
    True
    """
    stamped = data.assign_attrs(
        format=FORMAT, format_version=FORMAT_VERSION, kind=kind, versions=json.dumps(versions())
    )
    return write_bytes(path, _as_bytes(with_manifest(stamped)))


def read_dataset(
    path: str | os.PathLike[str], kind: str | None = None, *, edited: bool = False
) -> xr.Dataset:
    """Read a data set wholly into memory and verify its checksums; see `read_stored`.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> import xarray as xr
    >>> from continuation.storage import read_dataset, write_dataset
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> data = xr.Dataset({"share": ("cell", [0.5, 1.0])})
    >>> _ = write_dataset(path, data, "shares")
    >>> read_dataset(path, "shares").share.values
    array([0.5, 1. ])
    """
    return read_stored(path, kind, edited=edited).data


def read_stored(
    path: str | os.PathLike[str], kind: str | None = None, *, edited: bool = False
) -> Stored:
    """Read a data set wholly into memory, verify its checksums, and say what they showed.

    Parameters
    ----------
    path : path-like
    kind : str, optional
        What the file must hold; anything if omitted.
    edited : bool
        Accept fields that were changed after they were written; which ones is recorded in the
        attribute "edited", also when the data are written again.

    Raises
    ------
    StoreError
        If the file is missing, truncated, foreign, damaged (the field is named), of another kind,
        or would need more memory than it takes on the disk.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> import xarray as xr
    >>> from continuation.storage import read_stored, write_dataset
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> data = xr.Dataset({"share": ("cell", [0.5, 1.0])})
    >>> _ = write_dataset(path, data, "shares")
    >>> stored = read_stored(path, "shares")
    >>> stored.verified
    True
    """
    path = as_path(path)
    content = _content(path)
    data = _decoded(path, content)
    if data.attrs.get("format") != FORMAT or not {"format_version", "kind"} <= set(data.attrs):
        raise StoreError(f"{path} is a NetCDF file, but not a result of mlpcont")
    if not _is_version(data.attrs["format_version"]):
        raise StoreError(f"{path} was written by a newer mlpcont; upgrade to read it")
    stored = _verified(path, data, is_sealed(content), edited)
    if kind is not None and data.attrs["kind"] != kind:
        raise StoreError(f"{path} holds {data.attrs['kind']!r} where {kind!r} is needed")
    return stored


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise StoreError(f"there is no result file {path}")
        if path.stat().st_size > MOST_BYTES:
            raise StoreError(f"{path} has more than {MOST_BYTES} bytes; no result is that large")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, StoreError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"cannot read {path}: {reason}") from error


def _decoded(path: Path, content: bytes) -> xr.Dataset:
    """The labelled arrays of a file that asks for no more than it holds."""
    try:
        bare = unsealed(content)
        require_bounded(bare)
        with xr.open_dataset(io.BytesIO(bare), engine="h5netcdf", decode_times=False) as opened:
            return opened.load()
    except StoreError as error:
        raise StoreError(f"{path} is damaged: {error}; compute it again") from error
    except Exception as error:  # whatever the libraries below make of damaged bytes
        raise StoreError(
            f"{path} is truncated or no NetCDF file ({type(error).__name__}); compute it again"
        ) from error


def _verified(path: Path, data: xr.Dataset, whole: bool, edited: bool) -> Stored:
    bare = without_manifest(data)
    if MANIFEST not in data.attrs and data.attrs["format_version"] < FIRST_WITH_MANIFEST:
        return Stored(bare, False, ())
    different = differing_fields(data) or ([] if whole else ["its end"])
    if different and not edited:
        shown = ", ".join(different[:SHOWN_FIELDS])
        more = f" and {len(different) - SHOWN_FIELDS} more" * (len(different) > SHOWN_FIELDS)
        raise StoreError(
            f"{path} is damaged: {shown}{more} does not match the checksum; compute it again "
            "(or, if it was changed on purpose, read it as edited)"
        )
    fields = tuple(sorted({*json.loads(bare.attrs.get(EDITED, "[]")), *different}))
    return Stored(bare.assign_attrs({EDITED: json.dumps(fields)} if fields else {}), True, fields)


def _is_version(value: Any) -> bool:
    return isinstance(value, int | np.integer) and 1 <= int(value) <= FORMAT_VERSION


def _as_bytes(data: xr.Dataset) -> bytes:
    """The file, put together in memory; no value stands for "missing", so that NaN stay NaN."""
    encoding = {name: {"_FillValue": None} | _chunks(v) for name, v in data.variables.items()}
    buffer = io.BytesIO()
    data.to_netcdf(buffer, engine="h5netcdf", encoding=encoding)
    return sealed(buffer.getvalue())


def _chunks(variable: xr.Variable) -> dict[str, bool]:
    large = variable.dtype.kind in "iuf" and variable.nbytes >= CHECKED_BY_HDF5
    return {"fletcher32": True} if large else {}


def to_json(value: Mapping[str, Any]) -> str:
    """Canonical JSON of a mapping of numbers, strings, lists, arrays and mappings."""
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a result file")


REAL, IMAGINARY = " (real)", " (imaginary)"
"""Suffixes of the two halves of a complex array, which NetCDF does not know."""


def real_variables(name: str, array: NDArray[Any]) -> dict[str, Any]:
    """An array as NetCDF variables with dimensions of its own; complex ones as two."""
    dims = [f"{name}_{axis}" for axis in range(array.ndim)]
    if not np.iscomplexobj(array):
        return {name: (dims, array)}
    return {f"{name}{REAL}": (dims, array.real), f"{name}{IMAGINARY}": (dims, array.imag)}


def arrays_of(data: xr.Dataset, prefix: str) -> dict[str, NDArray[Any]]:
    """Inverse of `real_variables` for all names with a prefix."""
    found = {
        str(k).removeprefix(prefix): data[k].to_numpy() for k in data if str(k).startswith(prefix)
    }
    plain = {k: v for k, v in found.items() if not k.endswith((REAL, IMAGINARY))}
    whole = [k.removesuffix(REAL) for k in found if k.endswith(REAL)]
    return plain | {k: found[k + REAL] + 1j * found[k + IMAGINARY] for k in whole}
