"""What every command line needs: a clean end, and text that any terminal can show."""

from __future__ import annotations

import io
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from rich.markup import escape

TERMINATED = 128 + signal.SIGTERM
"""Exit code of a process that was asked to end, as shells report it."""


def shown(text: object) -> str:
    """A text from anywhere as it is: no markup, no escape sequences that a terminal obeys."""
    plain = "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))
    return escape(plain)


@contextmanager
def command_line() -> Iterator[None]:
    """Print what the terminal cannot show as "?", and let SIGTERM clean up what was begun."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if threading.current_thread() is not threading.main_thread():
        yield  # signals go to the main thread alone
        return
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(TERMINATED)
