"""What a program does first, before it loads the rest: `python -m package` and worker processes."""

import gc
import signal
import sys
import threading

RARELY = 100_000
"""New objects between two looks for cycles, in place of Python's 700: loading makes a million that
stay, and to look at all of them again and again takes a seventh of the time."""


def collect_rarely() -> None:
    """Look for cycles of dead objects less often."""
    gc.set_threshold(RARELY)


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
