"""The loss along one of its parameters: what branches and landscapes are followed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from continuation.compiled_problem import CompiledProblem
from continuation.errors import InvalidInputError
from continuation.landscape.network.conditions import Conditions
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss, LossAt
from continuation.landscape.network.ramp import sample_weights
from continuation.landscape.network.responses import Responses


@dataclass(frozen=True, eq=False)
class LossAlong:
    """L(θ; p) along one parameter p, everything else fixed; `at` gives the loss at one value.

    The kernels know a schedule of sizes. What works on samples (limit models, searches, graphs)
    sees the same loss between two scheduled sizes through the weights of the samples.

    Attributes
    ----------
    loss : Loss
    parameter : {"noise", "size", "weight_decay", "population"}
    fixed : Conditions
        What stays; the entry of the parameter itself plays no part.
    schedule : tuple of int
        With "size", see `Loss.problem`.
    """

    loss: Loss
    parameter: str
    fixed: Conditions = field(default=Conditions())
    schedule: tuple[int, ...] = ()

    @property
    def decays(self) -> bool:
        """Whether there is weight decay anywhere along the parameter."""
        return self.parameter == "weight_decay" or self.fixed.decays

    def problem(self) -> CompiledProblem:
        """∇L(θ; p) = 0 for the engine; errors as `Loss.problem`."""
        fixed = self.fixed.without(self.parameter)
        return self.loss.problem(self.parameter, schedule=self.schedule, **fixed.keywords)

    def value(self, conditions: Conditions) -> float:
        """The parameter's value in conditions of this loss."""
        return conditions.on(self.loss.data).value(self.parameter)

    def loss_at(self, p: float) -> Loss:
        """Model and data at p: within a schedule the data carry weights.

        Raises
        ------
        InvalidInputError
            Between the population and a data set, where L is the loss of neither.
        """
        if self.parameter == "population":
            raise InvalidInputError(
                "between the population and a data set there is no loss of one data set; "
                "only `problem` is defined"
            )
        return loss_in_blocks(self.loss, p, self.schedule) if self.schedule else self.loss

    def conditions(self, p: float) -> Conditions:
        """What fixes the loss of `loss_at` at p."""
        if self.schedule:
            return self.fixed.without("size")
        return self.fixed.where(self.parameter, p)

    def at(self, p: float) -> LossAt:
        """The loss at p as a function of the weights alone; errors as `loss_at`."""
        return self.loss_at(p).under(self.conditions(p))

    def responses(self, p: float) -> Responses:
        """The data at p as single units see them; errors as `loss_at`."""
        return Responses.of(self.loss_at(p), self.conditions(p))


@lru_cache(maxsize=8)
def loss_in_blocks(loss: Loss, p: float, schedule: tuple[int, ...]) -> Loss:
    """The loss on `in_blocks`."""
    return Loss(loss.model, in_blocks(loss.data, p, schedule))


def in_blocks(data: Dataset, p: float, schedule: tuple[int, ...]) -> Dataset:
    """The data set at the size p in which whole blocks of samples come in.

    Parameters
    ----------
    data : Dataset
        With uniform weights.
    p : float
    schedule : tuple of int
        Increasing sizes.
    """
    upper = min((n for n in schedule if n >= p), default=schedule[-1])
    whole = data.first(upper)
    if p <= schedule[0] or p >= upper:
        return whole
    weights = sample_weights(upper, p, schedule)
    return Dataset(whole.x, whole.target, whole.noise, weights, whole.kind)
