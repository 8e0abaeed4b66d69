"""`phase`: the phase plane of a model with two weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from continuation import landscape, storage
from continuation.commands import common


@common.with_task
def phase(
    task: common.Task,
    output: common.Output = Path("phase.nc"),
    extent: Annotated[tuple[float, float], typer.Option(help="Range of both weights.")] = (
        -3.0,
        3.0,
    ),
) -> None:
    """Phase plane of a model with two weights: field, critical points, invariant manifolds."""
    sets = task.sets()
    with common.console.status("computing the field and the manifolds"):
        plane = landscape.phase_plane(
            task.loss, sets, noise=task.noise, weight_decay=task.weight_decay, extent=extent
        )
    settings = task.settings(lowest=extent[0], highest=extent[1])
    result = storage.PhaseResult(task.loss, settings, task.axes, sets, phase=plane)
    common.save(result, output, task.report)
    common.print_sets(sets, task.report)
