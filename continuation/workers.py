"""One task over many arguments on any `concurrent.futures.Executor`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection
from typing import Any, TypeVar

from continuation.errors import WorkerLostError
from symbolic.loading import collect_rarely
from symbolic.signals import TERMINATED

Argument = TypeVar("Argument")
Result = TypeVar("Result")

BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""One BLAS thread per worker: threads of several workers would fight for the same cores."""

MOST_IN_FLIGHT = 1000
"""Tasks handed to an executor and not come back: enough for some hundred workers, and the memory of
this process and of a scheduler stays small however many there are."""

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


class _ThisProcess(Executor):
    """Runs a task where it is handed over."""

    def submit(self, task: Callable[..., Any], /, *args: Any, **options: Any) -> Future[Any]:
        """As of every executor; an exception goes on at once."""
        done: Future[Any] = Future()
        done.set_result(task(*args, **options))
        return done


def this_process() -> Executor:
    """An executor without workers, for tasks too few to begin processes for."""
    return _ThisProcess()


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

    def arrived(numbered: tuple[int, Argument], result: Result) -> None:
        results[numbered[0]] = result
        on_result(numbered[0], result)

    stream(partial(_without_number, task), iter(enumerate(arguments)), executor, arrived)
    return [results[i] for i in range(len(arguments))]


def stream(
    task: Callable[[Argument], Result],
    arguments: Iterator[Argument | None],
    executor: Executor,
    on_result: Callable[[Argument, Result], None],
    most: int = MOST_IN_FLIGHT,
) -> None:
    """Run `task` for arguments that are drawn one by one, not more than `most` at a time.

    Parameters
    ----------
    task : callable
        As of `run`.
    arguments : iterator
        Its next argument is asked for whenever there is room; what it gives may depend on the
        results so far. None says that it has no further argument before another result arrives.
    executor : concurrent.futures.Executor
    on_result : callable
        Called as `on_result(argument, result)` in this process as results arrive.
    most : int
        Arguments that have been handed to the executor and not come back.

    Raises
    ------
    WorkerLostError
        A worker was lost twice, or the executor cannot replace it.
    """
    flying: dict[Future[Result], Argument] = {}
    restarted = False
    try:
        while True:
            try:
                _fill(flying, task, arguments, executor, most)
                if not flying:
                    return
                done = wait(flying, return_when=FIRST_COMPLETED).done
                for future in sorted(done, key=_succeeded, reverse=True):  # keeps all it can
                    result = future.result()
                    on_result(flying.pop(future), result)
            except (BrokenExecutor, CancelledError) as error:
                if restarted or not isinstance(executor, ProcessPool):
                    raise WorkerLostError(LOST) from error
                restarted = True
                executor.restart()
                flying = {
                    future if _succeeded(future) else executor.submit(task, argument): argument
                    for future, argument in flying.items()
                }
    except BaseException:
        for future in flying:
            future.cancel()
        raise


def _fill(
    flying: dict[Future[Result], Argument],
    task: Callable[[Argument], Result],
    arguments: Iterator[Argument | None],
    executor: Executor,
    most: int,
) -> None:
    """Hand over arguments until there are `most`, or none is to be had now."""
    while len(flying) < most and (argument := next(arguments, None)) is not None:
        flying[_submitted(executor, task, argument)] = argument


def _submitted(
    executor: Executor, task: Callable[[Argument], Result], argument: Argument
) -> Future[Result]:
    """The future of a task; that of a broken executor holds its error, so that no task is lost."""
    try:
        return executor.submit(task, argument)
    except BrokenExecutor as error:
        failed: Future[Result] = Future()
        failed.set_exception(error)
        return failed


def _without_number(task: Callable[[Argument], Result], numbered: tuple[int, Argument]) -> Result:
    return task(numbered[1])


def _succeeded(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which ends the workers; end when the parent is gone."""
    collect_rarely()
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
        connection.wait([parent.sentinel])
        os._exit(TERMINATED)
