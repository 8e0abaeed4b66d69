"""The loss along one of its parameters: what branches and landscapes are followed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from continuation.compiled_problem import CompiledProblem
from continuation.errors import require_type
from continuation.landscape.network.conditions import Conditions
from continuation.landscape.network.dataset import Dataset
from continuation.landscape.network.loss import Loss
from continuation.landscape.network.loss_at import LossAt
from continuation.landscape.network.ramp import sample_weights, weights_of
from continuation.landscape.network.responses import Responses


@dataclass(frozen=True, eq=False)
class LossAlong:
    """L(θ; p) along one parameter p, everything else fixed; `at` gives the loss at one value.

    The kernels know a schedule of sizes. What works on samples (limit models, searches, graphs)
    sees the same loss between two scheduled sizes through the weights of the samples.

    Attributes
    ----------
    loss : Loss
    parameter : {"noise", "size", "weight_decay", "population", "smoothing"}
    fixed : Conditions
        What stays; the entry of the parameter itself plays no part.
    schedule : tuple of int
        Of sizes, see `Loss.problem`: along "size", or with a size that stays.
    """

    loss: Loss
    parameter: str
    fixed: Conditions = field(default=Conditions())
    schedule: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_type("the loss", self.loss, Loss, "a Loss(model, data)")

    @property
    def decays(self) -> bool:
        """Whether there is weight decay anywhere along the parameter."""
        return self.parameter == "weight_decay" or self.fixed.decays

    def require_meaning(self) -> None:
        """Refuse what `problem` refuses of the parameter and the data."""
        fixed = self.fixed.without(self.parameter)
        self.loss.require_meaning(fixed, self.parameter, self.schedule)

    def problem(self) -> CompiledProblem:
        """∇L(θ; p) = 0 for the engine; errors as `Loss.problem`."""
        fixed = self.fixed.without(self.parameter)
        return self.loss.problem_under(fixed, self.parameter, self.schedule)

    def value(self, conditions: Conditions) -> float:
        """The parameter's value in conditions of this loss; the smoothing is the model's own."""
        if self.parameter == "smoothing" and conditions.smoothing is None:
            return float(self.loss.model.smoothing or 0.0)
        return conditions.on(self.loss.data).value(self.parameter)

    def loss_at(self, p: float) -> Loss:
        """Model and data at p: within a schedule, and beside the population, they carry weights."""
        here = self.fixed.where(self.parameter, p)
        loss = self._mixed(here)
        if self.schedule and here.size is not None:
            return loss_in_blocks(loss, here.size, self.schedule)
        return loss

    def conditions(self, p: float) -> Conditions:
        """What fixes the loss of `loss_at` at p."""
        here = self.fixed.where(self.parameter, p).without("population").without("smoothing")
        return here.without("size") if self.schedule else here

    def at(self, p: float) -> LossAt:
        """The loss at p as a function of the weights alone."""
        return self.loss_at(p).under(self.conditions(p))

    def responses(self, p: float) -> Responses:
        """The data at p as single units see them."""
        here = self.fixed.where(self.parameter, p)
        return Responses.of(self._mixed(here), here, self.schedule)

    def _mixed(self, here: Conditions) -> Loss:
        """The loss, or what lies between it and that of the population, or has other kinks."""
        if here.smoothing is not None:
            return smoothed_loss(self.loss, here.smoothing)
        if self.parameter != "population" and here.population == 1.0:
            return self.loss
        return loss_beside_population(self.loss, here.population)


@lru_cache(maxsize=8)
def loss_in_blocks(loss: Loss, p: float, schedule: tuple[int, ...]) -> Loss:
    """The loss on `in_blocks`."""
    return Loss(loss.model, in_blocks(loss.data, p, schedule))


@lru_cache(maxsize=8)
def smoothed_loss(loss: Loss, smoothing: float) -> Loss:
    """The loss of the network with another smoothing of its kinks, on the same data."""
    return Loss(loss.model.smoothed(smoothing), loss.data)


@lru_cache(maxsize=8)
def loss_beside_population(loss: Loss, share: float) -> Loss:
    """The loss on `mixed_with_population`."""
    return Loss(loss.model, mixed_with_population(loss.data, loss.population.data, share))


def mixed_with_population(data: Dataset, population: Dataset, share: float) -> Dataset:
    """Nodes of the population and samples together: (1 − s)·population + s·empirical loss.

    Parameters
    ----------
    data, population : Dataset
    share : float
        s, from the population (0) to the data set (1); differences may step beyond.
    """
    share = min(max(share, 0.0), 1.0)
    parts = ((1.0 - share) * weights_of(population), share * weights_of(data))
    x, target, noise = (
        np.concatenate([getattr(population, name), getattr(data, name)])
        for name in ("x", "target", "noise")
    )
    return Dataset(x, target, noise, np.concatenate(parts), data.kind)


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
