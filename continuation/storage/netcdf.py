"""Results to and from NetCDF: labelled arrays with provenance, written atomically, no pickle."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.errors import StoreError

FORMAT = "mlpcont-result"
"""Marks our files; anything else is refused as foreign."""

FORMAT_VERSION = 1

PACKAGES = ("mlpcont", "numpy", "scipy", "sympy", "numba", "networkx", "xarray", "h5netcdf")
"""Packages whose versions stand in the provenance."""


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
    """
    path = Path(path)
    stamped = data.assign_attrs(
        format=FORMAT, format_version=FORMAT_VERSION, kind=kind, versions=json.dumps(versions())
    )
    with atomic_file(path) as temporary:
        stamped.to_netcdf(temporary, engine="h5netcdf")
    return path


def read_dataset(path: str | os.PathLike[str], kind: str | None = None) -> xr.Dataset:
    """Read a data set wholly into memory.

    Parameters
    ----------
    path : path-like
    kind : str, optional
        What the file must hold; anything if omitted.

    Raises
    ------
    StoreError
        If the file is missing, truncated, foreign or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise StoreError(f"there is no result file {path}")
    try:
        with xr.open_dataset(path, engine="h5netcdf", decode_times=False) as opened:
            data = opened.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise StoreError(
            f"{path} is truncated or no NetCDF file ({type(error).__name__}); compute it again"
        ) from error
    if data.attrs.get("format") != FORMAT or not {"format_version", "kind"} <= set(data.attrs):
        raise StoreError(f"{path} is a NetCDF file, but not a result of mlpcont")
    if data.attrs["format_version"] > FORMAT_VERSION:
        raise StoreError(f"{path} was written by a newer mlpcont; upgrade to read it")
    if kind is not None and data.attrs["kind"] != kind:
        raise StoreError(f"{path} holds {data.attrs['kind']!r} where {kind!r} is needed")
    return data


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write a text file atomically, in UTF-8."""
    path = Path(path)
    with atomic_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


class atomic_file:
    """Context manager: a temporary name beside `path` that replaces it on success only.

    Raises
    ------
    StoreError
        If the folder cannot be made or written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)

    def __enter__(self) -> Path:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                dir=self.path.parent, prefix=f".{self.path.stem}-", suffix=self.path.suffix
            )
        except OSError as error:
            raise StoreError(
                f"cannot write {self.path}: {error.strerror}; choose another output folder"
            ) from error
        os.close(handle)
        self.temporary = Path(name)
        return self.temporary

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._publish()
        except OSError as failure:
            error = failure
        if error is not None:
            self.temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            raise StoreError(f"cannot write {self.path}: {error.strerror or error}") from error

    def _publish(self) -> None:
        # mkstemp makes private files; results are as readable as any other file of the user.
        mask = os.umask(0)
        os.umask(mask)
        self.temporary.chmod(0o666 & ~mask)
        os.replace(self.temporary, self.path)


def require_writable(path: str | os.PathLike[str]) -> None:
    """Find out before long work whether a file can be written; leaves nothing behind.

    Raises
    ------
    StoreError
        If the folder cannot be made or written, or the name is that of a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise StoreError(f"cannot write {path}: it is a folder; give the name of a file")
    writer = atomic_file(path)
    writer.__enter__().unlink()


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
