"""The settings in which a share is largest: successive halving, then new data sets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import xarray as xr

from continuation.ensemble.asking import Report, ensemble, silent
from continuation.ensemble.questions import Question
from continuation.ensemble.settings import Setting, require_settings
from continuation.ensemble.summary import shares
from continuation.errors import InvalidInputError
from continuation.landscape.network import as_whole


@dataclass(frozen=True)
class Finalist:
    """One of the best settings, judged by data sets that did not choose it.

    Attributes
    ----------
    setting : Setting
    column : str
        The column in which it was best.
    share, lower, upper : float
        Mean of that column over the new data sets, and its interval (95 %, for each by itself).
    data_sets : int
        New ones.
    """

    setting: Setting
    column: str
    share: float
    lower: float
    upper: float
    data_sets: int


def best_settings(
    question: str | Question,
    settings: Sequence[Setting],
    columns: str | Sequence[str],
    *,
    data_sets: int,
    first: int = 2,
    finalists: int = 3,
    executor: Executor | None = None,
    store: str | os.PathLike[str] | None = None,
    seed: int = 0,
    progress: Report = silent,
) -> tuple[Finalist, ...]:
    """Look for the settings in which the mean of a column is largest.

    Parameters
    ----------
    question : str or callable
        As of `ensemble`.
    settings : sequence of Setting
    columns : str or sequence of str
        Answers in [0, 1]; a setting counts as its best column.
    data_sets : int
        New ones for each finalist.
    first : int
        Data sets of each setting in the first round; each round keeps the better half of the
        settings and doubles them.
    finalists : int
        Settings that are left at the end.
    executor, store, seed, progress
        As of `ensemble`. The new data sets have the seed `seed + 1` and, with a store, a folder
        "finals" in it.

    Returns
    -------
    tuple of Finalist
        The best first.

    Raises
    ------
    InvalidInputError
        Numbers out of range, no settings or one twice; others as `ensemble` raises them.

    Notes
    -----
    The best of many noisy means is too large by itself. The finalists are therefore asked again, on
    data sets that had no part in the choice. Nothing is said of settings that were dropped but that
    they looked worse: the best found need not be the best there is.

    References
    ----------
    Z. Karnin, T. Koren, O. Somekh, *Proc. 30th Int. Conf. Machine Learning* (2013) 1238.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from continuation.ensemble import best_settings, grid
    >>> settings = grid("single_unit", n=10, noise=[0.1, 2.0])
    >>> with ThreadPoolExecutor(1) as here:
    ...     [best] = best_settings("sets", settings, "single_attractor", data_sets=2, first=8,
    ...                            finalists=1, executor=here)
    >>> best.setting.noise, best.share
    (0.1, 1.0)
    """
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    left = tuple(settings)
    require_settings(left)
    number, last = as_whole("first", first, 1), as_whole("finalists", finalists, 1)
    if not names:
        raise InvalidInputError("columns: at least one is needed")

    def asked(count: int, root: int, place: str) -> xr.Dataset:
        folder = None if store is None else os.path.join(store, place)
        return ensemble(
            question, left, data_sets=count, executor=executor, store=folder, seed=root,
            progress=progress,
        )  # fmt: skip

    while len(left) > last:
        means = _means(asked(number, seed, "rounds"), names).max(axis=1)
        kept = np.argsort(-means, kind="stable")[: max(last, (len(left) + 1) // 2)]
        left, number = tuple(left[k] for k in sorted(kept)), 2 * number
    best = _means(asked(number, seed, "rounds"), names).argmax(axis=1)
    table = asked(as_whole("data_sets", data_sets, 1), seed + 1, "finals")
    found = [
        _finalist(setting, names[column], shares(table, names[column]).isel(cell=k))
        for k, (setting, column) in enumerate(zip(left, best, strict=True))
    ]
    return tuple(sorted(found, key=lambda one: -one.share))


def _means(table: xr.Dataset, names: Sequence[str]) -> np.ndarray:
    """Mean of every column in every cell, of those data sets that answered; 0 without any."""
    return np.nan_to_num(np.transpose([shares(table, name)["share"].to_numpy() for name in names]))


def _finalist(setting: Setting, column: str, row: xr.Dataset) -> Finalist:
    share, lower, upper = (float(row[name]) for name in ("share", "lower", "upper"))
    return Finalist(setting, column, share, lower, upper, int(row["data_sets"]))
