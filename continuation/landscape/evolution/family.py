"""The losses along one parameter, everything else fixed: a family that sets are followed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict

from continuation.errors import InvalidInputError
from continuation.landscape.network import Loss, LossAt, loss_in_blocks
from continuation.landscape.search import find_critical_sets
from continuation.landscape.sets import CriticalSet, CriticalSets

PARAMETERS = ("noise", "size", "weight_decay")
"""What a landscape can be followed in: parameters for which all critical sets can be searched."""


class LossSettings(TypedDict, total=False):
    """What `Loss.at` takes."""

    noise: float
    size: float
    weight_decay: float


@dataclass(frozen=True, eq=False)
class LossFamily:
    """L(θ; p) along one parameter p.

    Attributes
    ----------
    loss : Loss
    parameter : {"noise", "size", "weight_decay"}
    noise, weight_decay : float
        What stays fixed; the entry of the parameter itself plays no part.
    schedule : tuple of int
        With "size", see `Loss.problem`.

    Raises
    ------
    InvalidInputError
        For another parameter.
    """

    loss: Loss
    parameter: str
    noise: float = 0.0
    weight_decay: float = 0.0
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

    def settings(self, p: float) -> LossSettings:
        """Keyword arguments that fix the loss of `loss_at` at p."""
        fixed: LossSettings = {"noise": self.noise, "weight_decay": self.weight_decay}
        if self.parameter == "noise":
            fixed["noise"] = p
        elif self.parameter == "weight_decay":
            fixed["weight_decay"] = p
        elif not self.schedule:
            fixed["size"] = p
        return fixed

    def at(self, p: float) -> LossAt:
        """The loss at p as a function of the weights alone."""
        return self.loss_at(p).at(**self.settings(p))

    def search(self, p: float, seed: int = 0) -> CriticalSets:
        """All critical sets at p, not labelled by regions."""
        return find_critical_sets(self.loss_at(p), **self.settings(p), seed=seed, regions=False)

    def start(self, found: CriticalSet, p: float) -> CriticalSet:
        """A set of `search`, as the start of a branch in the parameter."""
        return replace(found, parameters=self.parameters(p))

    def parameters(self, p: float) -> dict[str, float]:
        """Noise, size and weight decay at p, as `CriticalSet` records them."""
        whole = {
            "noise": self.noise,
            "size": float(self.loss.data.size),
            "weight_decay": self.weight_decay,
        }
        return {**whole, self.parameter: p}
