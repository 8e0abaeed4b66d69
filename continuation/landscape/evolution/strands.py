"""Strands: pieces of the branch of a critical set on which the parameter grows.

A branch that folds passes one parameter value several times. Between its folds and ends it
consists of strands, and on a strand the parameter tells the point: the nodes of a landscape that
is followed through a parameter are strands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.errors import ConvergenceError
from continuation.landscape.branches import Description, Lifted, lifted_problem
from continuation.landscape.infinity import LimitLoss
from continuation.landscape.network import LossAlong
from continuation.landscape.sets import Assembler, CriticalSet, same_set, shown_set
from continuation.newton_method import newton

FARTHEST_CORRECTION = 1.0
"""Newton's method may move an interpolated state by this part of the distance between the rows
beside it: what moves further has left the branch."""

ROUNDING_OF_STATE = 1e-8
"""Relative distance that is no departure from the branch, however close the rows are."""

WALK = 16
"""Steps from a row towards a value at which interpolation was not close enough."""


@dataclass(frozen=True)
class End:
    """One end of a strand.

    Attributes
    ----------
    kind : {"limit", "fold", "arrival", "stopped"}
        At a limit of the parameter; at a fold, where two strands meet; at infinity or a line,
        see `ranges`; or the continuation stopped for no reason of the landscape.
    p : float
    located : bool
        Whether p is known to rounding.
    text : str
        Where it arrived, or why it stopped.
    """

    kind: str
    p: float
    located: bool
    text: str = ""


@dataclass(frozen=True, eq=False)
class Strand:
    """A piece of a branch along which the parameter increases: one node of the graph.

    Attributes
    ----------
    label : str
        Unique in an evolution.
    set : CriticalSet
        Where its branch was found; of the same kind and in the same unknowns.
    p : ndarray, shape (m,)
        Increasing.
    state : ndarray, shape (m, k)
        What is continued, see `SetBranch`.
    theta : ndarray, shape (m, d)
        Weights, continuous along the strand; nan at infinity.
    loss : ndarray, shape (m,)
    signs : ndarray of int, shape (m, j)
        What is constant between events: inertia (3), then the signs of the transverse
        curvatures or normal derivatives.
    lower, upper : End
    singular : ndarray, shape (k,)
        Values at which the continuation located a singular point on the strand: there another
        branch crosses, and Newton's method at a fixed value may land on it.
    """

    label: str
    set: CriticalSet
    p: Array = field(repr=False)
    state: Array = field(repr=False)
    theta: Array = field(repr=False)
    loss: Array = field(repr=False)
    signs: NDArray[np.int64] = field(repr=False)
    lower: End
    upper: End
    singular: Array = field(repr=False)

    def named(self, label: str) -> Strand:
        """The strand and its set under a label."""
        return replace(self, label=label, set=replace(self.set, label=label))

    def lives_at(self, p: float) -> bool:
        """Whether the strand passes p, its ends excluded (limits of the parameter included)."""
        low, high = self.p[0], self.p[-1]
        within = low < p < high
        return bool(
            within
            or (p == low and self.lower.kind == "limit")
            or (p == high and self.upper.kind == "limit")
        )

    def guess(self, p: float) -> tuple[Array, Array, float]:
        """Interpolated state at p, the nearer row's state, and the distance of the rows."""
        k = int(np.clip(np.searchsorted(self.p, p) - 1, 0, self.p.size - 2))
        low, high = self.p[k], self.p[k + 1]
        t = (p - low) / (high - low)
        if k == 0 and self.lower.kind == "fold":
            t = np.sqrt(t)
        elif k == self.p.size - 2 and self.upper.kind == "fold":
            t = 1.0 - np.sqrt(1.0 - t)
        a, b = self.state[k], self.state[k + 1]
        return (1.0 - t) * a + t * b, a if t < 0.5 else b, float(np.linalg.norm(b - a))


def character(description: Description) -> NDArray[np.int64]:
    """Inertia and signs of the transverse curvatures or normal derivatives, shape (3 + j,)."""
    _, _, inertia, transverse = description
    return np.concatenate([inertia, np.sign(transverse)]).astype(np.int64)


@dataclass(frozen=True, eq=False)
class StrandAt:
    """A strand with its losses: states and critical sets at any value of the parameter."""

    along: LossAlong
    strand: Strand

    @cached_property
    def lifted(self) -> Lifted:
        """The problem through which it is followed."""
        return lifted_problem(self.along, self.strand.set)

    def state(self, p: float) -> Array:
        """The state at p, shape (k,).

        Raises
        ------
        ConvergenceError
            Where Newton's method does not reach the branch.
        """
        guess, row, gap = self.strand.guess(p)
        found = self._corrected(guess, p, gap)
        if found is not None:
            return found
        known = float(self.strand.p[int(np.argmin(np.abs(self.strand.p - p)))])
        state = row
        for value in np.linspace(known, p, WALK + 1)[1:]:
            step = self._corrected(state, float(value), gap)
            if step is None:
                raise ConvergenceError(
                    f"{self.strand.label}: no point of the branch found at {value:.10g}; "
                    "it lies next to a fold or branch point"
                )
            state = step
        return state

    def _corrected(self, guess: Array, p: float, gap: float) -> Array | None:
        return corrected(self.lifted, guess, p, FARTHEST_CORRECTION * gap)

    def describe(self, p: float) -> Description:
        """Weights, loss, inertia and transverse curvatures at p."""
        return self.lifted.describe(self.state(p), p)

    def weights(self, p: float) -> Array:
        """θ at p, continuous in p, shape (d,); nan at infinity."""
        return self.describe(p)[0]

    def critical_set(self, p: float) -> CriticalSet:
        """The critical set at p, under the strand's label."""
        made = set_at(self.along, self.strand.set, self.state(p), p)
        return replace(made, label=self.strand.label)


def corrected(lifted: Lifted, guess: Array, p: float, farthest: float) -> Array | None:
    """The state (k,) at p that Newton's method finds no farther than this from a guess."""
    if not lifted.problem.residual(guess, p).any():
        return guess  # a solution already, from which no step leads where a branch crosses it
    problem, scale = lifted.balanced_at(guess, p)
    result = newton(problem, guess / scale, p)
    moved = float(np.linalg.norm(result.x * scale - guess))
    allowed = farthest + ROUNDING_OF_STATE * float(np.linalg.norm(guess))
    return result.x * scale if result.converged and moved <= allowed else None


def set_at(along: LossAlong, like: CriticalSet, state: Array, p: float) -> CriticalSet:
    """The critical set of the kind of another one that a state (k,) at p stands for."""
    build = Assembler(along.at(p))
    if like.at_infinity:
        responses = along.responses(p)
        return build.end(LimitLoss(responses, like.end).end(state), responses)
    theta = lifted_problem(along, like).describe(state, p)[0]
    if like.embedding is None:
        return build.point(theta, like.subkind)
    return shown_set(along.loss_at(p), along.conditions(p), theta)


def is_among(found: CriticalSet, there: Iterable[CriticalSet]) -> bool:
    """Whether a set is one of those in which branches pass the same value of the parameter."""
    return any(same_set(found, other) for other in there)


def living(strands: Iterable[StrandAt], p: float) -> Iterator[CriticalSet]:
    """The critical sets of all strands that live at p and can be evaluated there."""
    for at in strands:
        if at.strand.lives_at(p):
            try:
                yield at.critical_set(p)
            except ConvergenceError:
                continue
