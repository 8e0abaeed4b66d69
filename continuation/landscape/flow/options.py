"""How exactly a gradient flow is integrated, and when it is given up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict

from continuation.deadline import Deadline
from continuation.errors import InvalidInputError

RTOL = 1e-6
"""Relative tolerance of a step; 1e-4 decides alike and is three times as fast."""
FLOW_TIME = 1e13
"""Flow time after which a trajectory is given up; escapes need up to 1e12."""
STEP_LIMIT = 20_000


class FlowLimits(TypedDict, total=False):
    """The keywords of the public functions, see `FlowOptions`."""

    rtol: float
    flow_time: float
    step_limit: int
    seconds: float


@dataclass(frozen=True)
class FlowOptions:
    """Options of a flow.

    Attributes
    ----------
    rtol : float
        Relative tolerance of a step; the absolute one is a thousandth of it.
    flow_time : float
        Largest time of the flow (not of the clock).
    step_limit : int
        Largest number of steps, rejected ones included.
    seconds : float
        Wall-clock time of each flow, which is then integrated in pieces; what a flow that it cuts
        says depends on the machine.

    Raises
    ------
    InvalidInputError
        An option that is not positive, or not finite (but for `seconds`).
    """

    rtol: float = RTOL
    flow_time: float = FLOW_TIME
    step_limit: int = STEP_LIMIT
    seconds: float = math.inf

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name == "seconds":
                Deadline(value)  # refuses what is not positive
            elif not 0.0 < value < math.inf:
                raise InvalidInputError(f"{name} must be positive and finite, not {value!r}")
