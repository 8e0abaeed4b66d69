"""Units that fit the data: what is computed is the same whatever the data are measured in.

Inputs of 1e9 and outputs of 1e-6 make Hessians whose entries differ by thirty orders, and a
gradient flow that is stiff for no reason of its own. The public functions therefore measure
observed data in the powers of ten nearest to their root mean squares, work in these units, and
give weights and losses back in those of the data. The gradient flow is the one of these units: the
metric of the weights, which a flow depends on, follows the data.

See docs/theory.md, Units.
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, cast, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import require_type
from continuation.landscape.network.conditions import Conditions
from continuation.landscape.network.dataset import as_real
from continuation.landscape.network.loss import INPUT_ROW, TARGET_ROW, Loss
from continuation.landscape.network.loss_at import LossAt
from continuation.landscape.network.weights import Layout
from symbolic import Model

WEIGHTS = ("theta", "theta0", "thetas", "base")
"""Arguments that are weights (…, d): no other array has units."""

P = ParamSpec("P")
Result = TypeVar("Result")
Source = TypeVar("Source", Loss, LossAt)


@dataclass(frozen=True)
class Units:
    """Units of inputs and outputs, as multiples of those that something is given in.

    Attributes
    ----------
    layout : Layout
        Of the weights, whose units follow.
    x, y : float
    """

    layout: Layout
    x: float = 1.0
    y: float = 1.0

    @classmethod
    def fitting(cls, model: Model, x: Array, y: Array) -> Units:
        """The powers of ten nearest to the root mean squares of inputs and outputs.

        A teacher is a function of inputs in given units, and so is an expression: only networks
        that are fitted to observations have free ones. Fixed output weights fix the unit of y.
        """
        layout = Layout.of(model)
        if not model.is_perceptron or model.teacher is not None:
            return cls(layout)
        return cls(layout, _nearest(x), _nearest(y) if model.free_output else 1.0)

    @property
    def change(self) -> bool:
        """Whether they are others."""
        return (self.x, self.y) != (1.0, 1.0)

    @property
    def inverse(self) -> Units:
        """From the units that these are multiples of to these."""
        return replace(self, x=1.0 / self.x, y=1.0 / self.y)

    @property
    def loss(self) -> float:
        """Unit of a loss."""
        return self.y**2

    def weights(self, theta: ArrayLike) -> Array:
        """Weights (…, d) given in these units, in the ones that these are multiples of.

        w x and biases are numbers, output weights and offset are measured like y. Those of a
        network of another width are converted alike; arrays that fit none are left to those who
        refuse them.
        """
        layout, theta = self.layout, as_real("theta", theta)
        hidden = layout.units_in(theta.shape[-1]) if theta.ndim else None
        if hidden is None:
            return theta
        unit = [1.0 / self.x, 1.0][: layout.inputs] + [self.y] * layout.outputs
        rows = np.tile(unit, (hidden, 1))
        return theta * layout.join(rows, np.full(layout.rest, self.y))


@runtime_checkable
class Measured(Protocol):
    """What has units: a set, a graph, a flow."""

    def rescaled(self, units: Units) -> Self:
        """The same, given in `units`, in the ones that these are multiples of."""
        ...


def in_fitting_units(
    function: Callable[Concatenate[Source, P], Result],
) -> Callable[Concatenate[Source, P], Result]:
    """Let a function of a loss work in units that fit its data.

    Sets and weights among its arguments are converted, and what it returns is converted back.
    Weight decay compares weights with one another in the units that they have: under decay, and
    where the units of the data fit already, the function is called as it is.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def measured(loss: Source, *args: P.args, **kwargs: P.kwargs) -> Result:
        require_type("the loss", loss, (Loss, LossAt), "a Loss(model, data)")
        units = fitting_units(loss)
        if not units.change:
            return function(loss, *args, **kwargs)
        given = signature.bind(loss, *args, **kwargs)
        if _decays({**given.arguments, **kwargs}):
            return function(loss, *args, **kwargs)
        for name, value in given.arguments.items():
            if name in WEIGHTS:
                given.arguments[name] = units.inverse.weights(value)
            else:
                given.arguments[name] = rescaled(value, units.inverse)
        return cast(Result, rescaled(function(*given.args, **given.kwargs), units))

    return measured


def rescaled(value: Any, units: Units) -> Any:
    """Something given in `units`, in the ones that these are multiples of; numbers stay."""
    if isinstance(value, Loss):
        return Loss(value.model, value.data.rescaled(units.x, units.y))
    if isinstance(value, LossAt):
        rows = value.data.copy()
        rows[INPUT_ROW] *= units.x
        rows[TARGET_ROW] *= units.y
        return replace(value, data=rows)
    if isinstance(value, Measured):
        return value.rescaled(units)
    if isinstance(value, list | tuple):
        return type(value)(rescaled(one, units) for one in value)
    return value


def fitting_units(loss: Loss | LossAt, *, decays: bool = False) -> Units:
    """Units that fit the data of a loss, as multiples of its own; those under weight decay."""
    if decays:
        return Units(Layout.of(loss.model))
    if isinstance(loss, LossAt):
        return Units.fitting(loss.model, loss.x, loss.targets)
    return Units.fitting(loss.model, loss.data.x, loss.data.target)


def _nearest(values: Array) -> float:
    """The power of ten nearest to the root mean square; 1 for zeros."""
    size = float(np.abs(values).max())
    if size == 0.0:
        return 1.0
    return 10.0 ** round(math.log10(size * math.sqrt(np.mean((values / size) ** 2))))


def _decays(arguments: Mapping[str, Any]) -> bool:
    """Whether there is weight decay: given, or in the conditions of a loss or of sets."""
    each = itertools.chain.from_iterable(
        value if isinstance(value, Sequence) else (value, *getattr(value, "sets", ()))
        for value in arguments.values()
    )
    held = (getattr(one, "conditions", one) for one in each)
    decaying = any(isinstance(one, Conditions) and one.decays for one in held)
    return decaying or bool(arguments.get("weight_decay"))
