"""A seal at the end of a file: the digest of all its bytes, and where each array lies in them.

HDF5 does not survive every damage of its own tables: it may loop, or end the process. So the bytes
are compared before it sees them. Readers of HDF5 ignore what follows the end of its data; programs
that change a file drop the seal, and the manifest of `manifest` then tells what was changed.
"""

from __future__ import annotations

import hashlib
import io
import json
import zlib

import h5py

from continuation.errors import StoreError

MARK = b"mlpcont-seal"
"""Last bytes of a sealed file; before it stand the length of the map, the digest and the map."""

DIGEST = 64
LENGTH = 8
TAIL = DIGEST + LENGTH + len(MARK)

Extent = tuple[str, int, int, int]


def sealed(content: bytes) -> bytes:
    """The file with its seal."""
    extents = json.dumps(_extents(content)).encode()
    body = content + extents
    digest = hashlib.sha256(body).hexdigest().encode()
    return body + digest + str(len(extents)).rjust(LENGTH).encode() + MARK


def is_sealed(content: bytes) -> bool:
    """Whether a seal stands at the end: it does not if the end is cut, or the file was changed."""
    return content.endswith(MARK)


def unsealed(content: bytes) -> bytes:
    """The file without its seal, if it has one.

    Raises
    ------
    StoreError
        The bytes are not those that were sealed; the damaged arrays are named.
    """
    if not is_sealed(content):
        return content
    body, tail = content[:-TAIL], content[-TAIL:]
    if hashlib.sha256(body).hexdigest().encode() != tail[:DIGEST]:
        raise StoreError(f"{_damaged(body, tail)} not match the checksum")
    return body[: len(body) - int(tail[DIGEST : DIGEST + LENGTH])]


def _damaged(body: bytes, tail: bytes) -> str:
    """What is damaged, as the beginning of a sentence."""
    try:
        length = int(tail[DIGEST : DIGEST + LENGTH])
        extents: list[Extent] = json.loads(body[len(body) - length :])
        names = {n for n, start, stop, check in extents if zlib.crc32(body[start:stop]) != check}
    except ValueError:
        return "the seal does"
    return f"variable {', '.join(map(repr, sorted(names)))} does" if names else "its tables do"


def _extents(content: bytes) -> list[Extent]:
    """Name, first byte, end and CRC of every piece of every array."""
    found = []
    with h5py.File(io.BytesIO(content), "r") as file:
        for name, stored in file.items():
            for start, size in _pieces(stored):
                crc = zlib.crc32(content[start : start + size])
                found.append((name, start, start + size, crc))
    return found


def _pieces(stored: h5py.Dataset) -> list[tuple[int, int]]:
    if stored.chunks is None:
        start = stored.id.get_offset()
        return [] if start is None else [(start, stored.id.get_storage_size())]
    chunks = (stored.id.get_chunk_info(i) for i in range(stored.id.get_num_chunks()))
    return [(chunk.byte_offset, chunk.size) for chunk in chunks]
