"""Networks of PyTorch: a `Sequential` of linear layers and activations, or a `state_dict`.

With the mean over samples that PyTorch takes, and m outputs: `MSELoss` is 2/m of the squared loss
here, `BCEWithLogitsLoss` is 1/m of the logistic one, `CrossEntropyLoss` is the softmax loss, and
`HuberLoss` is 1/m of Huber's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.imports.arrays import from_arrays
from continuation.landscape.imports.imported import (
    IDENTITY,
    Dense,
    Imported,
    divisor_of_means,
    leaky_relu,
    network_of_layers,
    observed,
)

ACTIVATIONS: Mapping[str, Callable[[Any], str]] = {
    "Identity": lambda module: IDENTITY,
    "Tanh": lambda module: "tanh",
    "Sigmoid": lambda module: "logistic",
    "ReLU": lambda module: "relu",
    "SiLU": lambda module: "silu",
    "LeakyReLU": lambda module: leaky_relu(float(module.negative_slope)),
    "Softplus": lambda module: _softplus(float(module.beta)),
    "GELU": lambda module: "gelu" if module.approximate == "none" else "",
}
"""By class name; "" where there is no such activation here. Softplus is linear above its threshold
in PyTorch, by 2e-9 at 20."""

OUTPUTS = {"Sigmoid": "logistic", "Softmax": "softmax", "LogSoftmax": "softmax"}
"""Last modules that belong to the loss."""

IGNORED = ("Flatten", "Dropout")
"""Modules that do nothing to rows of numbers, in evaluation."""


def from_torch(
    source: Any,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    activation: str | Sequence[str] | None = None,
    loss: str | None = None,
) -> Imported:
    """A `Sequential`, or a `state_dict` of linear layers.

    Parameters
    ----------
    source : Sequential or mapping of str to tensor
        A `state_dict` has keys that end in "weight" and "bias", layer after layer. A `Sequential`
        may hold others; its function is that of evaluation, without dropout.
    x, y : array_like, optional
        Inputs (n, d) and targets.
    activation : str or sequence of str, optional
        Of the hidden layers: needed for a `state_dict`, which holds none, and only there.
    loss : {"squared", "logistic", "softmax", "huber"}, optional
        Omitted: "logistic" or "softmax" where the last module is `Sigmoid` or `(Log)Softmax`, else
        "squared".

    Returns
    -------
    Imported

    Raises
    ------
    InvalidInputError
        A module that there is no layer for (it is named), or activations where none or some are
        needed.
    """
    if isinstance(source, Mapping):
        if activation is None:
            raise InvalidInputError(
                "a state_dict holds no activations: say activation='tanh', or one for each layer"
            )
        weights, biases = _of_state(source)
        loss = loss or "squared"
        found = from_arrays(weights, biases, activation=activation, loss=loss)
        model, theta = found.model, found.theta
    else:
        if activation is not None:
            raise InvalidInputError("the modules say their activations: leave out activation=")
        layers, implied = _of_modules(list(_flat(source)))
        loss = loss or implied
        model, theta = network_of_layers(layers, loss)
    divisor = divisor_of_means(loss, model.outputs)
    return Imported(model, theta, observed(_numbers(x), _numbers(y)), 0.0, divisor)


def _of_state(state: Mapping[str, Any]) -> tuple[list[Array], list[Array | None]]:
    """Matrices (inputs, units) and biases, in the order of the keys."""
    layers: dict[str, dict[str, Array]] = {}
    for key, tensor in state.items():
        name, _, part = key.rpartition(".")
        values = np.asarray(_numbers(tensor))
        if (part, values.ndim) not in (("weight", 2), ("bias", 1)):
            raise InvalidInputError(
                f"{key!r} of shape {values.shape} is no weight or bias of a linear layer"
            )
        layers.setdefault(name, {})[part] = values
    if not all("weight" in layer for layer in layers.values()):
        raise InvalidInputError("the state_dict has biases without weights")
    return [p["weight"].T for p in layers.values()], [p.get("bias") for p in layers.values()]


def _flat(source: Any) -> Iterator[Any]:
    """The modules of a `Sequential`, and of those that it holds."""
    if not isinstance(source, Iterable):
        raise InvalidInputError(
            f"a {type(source).__name__} does not say in which order its modules act: give a "
            "Sequential, or its state_dict() with activation="
        )
    for module in source:
        yield from _flat(module) if isinstance(module, Iterable) else (module,)


def _of_modules(modules: Sequence[Any]) -> tuple[list[Dense], str]:
    """Dense layers, and the loss that the last module implies."""
    names = [type(module).__name__ for module in modules]
    loss = OUTPUTS.get(names[-1], "squared") if names else "squared"
    if loss != "squared":
        modules, names = modules[:-1], names[:-1]
    layers: list[Dense] = []
    for number, (name, module) in enumerate(zip(names, modules, strict=True)):
        if name in IGNORED:
            continue
        if name == "Linear":
            bias = None if module.bias is None else np.asarray(_numbers(module.bias))
            layers.append(Dense(np.asarray(_numbers(module.weight)).T, bias))
            continue
        activation = ACTIVATIONS[name](module) if name in ACTIVATIONS else ""
        if not activation or not layers or layers[-1].activation != IDENTITY:
            known = ", ".join(["Linear", *ACTIVATIONS])
            raise InvalidInputError(
                f"module {number} of the network is {module}: it must be one of {known}, each "
                "activation after a Linear"
            )
        layers[-1] = Dense(layers[-1].weights, layers[-1].biases, activation)
    return layers, loss


def _numbers(tensor: Any) -> Any:
    """A tensor as an array of doubles; what is none is left as it is."""
    if not hasattr(tensor, "detach"):
        return tensor
    return np.asarray(tensor.detach().cpu().numpy(), dtype=np.float64)


def _softplus(beta: float) -> str:
    return "softplus" if beta == 1.0 else f"softplus({beta!r}*u)/{beta!r}"
