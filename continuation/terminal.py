"""What every command line needs: a clean end, and text that any terminal can show."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.markup import escape

from symbolic.complaints import complain, printable
from symbolic.signals import INTERRUPTED, Ended, ended_by_signals


def shown(text: object) -> str:
    """A text from anywhere as it is: no markup, no escape sequences that a terminal obeys."""
    return escape(printable(text))


@contextmanager
def command_line(remark: str, as_json: bool = False) -> Iterator[None]:
    """Print what the terminal cannot show as "?", and clean up on Ctrl-C and SIGTERM.

    Parameters
    ----------
    remark
        What is said then of files.
    as_json
        Whether it is said as JSON.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        with ended_by_signals():
            yield
    except (Ended, KeyboardInterrupt) as end:
        complain("Interrupted", f"interrupted; {remark}", as_json, lead="")
        raise SystemExit(getattr(end, "code", INTERRUPTED)) from None
