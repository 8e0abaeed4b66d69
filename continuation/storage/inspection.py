"""What an HDF5 file may hold before anything in it is read: flat, plain, and no more than it says.

HDF5 can promise terabytes in a few bytes (chunks that are not there, strings that all point to one
text, compression), name other files (links, external and virtual storage), and nest. None of that
is in a result.
"""

from __future__ import annotations

import io

import h5py
import numpy as np

from continuation.errors import StoreError

MOST_DIMENSIONS = 8

NO_VALUES = b"This is a netCDF dimension but not a netCDF variable"
"""How NetCDF marks a dimension that is a length alone; its values are never read."""

WIDEST = 1 << 30
"""Bytes that all texts of one array may take when each has the room of the longest."""

BYTES_OF_CHARACTER = 4

TEXTS_AT_ONCE = 16
"""Texts that are read before their length is looked at."""


def require_bounded(content: bytes) -> None:
    """Refuse a file that would need more memory than it takes on the disk, or leads elsewhere.

    Raises
    ------
    StoreError
        Names the field.
    OSError, RuntimeError, KeyError, ValueError
        From HDF5, if the bytes are none of its files.
    """
    with h5py.File(io.BytesIO(content), "r") as file:
        for name in file:
            if not isinstance(file.get(name, getlink=True), h5py.HardLink):
                raise StoreError(f"{name!r} is a link, which no result holds")
            _require_plain(name, file[name], len(content))


def _require_plain(name: str, stored: object, most: int) -> None:
    if not isinstance(stored, h5py.Dataset):
        raise StoreError(f"{name!r} is no array, which is all that a result holds")
    if stored.is_virtual or stored.external:
        raise StoreError(f"{name!r} is stored in another file, which no result is")
    if stored.ndim > MOST_DIMENSIONS or stored.compression is not None:
        raise StoreError(f"{name!r} is compressed or has more than {MOST_DIMENSIONS} dimensions")
    if h5py.check_string_dtype(stored.dtype) is not None:
        _require_short(name, stored, most)
    elif stored.dtype.kind not in "iuf":
        raise StoreError(f"{name!r} holds {stored.dtype}, neither numbers nor text")
    elif not _is_length(stored) and stored.id.get_storage_size() < stored.nbytes:
        raise StoreError(f"{name!r} asks for {stored.nbytes} bytes, which the file does not hold")


def _is_length(stored: h5py.Dataset) -> bool:
    mark = stored.attrs.get("NAME", b"")
    return bytes(mark).startswith(NO_VALUES) if isinstance(mark, bytes) else False


def _require_short(name: str, stored: h5py.Dataset, most: int) -> None:
    """All texts together are no longer than the file."""
    if stored.size * stored.dtype.itemsize > most:
        raise StoreError(f"{name!r} asks for {stored.size} texts, which the file does not hold")
    total = longest = 0
    for row in np.ndindex(stored.shape[:-1]):
        for first in range(0, stored.shape[-1] if stored.ndim else 0, TEXTS_AT_ONCE):
            lengths = [len(text) for text in stored[(*row, slice(first, first + TEXTS_AT_ONCE))]]
            total, longest = total + sum(lengths), max(longest, *lengths)
            if total > most or stored.size * longest * BYTES_OF_CHARACTER > WIDEST:
                raise StoreError(f"{name!r} asks for more text than the file holds")
