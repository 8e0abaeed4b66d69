"""What holds for the whole suite."""

import os

import pytest
from hypothesis import settings

from symbolic.loading import collect_rarely

# A fourth of the time of collecting tests went into looking for dead cycles.
collect_rarely()

# Property tests draw the same examples in every run, so that a failure can be repeated.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

WHOLE_SUITE = 1000
"""From so many tests on, what takes long to compile is compiled first."""

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
"""Name of this process among those that run tests; empty in the one that hands them out."""


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Modules of tests compile nothing as they are imported: all workers would wait for one."""
    if not WORKER:
        return (yield)
    from symbolic.machine_code import watching_compilation  # the process without tests does without

    with watching_compilation(_refused):
        return (yield)


def _refused(purpose):
    raise RuntimeError(f"compiles {purpose} while tests are collected; do it in a fixture")


@pytest.fixture(scope="session", autouse=True)
def compiled_ahead(request):
    """Each worker fills the disk cache with its part, instead of all of them with the same."""
    if len(request.session.items) < WHOLE_SUITE:
        return
    from tests.compile_ahead import TASKS  # a few tests need not import all of the product

    worker = int(WORKER.removeprefix("gw") or 0)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    for task in TASKS[worker::workers]:
        task()
