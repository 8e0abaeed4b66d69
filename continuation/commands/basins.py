"""`basins`: where the gradient flow ends from random initial weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from continuation import landscape, storage
from continuation.commands import common
from continuation.commands.tables import Column, Listing, Report, number

if TYPE_CHECKING:
    from continuation.landscape.network import Given


@common.with_task
def basins(
    task: common.Task,
    output: common.Output = Path("basins.nc"),
    trajectories: Annotated[int, typer.Option(help="Random initial weights, N(0, 1).")] = 1000,
    passages: Annotated[
        int, typer.Option(help="Trajectories whose passages near saddles are timed; 0 for none.")
    ] = 200,
    radius: Annotated[
        float, typer.Option(help="Radius of the neighbourhoods of the saddles.")
    ] = 0.1,
    spread: Annotated[
        float, typer.Option(help="Standard deviation of the initial weights of the timed ones.")
    ] = 1.0,
) -> None:
    """Estimate basins of attraction, itineraries and passage times near saddles."""
    sets = task.sets()
    parameters: Given = {"noise": task.noise, "weight_decay": task.weight_decay}
    with common.console.status(f"following the gradient flow from {trajectories} initial weights"):
        found = landscape.estimate_basins(
            task.loss, sets=sets, n=trajectories, seed=task.seed, **parameters
        )
        times = (
            landscape.passage_times(
                task.loss, sets, n=passages, seed=task.seed, radius=radius, spread=spread,
                **parameters,
            )
            if passages
            else ()
        )  # fmt: skip
    settings = task.settings(
        trajectories=trajectories, passages=passages, radius=radius, spread=spread
    )
    result = storage.BasinsResult(
        task.loss, settings, task.axes, sets, basins=found, passages=times
    )
    common.save(result, output, task.report)
    _print_fractions("targets", "limit", found.targets, task.report)
    _print_fractions("itineraries", "regions passed", found.itineraries, task.report)
    if times:
        _print_passages(times, task.report)


PASSAGES = (
    Column("saddle"),
    Column("rates", "unstable rates", text=lambda rates: _rates(rates), rank=2, folds=True),
    Column("passages"),
    Column("mean_time", text=number()),
    Column("predicted", text=number()),
    Column("nonlinearity", text=number(2), rank=1),
)


def _print_fractions(
    name: str, heading: str, found: Sequence[landscape.Fraction], report: Report
) -> None:
    columns = (
        Column("label", heading, folds=True),
        Column("trajectories"),
        Column("fraction", text="{:.3f}".format),
        Column("lower", "95 % from", text="{:.3f}".format),
        Column("upper", "to", text="{:.3f}".format),
    )
    report.listing(Listing(name, columns, [one.row for one in found]))


def _print_passages(times: Sequence[landscape.PassageTimes], report: Report) -> None:
    rows = [
        {
            "saddle": one.label,
            "rates": [float(rate) for rate in one.rates],
            "passages": one.count,
            "mean_time": float(one.measured.mean()) if one.count else math.nan,
            "predicted": float(one.predicted.mean()) if one.count else math.nan,
            "nonlinearity": one.nonlinearity,
        }
        for one in times
    ]
    report.listing(Listing("passages", PASSAGES, rows))
    report.note(
        "predicted: by the linear flow from the weights at the entry; nonlinearity is the "
        "relative error of the rate at the radius"
    )


def _rates(rates: Sequence[float]) -> str:
    return ", ".join(f"{rate:.3g}" for rate in rates)
