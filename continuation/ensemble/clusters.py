"""Dask as the engine beyond one machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from continuation.errors import InvalidInputError
from continuation.workers import BLAS_VARIABLES

LOST_TIMES = 3
"""Workers that may be lost with a task before the task counts as their murderer."""

SCHEDULER_SECONDS = 10
"""Time within which a scheduler has to answer."""


@contextmanager
def cluster(scheduler: str | None = None, workers: int | None = None) -> Iterator[Executor]:
    """Executor on a Dask cluster.

    Parameters
    ----------
    scheduler : str, optional
        Address of a running scheduler, such as ``tcp://host:8786``. Without it a local cluster is
        begun, and ended afterwards.
    workers : int, optional
        Processes of the local cluster, one thread each; all cores if omitted.

    Raises
    ------
    InvalidInputError
        Both are given, Dask is not installed, or no scheduler answers there.
    """
    if scheduler is not None and workers is not None:
        raise InvalidInputError("a running scheduler has its workers: give either of both")
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InvalidInputError('Dask is not installed: pip install "mlpcont[parallel]"') from error
    if scheduler is None:
        single = dict.fromkeys(BLAS_VARIABLES, "1")
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None, env=single
            ) as local,
            Client(local) as client,
        ):
            yield client.get_executor(retries=LOST_TIMES)
        return
    try:
        client = Client(scheduler, timeout=SCHEDULER_SECONDS)
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"no scheduler answers at {scheduler}: {error}") from error
    with client:
        yield client.get_executor(retries=LOST_TIMES)
