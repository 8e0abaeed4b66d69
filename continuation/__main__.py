"""`python -m continuation`: critical sets, branches and graphs from the command line."""

from importlib.metadata import version
from typing import Annotated

import typer

from continuation.commands.group import LazyGroup

app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    epilog="Draw what a command has written with: python -m figures FILE",
)


def _show_version(wanted: bool) -> None:
    """The version of the distribution, and nothing else."""
    if wanted:
        typer.echo(f"mlpcont {version('mlpcont')}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and stop."
        ),
    ] = False,
) -> None:
    """Critical sets of a network's loss, their branches, and the flow between them."""


if __name__ == "__main__":
    app()
