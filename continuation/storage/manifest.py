"""Checksums of stored arrays and texts: what is read is what was written, field by field.

The manifest is a JSON text with a SHA-256 digest of every variable (dimensions, type, shape, bytes,
attributes) and of every attribute of the whole; its own digest stands beside it. Digests are
taken of labelled arrays, before they are written and after they are read, so that whatever goes
wrong in between is seen: on the disk, in HDF5, in a conversion.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import xarray as xr

MANIFEST, MANIFEST_DIGEST = "manifest", "manifest_digest"
"""Attributes of a file."""

EDITED = "edited"
"""Attribute with the fields that were changed on purpose after they were computed (JSON list)."""


def with_manifest(data: xr.Dataset) -> xr.Dataset:
    """The data with the digests of all their fields."""
    text = json.dumps(_digests(data), sort_keys=True)
    return data.assign_attrs({MANIFEST: text, MANIFEST_DIGEST: _sha256(text)})


def without_manifest(data: xr.Dataset) -> xr.Dataset:
    """The data alone."""
    kept = {k: v for k, v in data.attrs.items() if k not in (MANIFEST, MANIFEST_DIGEST)}
    bare = data.copy(deep=False)
    bare.attrs = kept
    return bare


def differing_fields(data: xr.Dataset) -> list[str]:
    """Names of the fields that are not as the manifest says: changed, missing or added.

    Parameters
    ----------
    data : xarray.Dataset
        As read, with its manifest.
    """
    text = data.attrs.get(MANIFEST)
    if not isinstance(text, str) or data.attrs.get(MANIFEST_DIGEST) != _sha256(text):
        return [MANIFEST]
    stated: dict[str, str] = json.loads(text)
    found = _digests(without_manifest(data))
    return sorted(name for name in {*stated, *found} if stated.get(name) != found.get(name))


def _digests(data: xr.Dataset) -> dict[str, str]:
    variables = {f"variable {k!r}": _variable(v) for k, v in data.variables.items()}
    attributes = {f"attribute {k!r}": _sha256(_text(v)) for k, v in data.attrs.items()}
    return variables | attributes


def _variable(variable: xr.Variable) -> str:
    values = np.asarray(variable.values)
    numeric = values.dtype.kind in "biufc"
    kind = values.dtype.newbyteorder("<").str if numeric else "text"
    head = json.dumps([list(variable.dims), kind, values.shape, _attributes(variable.attrs)])
    digest = hashlib.sha256(head.encode())
    if numeric:
        digest.update(np.ascontiguousarray(values, dtype=kind).tobytes())
    else:
        digest.update(json.dumps([str(value) for value in values.ravel()]).encode())
    return digest.hexdigest()


def _attributes(attributes: Mapping[Hashable, Any]) -> dict[str, str]:
    return {str(name): _text(attributes[name]) for name in sorted(map(str, attributes))}


def _text(value: Any) -> str:
    """One text for a number, a string or a list, which NetCDF gives back as a NumPy object."""
    return json.dumps(np.ravel(np.asarray(value)).tolist())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
