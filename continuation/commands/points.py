"""`points`: all critical sets of one loss."""

import math
from functools import partial
from pathlib import Path

from continuation.ahead import SETS
from continuation.certify import Certificate, certify_sets
from continuation.commands import common
from continuation.commands.proofs import Certify, print_certificates
from continuation.storage import Result


@partial(common.with_task, ahead=SETS)
def points(
    task: common.Task,
    output: common.Output = Path("points.nc"),
    certify: Certify = True,
    seconds: common.Seconds = math.inf,
) -> None:
    """Find all critical sets: points, split lines and sets at infinity."""
    sets = task.sets(seconds)
    certificates: tuple[Certificate, ...] = ()
    if certify:
        with common.console.status("proving critical sets"):
            certificates = certify_sets(
                task.loss, sets, noise=task.noise, weight_decay=task.weight_decay
            )
    result = Result(task.loss, task.settings(), task.axes, sets, certificates=certificates)
    common.save(result, output, task.report)
    common.print_sets(sets, task.report)
    if certify:
        print_certificates(certificates, task.report)
