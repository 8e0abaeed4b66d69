"""The update rules, and up to which curvature a minimum holds them.

With g the gradient on the samples of a step (all of them, or a batch):

- plain and with momentum β: u ← β u + g, θ ← θ − η u;
- Adam: m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², and with both corrected for their start
  θ ← θ − η m / (√s + ε).

References
----------
B. T. Polyak, *USSR Comput. Math. Math. Phys.* 4 (1964) 1: momentum, and its limit 2(1 + β)/η.
D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", *ICLR* (2015).
J. Cohen et al., "Gradient descent on neural networks typically occurs at the edge of stability",
*ICLR* (2021).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import as_whole
from continuation.options import as_number

Order = NDArray[np.int64]


@dataclass(frozen=True)
class Optimiser:
    """What all update rules have.

    Attributes
    ----------
    step : float
        η > 0, in units of the loss it is used with.
    """

    step: float

    def __post_init__(self) -> None:
        _require("step", self.step, 0.0, math.inf)

    @property
    def batch(self) -> int:
        """Samples of a step; 0 for all."""
        return 0

    @property
    def curvature_limit(self) -> float:
        """λ_max of the Hessian below which a minimum attracts the rule."""
        return 2.0 / self.step

    @property
    def numbers(self) -> Array:
        """η, β or β₁, β₂, ε, and whether it is adaptive (5,), as the compiled loop reads them."""
        return np.array([self.step, 0.0, 0.0, 0.0, 0.0])

    def order(self, samples: int, first: int, count: int) -> Order:
        """Samples of the steps `first` … `first` + count − 1, shape (count, batch)."""
        return np.empty((count, 0), dtype=np.int64)


@dataclass(frozen=True)
class GradientDescent(Optimiser):
    """θ ← θ − η ∇L(θ).

    Examples
    --------
    >>> from continuation.landscape import Dataset, GradientDescent, Loss, descend
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> descend(loss.at(noise=0.1), [0.5, 0.5], GradientDescent(0.5)).status
    'point'
    """


@dataclass(frozen=True)
class Momentum(Optimiser):
    """Gradient descent with momentum (the heavy ball).

    Attributes
    ----------
    momentum : float
        0 ≤ β < 1.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, Momentum, descend
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> descend(loss.at(noise=0.1), [0.5, 0.5], Momentum(0.1)).status
    'point'
    """

    momentum: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        _require("momentum", self.momentum, -1.0, 1.0)

    @property
    def curvature_limit(self) -> float:
        """2(1 + β)/η."""
        return 2.0 * (1.0 + self.momentum) / self.step

    @property
    def numbers(self) -> Array:
        """As of every rule."""
        return np.array([self.step, self.momentum, 0.0, 0.0, 0.0])


@dataclass(frozen=True)
class Adam(Optimiser):
    """Adam on all samples.

    Next to a minimum √s vanishes and the rule is steep: it hovers at a distance of about η, where
    it is said to converge as long as it stays.

    Attributes
    ----------
    first, second : float
        β₁ and β₂, between 0 and 1.
    epsilon : float

    Examples
    --------
    >>> from continuation.landscape import Adam, Dataset, Loss, descend
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> descend(loss.at(noise=0.1), [0.5, 0.5], Adam(0.01)).status
    'point'
    """

    step: float = 1e-3
    first: float = 0.9
    second: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("first", "second"):
            _require(name, getattr(self, name), -1.0, 1.0)
        _require("epsilon", self.epsilon, 0.0, math.inf)

    @property
    def curvature_limit(self) -> float:
        """None: steps of the size η are all that a steep minimum makes of it."""
        return math.inf

    @property
    def numbers(self) -> Array:
        """As of every rule."""
        return np.array([self.step, self.first, self.second, self.epsilon, 1.0])


@dataclass(frozen=True)
class StochasticGradientDescent(Momentum):
    """Gradient descent on batches: every epoch takes all samples once, in a new order.

    Attributes
    ----------
    batch_size : int
        Samples of a step; those that are left over at the end of an epoch are skipped.
    seed : int
        Of the orders.

    Examples
    --------
    >>> from continuation.landscape import Dataset, Loss, StochasticGradientDescent, descend
    >>> from symbolic import single_unit
    >>> loss = Loss(single_unit(), Dataset.sample(single_unit(), n=20, seed=0))
    >>> rule = StochasticGradientDescent(0.1, batch_size=5)
    >>> descend(loss.at(noise=0.1), [0.5, 0.5], rule, step_limit=1000).status
    'undecided'
    """

    momentum: float = 0.0
    batch_size: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        as_whole("batch_size", self.batch_size, 1)
        as_whole("seed", self.seed, 0)

    @property
    def batch(self) -> int:
        """Samples of a step."""
        return int(self.batch_size)

    def order(self, samples: int, first: int, count: int) -> Order:
        """Samples of the steps `first` … `first` + count − 1, shape (count, batch)."""
        if self.batch > samples:
            raise InvalidInputError(f"a batch of {self.batch} needs as many samples, not {samples}")
        each = samples // self.batch
        epochs = range(first // each, (first + count - 1) // each + 1)
        rows = [self._epoch(samples, epoch)[: each * self.batch] for epoch in epochs]
        steps = np.concatenate(rows).reshape(-1, self.batch)
        skipped = first - epochs[0] * each
        return np.ascontiguousarray(steps[skipped : skipped + count])

    def _epoch(self, samples: int, epoch: int) -> Order:
        source = np.random.SeedSequence(self.seed, spawn_key=(epoch,))
        return np.asarray(np.random.default_rng(source).permutation(samples), dtype=np.int64)


def _require(name: str, value: object, above: float, below: float) -> None:
    """Refuse what is not strictly between two numbers; −1 stands for "0 or more"."""
    number = as_number(name, value)
    if not (above < number < below and number >= 0.0):
        least = "at least 0" if above < 0.0 else "positive"
        most = "finite" if below == math.inf else f"below {below:g}"
        raise InvalidInputError(f"{name} must be {least} and {most}, not {value!r}")
