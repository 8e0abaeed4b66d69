"""The losses along one parameter, everything else fixed: a family that sets are followed in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from continuation.errors import InvalidInputError
from continuation.landscape.network import Conditions, Loss, LossAt, loss_in_blocks
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import CriticalSet, CriticalSets

PARAMETERS = ("noise", "size", "weight_decay")
"""What a landscape can be followed in: parameters for which all critical sets can be searched."""


@dataclass(frozen=True, eq=False)
class LossFamily:
    """L(θ; p) along one parameter p.

    Attributes
    ----------
    loss : Loss
    parameter : {"noise", "size", "weight_decay"}
    fixed : Conditions
        What stays; the entry of the parameter itself plays no part.
    schedule : tuple of int
        With "size", see `Loss.problem`.

    Raises
    ------
    InvalidInputError
        For another parameter.
    """

    loss: Loss
    parameter: str
    fixed: Conditions = field(default_factory=Conditions)
    schedule: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.parameter not in PARAMETERS:
            raise InvalidInputError(
                f"a landscape evolves in {', '.join(PARAMETERS)}, not in {self.parameter!r}"
            )
        # the bridge to the kernels knows which parameters and schedules these data have
        self.loss.problem(self.parameter, schedule=self.schedule)

    def loss_at(self, p: float) -> Loss:
        """Model and data at p: within a schedule the data carry the weights of the ramp."""
        if not self.schedule:
            return self.loss
        return loss_in_blocks(self.loss, p, self.schedule)

    def conditions(self, p: float) -> Conditions:
        """What fixes the loss of `loss_at` at p."""
        if self.schedule:
            return self.fixed.without("size")
        return self.fixed.where(self.parameter, p)

    def at(self, p: float) -> LossAt:
        """The loss at p as a function of the weights alone."""
        return self.loss_at(p).under(self.conditions(p))

    def search(self, p: float, seed: int = 0) -> CriticalSets:
        """All critical sets at p, not labelled by regions."""
        return find_critical_sets(
            self.loss_at(p), **self.conditions(p).keywords, seed=seed, regions=False
        )

    def start(self, found: CriticalSet, p: float) -> CriticalSet:
        """A set of `search`, as the start of a branch in the parameter."""
        whole = self.fixed.on(self.loss.data)
        return replace(found, conditions=whole.where(self.parameter, p))
