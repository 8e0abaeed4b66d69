"""What an importer returns, and how dense layers become a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.network import Dataset, Loss
from symbolic import Model

IDENTITY = "identity"
"""Name of an activation that does nothing."""


@dataclass(frozen=True, eq=False)
class Imported:
    """A network that was trained elsewhere; a triple `model, theta, data` to those who unpack it.

    Attributes
    ----------
    model : Model
    theta : ndarray, shape (d,)
        Its weights.
    data : Dataset or None
        Where inputs and targets were given.
    weight_decay : float or None
        ρ of `Loss.at` with which the gradient here is the one that the library trains with, up to
        the divisor where it has no penalty; None where ρ depends on the number of samples and no
        data were given.
    divisor : float
        The loss of the data here is the library's times this: it takes means over outputs where
        sums are taken here, or leaves out the half.
    """

    model: Model
    theta: Array
    data: Dataset | None = field(default=None)
    weight_decay: float | None = 0.0
    divisor: float = 1.0

    def __iter__(self) -> Iterator[Model | Array | Dataset | None]:
        yield from (self.model, self.theta, self.data)

    def __getitem__(self, place: int) -> Model | Array | Dataset | None:
        return tuple(self)[place]

    def __len__(self) -> int:
        return 3

    @property
    def loss(self) -> Loss:
        """The loss of the model on the data.

        Raises
        ------
        InvalidInputError
            Without data.
        """
        if self.data is None:
            raise InvalidInputError("give the inputs and targets with the network: x and y")
        return Loss(self.model, self.data)

    def value(self) -> float:
        """The loss as the library counts it, penalty included.

        Raises
        ------
        InvalidInputError
            Without data.
        """
        decay = 0.0 if self.weight_decay is None else self.weight_decay
        bare = self.loss.value(self.theta)
        return bare / self.divisor + (self.loss.value(self.theta, weight_decay=decay) - bare)


@dataclass(frozen=True, eq=False)
class Dense:
    """One layer a ↦ φ(a W + b).

    Attributes
    ----------
    weights : ndarray, shape (inputs, units)
    biases : ndarray, shape (units,), or None
    activation : str
        As `Model.mlp` names it.
    """

    weights: Array
    biases: Array | None
    activation: str = IDENTITY

    @property
    def arrays(self) -> tuple[Array, ...]:
        """Weights and, if there are any, biases."""
        return (self.weights,) if self.biases is None else (self.weights, self.biases)


def network_of_layers(
    layers: Sequence[Dense], loss: str, *, decay_biases: bool = True
) -> tuple[Model, Array]:
    """Model and weights (d,) of dense layers, the last one without activation.

    Raises
    ------
    InvalidInputError
        No layers, layers that do not fit one another or are not finite, an activation of the
        outputs, or hidden layers of which only some have biases.
    """
    if not layers:
        raise InvalidInputError("the network has no dense layer")
    *hidden, last = layers
    if last.activation != IDENTITY:
        raise InvalidInputError(
            f"the outputs have the activation {last.activation!r}; a network here ends in a layer "
            "without one (logistic and softmax outputs are said by the loss)"
        )
    biased = {layer.biases is not None for layer in hidden}
    if len(biased) > 1:
        raise InvalidInputError("either all hidden layers have biases or none")
    _require_fitting(layers)
    model = Model.mlp(
        inputs=len(layers[0].weights),
        hidden=tuple(layer.weights.shape[1] for layer in hidden),
        outputs=last.weights.shape[1],
        activation=tuple(layer.activation for layer in hidden),
        bias=True in biased,
        offset=last.biases is not None,
        loss=loss,
        decay_biases=decay_biases,
    )
    theta = model.pack([layer.weights for layer in layers], [layer.biases for layer in layers])
    return model, theta


def _require_fitting(layers: Sequence[Dense]) -> None:
    width = len(layers[0].weights)
    for number, layer in enumerate(layers, start=1):
        shape = layer.weights.shape
        if len(shape) != 2 or shape[0] != width:
            raise InvalidInputError(
                f"layer {number} needs weights of shape ({width}, units), but they have {shape}"
            )
        if not all(np.isfinite(part).all() for part in layer.arrays):
            raise InvalidInputError(
                f"layer {number} has weights or biases that are no finite numbers, as training "
                "leaves them that ran off"
            )
        width = shape[1]
        if layer.biases is not None and layer.biases.shape != (width,):
            raise InvalidInputError(
                f"layer {number} needs {width} biases, but they have shape {layer.biases.shape}"
            )


def leaky_relu(slope: float) -> str:
    """Formula of max(u, slope u), slope < 1."""
    return f"{0.5 * (1.0 + slope)!r}*u + {0.5 * (1.0 - slope)!r}*Abs(u)"


def divisor_of_means(loss: str, outputs: int) -> float:
    """The divisor of PyTorch's and Keras' losses, which are means over outputs without a half."""
    return {"squared": 0.5 * outputs, "softmax": 1.0}.get(loss, float(outputs))


def observed(x: ArrayLike | None, y: ArrayLike | None) -> Dataset | None:
    """The data set of inputs and targets, None without any.

    Raises
    ------
    InvalidInputError
        One without the other.
    """
    if (x is None) != (y is None):
        raise InvalidInputError("give both the inputs x and the targets y, or none")
    return None if x is None or y is None else Dataset.from_observations(np.asarray(x), y)
