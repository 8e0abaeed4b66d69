"""Where the weights of each unit lie in θ: the one place that knows.

θ = (w_1 … w_H, [c_1 … c_H,] [v_1 … v_H,] [b_0]): block after block, in every block one number for
each unit; what belongs to no unit stands last. Inputs of more dimensions are more blocks on the
input side, layers several layouts in a row.

Compiled loops cannot take the value object: they take its plain integers (`hidden`, `inputs`,
`linear`) and ask `input_place` and `output_place`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from continuation.arrays import Array
from continuation.compilation import in_loops
from symbolic import Model

Weights = TypeVar("Weights", Array, list[Any])
"""Floats, or a list of balls."""


@in_loops
def input_place(hidden: int, m: int, unit: int) -> int:
    """Place in θ of the weight m (0: w, 1: c) on the input side of a unit."""
    return m * hidden + unit


@in_loops
def unit_of_input(hidden: int, place: int) -> int:
    """The unit to whose input side a place belongs."""
    return place % hidden


@in_loops
def output_place(hidden: int, inputs: int, unit: int) -> int:
    """Place in θ of the output weight of a unit that has `inputs` weights on its input side."""
    return inputs * hidden + unit


@dataclass(frozen=True)
class Layout:
    """The layout of θ (d,) for one model.

    Attributes
    ----------
    hidden : int
        Units H; 0 for a model given by an expression.
    inputs : int
        Weights on the input side of a unit: w, [c].
    outputs : int
        1 where the output weights are free, else 0.
    rest : int
        Weights of no unit: the output offset, or all of an expression.
    """

    hidden: int
    inputs: int
    outputs: int
    rest: int

    @classmethod
    def of(cls, model: Model) -> Layout:
        """The layout of a model."""
        return _layout(model)

    @property
    def blocks(self) -> int:
        """Weights of one unit."""
        return self.inputs + self.outputs

    @property
    def dimension(self) -> int:
        """Number d of weights."""
        return self.blocks * self.hidden + self.rest

    @property
    def linear(self) -> int:
        """Where the weights begin in which f is linear: the free output weights and the offset."""
        return self.inputs * self.hidden

    def units_in(self, count: int) -> int | None:
        """Units of a network of this kind that has so many weights; None where none has."""
        if not self.blocks:  # an expression has weights of no unit
            return 0 if count == self.rest else None
        units, beyond = divmod(count - self.rest, self.blocks)
        return None if beyond or units < 0 else units

    def with_hidden(self, hidden: int) -> Layout:
        """The same for another number of units."""
        return replace(self, hidden=hidden)

    # -- units as rows -----------------------------------------------------------------------

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Units as rows (H, blocks), and the rest; views where θ is a float array."""
        theta = np.asarray(theta, dtype=np.float64)
        inner = self.blocks * self.hidden
        return theta[:inner].reshape(self.blocks, self.hidden).T, theta[inner:]

    def join(self, units: Array, rest: Array) -> Array:
        """θ of units as rows (any number of them) and the rest."""
        return np.concatenate([np.asarray(units).T.ravel(), rest])

    def units(self, theta: Array) -> Array:
        """Units as rows (H, blocks), a view."""
        return self.split(theta)[0]

    # -- one kind of weight ------------------------------------------------------------------

    def input_weights(self, theta: Array) -> Array:
        """Input weights w (H,), a view."""
        return theta[: self.hidden]

    def biases(self, theta: Array) -> Array:
        """Hidden biases c (H,), a view; empty where units have none."""
        return theta[self.hidden : self.linear]

    def output_weights(self, theta: Array) -> Array:
        """Output weights v (H,), a view; empty where they are fixed."""
        return theta[self.linear : self.linear + self.outputs * self.hidden]

    # -- places ------------------------------------------------------------------------------

    def input_places(self, unit: int) -> NDArray[np.int64]:
        """Places of the weights on the input side of one unit."""
        return np.array([input_place(self.hidden, m, unit) for m in range(self.inputs)])

    def output_place(self, unit: int) -> int:
        """Place of the output weight of one unit."""
        return output_place(self.hidden, self.inputs, unit)

    def unit_of_each_weight(self) -> NDArray[np.int64]:
        """Number of the unit that each weight belongs to (d,); −1 for the rest."""
        owners = np.tile(np.arange(self.hidden), self.blocks)
        return np.append(owners, np.full(self.rest, -1, dtype=np.int64))


@lru_cache(maxsize=256)
def _layout(model: Model) -> Layout:
    if not model.is_perceptron:
        return Layout(0, 0, 0, model.dimension)
    return Layout(model.hidden, 1 + model.bias, int(model.free_output), int(model.offset))


# -- plain units: f = Σ v φ(w x), nothing else -------------------------------------------------


def split_plain(theta: Weights) -> tuple[Weights, Weights]:
    """Input and output weights (H,) of θ (2H,) of units without bias; of rows (2H, m) likewise."""
    hidden = len(theta) // 2
    return theta[:hidden], theta[hidden:]


def join_plain(w: Array, v: Array) -> Array:
    """Weights θ (2H,) of input weights w and output weights v (H,)."""
    return np.concatenate([w, v])
