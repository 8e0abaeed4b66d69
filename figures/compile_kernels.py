"""Compile every kernel of the figures once, side by side, before the work begins."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

from continuation import ensemble
from continuation.landscape import Dataset, Loss
from symbolic import Model, fukumizu_amari, single_unit

MOTORCYCLE = Model.perceptron(hidden=2, bias=True, offset=True)


def run(executor: Executor, on_task: Callable[[], None]) -> None:
    """Fill the disk caches; each task compiles what no other does."""
    ensemble.run(_compile, TASKS, executor, lambda index, result: on_task())
