"""Branches in the smoothing of kinks that end at the kinks themselves.

Where the argument u of a unit at a sample tends to 0 like the smoothing s, what the sample adds to
the gradient tends to something between the slopes on both sides of the kink: a minimum on a kink,
at which the loss has no gradient. The branch has a limit there, the equations have none.
"""

from __future__ import annotations

from continuation.branch import Branch
from continuation.landscape.branches.problems import Lifted
from continuation.landscape.network import LossAlong

MOST_NAMED = 3
"""Samples that an arrival names; of more it says how many."""


def kinks_at_end(along: LossAlong, lifted: Lifted, branch: Branch) -> str | None:
    """Which samples stand on which kinks at the end of a branch; None at smooth points."""
    smoothing = float(branch.p[-1])
    if branch.stop_reason == "limit" and smoothing:
        return None
    theta = lifted.describe(branch.x[-1], smoothing)[0]
    places = along.at(smoothing).kink_places(theta, smoothing)
    named = [
        f"sample {i + 1} at unit {unit + 1} of layer {layer + 1}"
        for i, layer, unit in places[:MOST_NAMED]
    ]
    more = [f"{len(places) - MOST_NAMED} more"] if len(places) > MOST_NAMED else []
    return f"kinks ({', '.join(named + more)})" if named else None
