"""What holds for the whole suite."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Property tests draw the same examples in every run, so that a failure can be repeated.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

TESTS = Path(__file__).parent
WHOLE_SUITE = 500
"""From so many tests on, what the last ones need is compiled beside the first ones."""


@pytest.fixture(scope="session", autouse=True)
def kernels_from_the_second_core(request):
    """Fill the disk cache of kernels in another process; it is safe to race for."""
    if len(request.session.items) < WHOLE_SUITE:
        yield
        return
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent)}
    command = [sys.executable, str(TESTS / "symbolic" / "compile_cases.py")]
    with subprocess.Popen(command, env=environment) as process:
        yield
        process.terminate()
