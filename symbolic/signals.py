"""Ctrl-C and SIGTERM: a command line ends with the code that shells expect, without a traceback."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
"""Exit codes of a process that was asked to end, as shells report them."""

AGAIN = 0.05
"""Seconds after which a signal is repeated that arrived where Python cannot raise."""

LEAST = 1e-6
"""Seconds: 0 would switch the timer off."""

_CODES = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class Ended(SystemExit):
    """Ctrl-C or SIGTERM; the code is the exit code.

    Not KeyboardInterrupt, on which a library may return what it has so far: a command writes all
    or nothing.
    """


class TimeIsOver(BaseException):
    """Raised in the main thread when the time of `within` is over."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `TimeIsOver` in the block after this time; where no timer can, leave it alone."""
    can = hasattr(signal, "setitimer") and _in_main_thread()
    if not can or seconds == float("inf"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, LEAST))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _over(number: int, frame: FrameType | None) -> NoReturn:
    raise TimeIsOver


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Raise `Ended` on the first Ctrl-C or SIGTERM; a second one ends the process at once."""
    if not _in_main_thread():  # signals go to the main thread alone
        yield
        return
    before = {number: signal.signal(number, _end) for number in _CODES}
    hook, sys.unraisablehook = sys.unraisablehook, _once_more
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    raise Ended(_CODES[signal.Signals(number)])


def _once_more(unraisable: "sys.UnraisableHookArgs") -> None:
    """A signal that came in a finaliser or a callback, where exceptions are lost, comes again."""
    if not isinstance(unraisable.exc_value, Ended):
        sys.__unraisablehook__(unraisable)
        return
    number = next(n for n, code in _CODES.items() if code == unraisable.exc_value.code)
    signal.signal(number, _end)
    threading.Timer(AGAIN, os.kill, [os.getpid(), number]).start()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
