"""The option `--version` of every command line."""

from importlib.metadata import version
from typing import Annotated

import typer


def _show_version(wanted: bool) -> None:
    """The version of the distribution, and nothing else."""
    if wanted:
        typer.echo(f"mlpcont {version('mlpcont')}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Show the version and stop."
    ),
]
