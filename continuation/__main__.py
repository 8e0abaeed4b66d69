"""`python -m continuation`: critical sets, branches and graphs from the command line."""

import typer

from continuation.commands.group import LazyGroup
from symbolic.release import Version

app = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    epilog="Draw what a command has written with: python -m figures FILE",
)


@app.callback()
def main(
    _version: Version = False,
) -> None:
    """Critical sets of a network's loss, their branches, and the flow between them."""


if __name__ == "__main__":
    app()
