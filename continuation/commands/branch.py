"""`branch`: one critical set followed in a parameter."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from continuation import SpecialPoint
from continuation.commands import common
from continuation.landscape import follow
from continuation.storage import BranchResult


@common.with_task
def branch(
    task: common.Task,
    output: common.Output = Path("branch.nc"),
    parameter: Annotated[
        str, typer.Option(help="noise, size, weight_decay or population.")
    ] = "noise",
    limits: Annotated[tuple[float, float], typer.Option(help="Range of the parameter.")] = (
        0.01,
        0.5,
    ),
    set_: Annotated[
        str | None,
        typer.Option("--set", help="Label of the set, as `points` prints it; lowest if omitted."),
    ] = None,
) -> None:
    """Follow one critical set in a parameter, through folds and other special points."""
    task = task.within(parameter, limits)
    sets = task.sets()
    chosen = common.chosen_set(sets, set_)
    with common.console.status(f"following {chosen.label} in {parameter}"):
        found = follow(
            task.loss,
            chosen,
            parameter,
            limits,
            noise=task.noise,
            size=task.size,
            weight_decay=task.weight_decay,
        )
    settings = task.settings(parameter=parameter, set=chosen.label)
    common.save(BranchResult(task.loss, settings, task.axes, sets, branch=found), output)
    _print_special(found.special, parameter)
    common.console.print(found)


def _print_special(special: Sequence[SpecialPoint], parameter: str) -> None:
    table = Table("special point", parameter, "located", "coefficients")
    for point in special:
        table.add_row(
            point.kind,
            f"{point.p:.12g}",
            "yes" if point.located else "no",
            ", ".join(f"{name} {value:.5g}" for name, value in point.coefficients.items()),
        )
    common.console.print(table)
