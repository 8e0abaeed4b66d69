"""`plane`: the landscape in the plane of two parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from continuation import landscape, storage
from continuation.commands import common
from continuation.commands.evolve import sizes
from continuation.commands.tables import Column, Listing, Report

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
    """
    with common.console.status("following lines") as status:
        found = landscape.plane_diagram(
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
    _print_curves(found, task.report)
    _print_regions(found, task.report)
    for note in found.notes:
        task.report.note(note)
    settings = task.settings(
        x=x, y=y, x_lower=x_limits[0], x_upper=x_limits[1], y_lower=y_limits[0],
        y_upper=y_limits[1], schedule=schedule or "", lines=lines, resolution=resolution,
    )  # fmt: skip
    result = storage.PlaneResult(task.loss, settings, task.axes, _sets(found), plane=found)
    common.save(result, output, task.report)


def _sets(found: landscape.PlaneDiagram) -> landscape.CriticalSets:
    """Those of the largest region that has a graph."""
    graphs = [region.graph for region in found.regions if region.graph is not None]
    return landscape.CriticalSets(graphs[0].sets if graphs else (), found.notes)


CURVES = (
    Column("name", "curve", folds=True),
    Column("start", "from", text=lambda at: _pair(at)),
    Column("end", "to", text=lambda at: _pair(at)),
    Column("ends", text=" … ".join, folds=True, rank=2),
    Column("special", "on it", text=lambda points: _special(points), folds=True, rank=1),
)
REGIONS = (
    Column("number", "region"),
    Column("at", text=lambda at: _pair(at)),
    Column("area", "share", text=lambda area: f"{100 * area:.3g} %"),
    Column("attractors", text=lambda n: _count(n)),
    Column("overfitting", text=lambda n: _count(n)),
    Column("saddles", text=lambda n: _count(n)),
)


def _print_curves(found: landscape.PlaneDiagram, report: Report) -> None:
    rows = [
        {
            "name": curve.name,
            "start": curve.points[0].tolist(),
            "end": curve.points[-1].tolist(),
            "ends": list(curve.ends),
            "special": [{"kind": p.kind, "x": p.x, "y": p.y} for p in curve.special],
        }
        for curve in found.curves
    ]
    report.listing(Listing("curves", CURVES, rows))


def _print_regions(found: landscape.PlaneDiagram, report: Report) -> None:
    rows = [
        {
            "number": region.number,
            "at": list(region.at),
            "area": region.area,
            "attractors": region.attractors,
            "overfitting": region.overfitting_attractors,
            "saddles": region.saddles,
        }
        for region in found.regions
    ]
    report.keep(Listing("regions", REGIONS, rows))
    report.show(Listing("regions", REGIONS, rows[:SHOWN_REGIONS]))


def _pair(at: Sequence[float]) -> str:
    return f"({at[0]:.5g}, {at[1]:.5g})"


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def _special(points: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{p['kind']} at ({p['x']:.6g}, {p['y']:.6g})" for p in points)
