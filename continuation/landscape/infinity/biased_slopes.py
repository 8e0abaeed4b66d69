"""Derivatives of the loss by what vanishes at the ends of tanh units with bias.

References
----------
The tails tanh u = ±1 ∓ 2 e^{∓2u} + … decide at jumps and at tails; see docs/theory.md, Attraction.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.landscape.infinity.beyond import Jump, Tail, held_inputs
from continuation.landscape.infinity.limit_model import LimitModel
from continuation.landscape.network import Responses

Neighbours = list[tuple[Jump, NDArray[np.bool_]]]
"""Jumps with inputs (m,) beside them."""


def jump_slopes(responses: Responses, residual: Array, neighbours: Neighbours) -> tuple[float, ...]:
    """By what neighbours do not see of the jumps yet, up to positive factors."""
    x, pull = responses.x, -2.0 * responses.samples.root_weight * residual
    return tuple(
        float((jump.size * jump.side(x) * _seen(x, jump) * pull)[some].sum())
        for jump, some in neighbours
    )


def _seen(x: Array, jump: Jump) -> Array | float:
    """How much more the inputs (m,) see of a jump whose unit keeps a value at a sample."""
    if jump.half is None:
        return 1.0
    steeper = (1.0 + jump.half) / (1.0 - jump.half)
    return np.where(x < jump.place, steeper, 1.0 / steeper)


def neighbours_of_jumps(x: Array, limit: LimitModel) -> Neighbours:
    """Those that a limit is not free to fit: in a gap on both sides, at a sample the nearer one."""
    held = held_inputs(x, limit.jumps, offset=limit.offset is not None)
    return [(jump, some) for jump in limit.jumps for some in _neighbours(x, jump, held)]


def deciding_neighbours(x: Array, limit: LimitModel, hidden: int) -> Neighbours:
    """Which of them decide whether units become steeper, in a network of so many units.

    In a gap both do, each by its own amount, e^{−2w|x − t|}: as a unit becomes steeper its bias may
    keep either. At a sample the bias is spent, and so are those of k units that leave 2k jumps in
    gaps: there the nearer neighbour decides.
    """
    found = neighbours_of_jumps(x, limit)
    staying = sum(len(unit.coefficients) for unit in limit.units) + len(limit.powers)
    between = [jump for jump in limit.jumps if jump.half is None]
    units = hidden - staying - len(limit.tails) - (len(limit.jumps) - len(between))
    if not found or not between or len(between) < 2 * units:
        return found
    away = [np.abs(x[some][0] - j.place) if j.half is None else 0.0 for j, some in found]
    nearest = min(gap for gap in away if gap > 0.0) * (1.0 + TIE)
    return [pair for pair, gap in zip(found, away, strict=True) if gap <= nearest]


def _neighbours(x: Array, jump: Jump, held: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    hit, away = jump.hit(x), np.abs(x - jump.place)
    sides = [(x < jump.place) & ~hit, (x > jump.place) & ~hit]
    nearest = [side & (away == away[side].min(initial=np.inf)) & ~held for side in sides]
    nearest = [some for some in nearest if some.any()]
    if jump.half is None or not nearest:
        return nearest
    closest = min(away[some].min() for some in nearest) * (1.0 + TIE)
    return [np.logical_or.reduce([some & (away <= closest) for some in nearest])]


TIE = 1e-9
"""Relative difference of the distances of two neighbours that are equally near."""


def tail_slope(responses: Responses, residual: Array, tail: Tail) -> float:
    """By e^{−2c}, c the bias that diverges: −e ⟨r, exp(−2kx)⟩."""
    return float(-tail.size * (residual @ responses.rows(np.exp(-2.0 * tail.rate * responses.x))))


def flat_slope(responses: Responses, residual: Array, slope: float) -> float:
    """By the bend that a small unit with bias has beside an offset: never positive.

    The unit c x + … − c w tanh(bias) x² may bend either way, so that the loss falls one way.
    """
    return -abs(slope * float(residual @ responses.monomial(2)))
