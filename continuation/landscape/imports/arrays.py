"""Networks given as matrices and vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from continuation.errors import InvalidInputError
from continuation.landscape.imports.imported import (
    IDENTITY,
    Dense,
    Imported,
    network_of_layers,
    observed,
)


def from_arrays(
    weights: Sequence[ArrayLike],
    biases: Sequence[ArrayLike | None] | None = None,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    activation: str | Sequence[str] = "tanh",
    loss: str = "squared",
) -> Imported:
    """A network of dense layers.

    Parameters
    ----------
    weights : sequence of array_like, shape (inputs, units)
        Of each layer, the outputs' last.
    biases : sequence of array_like, shape (units,), or None, optional
        Of each layer; none anywhere if omitted.
    x, y : array_like, shape (n,) or (n, d) and (n,) or (n, m), optional
        Inputs and targets.
    activation : str or sequence of str
        Of all hidden layers, or of each.
    loss : {"squared", "logistic", "softmax", "huber"}

    Returns
    -------
    Imported

    Raises
    ------
    InvalidInputError
        Arrays that do not fit one another, or a wrong number of biases or activations.
    """
    matrices = [np.asarray(each, dtype=np.float64) for each in weights]
    vectors = [None] * len(matrices) if biases is None else list(biases)
    if not matrices:
        raise InvalidInputError("the network has no dense layer")
    hidden = len(matrices) - 1
    names = [activation] * hidden if isinstance(activation, str) else list(activation)
    for what, given, wanted in (("biases", vectors, len(matrices)), ("activations", names, hidden)):
        if len(given) != wanted:
            raise InvalidInputError(
                f"{len(matrices)} layers need {wanted} {what}, not {len(given)}"
            )
    layers = [
        Dense(matrix, None if vector is None else np.asarray(vector, dtype=np.float64), name)
        for matrix, vector, name in zip(matrices, vectors, [*names, IDENTITY], strict=True)
    ]
    model, theta = network_of_layers(layers, loss)
    return Imported(model, theta, observed(x, y))
