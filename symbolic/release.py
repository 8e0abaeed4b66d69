"""The option `--version` of every command line."""

from importlib.metadata import version
from typing import Annotated, Any

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


def with_version(command: Any) -> Any:
    """A command with the option `Version`, of which its function knows nothing."""
    carrier = typer.Typer(add_completion=False)

    @carrier.command()
    def _carry(_version: Version = False) -> None: ...

    (option,) = typer.main.get_command(carrier).params
    option.expose_value = False
    command.params.append(option)
    return command
