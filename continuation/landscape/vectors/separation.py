"""Classes that a network separates: the loss falls to 0, and the weights diverge.

For logistic and softmax losses of labels, without weight decay, let f = Vᵀa + b in the last layer
with V and b free, and let the loss be below ω log 2 for the least weight ω of a sample. A sample on
the wrong side costs at least that, so every sample has a margin m > 0, and keeps one, as the loss
never rises. There dL/ds along (1 + s)(V, b) is Σ ω ℓ'(m) m < 0, whatever stands below: no weights
at which all samples are on their side are critical, and a flow has no limit at finite weights.

The loss falls to 0: with A = Σ ω |ℓ'| m, dL/dt ≤ −A²/|(V, b)|² and d|(V, b)|²/dt = 2A. If L stayed
above some L₁ > 0, a margin and with it A would stay away from 0, at A ≥ c; |(V, b)|² would grow
like t while L fell by at least c²/(C + 2ct) per time, whose integral diverges.

References
----------
K. Lyu and J. Li, "Gradient descent maximizes the margin of homogeneous neural networks", *ICLR*
(2020): L ~ 1/t up to powers of log t, and margins like log t.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from continuation.arrays import Array
from continuation.landscape.infinity import SEPARATED, LimitModel
from continuation.landscape.network import LABELS, LossAt, Units
from symbolic import Model

WRONG_SIDE = float(np.log(2.0))
"""Least loss of a sample whose own class is not ahead of another one."""

STARTS, MOST_STEPS = 8, 400
"""Descents that look whether classes can be separated, and steps of each."""

CERTAIN = "the loss is below that of one sample on the wrong side, for good: it falls to 0"


@dataclass(frozen=True, eq=False)
class Separated(LimitModel):
    """All samples certain: outputs are infinite, each with the sign of its class."""

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """No unit meets another, vanishes or diverges by itself."""
        return 0, 0, 0, 0

    @property
    def input_weights(self) -> tuple[float, ...]:
        """None is known."""
        return ()

    @property
    def working_units(self) -> int:
        """There is no limit function whose units could be counted."""
        return 0

    @property
    def exchanges(self) -> int:
        """The identity."""
        return 1

    @property
    def is_simple(self) -> bool:
        """No: it has no units."""
        return False

    @property
    def is_followed(self) -> bool:
        """No: it has no unknowns."""
        return False

    @property
    def unknowns(self) -> Array:
        """None, (0,)."""
        return np.empty(0)

    def at(self, z: Array | Sequence[float]) -> Separated:
        """Itself."""
        return self

    def outputs(self, model: Model, x: Array) -> Array:
        """Infinite, (m,) or (m, outputs)."""
        return np.full((len(x), model.outputs) if model.outputs > 1 else len(x), np.inf)

    def outputs_at(self, z: Array, model: Model, x: Array) -> Array:
        """Infinite, for each row of z."""
        return np.array([self.outputs(model, x) for _ in np.asarray(z)])

    def canonical(self, *, odd: bool) -> Separated:
        """Itself."""
        return self

    def rescaled(self, units: Units) -> Separated:
        """Itself."""
        return self

    def to_dict(self) -> dict[str, float]:
        """One letter, by which it is known again."""
        return {SEPARATED.name: 1.0}


def can_separate(model: Model, *, decays: bool) -> bool:
    """Whether flows of this model may separate classes: then they run to infinity."""
    return model.loss in LABELS and model.has_free_last_layer and not decays


def is_separated(at: LossAt, loss: float) -> bool:
    """Whether every sample is on its side, and stays there, at this value of the loss."""
    if not can_separate(at.model, decays=at.conditions.decays):
        return False
    is_label = bool(((at.targets == 0.0) | (at.targets == 1.0)).all())
    return is_label and loss < WRONG_SIDE * float(at.weights[at.weights > 0.0].min())


def reaches_separation(at: LossAt, seed: int) -> bool:
    """Whether a descent from one of a few random starts separates the classes.

    False proves nothing. Not a flow: any way down to such a loss shows that there are such weights.
    """
    return can_separate(at.model, decays=at.conditions.decays) and any(
        is_separated(at, value) for value in _descents(at, np.random.default_rng(seed))
    )


def _descents(at: LossAt, rng: np.random.Generator) -> Iterator[float]:
    for _ in range(STARTS):
        start = rng.standard_normal(at.model.dimension)
        yield float(minimize(at.value, start, jac=at.gradient, options={"maxiter": MOST_STEPS}).fun)
