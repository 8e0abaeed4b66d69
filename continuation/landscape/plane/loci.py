"""What vanishes along the curves of a plane, and where a line meets them.

On a line every critical set is a strand of a branch (see `evolution.strands`). A strand ends in a
fold, or something that tells it apart from other sets of its kind passes zero: the curvature
across a split line, the derivative normal to an end at infinity, the output of a unit, the
response of a dead unit. Each of these is a function of the state, and with the equations of the
set it defines a curve in the plane.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from scipy.optimize import brentq, root_scalar

from continuation.arrays import Array
from continuation.errors import ConvergenceError
from continuation.landscape.branches import lifted_problem, range_of_points
from continuation.landscape.evolution import StrandAt
from continuation.landscape.infinity import STEP, LimitLoss
from continuation.landscape.network import ARRIVALS, Layout, LossAlong, LossAt
from continuation.landscape.sets import (
    DEAD_UNIT,
    ISOLATED,
    ORIGIN,
    SILENT_UNIT,
    SPLIT_LINE,
    CriticalSet,
    reduced_network,
)

FOLD, BRANCH_POINT, ARRIVAL, SWITCH = "fold", "branch point", "arrival", "switch"
"""Kinds of curves: two sets are born or die; the inertia of a set changes at a crossing; a set
arrives at infinity or at a line; a connection passes another saddle."""

OfState = Callable[[Array, float], float]
"""(state, first parameter) ↦ what vanishes on the curve."""

Scalar = Callable[[LossAlong, CriticalSet], OfState]
"""The same for a set on any line: (loss along it, set) ↦ function."""


@dataclass(frozen=True, eq=False)
class Locus:
    """Points of a line where something changes, as a curve may start from them.

    Attributes
    ----------
    kind : str
        `FOLD`, `BRANCH_POINT` or `ARRIVAL`.
    text : str
        Of what, for people.
    set : CriticalSet
        Whose equations hold.
    state : ndarray, shape (k,)
    p, q : float
        First parameter, and the other one.
    scalar : callable or None
        What vanishes; None where the equations themselves degenerate.
    """

    kind: str
    text: str
    set: CriticalSet
    state: Array = field(repr=False)
    p: float
    q: float
    scalar: Scalar | None = field(default=None, repr=False)


def loci(strands: Sequence[StrandAt], q: float, width: float) -> list[Locus]:
    """All of them on a line, those of the smallest systems first.

    Parameters
    ----------
    strands : sequence of StrandAt
        Of the line.
    q : float
        Value of the other parameter.
    width : float
        Of the limits.
    """
    # folds of strands are known to all digits, those from which a unit is silenced to half of them
    found = [locus for of in (_folds, _zeros) for at in strands for locus in of(at, q)]
    turning = [locus.p for locus in found if locus.kind == FOLD]
    kept = [locus for locus in found if not _turns_alone(locus, turning, width)]
    return sorted(kept, key=lambda locus: (locus.state.size, locus.scalar is not None))


ZERO = 1e-6
"""A function that changes its sign has a zero where it is below this part of what it is beside."""

TOGETHER = 1e-7
"""Folds of two strands that are one fold differ by less than this part of the limits."""


def _turns_alone(locus: Locus, turning: Sequence[float], width: float) -> bool:
    """A strand that turns without a partner meets its image under a symmetry: another set
    branches there.
    """
    near = sum(abs(p - locus.p) <= TOGETHER * width for p in turning)
    return locus.kind == FOLD and near == 1


def _folds(at: StrandAt, q: float) -> Iterator[Locus]:
    strand = at.strand
    for end, row in ((strand.lower, 0), (strand.upper, -1)):
        if end.kind == "fold" and end.located:
            yield Locus(FOLD, strand.set.subkind, strand.set, strand.state[row], end.p, q)


def _zeros(at: StrandAt, q: float) -> Iterator[Locus]:
    """Where one of the functions of a set passes zero along its strand."""
    strand = at.strand
    for kind, text, scalar in functions_of(at.along, strand.set, strand.signs.shape[1] - 3):
        if text == SILENT_UNIT:
            yield from _silenced(at, q, scalar)
            continue
        of = None if strand.set.is_isolated else scalar  # there the equations degenerate, too
        for p in _passes(at, scalar):
            yield Locus(kind, text, strand.set, at.state(p), p, q, of)


def _silenced(at: StrandAt, q: float, scalar: Scalar) -> Iterator[Locus]:
    """A point whose unit passes output zero: there two silent units meet in a fold."""
    layout = Layout.of(at.along.loss.model)
    for p in _passes(at, scalar):
        theta = at.state(p)
        unit = int(np.argmin(np.abs(layout.output_weights(theta))))
        place = layout.output_place(unit)
        theta = _at_double_root(at.along.at(p), theta, layout.input_places(unit)[0], place)
        base, embedding = reduced_network(at.along.loss.model, theta)
        silent = replace(
            at.strand.set, subkind=SILENT_UNIT, theta=theta, base=base, embedding=embedding
        )
        yield Locus(FOLD, SILENT_UNIT, silent, np.delete(theta, place), p, q)


def _at_double_root(at: LossAt, theta: Array, into: int, out: int) -> Array:
    """A point without output of a unit, at the root of h' = ∂²L/∂w∂v next to its input weight.

    That weight plays no part as long as the output is zero: the point has it to half the digits.
    """
    found = theta.copy()
    found[out] = 0.0

    def slope(w: float) -> float:
        found[into] = w
        return float(at.hessian(found)[into, out])

    root = root_scalar(slope, x0=theta[into], x1=theta[into] * (1.0 + HALF_OF_DIGITS))
    found[into] = root.root if root.converged else theta[into]
    return found


HALF_OF_DIGITS = 1e-4
"""Between the first two input weights at which a double root is looked for, relative to them."""


def functions_of(
    along: LossAlong, found: CriticalSet, transverse: int
) -> Sequence[tuple[str, str, Scalar]]:
    """(Kind of curve, of what, function) of all that may pass zero along a set of this kind."""
    model = along.loss.model
    across = [(ARRIVAL, found.subkind, partial(_transverse, j)) for j in range(transverse)]
    if found.at_infinity or found.subkind == SPLIT_LINE:
        return across
    if found.subkind in (DEAD_UNIT, ORIGIN):
        if along.decays:
            return [(BRANCH_POINT, found.subkind, _critical_curvature)]
        if found.subkind == ORIGIN:
            return [(ARRIVAL, ORIGIN, _response)]
        silent = [(ARRIVAL, f"silent unit at {STEP.name}", _step_response)]
        return [
            (ARRIVAL, f"silent unit at {DEAD_UNIT}", _response),
            *(silent if ARRIVALS.holds(model) else []),
        ]
    if found.subkind == ISOLATED and model.is_perceptron and model.free_output:
        if along.decays:
            return [(BRANCH_POINT, found.subkind, _critical_curvature)]
        units = range(model.hidden)
        return [(FOLD, SILENT_UNIT, partial(_output, k)) for k in units]
    return across


def _passes(at: StrandAt, scalar: Scalar) -> Iterator[float]:
    """Values at which a function changes its sign along a strand, to rounding."""
    strand, of_state = at.strand, scalar(at.along, at.strand.set)

    def value(p: float) -> float:
        return of_state(at.state(p), p)

    rows = [of_state(state, float(p)) for state, p in zip(strand.state, strand.p, strict=True)]
    for k in np.flatnonzero(np.sign(rows[1:]) * np.sign(rows[:-1]) < 0.0):
        try:
            root = float(brentq(value, strand.p[k], strand.p[k + 1], xtol=1e-13))
            if abs(value(root)) <= ZERO * max(abs(rows[k]), abs(rows[k + 1])):
                yield root
        except (ConvergenceError, ValueError):
            continue  # Newton does not reach the strand there: another line meets the curve


def _transverse(j: int, along: LossAlong, found: CriticalSet) -> OfState:
    """Curvature across a line, or normal derivative of an end."""
    if found.at_infinity:
        limit = found.end
        return lambda state, p: LimitLoss(along.responses(p), limit).end(state).normals[j]
    describe = lifted_problem(along, found).describe
    return lambda state, p: float(describe(state, p)[3][j])


def _output(k: int, along: LossAlong, found: CriticalSet) -> OfState:
    """Output weight of a unit."""
    layout = Layout.of(along.loss.model)
    return lambda state, p: float(layout.output_weights(state)[k])


def _response(along: LossAlong, found: CriticalSet) -> OfState:
    """∂²L/∂w∂v of a dead unit: the slope of h at 0, where a silent unit's root passes."""
    lifted, full, layout = lifted_problem(along, found), along.problem(), Layout.of(found.model)
    unit = int(np.argmin(np.abs(layout.units(found.weights)).max(axis=1)))
    row, column = layout.input_places(unit)[0], layout.output_place(unit)

    def value(state: Array, p: float) -> float:
        return float(full.evaluate(lifted.describe(state, p)[0], p)[2][row, column])

    return value


def _step_response(along: LossAlong, found: CriticalSet) -> OfState:
    """⟨r, sign x⟩ of a network: h at ∞, where a silent unit's root passes.

    Beside a unit that is nearly a step itself this vanishes with its own equations, and says
    nothing: 1 instead.
    """
    lifted, layout = lifted_problem(along, found), Layout.of(found.model)
    where = range_of_points(along.loss)

    def value(state: Array, p: float) -> float:
        theta = lifted.describe(state, p)[0]
        if where(np.where(theta == 0.0, 1.0, theta)) == STEP.name:
            return 1.0
        responses, units = along.responses(p), layout.units(theta)
        residual = units[:, -1] @ responses.features(units[:, 0], 0)[0] - responses.target
        return float(responses.rows(np.sign(responses.x)) @ residual)

    return value


def _critical_curvature(along: LossAlong, found: CriticalSet) -> OfState:
    """The curvature nearest to zero, relative to the largest."""
    lifted, full = lifted_problem(along, found), along.problem()

    def value(state: Array, p: float) -> float:
        theta = lifted.describe(state, p)[0]
        curvatures = np.linalg.eigvalsh(full.evaluate(theta, p)[2])
        sizes = np.abs(curvatures)
        return float(curvatures[int(np.argmin(sizes))] / sizes.max())

    return value
