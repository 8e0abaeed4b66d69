"""Which questions about weights can be answered in the time there is: decided before any is asked.

What an answer takes is told from the numbers of samples and weights, so that the same network has
the same questions asked on every machine; the clock is looked at only while an answer is made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from continuation.deadline import Deadline
from continuation.landscape.flow import STEP_LIMIT, operations_of_a_step
from continuation.landscape.network import LossAt
from continuation.landscape.sets.nearby import STEPS
from symbolic import Model

SPEED = 2e9
"""Operations that an ordinary processor makes in a second, in what is asked here."""

UNHURRIED = 60.0
"""Seconds that answers may take where no time is given."""

DECOMPOSED = 4.0
"""What a decomposition with vectors takes, in third powers of the number of weights."""

LEAST_STEPS, LEAST_FLOW = 10, 100
"""Newton's method, and a flow, are not begun where fewer steps than these can be afforded."""

SMALL, SLOWER, FEWEST = 20, 5, 20
"""Weights up to which a flow without limit of time has all its steps, whose cost grows with their
second power at least; how much longer a step of a network of layers takes; and the fewest."""

SEARCH, FLOW, NEWTON = 0.4, 0.7, 0.95
"""Shares of the time within which the sets are searched, the flow is integrated, and Newton's
method runs from the weights and from the slow moments of the flow."""


@dataclass(frozen=True)
class Questions:
    """What is asked about given weights.

    Attributes
    ----------
    weights : int
    spectrum : bool
        All eigenvalues of the Hessian; else only the lowest.
    newton_steps : int
        Most steps to the critical point next to them; 0: it is not asked.
    flow_steps : int
        Most steps of the flow; 0: it is not asked.
    deadline : Deadline
    """

    weights: int
    spectrum: bool
    newton_steps: int
    flow_steps: int
    deadline: Deadline

    @classmethod
    def of(cls, at: LossAt, deadline: Deadline, step_limit: int | None) -> Questions:
        """Those that the time allows."""
        d, samples = at.model.dimension, at.data.shape[1]
        timed = math.isfinite(deadline.seconds)
        operations = SPEED * (deadline.seconds if timed else UNHURRIED)
        one = 2.0 * samples * d**2 + DECOMPOSED * d**3
        newton = int(0.5 * operations / one)
        flow = int(0.5 * operations / operations_of_a_step(samples, d))
        most = step_limit or (STEP_LIMIT if timed else _unhurried_steps(at.model))
        return cls(
            weights=d,
            spectrum=2.0 * one <= operations,
            newton_steps=min(newton, STEPS) if newton >= LEAST_STEPS else 0,
            flow_steps=most if flow >= LEAST_FLOW else 0,
            deadline=deadline,
        )

    @property
    def flow_seconds(self) -> float:
        """Time for the flow that is left of its share."""
        return max(self.deadline.part(FLOW).left, 0.1 * self.deadline.seconds)

    def unanswered(self) -> Iterator[str]:
        """What is not asked, and why."""
        why = f"too large for {self.weights} weights in this time"
        if not self.spectrum:
            yield f"the signs of all eigenvalues of the Hessian ({why})"
        if not self.newton_steps:
            yield f"the nearest critical set ({why})"
        if not self.flow_steps:
            yield f"where the gradient flow ends, and what it passes ({why})"


def _unhurried_steps(model: Model) -> int:
    """Steps of a flow that take some seconds at most."""
    share = min(1.0, (SMALL / model.dimension) ** 2) / (SLOWER if model.is_network else 1)
    return max(FEWEST, round(STEP_LIMIT * share))
