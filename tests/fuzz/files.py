"""Stored files with some bytes changed, cut or added: refused, or read as they were written."""

import tempfile
from pathlib import Path

import xarray as xr

from continuation.errors import StoreError
from continuation.storage import read_dataset, write_dataset
from tests.fuzz import Outcome

NAME = "files"

MOST_BYTES = 8
"""Bytes that one mutation changes."""


def whole(random):
    """Arrays of every kind, in general position."""
    rows, columns = random.integers(1, 40, 2)
    scale = 10.0 ** random.integers(-6, 7)
    return xr.Dataset(
        {
            "theta": (("set", "weight"), scale * random.normal(size=(rows, columns))),
            "label": ("set", [f"isolated {k}" for k in range(rows)]),
            "index": ("set", random.integers(-5, 5, rows)),
        },
        attrs={"complete": 1, "notes": "[]"},
    )


def damaged(content, random):
    """The bytes with one damage, and its name."""
    kind = random.choice(["flip", "overwrite", "cut", "insert", "swap"])
    place = int(random.integers(len(content)))
    length = int(random.integers(1, MOST_BYTES + 1))
    noise = random.bytes(length)
    changed = {
        "flip": lambda: content[:place] + bytes([content[place] ^ (1 << random.integers(8))])
        + content[place + 1 :],
        "overwrite": lambda: content[:place] + noise + content[place + length :],
        "cut": lambda: content[:place],
        "insert": lambda: content[:place] + noise + content[place:],
        "swap": lambda: content[place:] + content[:place],
    }[kind]()  # fmt: skip
    return changed, f"{kind} at {place} of {len(content)}"


def case(random):
    data = whole(random)
    with tempfile.TemporaryDirectory() as folder:
        path = write_dataset(Path(folder) / "a.nc", data, "test")
        content, before = path.read_bytes(), read_dataset(path)
        changed, what = damaged(content, random)
        path.write_bytes(changed)
        text = changed.hex()
        if changed == content:
            return Outcome("same", what, text)
        try:
            after = read_dataset(path)
        except StoreError:
            return Outcome("refused", what, text)
    return Outcome("true" if before.identical(after) else "WRONG", what, text)
