"""`evolve`: the graph followed along a parameter."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from continuation import landscape, storage
from continuation.commands import common
from continuation.commands.tables import Column, Listing, Report, number
from continuation.errors import InvalidInputError


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
        found = landscape.evolve(
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
    sets = storage.strand_sets(found)
    result = storage.EvolutionResult(task.loss, settings, task.axes, sets, evolution=found)
    common.save(result, output, task.report)
    _print_events(found, task.report)
    _print_intervals(found, task.report)
    for note in found.notes:
        task.report.note(note)


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


def _print_events(found: landscape.Evolution, report: Report) -> None:
    columns = (
        Column("p", found.parameter, text=number(10)),
        Column("error", text=_error, rank=2),
        Column("kind", "event"),
        Column("text", "what happens", folds=True),
    )
    rows = [
        {"p": event.p, "error": event.error, "kind": event.kind, "text": event.text}
        for event in found.events
    ]
    report.listing(Listing("events", columns, rows))


def _error(value: float) -> str:
    """An error bound; at an end of the range the event itself lies beyond."""
    return f"{value:.1g}" if math.isfinite(value) else "at the end"


def _print_intervals(found: landscape.Evolution, report: Report) -> None:
    columns = (
        Column("lower", f"{found.parameter} from", text=number(6)),
        Column("upper", "to", text=number(6)),
        Column("sets"),
        Column("attractors"),
        Column("chains", rank=1),
        Column("attracting", "which attract", text=", ".join, folds=True),
    )
    rows = [
        {
            "lower": interval.lower,
            "upper": interval.upper,
            "sets": len(interval.graph.nx),
            "attractors": len(interval.graph.attractors),
            "chains": sum(chain.complete for chain in interval.graph.chains()),
            "attracting": list(interval.graph.attractors),
        }
        for interval in found.intervals
    ]
    report.listing(Listing("intervals", columns, rows))
