"""The two sides of index-1 points, followed to their targets at any value of the parameter.

A side keeps its name along a strand: the unstable direction is simple there, and is turned towards
its predecessor from row to row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from continuation.arrays import Array
from continuation.errors import ConvergenceError
from continuation.landscape.evolution.strands import StrandAt, living
from continuation.landscape.flow import FlowResult, flow_to_limit
from continuation.landscape.graph import Departure, departures, match
from continuation.landscape.network import LossAlong, LossAt, Symmetry
from continuation.landscape.sets import CriticalSet

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
    along : LossAlong
    strands : mapping
        Living strands by label.
    orientation : mapping
        Of the index-1 points, the sources.
    """

    along: LossAlong
    strands: Mapping[str, StrandAt]
    orientation: Mapping[str, Orientation] = field(repr=False)

    @classmethod
    def of(cls, along: LossAlong, strands: Sequence[StrandAt], p: float) -> Sides:
        """All living strands; the sources are the points of index 1 at p."""
        alive = {at.strand.label: at for at in strands if at.strand.lives_at(p)}
        sources = {label: at for label, at in alive.items() if is_source(at, p)}
        return cls(along, alive, {k: Orientation.of(at, p) for k, at in sources.items()})

    def sets(self, p: float) -> tuple[CriticalSet, ...]:
        """The critical sets at p that can be evaluated there, in order of loss."""
        return tuple(sorted(living(self.strands.values(), p), key=lambda s: s.loss))

    def targets(self, p: float) -> dict[Side, str]:
        """Target of every side at p; sides that are images of each other are one, side 0."""
        known: dict[str, CriticalSet | None] = {}
        return {side: self.target(p, side, SCAN_RTOL, known=known)[0] for side in self.sides(p)}

    def sides(self, p: float) -> list[Side]:
        """Sides whose targets may differ."""
        symmetry = Symmetry.of(self.along.loss.model, decays=self.along.decays)
        return [
            (label, sign)
            for label, orientation in self.orientation.items()
            for sign in ((0,) if orientation.is_symmetric(symmetry, p) else (1, -1))
        ]

    def target(
        self,
        p: float,
        side: Side,
        rtol: float,
        first: Sequence[str] = (),
        known: dict[str, CriticalSet | None] | None = None,
    ) -> tuple[str, FlowResult | None]:
        """Label of the set that one side leads to, and the flow; no flow if it cannot start.

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
        at = self.along.at(p)
        start = self._start(at, p, side)
        if start is None:
            return UNKNOWN, None
        result = flow_to_limit(
            at, start.theta, rtol=rtol, step_limit=STEP_LIMIT, subspace=start.subspace
        )
        found = self._matched(p, result, first, {} if known is None else known)
        # the flow ends in attracting sets, except within an invariant subspace
        doubtful = found is None or not (found.attracting or start.subspace is not None)
        return (UNKNOWN if found is None or doubtful else found.label), result

    def _start(self, at: LossAt, p: float, side: Side) -> Departure | None:
        """The start on one side; None next to a branch point, where it is not on the manifold."""
        label, sign = side
        try:
            theta = self.strands[label].weights(p)
            source = replace(self.strands[label].critical_set(p), theta=theta)
        except ConvergenceError:
            return None
        _, e = self.orientation[label].nearest(p)
        starts = departures(at, source)
        if not starts:
            return None
        start = max(starts, key=lambda s: float((s.theta - theta) @ e) * (sign or 1))
        return start if _leaves_along(at, theta, start.theta) else None

    def _matched(
        self,
        p: float,
        result: FlowResult,
        first: Sequence[str],
        known: dict[str, CriticalSet | None],
    ) -> CriticalSet | None:
        """The set that a flow ended in, evaluating no more sets than needed."""
        far = result.status == "infinity"
        kinds = {label: at.strand.set for label, at in self.strands.items()}
        fitting = [
            label
            for label, found in kinds.items()
            if (found.subkind == result.subkind if far else not found.at_infinity)
        ]
        for label in sorted(fitting, key=lambda label: label not in first):
            if label not in known:
                known[label] = next(living([self.strands[label]], p), None)
            candidate = known[label]
            if candidate is not None and match(result, [candidate]) is not None:
                return candidate
        return None


@dataclass(frozen=True, eq=False)
class Orientation:
    """The unstable direction along a strand of index 1, continuous in the parameter.

    Attributes
    ----------
    p : ndarray, shape (m,)
    theta, direction : ndarray, shape (m, d)
    """

    p: Array
    theta: Array = field(repr=False)
    direction: Array = field(repr=False)

    @classmethod
    def of(cls, at: StrandAt, p: float) -> Orientation:
        """At the rows of index 1, each direction turned towards the one before; and at p."""
        strand = at.strand
        rows = [k for k in range(strand.p.size) if tuple(strand.signs[k, :2]) == (1, 0)]
        points = [(float(strand.p[k]), strand.theta[k]) for k in rows] + [(p, at.weights(p))]
        points.sort(key=lambda point: point[0])
        directions: list[Array] = []
        for value, theta in points:
            e = np.linalg.eigh(at.along.at(value).hessian(theta))[1][:, 0]
            e = e if e[int(np.argmax(np.abs(e)))] > 0.0 else -e
            directions.append(-e if directions and directions[-1] @ e < 0.0 else e)
        values, thetas = zip(*points, strict=True)
        return cls(np.array(values), np.array(thetas), np.array(directions))

    def nearest(self, p: float) -> tuple[Array, Array]:
        """Weights and unstable direction at the nearest value that is known."""
        k = int(np.argmin(np.abs(self.p - p)))
        return self.theta[k], self.direction[k]

    def is_symmetric(self, symmetry: Symmetry, p: float) -> bool:
        """Whether a symmetry that fixes the point exchanges its sides."""
        theta, e = self.nearest(p)
        elements = symmetry.stabiliser(theta).elements
        return any(float(symmetry.act(g, e) @ e) < -0.5 for g in elements)


def _leaves_along(at: LossAt, theta: Array, start: Array) -> bool:
    """Whether the flow at a start runs away from its set, as it does on the unstable manifold."""
    away, downhill = start - theta, -at.gradient(start)
    cosine = float(away @ downhill) / float(np.linalg.norm(away) * np.linalg.norm(downhill))
    return cosine > ALIGNED


def is_source(at: StrandAt, p: float) -> bool:
    """Whether the strand is a point with one unstable and no neutral direction at p."""
    if not at.strand.set.is_point:
        return False
    try:
        return at.describe(p)[2][:2] == (1, 0)
    except ConvergenceError:
        return False
