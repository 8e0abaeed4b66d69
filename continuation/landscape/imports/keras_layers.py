"""Networks of Keras: dense layers, read by `get_weights` and `get_config`.

With the mean over samples and outputs that Keras takes, m outputs: "mse" is 2/m of the squared loss
here, binary cross-entropy 1/m of the logistic one, categorical cross-entropy is the softmax loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.imports.imported import (
    IDENTITY,
    Dense,
    Imported,
    divisor_of_means,
    leaky_relu,
    network_of_layers,
    observed,
)

ACTIVATIONS = {
    "linear": IDENTITY,
    "tanh": "tanh",
    "sigmoid": "logistic",
    "relu": "relu",
    "softplus": "softplus",
    "silu": "silu",
    "swish": "silu",
    "gelu": "gelu",
}
"""By the name in a layer's configuration."""

OUTPUTS = {"sigmoid": "logistic", "softmax": "softmax"}
"""Activations of the last layer that belong to the loss."""

IGNORED = ("InputLayer", "Flatten", "Dropout")
"""Layers that do nothing to rows of numbers, in inference."""

RELU_OPTIONS = ("max_value", "negative_slope", "threshold")
"""Options of the layer `ReLU` that are not set in max(u, 0)."""

OWN: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "ReLU": lambda options: "" if any(options.get(name) for name in RELU_OPTIONS) else "relu",
    "LeakyReLU": lambda options: leaky_relu(float(options["negative_slope"])),
    "Softmax": lambda options: "softmax",
}
"""Layers that are an activation, by their configuration; "" where there is none such here."""


def from_keras(
    source: Any,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    loss: str | None = None,
) -> Imported:
    """A model of dense layers, or the layers themselves.

    Parameters
    ----------
    source : model with `layers`, or iterable of layers
        Each with `get_weights()` and `get_config()`.
    x, y : array_like, optional
        Inputs (n, d) and targets.
    loss : {"squared", "logistic", "softmax", "huber"}, optional
        Omitted: "logistic" or "softmax" where the last activation is, else "squared".

    Returns
    -------
    Imported

    Raises
    ------
    InvalidInputError
        A layer or activation that there is none for; it is named.
    """
    layers, implied = _layers(getattr(source, "layers", source))
    loss = loss or implied
    model, theta = network_of_layers(layers, loss)
    divisor = divisor_of_means(loss, model.outputs)
    return Imported(model, theta, observed(x, y), 0.0, divisor)


def _layers(source: Iterable[Any]) -> tuple[list[Dense], str]:
    """Dense layers, and the loss that the last activation implies."""
    given = [layer for layer in source if type(layer).__name__ not in IGNORED]
    layers, names = list[tuple[Array, Array | None]](), list[str]()
    for number, layer in enumerate(given):
        kind, options = type(layer).__name__, layer.get_config()
        name = OWN[kind](options) if kind in OWN else str(options.get("activation", "linear"))
        if name and kind in ("Activation", *OWN) and layers and names[-1] == "linear":
            names[-1] = name
            continue
        if kind != "Dense":
            raise InvalidInputError(
                f"layer {number} of the network is of the kind {kind}: it must be Dense, or an "
                f"Activation, plain ReLU, LeakyReLU or Softmax after one without"
            )
        weights, *biases = (np.asarray(each, dtype=np.float64) for each in layer.get_weights())
        layers.append((weights, biases[0] if biases else None))
        names.append(name)
    loss = OUTPUTS.get(names[-1], "squared") if names else "squared"
    known = [*names[:-1], "linear"] if loss != "squared" else names
    activations = [_ours(name) for name in known]
    return [Dense(*pair, a) for pair, a in zip(layers, activations, strict=True)], loss


def _ours(name: str) -> str:
    """The activation as `Model.mlp` takes it: a name of Keras, or the formula of a layer."""
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]
    if name.isidentifier():
        raise InvalidInputError(
            f"unknown activation {name!r} of Keras; known: {', '.join(ACTIVATIONS)}"
        )
    return name
