"""`points`: all critical sets of one loss."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

from continuation import certify as proving
from continuation import storage
from continuation.ahead import SETS
from continuation.commands import common
from continuation.commands.proofs import Certify, print_certificates


@partial(common.with_task, ahead=SETS)
def points(
    task: common.Task,
    output: common.Output = Path("points.nc"),
    certify: Certify = True,
    seconds: common.Seconds = math.inf,
) -> None:
    """Find all critical sets: points, split lines and sets at infinity."""
    sets = task.sets(seconds)
    certificates: tuple[proving.Certificate, ...] = ()
    if certify:
        with common.console.status("proving critical sets"):
            certificates = proving.certify_sets(
                task.loss, sets, noise=task.noise, weight_decay=task.weight_decay
            )
    result = storage.Result(task.loss, task.settings(), task.axes, sets, certificates=certificates)
    common.save(result, output, task.report)
    common.print_sets(sets, task.report)
    if certify:
        print_certificates(certificates, task.report)
