"""`evolve`: the graph followed along a parameter."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from continuation.commands import common
from continuation.errors import InvalidInputError
from continuation.landscape import Evolution
from continuation.landscape import evolve as follow_graph
from continuation.storage import EvolutionResult, strand_sets
from continuation.terminal import shown


@common.with_task
def evolve(
    task: common.Task,
    output: common.Output = Path("evolution.nc"),
    parameter: Annotated[str, typer.Option(help="noise, size or weight_decay.")] = "noise",
    limits: Annotated[tuple[float, float], typer.Option(help="Range of the parameter.")] = (
        0.05,
        0.5,
    ),
    schedule: Annotated[
        str | None,
        typer.Option(
            help="With size: increasing sizes with commas between; whole blocks are added."
        ),
    ] = None,
) -> None:
    """Follow the graph along a parameter: births, deaths and switches of connections."""
    with common.console.status("searching for critical sets") as status:
        found = follow_graph(
            task.loss,
            parameter,
            limits,
            noise=task.noise,
            weight_decay=task.weight_decay,
            schedule=sizes(schedule),
            seed=task.seed,
            progress=lambda look: status.update(str(look)),
        )
    settings = task.settings(
        parameter=parameter, lower=limits[0], upper=limits[1], schedule=schedule or ""
    )
    sets = strand_sets(found)
    common.save(EvolutionResult(task.loss, settings, task.axes, sets, evolution=found), output)
    _print_events(found)
    _print_intervals(found)
    for note in found.notes:
        common.console.print(f"• {shown(note)}", highlight=False)


def sizes(text: str | None) -> tuple[int, ...]:
    """A schedule, as it is given on the command line."""
    if text is None:
        return ()
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInputError(
            f"a schedule is a list of whole numbers like 20,50,100, not {text!r}"
        ) from None


def _print_events(found: Evolution) -> None:
    table = Table(found.parameter, "error", "event", "what happens")
    for event in found.events:
        table.add_row(f"{event.p:.10g}", f"{event.error:.1g}", event.kind, shown(event.text))
    common.console.print(table)


def _print_intervals(found: Evolution) -> None:
    table = Table(found.parameter, "sets", "attractors", "chains", "which attract")
    for interval in found.intervals:
        graph = interval.graph
        complete = sum(chain.complete for chain in graph.chains())
        table.add_row(
            f"{interval.lower:.6g} to {interval.upper:.6g}",
            str(len(graph.nx)),
            str(len(graph.attractors)),
            str(complete),
            shown(", ".join(graph.attractors)),
        )
    common.console.print(table)
