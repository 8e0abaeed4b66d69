"""`basins`: where the gradient flow ends from random initial weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from continuation.commands import common
from continuation.landscape import Fraction, PassageTimes, estimate_basins, passage_times
from continuation.landscape.network import Given
from continuation.storage import BasinsResult
from continuation.terminal import shown


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
        found = estimate_basins(task.loss, sets=sets, n=trajectories, seed=task.seed, **parameters)
        times = (
            passage_times(
                task.loss, sets, n=passages, seed=task.seed, radius=radius, spread=spread,
                **parameters,
            )
            if passages
            else ()
        )  # fmt: skip
    settings = task.settings(
        trajectories=trajectories, passages=passages, radius=radius, spread=spread
    )
    result = BasinsResult(task.loss, settings, task.axes, sets, basins=found, passages=times)
    common.save(result, output)
    _print_fractions("limit", found.targets)
    _print_fractions("regions passed", found.itineraries)
    if times:
        _print_passages(times)


def _print_fractions(name: str, fractions: Sequence[Fraction]) -> None:
    table = Table(name, "trajectories", "fraction", "95 % interval")
    for one in fractions:
        interval = f"{one.lower:.3f} to {one.upper:.3f}"
        table.add_row(shown(one.label), str(one.count), f"{one.estimate:.3f}", interval)
    common.console.print(table)


def _print_passages(times: Sequence[PassageTimes]) -> None:
    table = Table("saddle", "unstable rates", "passages", "mean time", "predicted", "nonlinearity")
    for one in times:
        means = (one.measured.mean(), one.predicted.mean()) if one.count else ()
        mean, predicted = [f"{value:.4g}" for value in means] or ("", "")
        rates = ", ".join(f"{rate:.3g}" for rate in one.rates)
        table.add_row(
            shown(one.label), rates, str(one.count), mean, predicted, f"{one.nonlinearity:.2g}"
        )
    common.console.print(table)
    common.console.print(
        "• predicted: by the linear flow from the weights at the entry; nonlinearity is the "
        "relative error of the rate at the radius",
        highlight=False,
    )
