"""What has been asked so far, and what to ask next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from continuation.ensemble.settings import Setting
from continuation.ensemble.shards import SHARD, Shard
from continuation.ensemble.stopping import Decided
from continuation.ensemble.table import column
from continuation.errors import UnknownNameError


@dataclass(frozen=True)
class EnsembleProgress:
    """A look at a running ensemble.

    Attributes
    ----------
    done, most : int
        Data sets asked so far, those found in the store included, and at most to be asked.
    failures : int
        Data sets on which the question failed.
    cells, decided : int
        Settings in all, and those that need no further data set.
    rate : float
        Data sets a second in this run.
    seconds_left : float
        At this rate, if every cell needs all its data sets; NaN before the first answer.
    """

    done: int
    most: int
    failures: int
    cells: int
    decided: int
    rate: float
    seconds_left: float


@dataclass
class _Cell:
    """One setting: its shards so far, in order, and where the next one begins."""

    setting: Setting
    next: int = 0
    under_way: int = 0
    shards: dict[int, xr.Dataset] = field(default_factory=dict)
    rows: int = 0
    failures: int = 0
    decided: bool = False

    def values(self, name: str) -> NDArray[Any]:
        """One column over all rows: missing throughout where every data set has failed."""
        shards = [self.shards[first] for first in sorted(self.shards)]
        if any(name in shard for shard in shards):
            return column(name, shards)
        if self.failures == self.rows:
            return np.full(self.rows, np.nan)
        known = sorted({str(given) for shard in shards for given in shard.data_vars})
        raise UnknownNameError(f"no column {name!r}; choose from {', '.join(known)}")


class Tally:
    """Gives shards to ask, one after the other, and takes their answers.

    Where a rule may end a cell, its next shard waits for the one before: what is asked then does
    not depend on the number of workers, nor on their order.
    """

    def __init__(
        self, settings: Sequence[Setting], data_sets: int, seed: int, until: Decided | None
    ) -> None:
        self.cells = [_Cell(setting) for setting in settings]
        self.data_sets = data_sets
        self.seed = seed
        self.until = until
        self.fresh = 0
        self.begin = time.monotonic()

    def wanted(self, stored: Callable[[Shard], xr.Dataset | None]) -> Iterator[Shard | None]:
        """Shards that are not in the store; None while all open cells wait for answers."""
        while any(not cell.decided for cell in self.cells):
            given = False
            for number, cell in enumerate(self.cells):
                if not self._is_open(cell):
                    continue
                last = min(cell.next + SHARD, self.data_sets)
                shard = Shard(number, cell.setting, cell.next, last, self.seed)
                cell.next = last
                cell.under_way += 1
                given = True
                known = stored(shard)
                if known is None:
                    yield shard
                else:
                    self._take(shard, known)
            if not given:
                yield None

    def add(self, shard: Shard, rows: xr.Dataset) -> None:
        """An answer that has been computed in this run."""
        self.fresh += shard.last - shard.first
        self._take(shard, rows)

    def progress(self) -> EnsembleProgress:
        """How far it is."""
        done = sum(cell.rows for cell in self.cells)
        failures = sum(cell.failures for cell in self.cells)
        decided = sum(cell.decided for cell in self.cells)
        left = sum(self.data_sets - cell.rows for cell in self.cells if not cell.decided)
        rate = self.fresh / max(time.monotonic() - self.begin, 1e-9)
        seconds = left / rate if rate > 0.0 else float("nan")
        most = done + left
        return EnsembleProgress(done, most, failures, len(self.cells), decided, rate, seconds)

    def shards(self) -> list[tuple[int, xr.Dataset]]:
        """All answers, in the order of cells and data sets."""
        return [
            (number, cell.shards[first])
            for number, cell in enumerate(self.cells)
            for first in sorted(cell.shards)
        ]

    def _is_open(self, cell: _Cell) -> bool:
        waits = self.until is not None and cell.under_way > 0
        return not cell.decided and cell.next < self.data_sets and not waits

    def _take(self, shard: Shard, rows: xr.Dataset) -> None:
        cell = self.cells[shard.cell]
        cell.under_way -= 1
        cell.shards[shard.first] = rows
        cell.rows += rows.sizes["row"]
        cell.failures += int((rows["failure"] != "").sum())
        whole = cell.next >= self.data_sets and cell.under_way == 0
        rule = self.until
        ends = rule is not None and rule.holds(cell.values(rule.column))
        cell.decided = whole or ends
