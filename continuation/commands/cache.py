"""`cache`: how large the cache of compiled code is, and how to empty it."""

from typing import Annotated

import typer

from continuation.commands import common
from continuation.terminal import shown
from symbolic.code_folder import cache_size, clear_cache

MEGABYTE = 1e6


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove every file of the cache.")] = False,
) -> None:
    """Say where compiled code is kept and how much there is; a cleared cache fills again."""
    with common.clear_errors():
        size = clear_cache() if clear else cache_size()
        did = "removed from" if clear else "in"
        common.console.print(
            f"{size.files} files of {size.bytes / MEGABYTE:.1f} MB {did} {shown(size.folder)}",
            highlight=False,
            soft_wrap=True,
        )
