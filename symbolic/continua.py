"""Changes of the weights that leave a network's loss as it is, by any amount.

Along them critical points form continua, whatever the data: none is isolated.
"""

import numpy as np

from symbolic.layer_activations import apply
from symbolic.layers import Network

_POINTS = np.array([-1.3, 0.7])

PLAIN = "identity"

SCALES = "a unit's incoming weights may grow by a factor if its outgoing ones shrink by it"
SHIFTS = "softmax is the same when one number is added to all outputs"
MIXES = "a layer without activation may be changed if the next one makes up for it"


def continua_of(network: Network, *, decays: bool) -> tuple[str, ...]:
    """The changes that there are with weight decay or without, in words; mostly none."""
    free = not decays or (network.offset and not network.decay_biases)
    found = []
    if network.loss == "softmax" and free and (network.offset or network.output_weights is None):
        found.append(SHIFTS)
    plain = [
        h for h, name in zip(network.hidden, network.activations, strict=True) if name == PLAIN
    ]
    # decay of all weights leaves the rotations of two units or more
    if plain and (max(plain) > 1 or not decays or (free and network.bias)):
        found.append(MIXES)
    scaled = network.activations if network.output_weights is None else network.activations[:-1]
    if not decays and any(map(_is_homogeneous, scaled)):
        found.append(SCALES)
    return tuple(found)


def _is_homogeneous(activation: str) -> bool:
    """Whether phi(c u) = c phi(u) for c > 0: ReLU, leaky ReLU, |u|."""
    ones, twos = apply(activation, _POINTS), apply(activation, 2.0 * _POINTS)
    return activation != PLAIN and bool(np.allclose(twos, 2.0 * ones, rtol=1e-12, atol=0.0))
