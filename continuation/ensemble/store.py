"""A folder of shards, each complete or absent."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.ensemble.settings import Setting
from continuation.ensemble.shards import Shard
from continuation.ensemble.table import joined
from continuation.errors import InvalidInputError, StoreError
from continuation.storage import remove_leftovers, require_writable, sole_worker, write_text
from symbolic import Model

INDEX = "ensemble.json"
"""What was asked, of which settings: the one file of the folder beside the shards."""

SUFFIX = ".shard"
"""A shard is a line with the digest of the next one, which holds its columns as JSON: writing and
reading takes a millisecond, a tenth of what a NetCDF file of this size takes."""

DIMENSIONS = ("row", "set")


@dataclass(frozen=True)
class Store:
    """Shards of one question and one seed, by setting and first data set."""

    folder: Path

    def path(self, shard: Shard) -> Path:
        """File of a shard."""
        cell = hashlib.sha256(shard.setting.to_json().encode()).hexdigest()[:16]
        return self.folder / f"{cell}-{shard.first:07d}{SUFFIX}"

    def read(self, shard: Shard) -> xr.Dataset | None:
        """Rows of a shard; None where the file is absent, damaged, or has not all of them."""
        try:
            rows = read_shard(self.path(shard))
        except StoreError:
            return None
        wanted = shard.last - shard.first
        if rows.sizes.get("row", 0) < wanted:
            return None
        return first_rows(rows, wanted)

    def write(self, shard: Shard, rows: xr.Dataset) -> None:
        """Add a shard."""
        body = json.dumps({dimension: _columns(rows, dimension) for dimension in DIMENSIONS})
        write_text(self.path(shard), f"{_digest(body)}\n{body}\n")


def read_shard(path: Path) -> xr.Dataset:
    """Rows of a shard, as they were written.

    Raises
    ------
    StoreError
        The file is missing, cannot be read, or has changed since it was written.
    """
    try:
        digest, _, body = path.read_text(encoding="utf-8").rstrip("\n").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error
    if digest != _digest(body):
        raise StoreError(f"{path}: damaged; run the ensemble again, which asks anew for this shard")
    return xr.Dataset(
        {
            name: (dimension, _array(values))
            for dimension, columns in json.loads(body).items()
            for name, values in columns.items()
        }
    )


def first_rows(rows: xr.Dataset, count: int) -> xr.Dataset:
    """The first rows and their sets."""
    kept = rows["set_row"].to_numpy() < count
    return rows.isel(row=slice(0, count), set=kept)


@contextmanager
def opened(
    folder: str | os.PathLike[str],
    question: Callable[..., Any],
    settings: Sequence[Setting],
    seed: int,
) -> Iterator[Store]:
    """The store of a folder, for this process alone.

    Raises
    ------
    StoreError
        The folder cannot be written, is in use, or belongs to another question or seed.
    """
    place = Path(folder)
    require_writable(place / INDEX)
    with sole_worker(place):
        remove_leftovers(place)
        wanted = {"question": described(question), "seed": seed}
        before = _index(place)
        for name, value in wanted.items():
            if before and before.get(name) != value:
                raise StoreError(
                    f"{place}: holds answers with another {name} ({before.get(name)}, not "
                    f"{value}); choose another folder"
                )
        known = {_key(entry): entry for entry in before.get("settings", [])}
        known |= {setting.to_json(): _entry(setting) for setting in settings}
        index = wanted | {"settings": list(known.values())}
        write_text(place / INDEX, json.dumps(index, indent=1) + "\n")
        yield Store(place)


def load_ensemble(store: str | os.PathLike[str]) -> xr.Dataset:
    """Table of all that a store holds, whether its run has ended or not.

    Parameters
    ----------
    store : path-like
        Folder of `ensemble`.

    Raises
    ------
    StoreError
        No store is there, or a shard is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from continuation.ensemble import ensemble, grid, load_ensemble
    >>> store = tempfile.mkdtemp()
    >>> settings = grid("single_unit", n=10, noise=0.1)
    >>> table = ensemble("sets", settings, data_sets=2, store=store, executor=ThreadPoolExecutor(1))
    >>> load_ensemble(store).equals(table)
    True
    """
    place = Path(store)
    index = _index(place)
    if not index:
        raise StoreError(f"{place}: no store of an ensemble ({INDEX} is missing)")
    settings = [_setting(place, entry) for entry in index["settings"]]
    shards = []
    for cell, setting in enumerate(settings):
        prefix = Store(place).path(Shard(cell, setting, 0, 0, 0)).name.rsplit("-", 1)[0]
        files = sorted(place.glob(f"{prefix}-*{SUFFIX}"))
        shards += [(cell, read_shard(path)) for path in files]
    return joined(shards, settings, {"question": index["question"], "seed": index["seed"]})


def described(question: Callable[..., Any]) -> str:
    """Name of a question, with a digest of its source where that can be read."""
    name = f"{question.__module__}.{getattr(question, '__qualname__', type(question).__name__)}"
    try:
        source = inspect.getsource(question)
    except (OSError, TypeError):
        return name
    return f"{name} ({hashlib.sha256(source.encode()).hexdigest()[:12]})"


def _columns(rows: xr.Dataset, dimension: str) -> dict[str, list[Any]]:
    return {
        str(name): values.to_numpy().tolist()
        for name, values in rows.data_vars.items()
        if values.dims == (dimension,)
    }


def _array(values: list[Any]) -> NDArray[Any]:
    text = any(isinstance(value, str) for value in values)
    return np.array(values, dtype=object if text else None)


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _entry(setting: Setting) -> dict[str, Any]:
    model = setting.model if isinstance(setting.model, str) else setting.model.to_json()
    return {
        "model": model,
        "n": int(setting.n),
        "noise": float(setting.noise),
        "weight_decay": float(setting.weight_decay),
    }


def _setting(place: Path, entry: dict[str, Any]) -> Setting:
    try:
        named = entry["model"]
        model = Model.from_json(named) if named.startswith("{") else named
        return Setting(model, entry["n"], entry["noise"], entry["weight_decay"])
    except (AttributeError, KeyError, TypeError, InvalidInputError) as error:
        raise StoreError(f"{place / INDEX}: not a list of settings ({error})") from error


def _key(entry: dict[str, Any]) -> str:
    return _setting(Path(), entry).to_json()


def _index(place: Path) -> dict[str, Any]:
    """What the index says; nothing where there is none."""
    path = place / INDEX
    if not path.exists():
        return {}
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be read ({error})") from error
    if not isinstance(index, dict) or not {"question", "seed", "settings"} <= set(index):
        raise StoreError(f"{path}: not an index of an ensemble")
    return index
