"""`points`: all critical sets of one loss."""

from pathlib import Path

from continuation.commands import common
from continuation.results import Result


@common.with_task
def points(task: common.Task, output: common.Output = Path("points.nc")) -> None:
    """Find all critical sets: points, split lines and sets at infinity."""
    sets = task.sets()
    common.print_sets(sets)
    common.save(Result(task.loss, task.settings(), task.axes, sets), output)
