"""The compiled loops are found on disk by a second process."""

import subprocess
import sys

from continuation import stepper

CODE = (
    "from continuation import stepper\n"
    "for loop in stepper.compiled():\n"
    "    assert sum(loop.stats.cache_hits.values()) == 1, loop\n"
    "    assert not loop.stats.cache_misses, loop\n"
)


def test_a_second_process_compiles_nothing() -> None:
    stepper.compiled()  # fills the cache, if this is the first process
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
