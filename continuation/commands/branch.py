"""`branch`: one critical set followed in a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

import continuation
from continuation import landscape, storage
from continuation.commands import common
from continuation.commands.tables import Column, Listing, Report, number


@common.with_task
def branch(
    task: common.Task,
    output: common.Output = Path("branch.nc"),
    parameter: Annotated[
        str, typer.Option(help="noise, size, weight_decay, population or smoothing.")
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
        found = landscape.follow(
            task.loss,
            chosen,
            parameter,
            limits,
            noise=task.noise,
            size=task.size,
            weight_decay=task.weight_decay,
        )
    settings = task.settings(parameter=parameter, set=chosen.label)
    result = storage.BranchResult(task.loss, settings, task.axes, sets, branch=found)
    common.save(result, output, task.report)
    _print_special(found.special, task.report)
    task.report.tell(parameter=parameter, set=chosen.label, stop_reasons=list(found.stop_reasons))
    common.console.print(found)


SPECIAL = (
    Column("kind", "special point"),
    Column("parameter", text=number(12)),
    Column("located"),
    Column("coefficients", text=lambda known: _named(known), folds=True, rank=1),
)


def _print_special(special: Sequence[continuation.SpecialPoint], report: Report) -> None:
    rows = [
        {
            "kind": point.kind,
            "parameter": point.p,
            "located": point.located,
            "coefficients": dict(point.coefficients),
        }
        for point in special
    ]
    report.listing(Listing("special_points", SPECIAL, rows))


def _named(coefficients: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.5g}" for name, value in coefficients.items())
