"""The collector of dead cycles while much is made that stays; what a program does first."""

import gc
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = 100_000
"""New objects between two looks for cycles, in place of Python's 700: loading and compiling make
millions that stay, and to look at all of them again and again takes a tenth of the time."""


def collect_rarely() -> None:
    """Look for cycles of dead objects less often, from now on."""
    gc.set_threshold(RARELY)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """The same within a block."""
    before = gc.get_threshold()
    collect_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*before)


def begin_program(package: str) -> None:
    """Quick, and quiet on Ctrl-C, if this is ``python -m package`` being loaded.

    The system ends the process then: nothing is begun that would have to be cleaned up. Whoever
    imports the package as a library keeps Python's own answer to Ctrl-C, and its own collector.
    """
    if sys.argv[:1] != ["-m"] or package not in sys.orig_argv:
        return
    collect_rarely()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
