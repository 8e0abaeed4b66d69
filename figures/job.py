"""The main job: parts of all figures through one pool, stored as they arrive, then drawn."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

import xarray as xr
from matplotlib.figure import Figure as Canvas

import continuation
import figures
import symbolic
from continuation import workers
from continuation.errors import StoreError, UnknownNameError
from continuation.storage import (
    atomic_file,
    read_dataset,
    read_stored,
    remove_leftovers,
    write_dataset,
)
from figures.captions import SUFFIX, Caption, write_caption
from figures.failures import Failure, attempted
from figures.latex import set_by_latex
from figures.settings import Settings
from figures.style import PAPER, Style

NAMES = (
    "training",
    "landscape",
    "phase_plane",
    "noise",
    "size",
    "infinity",
    "graph",
    "evolution",
    "plane",
    "optimum",
    "collapse",
    "scenario",
    "uniqueness",
    "basins",
    "motorcycle",
)

FORMATS = ("pdf", "png")

ONLY_DRAW = (
    "__main__.py",
    "apart.py",
    "captions.py",
    "graph_layout.py",
    "claims.py",
    "explore",
    "failures.py",
    "index.py",
    "latex.py",
    "job.py",
    "plots.py",
    "probability.py",
    "result.py",
    "run.py",
    "style.py",
)
"""Files and folders of this package on which no stored data depend."""


class FigureModule(Protocol):
    """What each `figures/<name>.py` offers.

    `parts` lists picklable tasks, each carrying its own seed; `compute` turns one of them into
    a data set in any process; `assemble` joins them in order; `draw` and `caption` need nothing
    else.
    """

    TITLE: str
    __file__: str

    def parts(self, settings: Settings) -> Sequence[Any]: ...  # noqa: D102
    def compute(self, part: Any) -> xr.Dataset: ...  # noqa: D102
    def assemble(self, settings: Settings, parts: Sequence[xr.Dataset]) -> xr.Dataset: ...  # noqa: D102
    def draw(self, data: xr.Dataset, style: Style) -> Canvas: ...  # noqa: D102
    def caption(self, data: xr.Dataset) -> Caption: ...  # noqa: D102


@dataclass(frozen=True)
class Part:
    """One task of one figure."""

    figure: str
    index: int
    task: Any
    path: Path
    key: str


def figure_module(name: str) -> FigureModule:
    """Module of a figure.

    Raises
    ------
    UnknownNameError
        For a name not in `NAMES`.
    """
    if name not in NAMES:
        raise UnknownNameError(f"unknown figure {name!r}; choose from {', '.join(NAMES)}")
    return cast(FigureModule, importlib.import_module(f"figures.{name}"))


def figure_key(name: str, settings: Settings) -> str:
    """Digest of everything that the data of a figure depend on: code, settings, figure.

    Of the budget only what it makes of the parts: where two budgets have the same parts, what one
    has stored answers the other.
    """
    module = figure_module(name)
    own = Path(str(module.__file__)).read_text(encoding="utf-8")
    parts = repr(module.parts(settings))
    given = asdict(settings.of_any_budget)
    text = json.dumps([name, own, given, parts, settings.contents, _source_digest()])
    return hashlib.sha256(text.encode()).hexdigest()


def data_path(output: Path, name: str) -> Path:
    """Where the data of a figure are stored."""
    return output / "data" / f"{name}.nc"


def current(path: Path, key: str) -> xr.Dataset | None:
    """The data of a stored file that is undamaged and answers exactly this key; None of others."""
    try:
        stored = read_stored(path)
    except StoreError:
        return None
    return stored.data if stored.verified and stored.data.attrs.get("key") == key else None


def is_current(path: Path, key: str) -> bool:
    """Whether a stored file is undamaged and answers exactly this key."""
    return current(path, key) is not None


def damage(path: Path) -> str:
    """Why a file that is there cannot be used; empty if it can, or is not there."""
    if not os.path.lexists(path):
        return ""
    try:
        read_stored(path)
    except StoreError as error:
        return str(error)
    return ""


def clean(output: Path) -> None:
    """Remove the unfinished files that killed jobs have left."""
    parts = output / "data" / "parts"
    for folder in (output, output / "data", *parts.glob("*")):
        remove_leftovers(folder)


def missing_parts(name: str, settings: Settings, output: Path) -> list[Part]:
    """Parts of a figure that are not stored yet; all of its parts stand in `all_parts`."""
    return [part for part in all_parts(name, settings, output) if not is_current(*_id(part))]


def all_parts(name: str, settings: Settings, output: Path) -> list[Part]:
    """All parts of a figure in order."""
    key = figure_key(name, settings)
    folder = _parts_folder(name, key, output)
    tasks = figure_module(name).parts(settings)
    return [Part(name, i, task, folder / f"{i:05d}.nc", key) for i, task in enumerate(tasks)]


def compute_part(part: Part) -> xr.Dataset | Failure:
    """Run one part; called in the workers, which outlive whatever goes wrong in it."""
    module = figure_module(part.figure)
    return attempted(part.figure, f"part {part.index + 1}", lambda: module.compute(part.task))


def compute_parts(
    parts: Sequence[Part],
    executor: Executor,
    on_part: Callable[[Part], None],
    on_failure: Callable[[Failure], None],
) -> None:
    """Compute parts on an executor and store each one as it arrives.

    Parameters
    ----------
    parts : sequence of Part
    executor : concurrent.futures.Executor
    on_part : callable
        Told of every part that is stored.
    on_failure : callable
        Told of every part that could not be computed.

    Raises
    ------
    StoreError
        If a part cannot be stored.
    """

    def store(index: int, data: xr.Dataset | Failure) -> None:
        part = parts[index]
        if isinstance(data, Failure):
            on_failure(data)
            return
        if part.path.is_dir():  # whatever it is, it bars the way
            shutil.rmtree(part.path)
        write_dataset(part.path, data.assign_attrs(key=part.key), f"part of {part.figure}")
        on_part(part)

    workers.run(compute_part, parts, executor, store)


def assemble(name: str, settings: Settings, output: Path) -> xr.Dataset:
    """Join the stored parts of a figure into its data file and remove them."""
    parts = all_parts(name, settings, output)
    data = figure_module(name).assemble(settings, [read_dataset(part.path) for part in parts])
    stamped = data.assign_attrs(
        key=figure_key(name, settings), settings=json.dumps(settings.stated)
    )
    write_dataset(data_path(output, name), stamped, f"figure {name}")
    remove_parts(name, settings, output)
    return stamped


def remove_parts(name: str, settings: Settings, output: Path) -> None:
    """Remove the stored parts of a figure whose data file holds them.

    They are there still where a job was ended right after it had written that file.

    Raises
    ------
    StoreError
        If they cannot be removed.
    """
    folder = _parts_folder(name, figure_key(name, settings), output)
    try:
        if folder.is_dir():
            shutil.rmtree(folder)
    except OSError as error:
        raise StoreError(f"cannot remove {folder}: {error.strerror}; remove it") from error
    with contextlib.suppress(OSError):  # another figure's parts are still there
        folder.parent.rmdir()


def draw(name: str, data: xr.Dataset, output: Path, style: Style = PAPER) -> list[Path]:
    """Draw a figure from its data into every format, its caption beside it; returns the paths."""
    module = figure_module(name)
    with style.used():
        paths = save_canvas(module.draw(data, style), output, name)
    return [*paths, write_caption(name, module.TITLE, module.caption(data), data, output)]


def free_name(name: str, output: Path) -> str:
    """Name of a picture that the main job has not made here: no other drawing takes its place."""
    made = data_path(output, name).exists() or (output / f"{name}.{SUFFIX}").exists()
    return f"{name}_result" if name in NAMES and made else name


def save_canvas(canvas: Canvas, output: Path, name: str) -> list[Path]:
    """Write a drawn figure in every format, without time stamps."""
    set_by_latex(canvas)
    paths = [output / f"{name}.{suffix}" for suffix in FORMATS]
    for path, stamp in zip(paths, ("CreationDate", "Creation Time"), strict=True):
        with atomic_file(path) as temporary:
            canvas.savefig(temporary, metadata={stamp: None})
    return paths


def is_drawn(name: str, output: Path) -> bool:
    """Whether every picture and the caption exist and are no older than the data."""
    written = data_path(output, name).stat().st_mtime
    made = [output / f"{name}.{suffix}" for suffix in (*FORMATS, SUFFIX)]
    return all(p.is_file() and p.stat().st_mtime >= written for p in made)


def current_data(settings: Settings, output: Path) -> Mapping[str, xr.Dataset]:
    """Data of those figures that are stored and answer these settings."""
    there = [name for name in NAMES if data_path(output, name).is_file()]
    read = {name: current(data_path(output, name), figure_key(name, settings)) for name in there}
    return {name: data for name, data in read.items() if data is not None}


def _parts_folder(name: str, key: str, output: Path) -> Path:
    return output / "data" / "parts" / f"{name}-{key[:12]}"


def _id(part: Part) -> tuple[Path, str]:
    return part.path, part.key


@cache
def _source_digest() -> str:
    """Digest of everything that computes: all source but what only draws, and the shipped data."""
    digest = hashlib.sha256()
    for package in (symbolic, continuation, figures):
        folder = Path(str(package.__file__)).parent
        for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.csv")]):
            if package is not figures or path.relative_to(folder).parts[0] not in ONLY_DRAW:
                digest.update(path.read_bytes())
    return digest.hexdigest()
