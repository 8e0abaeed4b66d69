"""Special points where the weights are badly scaled, named in units that fit them.

Where an output weight is small or an input weight large, the coefficients of a normal form are
tiny although nothing degenerates, and tolerances that do not know the scales take a fold for a
cusp, or a branch point for a touch. A short piece of the branch, traced once more in units in
which the Hessian close by is well scaled, tells them apart.

The engine chooses units once for a branch, from its start; a unit that vanishes or grows steep on
the way needs others at each point, and only the landscape knows (`Lifted.balanced_at`). So this
stays beside the engine's own labels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from continuation.arclength import trace_branch
from continuation.branch import Branch, SpecialPoint
from continuation.errors import InvalidInputError
from continuation.kinds import KINDS
from continuation.landscape.branches.problems import Lifted
from continuation.options import StepOptions

SHORT = StepOptions(initial=0.01, maximum=0.1, max_samples=80)
"""The piece that is traced again."""

UNCONFIRMED = "not confirmed in units that fit the weights here; shorten the steps"

SAME_PLACE = 1e-7
"""Relative distance of parameters at which both traces mean one point."""


def relabelled(lifted: Lifted, branch: Branch) -> Branch:
    """The branch with its doubtful special points named in local units.

    A point that the second trace does not find keeps its label, but no longer counts as located.
    """
    special = tuple(
        _relabelled(lifted, branch, point) if KINDS[point.kind].codimension > 1 else point
        for point in branch.special
    )
    return replace(branch, special=special)


def _relabelled(lifted: Lifted, branch: Branch, point: SpecialPoint) -> SpecialPoint:
    before = max(point.index, 0)
    x, p = branch.x[before], float(branch.p[before])
    problem, scale = lifted.balanced_at(x, p)
    if (scale == 1.0).all():
        return point
    towards = 1 if branch.tangent[before, -1] > 0.0 else -1
    for direction in (towards, -towards):
        try:
            piece = trace_branch(problem, x / scale, p, (-np.inf, np.inf), direction, SHORT)
        except InvalidInputError:  # the start itself is singular in these units
            continue
        for found in piece.special:
            near = abs(found.p - point.p) <= SAME_PLACE * (1.0 + abs(point.p))
            if near and found.located and KINDS[found.kind].singular:
                return replace(point, kind=found.kind, coefficients=found.coefficients)
    return replace(point, located=False, status=UNCONFIRMED)
