"""One task over many arguments on any `concurrent.futures.Executor`."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")

BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""One BLAS thread per worker: threads of several workers would fight for the same cores."""


def available_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def process_pool(jobs: int | None = None) -> Iterator[Executor]:
    """Pool of spawned worker processes with one BLAS thread each.

    Parameters
    ----------
    jobs : int, optional
        Number of workers; all available cores if omitted.

    Notes
    -----
    On an exception (Ctrl-C included) tasks that have not begun are cancelled, running ones are
    terminated, and the exception goes on.
    """
    pool = ProcessPoolExecutor(
        jobs or available_cores(), multiprocessing.get_context("spawn"), _ignore_interrupt
    )
    before = {name: os.environ.get(name) for name in BLAS_VARIABLES}
    os.environ.update(dict.fromkeys(BLAS_VARIABLES, "1"))
    try:
        yield pool
    except BaseException:
        workers = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()
        raise
    finally:
        pool.shutdown()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


def run(
    task: Callable[[Argument], Result],
    arguments: Sequence[Argument],
    executor: Executor,
    on_result: Callable[[int, Result], None] = lambda index, result: None,
) -> list[Result]:
    """Results of `task` for every argument, in the order of the arguments.

    Parameters
    ----------
    task : callable
        A module-level function, so that it travels to the workers by name.
    arguments : sequence
    executor : concurrent.futures.Executor
        A process or thread pool, `dask.distributed.Client.get_executor()`,
        `mpi4py.futures.MPIPoolExecutor`, ….
    on_result : callable
        Called as `on_result(index, result)` in this process as results arrive: for progress,
        and to store what must outlive an interruption.

    Notes
    -----
    Independent of the number of workers, provided that every argument carries its own seed.
    An exception in a task cancels the tasks that have not begun and goes on to the caller.
    """
    futures = {executor.submit(task, argument): i for i, argument in enumerate(arguments)}
    results: dict[int, Result] = {}
    try:
        for future in as_completed(futures):
            index = futures[future]
            results[index] = future.result()
            on_result(index, results[index])
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return [results[i] for i in range(len(arguments))]


def _ignore_interrupt() -> None:
    """Leave Ctrl-C to the parent, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
