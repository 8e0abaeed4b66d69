"""One task over many arguments on any `concurrent.futures.Executor`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, TypeVar

from continuation.errors import WorkerLostError
from symbolic.signals import TERMINATED

Argument = TypeVar("Argument")
Result = TypeVar("Result")

BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""One BLAS thread per worker: threads of several workers would fight for the same cores."""


LOST = (
    "a worker process was lost twice, killed by the system or by a user (often because memory ran "
    "out); what was finished is kept: run the same command again, with fewer workers"
)


def available_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ProcessPool(Executor):
    """Spawned worker processes that can be replaced when one of them is lost.

    Workers ignore Ctrl-C, which is for their parent, and end when the parent has ended, however
    it did.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool = self._begin()

    def submit(self, task: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """As of every executor."""
        with _no_interrupts():  # begins the workers when first called
            return self._pool.submit(task, *args, **options)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """As of every executor."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def restart(self) -> None:
        """New workers in place of what is left of the old ones."""
        self.terminate()
        self._pool = self._begin()

    def terminate(self) -> None:
        """End all workers now."""
        workers = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in workers:
            worker.terminate()

    def _begin(self) -> ProcessPoolExecutor:
        spawn = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self.jobs, spawn, _prepare_worker)


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
    before = {name: os.environ.get(name) for name in BLAS_VARIABLES}
    os.environ.update(dict.fromkeys(BLAS_VARIABLES, "1"))
    pool = ProcessPool(jobs or available_cores())
    try:
        yield pool
    except BaseException:
        pool.terminate()
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
    An exception in a task cancels the tasks that have not begun and goes on to the caller. Where a
    worker of a `process_pool` is lost (killed, out of memory), what it and the others had not
    finished is run once more.

    Raises
    ------
    WorkerLostError
        A worker was lost again, or the executor cannot replace it.
    """
    results: dict[int, Result] = {}

    def arrived(index: int, result: Result) -> None:
        results[index] = result
        on_result(index, result)

    try:
        _run_missing(task, arguments, executor, results, arrived)
    except BrokenExecutor as error:
        if not isinstance(executor, ProcessPool):
            raise WorkerLostError(LOST) from error
        executor.restart()
        try:
            _run_missing(task, arguments, executor, results, arrived)
        except BrokenExecutor as again:
            raise WorkerLostError(LOST) from again
    return [results[i] for i in range(len(arguments))]


def _run_missing(
    task: Callable[[Argument], Result],
    arguments: Sequence[Argument],
    executor: Executor,
    results: dict[int, Result],
    arrived: Callable[[int, Result], None],
) -> None:
    """Run the task for every argument without a result."""
    left = [i for i in range(len(arguments)) if i not in results]
    futures = {executor.submit(task, arguments[i]): i for i in left}
    try:
        for future in as_completed(futures):
            arrived(futures[future], future.result())
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which ends the workers; end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Keep Ctrl-C waiting: processes that are begun here never see it, not even as they load."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(TERMINATED)
