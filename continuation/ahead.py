"""Compile beside the work: what a question needs late, in a process of its own, as it begins.

Each function is compiled by one process of a machine only, and whoever needs it meanwhile waits for
it (`symbolic.machine_code`). So the process beside takes its list from the end of the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from continuation.workers import ProcessPool, available_cores

__all__ = ["FLOWS", "SETS", "compiled_beside"]

Task = Callable[[], object]


def flow() -> None:
    """The gradient flow. (What is imported here, commands that print their help need not.)"""
    from continuation.landscape.flow import compiled_flows

    compiled_flows()


def infinity() -> None:
    """Branches at infinity."""
    from continuation.landscape.infinity.limit_kernel import limit_kernel

    limit_kernel()


def loop(name: str) -> None:
    """One loop of the continuation of branches."""
    from continuation.stepper import compiled_loop

    compiled_loop(name)


SETS: tuple[Task, ...] = (
    infinity,
    *(partial(loop, name) for name in ("screened", "spectra", "correct", "advance")),
)
"""What critical sets need after the search itself."""

FLOWS: tuple[Task, ...] = (flow, *SETS)
"""What graphs and basins need."""


@contextmanager
def compiled_beside(tasks: Sequence[Task], begins: Callable[[str], None]) -> Iterator[None]:
    """Compile `tasks` in another process as soon as this one has to compile anything.

    Parameters
    ----------
    tasks : sequence of callable
    begins : callable
        Called as `begins(purpose)`, once for each purpose for which this process compiles.
    """
    from symbolic.machine_code import watching_compilation

    told: list[str] = []
    beside: list[ProcessPool] = []

    def first(purpose: str) -> None:
        if not beside and available_cores() > 1:
            beside.append(ProcessPool(1))
            for task in tasks:
                beside[0].submit(task)
        if purpose not in told:
            told.append(purpose)
            begins(purpose)

    try:
        with watching_compilation(first):
            yield
    finally:
        for pool in beside:
            pool.terminate()
