"""Derivatives of the loss by what vanishes at the ends of tanh units with bias.

References
----------
The tails tanh u = ±1 ∓ 2 e^{∓2u} + … decide at jumps and at tails; see docs/theory.md, Attraction.
"""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity.beyond import Jump, Tail
from continuation.landscape.network import Responses


def jump_slopes(responses: Responses, residual: Array, jump: Jump) -> tuple[float, ...]:
    """By what the neighbours of a jump do not see of it yet, up to positive factors.

    In a gap both neighbours do, each by its own amount, e^{−2w|x − t|}: as a unit becomes steeper
    its bias may keep either. At a sample the bias is spent: the nearer neighbour decides.
    """
    x = responses.x
    pull = -2.0 * jump.size * jump.side(x) * responses.samples.root_weight * residual
    away = np.where(jump.hit(x), np.inf, np.abs(x - jump.place))
    right, left = x > jump.place, x < jump.place
    nearest = [side & (away == away[side].min(initial=np.inf)) for side in (left, right)]
    if jump.half is None:
        return tuple(float(pull[some].sum()) for some in nearest)
    steeper = np.sqrt((1.0 + jump.half) / (1.0 - jump.half))
    weighed = np.where(left, steeper**2, steeper**-2) * pull
    nearer = away <= away.min() * (1.0 + TIE)
    return (float(weighed[nearer].sum()),)


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
