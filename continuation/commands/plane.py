"""`plane`: the landscape in the plane of two parameters."""

import math
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from continuation.commands import common
from continuation.commands.evolve import sizes
from continuation.landscape import CriticalSets, PlaneDiagram, plane_diagram
from continuation.storage import PlaneResult
from continuation.terminal import shown

SHOWN_REGIONS = 30
"""Regions that the table shows; narrower ones are in the file."""

Range = tuple[float, float]


@common.with_task
def plane(
    task: common.Task,
    output: common.Output = Path("plane.nc"),
    x: Annotated[
        str, typer.Option(help="First parameter: noise, size, weight_decay or population.")
    ] = "size",
    y: Annotated[str, typer.Option(help="Second parameter, another one of these.")] = "noise",
    x_limits: Annotated[Range, typer.Option(help="Range of x; of the size, within --n.")] = (
        20.0,
        100.0,
    ),
    y_limits: Annotated[Range, typer.Option(help="Range of y; of the noise, above 0.")] = (
        0.05,
        0.5,
    ),
    schedule: Annotated[
        str | None,
        typer.Option(
            help="Increasing sizes with commas between, as 20,30,50,100: whole blocks of samples "
            "come in, ten times quicker than one sample at a time."
        ),
    ] = None,
    lines: Annotated[
        int, typer.Option(min=1, help="Lines along which all sets are followed to begin with.")
    ] = 5,
    resolution: Annotated[
        int, typer.Option(min=0, help="Places on a line where targets are compared; 0: no switches")
    ] = 12,
    seconds: Annotated[
        float, typer.Option(help="Wall-clock time; what is left out is said.")
    ] = math.inf,
) -> None:
    """Divide the plane of two parameters into regions with one graph each.

    Curves are those on which the landscape changes: folds (two sets are born or die), arrivals
    (a set comes to infinity or to a line of others), branch points, and switches (a trajectory out
    of a saddle changes its target). Between them the graph keeps its form.

    Example: python -m continuation plane --preset fukumizu_amari --schedule 20,30,50,100
    --lines 3 --seconds 120, and python -m figures plane.nc to draw it.
    """
    with common.console.status("following lines") as status:
        found = plane_diagram(
            task.loss,
            x,
            y,
            (x_limits, y_limits),
            noise=task.noise,
            weight_decay=task.weight_decay,
            schedule=sizes(schedule),
            lines=lines,
            resolution=resolution,
            seed=task.seed,
            seconds=seconds,
            progress=lambda look: status.update(str(look)),
        )
    _print_curves(found)
    _print_regions(found)
    for note in found.notes:
        common.console.print(f"• {shown(note)}", highlight=False)
    settings = task.settings(
        x=x, y=y, x_lower=x_limits[0], x_upper=x_limits[1], y_lower=y_limits[0],
        y_upper=y_limits[1], schedule=schedule or "", lines=lines, resolution=resolution,
    )  # fmt: skip
    common.save(PlaneResult(task.loss, settings, task.axes, _sets(found), plane=found), output)


def _sets(found: PlaneDiagram) -> CriticalSets:
    """Those of the largest region that has a graph."""
    graphs = [region.graph for region in found.regions if region.graph is not None]
    return CriticalSets(graphs[0].sets if graphs else (), found.notes)


def _print_curves(found: PlaneDiagram) -> None:
    table = Table("curve", "from", "to", "ends", "on it")
    for curve in found.curves:
        ends = (f"({a:.5g}, {b:.5g})" for a, b in curve.points[[0, -1]])
        on_it = ", ".join(f"{point.kind} at ({point.x:.6g}, {point.y:.6g})"
                          for point in curve.special)  # fmt: skip
        table.add_row(shown(curve.name), *ends, shown(" … ".join(curve.ends)), on_it)
    common.console.print(table)


def _print_regions(found: PlaneDiagram) -> None:
    table = Table("region", "at", "share of the plane", "attractors", "overfitting", "saddles")
    for region in found.regions[:SHOWN_REGIONS]:
        counts = (region.attractors, region.overfitting_attractors, region.saddles)
        table.add_row(
            str(region.number), f"({region.at[0]:.5g}, {region.at[1]:.5g})",
            f"{100 * region.area:.3g} %", *("-" if n is None else str(n) for n in counts),
        )  # fmt: skip
    common.console.print(table)
