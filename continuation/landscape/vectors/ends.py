"""Critical sets at infinity of one hidden layer with several inputs: which attract?

With the pull g = ω ∂ℓ/∂f of every sample at a critical point of the limit model, the derivatives
of the loss in the coordinates that vanish at the end are

* of units that meet, w ± s b: Σ g (b·x̃)³ φ'''/6 in s²;
* of one that vanishes: φ'''(0)/(6 φ'(0)) Σ g (c·x̃)³ in s², and with biases and an offset
  -|Σ g (c·x)²|, since a bias may bend it either way;
* of one that diverges in the direction of the widest margin: what each support loses by being a
  little nearer to the other side.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import CriticalEnd
from continuation.landscape.network import VECTOR_ENDS, LossAt
from continuation.landscape.vectors.limit import SATURATED, Meeting, Vector, VectorLimit
from continuation.landscape.vectors.margins import SUPPORT
from continuation.landscape.vectors.vector_loss import VectorLoss
from symbolic import Model, activation_derivatives, centre_of, parity_of


def end_of_limit(at: LossAt, limit: VectorLimit) -> CriticalEnd:
    """The end of a critical limit, in canonical form."""
    VECTOR_ENDS.require(at.model)
    limit = limit.canonical(odd=is_odd(at.model))
    loss = VectorLoss(at, limit)
    point, _ = loss.point(limit.unknowns)
    return CriticalEnd(limit, point, tuple(_normals(loss, point.residual)))


def is_odd(model: Model) -> bool:
    """Whether the units' activation is odd."""
    return parity_of(model.layered.activations[0]) < 0


def can_vanish(model: Model) -> bool:
    """Whether a unit that vanishes leaves a line: φ is odd, or odd about an offset, and bends."""
    network = model.layered
    centre = centre_of(network.activations[0])
    return centre is not None and (centre == 0.0 or network.offset) and bend_of(model) != 0.0


def bend_of(model: Model) -> float:
    """φ'''(0)/(6 φ'(0)); 0 where φ has no slope at 0."""
    _, slope, _, third = activation_derivatives(model.layered.activations[0], np.zeros(1), 3)
    return float(third[0] / (6.0 * slope[0])) if slope[0] else 0.0


def meeting_slope(loss: VectorLoss, pull: Array, pair: Meeting) -> float:
    """Derivative of the loss in s² of two units w ± s b with outputs a/2 ± 1/(2s)."""
    third = activation_derivatives(loss.name, loss.inputs @ pair.w, 3)[3]
    return float(pull @ ((loss.inputs @ pair.b) ** 3 * third)) / 6.0


def line_slope(loss: VectorLoss, pull: Array, line: Vector) -> float:
    """Derivative of the loss in s² of a unit w = s c with output 1/(s φ'(0)), see the module."""
    value = loss.inputs[:, : len(line)] @ line
    if len(line) < loss.inputs.shape[1]:
        return -abs(float(pull @ value**2))
    return bend_of(loss.at.model) * float(pull @ value**3)


def pulls_of_leap(loss: VectorLoss, place: int, pull: Array) -> tuple[Array, Array]:
    """What samples (n,) gain by being nearer to the step, and their margins."""
    leap = loss.like.leaps[place]
    low, high = SATURATED[loss.name]
    u = loss.inputs @ leap.u
    return -leap.s * (high - low) / 2.0 * np.sign(u) * pull, np.abs(u)


def _normals(loss: VectorLoss, pull: Array) -> Iterator[float]:
    limit = loss.like
    yield from (meeting_slope(loss, pull, pair) for pair in limit.meeting)
    yield from (line_slope(loss, pull, line) for line in limit.lines)
    for place in range(len(limit.leaps)):
        gains, margins = pulls_of_leap(loss, place, pull)
        nearest = margins[margins > 0.0].min(initial=np.inf)
        yield from map(float, gains[(margins > 0.0) & (margins <= nearest * (1.0 + SUPPORT))])
