"""`ensemble`: one question, many data sets, one table."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import xarray as xr

from continuation.ensemble.questions import QUESTIONS, Question
from continuation.ensemble.settings import Setting, require_settings
from continuation.ensemble.shards import SHARD, Shard, answered
from continuation.ensemble.stopping import Decided
from continuation.ensemble.store import Store, described, opened
from continuation.ensemble.table import joined
from continuation.ensemble.tally import EnsembleProgress, Tally
from continuation.errors import InvalidInputError, UnknownNameError
from continuation.landscape.network import as_whole
from continuation.progress import require_report
from continuation.workers import ProcessPool, process_pool, stream, this_process

Report = Callable[[EnsembleProgress], None]


def silent(_: EnsembleProgress) -> None:
    """Report nothing."""


def ensemble(
    question: str | Question,
    settings: Setting | Sequence[Setting],
    *,
    data_sets: int,
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
    until: Decided | None = None,
    seed: int = 0,
    progress: Report = silent,
) -> xr.Dataset:
    """Ask a question of many data sets of each setting.

    Parameters
    ----------
    question : str or callable
        A name of `QUESTIONS` ("sets", "graph", "basins", "uniqueness"), or a function that takes a
        `Case` and returns a mapping from column names to numbers, truth values or text (or an
        `Answer`, which may list sets too). Worker processes find it by its name: it stands at the
        top level of a module.
    settings : Setting or sequence of Setting
        See `grid`.
    data_sets : int
        Data sets of each setting, at most where `until` may end it before.
    executor : concurrent.futures.Executor, optional
        All cores of this machine if omitted; `cluster` gives one for Dask.
    store : path-like, optional
        Folder that answers are added to as they arrive. Called again with it, the function goes
        on where it was, also with more data sets or more settings.
    until : Decided, optional
        Ends a cell before its last data set.
    seed : int
        Root of the seeds. Data set k is drawn with the same seed in all settings.
    progress : callable
        Called with an `EnsembleProgress` after every shard, and at the end.

    Returns
    -------
    xarray.Dataset
        One element of the dimension "row" for each data set. Coordinates `cell`, `model`, `n`,
        `noise`, `weight_decay`; variables `number` and `seed` of the data set, `failure` (why there
        is no answer; "" where there is), and the columns of the answers: text, or float with NaN
        where the question failed. Where it lists sets, dimension "set" with variables `set_…`, of
        which `set_row` is the row. The same for any number and order of workers.

    Raises
    ------
    UnknownNameError
        No question has this name, or no column that of `until`.
    InvalidInputError
        A number out of range, no settings or one twice, a question that cannot travel.
    StoreError
        The store cannot be written or holds answers to another question.
    WorkerLostError
        Workers were lost again and again; what was stored stays.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from continuation.ensemble import ensemble, grid
    >>> settings = grid("single_unit", n=10, noise=[0.1, 0.3])
    >>> table = ensemble("sets", settings, data_sets=2, executor=ThreadPoolExecutor(1))
    >>> [float(noise) for noise in table.noise]
    [0.1, 0.1, 0.3, 0.3]
    """
    require_report(progress)
    asked = _question(question)
    cells = require_settings(settings)
    data_sets, seed = as_whole("data_sets", data_sets, 1), as_whole("seed", seed, 0)
    tally = Tally(cells, data_sets, seed, until)
    one_shard = len(cells) == 1 and data_sets <= SHARD
    with (
        _opened(store, asked, cells, seed) as kept,
        _executor(executor, asked, one_shard) as workers,
    ):

        def arrived(shard: Shard, rows: xr.Dataset) -> None:
            if kept is not None:
                kept.write(shard, rows)
            tally.add(shard, rows)
            progress(tally.progress())

        wanted = tally.wanted(kept.read if kept is not None else _nothing)
        stream(partial(answered, asked), wanted, workers, arrived)
    progress(tally.progress())
    return joined(tally.shards(), cells, {"question": described(asked), "seed": seed})


def _question(question: str | Question) -> Question:
    if callable(question):
        return question
    if not isinstance(question, str):
        raise InvalidInputError(
            f"question: {', '.join(QUESTIONS)} or a function of a Case, not {question!r}"
        )
    if question not in QUESTIONS:
        known = ", ".join(QUESTIONS)
        raise UnknownNameError(f"unknown question {question!r}; choose from {known}")
    return QUESTIONS[question]


def _opened(
    store: str | os.PathLike[str] | None,
    question: Question,
    settings: Sequence[Setting],
    seed: int,
) -> AbstractContextManager[Store | None]:
    return nullcontext() if store is None else opened(store, question, settings, seed)


def _executor(
    given: Executor | None, question: Question, one_shard: bool
) -> AbstractContextManager[Executor]:
    """The executor that is given, or all cores; one shard needs no process beside this one."""
    if given is None and one_shard:
        return nullcontext(this_process())
    if given is None or isinstance(given, ProcessPool):
        _require_travels(question)
    return process_pool() if given is None else nullcontext(given)


def _require_travels(question: Question) -> None:
    """Refuse a function that has no name by which another process could import it."""
    name = getattr(question, "__qualname__", "")
    if "<" in name:
        raise InvalidInputError(
            f"worker processes find a question by its name, and {name} has none: define it with "
            "`def` at the top level of a module"
        )


def _nothing(_: Shard) -> None:
    """No store holds any answer."""
