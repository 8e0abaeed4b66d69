"""How every command line says that it failed: on the error stream, as a line or as JSON.

Nothing of it goes to the standard output, which holds results only.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

JSON = "--json"

USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]
"""What a command line that cannot be read raises. Typer exports only this branch of it."""

FAILED, MISUSED = 1, 2
"""Exit codes: of what went wrong, and of options that cannot be read."""


def printable(text: object) -> str:
    """A text from anywhere without the sequences that a terminal obeys."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in str(text))


def complain(kind: str, message: object, as_json: bool, lead: str = "error: ") -> None:
    """Say what went wrong.

    Parameters
    ----------
    kind : str
        Of the error, for programs.
    message : object
    as_json : bool
        As ``{"error": {"kind": …, "message": …}}``.
    lead : str
        What the line begins with.
    """
    text = printable(message)
    said = {"error": {"kind": kind, "message": text}}
    typer.echo(json.dumps(said, ensure_ascii=False) if as_json else f"{lead}{text}", err=True)


class _Complaining:
    """A command whose options, where they cannot be read, are complained of as is asked for."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> Any:
        """Run, and with ``--json`` say as JSON why the options cannot be read."""
        given = list(sys.argv[1:] if args is None else args)
        run: Any = super().main  # type: ignore[misc]
        if JSON not in given:
            return run(given, *rest, **more)
        try:
            code = run(given, *rest, **{**more, "standalone_mode": False})
        except USAGE_ERROR as error:
            message: Any = error.format_message()  # type: ignore[attr-defined]
            complain("UsageError", message, as_json=True)
            code = MISUSED
        sys.exit(code or 0)


class Command(_Complaining, TyperCommand):
    """One command."""


class Group(_Complaining, TyperGroup):
    """Several commands behind one name."""
