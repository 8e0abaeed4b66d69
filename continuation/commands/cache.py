"""`cache`: how large the cache of compiled code is, and how to empty it."""

from typing import Annotated

import typer

from continuation.commands import common
from continuation.commands.tables import Column, Listing
from continuation.terminal import shown
from continuation.wording import counted
from symbolic.code_folder import cache_size, clear_cache

MEGABYTE = 1e6


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Remove every file of the cache.")] = False,
    as_json: common.Json = False,
    as_csv: common.Csv = False,
) -> None:
    """Say where compiled code is kept and how much there is; a cleared cache fills again."""
    with common.reporting(as_json, as_csv) as report:
        size = clear_cache() if clear else cache_size()
        did = "removed from" if clear else "in"
        row = {
            "folder": str(size.folder), "files": size.files, "bytes": size.bytes, "cleared": clear,
        }  # fmt: skip
        report.keep(Listing("cache", [Column(key) for key in row], [row]))
        common.console.print(
            f"{counted(size.files, 'file')} of {size.bytes / MEGABYTE:.1f} MB {did} "
            f"{shown(size.folder)}",
            highlight=False,
            soft_wrap=True,
        )
