"""How far and in what steps the branch of a critical set is followed."""

from __future__ import annotations

from dataclasses import dataclass

from continuation.errors import InvalidInputError
from continuation.landscape.network import as_limits
from continuation.landscape.sets import SILENT_UNIT, CriticalSet
from continuation.options import NewtonOptions, StepOptions

FOLLOWING = StepOptions(initial=0.01, maximum=0.1, max_samples=4000)
"""Steps of at most a tenth in (θ, p): folds of the presets are resolved by dozens of samples."""

FOLLOWING_PLAIN = StepOptions(initial=0.01, maximum=0.3, max_samples=1000)
"""Limit models and silent units are plain callables, a hundred times slower per sample."""

CORRECTOR = NewtonOptions()


@dataclass(frozen=True)
class Course:
    """What is the same for every part of a branch.

    Attributes
    ----------
    limits : (float, float)
        Of the parameter; the branch ends exactly there.
    direction : {-1, 0, 1}
        At the start the parameter falls or rises; 0: both.
    step : StepOptions
        In the weights.
    newton : NewtonOptions
    targets : tuple of float
        Of `trace_branch`.

    Raises
    ------
    InvalidInputError
        For another direction, and for limits that are not finite, >= 0 and increasing.
    """

    limits: tuple[float, float]
    direction: int = 0
    step: StepOptions = FOLLOWING
    newton: NewtonOptions = CORRECTOR
    targets: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.direction not in (-1, 0, 1):
            raise InvalidInputError(f"direction must be -1, 0 or 1, not {self.direction!r}")
        object.__setattr__(self, "limits", as_limits(self.limits))

    def directions(self, start: float, parameter: str) -> list[int]:
        """Directions in which there is something to follow from a value of the parameter.

        Raises
        ------
        InvalidInputError
            Where there is none, or the value lies outside the limits.
        """
        low, high = self.limits
        if not low <= start <= high:
            raise InvalidInputError(
                f"the set was found at {parameter} = {start:g}, outside the limits {low:g} to "
                f"{high:g}"
            )
        wanted = [-1, 1] if self.direction == 0 else [self.direction]
        possible = [d for d in wanted if start != (low if d < 0 else high)]
        if not possible:
            raise InvalidInputError(
                f"there is nothing to follow from {start:g} within {self.limits}"
            )
        return possible


def usual_steps(critical_set: CriticalSet) -> StepOptions:
    """Steps for one kind of critical set."""
    plain = critical_set.at_infinity or critical_set.subkind == SILENT_UNIT
    return FOLLOWING_PLAIN if plain else FOLLOWING
