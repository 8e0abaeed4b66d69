"""The two sides of index-1 points, followed to their targets at any value of the parameter.

A side keeps its name along a strand: the unstable direction is simple there, and is turned towards
its predecessor from row to row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from continuation.errors import ConvergenceError
from continuation.landscape.critical_sets import CriticalSet
from continuation.landscape.departures import departures
from continuation.landscape.evolution_family import LossFamily
from continuation.landscape.evolution_strands import StrandAt
from continuation.landscape.gradient_flow import FlowResult, flow_to_limit
from continuation.landscape.loss import LossAt
from continuation.landscape.symmetry import Symmetry
from continuation.landscape.targets import match

Array = NDArray[np.float64]

SCAN_RTOL = 1e-6
"""Tolerance of the flows between which a switch is bracketed."""

ALIGNED = 0.9
"""Least cosine between the flow at a start and the way out. Next to a branch point, where another
set is nearer than the start, the start does not lie on the unstable manifold."""

STEP_LIMIT = 200_000

Side = tuple[str, int]
"""Label of an index-1 point and the side, +1 or −1, along its oriented unstable direction."""

UNKNOWN = ""
"""Target of a flow that was not decided or ended in none of the sets."""


@dataclass(frozen=True, eq=False)
class Sides:
    """The strands that live between two events, and where their index-1 points lead.

    Attributes
    ----------
    family : LossFamily
    strands : mapping
        Living strands by label.
    orientation : mapping
        For the sources: parameter values (m,) and unstable directions (m, d), each continuing
        the one before.
    """

    family: LossFamily
    strands: Mapping[str, StrandAt]
    orientation: Mapping[str, tuple[Array, Array]] = field(repr=False)

    @classmethod
    def of(cls, family: LossFamily, strands: Sequence[StrandAt], p: float) -> Sides:
        """All living strands; the sources are the points of index 1 at p."""
        living = {at.strand.label: at for at in strands if at.strand.lives_at(p)}
        sources = [label for label, at in living.items() if is_source(at, p)]
        return cls(family, living, {label: _oriented(living[label]) for label in sources})

    def sets(self, p: float) -> tuple[CriticalSet, ...]:
        """The critical sets at p, in order of loss."""
        found = [at.critical_set(p) for at in self.strands.values()]
        return tuple(sorted(found, key=lambda s: s.loss))

    def targets(self, p: float) -> dict[Side, str]:
        """Target of every side at p; sides that are images of each other are one, side 0."""
        known: dict[str, CriticalSet] = {}
        return {side: self.target(p, side, SCAN_RTOL, known=known)[0] for side in self.sides(p)}

    def sides(self, p: float) -> list[Side]:
        """Sides whose targets may differ."""
        return [
            (label, sign)
            for label in self.orientation
            for sign in ((0,) if self._symmetric(label, p) else (1, -1))
        ]

    def target(
        self,
        p: float,
        side: Side,
        rtol: float,
        first: Sequence[str] = (),
        known: dict[str, CriticalSet] | None = None,
    ) -> tuple[str, FlowResult]:
        """Label of the set that one side leads to, and the flow.

        Parameters
        ----------
        p : float
        side : Side
        rtol : float
            Of the integration.
        first : sequence of str
            Sets to compare with before the others.
        known : dict, optional
            Sets at p, filled as they are needed.
        """
        label, sign = side
        at = self.family.at(p)
        theta = self.strands[label].weights(p)
        source = replace(self.strands[label].critical_set(p), theta=theta)
        e = self._direction(label, p)
        starts = departures(at, source)
        start = max(starts, key=lambda s: float((s.theta - theta) @ e) * (sign or 1))
        # one step only where the start does not lie on the manifold: a flow that decides nothing
        steps = STEP_LIMIT if _leaves_along(at, theta, start.theta) else 1
        result = flow_to_limit(
            at, start.theta, rtol=rtol, step_limit=steps, subspace=start.subspace
        )
        found = self._matched(p, result, first, {} if known is None else known)
        # the flow ends in attracting sets, except within an invariant subspace
        doubtful = found is None or not (found.attracting or start.subspace is not None)
        return (UNKNOWN if found is None or doubtful else found.label), result

    def _matched(
        self, p: float, result: FlowResult, first: Sequence[str], known: dict[str, CriticalSet]
    ) -> CriticalSet | None:
        """The set that a flow ended in, evaluating no more sets than needed."""
        far = result.status == "infinity"
        fitting = [
            label
            for label, at in self.strands.items()
            if (
                at.strand.set.subkind == result.subkind if far else at.strand.set.kind != "infinity"
            )
        ]
        for label in sorted(fitting, key=lambda label: label not in first):
            if label not in known:
                known[label] = self.strands[label].critical_set(p)
            if match(result, [known[label]]) is not None:
                return known[label]
        return None

    def _direction(self, label: str, p: float) -> Array:
        values, directions = self.orientation[label]
        return np.asarray(directions[int(np.argmin(np.abs(values - p)))])

    def _symmetric(self, label: str, p: float) -> bool:
        """Whether a symmetry that fixes the point exchanges its sides."""
        theta, e = self.strands[label].weights(p), self._direction(label, p)
        symmetry = Symmetry.of(self.family.loss.model)
        elements = symmetry.stabiliser(theta).elements
        return any(float(symmetry.act(g, e) @ e) < -0.5 for g in elements)


def _leaves_along(at: LossAt, theta: Array, start: Array) -> bool:
    """Whether the flow at a start runs away from its set, as it does on the unstable manifold."""
    away, downhill = start - theta, -at.gradient(start)
    cosine = float(away @ downhill) / float(np.linalg.norm(away) * np.linalg.norm(downhill))
    return cosine > ALIGNED


def is_source(at: StrandAt, p: float) -> bool:
    """Whether the strand is a point with one unstable and no neutral direction at p."""
    if at.strand.set.kind != "point":
        return False
    try:
        return at.describe(p)[2][:2] == (1, 0)
    except ConvergenceError:
        return False


def _oriented(at: StrandAt) -> tuple[Array, Array]:
    """Unstable directions at the rows of index 1, each turned towards the one before."""
    strand = at.strand
    rows = [k for k in range(strand.p.size) if tuple(strand.signs[k, :2]) == (1, 0)]
    directions: list[Array] = []
    for k in rows:
        p = float(strand.p[k])
        e = np.linalg.eigh(at.family.at(p).hessian(strand.theta[k]))[1][:, 0]
        e = e if e[int(np.argmax(np.abs(e)))] > 0.0 else -e
        directions.append(-e if directions and directions[-1] @ e < 0.0 else e)
    return strand.p[rows], np.array(directions)
