"""Options that take several values behind one name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from typer.core import TyperCommand


class ManyValues(TyperCommand):
    """Takes several values behind one name: ``--n 10 30 100`` as ``--n 10 --n 30 --n 100``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the name before every value."""
        many = {name for p in self.params if getattr(p, "multiple", False) for name in p.opts}
        return super().parse_args(ctx, list(_repeated(args, many)))


def _repeated(arguments: Sequence[str], many: set[str]) -> Iterator[str]:
    """The arguments, with the name of an option of `many` before each of its values."""
    name = ""
    waiting = False
    for argument in arguments:
        if argument.startswith("--"):
            if waiting:
                yield name
            name = argument if argument in many else ""
            waiting = bool(name)
            if not name:
                yield argument
            continue
        if name:
            yield name
        waiting = False
        yield argument
    if waiting:
        yield name
