"""`python -m continuation`: critical sets, branches and graphs from the command line."""

import typer

from continuation.commands.basins import basins
from continuation.commands.branch import branch
from continuation.commands.cache import cache
from continuation.commands.check import check
from continuation.commands.evolve import evolve
from continuation.commands.graph import graph
from continuation.commands.phase import phase
from continuation.commands.points import points
from continuation.commands.zero_noise import zero_noise

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Critical sets of a network's loss, their branches, and the flow between them.",
    epilog="Draw what a command has written with: python -m figures FILE",
)
app.command()(points)
app.command()(graph)
app.command()(branch)
app.command()(evolve)
app.command()(phase)
app.command()(basins)
app.command()(zero_noise)
app.command()(check)
app.command()(cache)

if __name__ == "__main__":
    app()
