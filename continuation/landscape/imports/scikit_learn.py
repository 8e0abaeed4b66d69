"""Networks of scikit-learn: `MLPRegressor` and `MLPClassifier`, in a pipeline too.

Their losses, n samples and m outputs, with the penalty ½ α Σ w²/n on weights without biases:

- regression: half the mean square over samples and outputs, 1/m of the loss here. Its training
  follows no gradient of that for m > 1, but that of the sum over outputs beside the same penalty;
- classification: the mean cross-entropy (summed over outputs), which is the loss here.

So ρ = α/n everywhere: with it the gradient here is theirs (`MLPRegressor._backprop`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import InvalidInputError
from continuation.landscape.imports.imported import Dense, Imported, network_of_layers, observed

ACTIVATIONS = ("identity", "logistic", "tanh", "relu")
"""Those of scikit-learn, which have the same names here."""

LOSSES = {
    ("identity", "squared_error"): "squared",
    ("logistic", "log_loss"): "logistic",
    ("softmax", "log_loss"): "softmax",
}
"""By activation of the outputs and loss."""


def from_sklearn(
    estimator: Any, x: ArrayLike | None = None, y: ArrayLike | None = None
) -> Imported:
    """A fitted `MLPRegressor` or `MLPClassifier`, alone or inside of other estimators.

    In a `Pipeline` the steps before it act on x first, in a `TransformedTargetRegressor` its
    transformer on y; of a search it is the best estimator.

    Parameters
    ----------
    estimator : object
        With `coefs_`, `intercepts_`, `activation`, `out_activation_`, `loss` and `alpha`.
    x, y : array_like, optional
        What it was fitted to (or other data), as it takes them: labels are those of `classes_`.

    Returns
    -------
    Imported
        `weight_decay` stands for alpha on these data.

    Raises
    ------
    InvalidInputError
        An object that is no such network or was not fitted, another loss or activation, or labels
        that it does not know.
    """
    network, x, y = _inside(estimator, x, y)
    layers, loss = _layers(network)
    alpha = float(network.alpha)
    model, theta = network_of_layers(layers, loss, decay_biases=alpha == 0.0)
    data = observed(x, None if y is None else _targets(network, y, loss))
    divisor = float(model.outputs) if loss == "squared" else 1.0
    decay = alpha / data.size if data is not None else None
    return Imported(model, theta, data, decay if alpha > 0.0 else 0.0, divisor)


def _inside(estimator: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
    """The network inside of other estimators, with inputs and targets as it gets them."""
    if hasattr(estimator, "best_estimator_"):
        return _inside(estimator.best_estimator_, x, y)
    if hasattr(estimator, "regressor_"):
        if y is not None:
            y = estimator.transformer_.transform(np.asarray(y).reshape(len(y), -1))
        return _inside(estimator.regressor_, x, y)
    if hasattr(estimator, "steps"):
        *before, (_, last) = estimator.steps
        for _, step in before if x is not None else ():
            x = step.transform(x)
        return _inside(last, x, y)
    return estimator, x.toarray() if hasattr(x, "toarray") else x, y


def _layers(network: Any) -> tuple[list[Dense], str]:
    """Dense layers and loss of one network."""
    if not (hasattr(network, "coefs_") and hasattr(network, "out_activation_")):
        raise InvalidInputError(
            f"expected a fitted MLPRegressor or MLPClassifier, not {type(network).__name__}"
            f"{' before its fit' if hasattr(network, 'hidden_layer_sizes') else ''}"
        )
    kind = (network.out_activation_, str(network.loss))
    if kind not in LOSSES:
        raise InvalidInputError(
            f"no loss here for scikit-learn's {kind[1]!r} with {kind[0]} outputs"
        )
    if network.activation not in ACTIVATIONS:
        raise InvalidInputError(f"unknown activation {network.activation!r} of scikit-learn")
    names = [network.activation] * (len(network.coefs_) - 1) + ["identity"]
    layers = [
        Dense(np.asarray(w, dtype=np.float64), np.asarray(b, dtype=np.float64), name)
        for w, b, name in zip(network.coefs_, network.intercepts_, names, strict=True)
    ]
    return layers, LOSSES[kind]


def _targets(network: Any, y: ArrayLike, loss: str) -> Array:
    """Targets as numbers: labels by their place among the classes."""
    values = np.asarray(y)
    if loss == "squared" or values.ndim > 1:
        return values
    places = np.searchsorted(network.classes_, values)
    known = np.asarray(network.classes_)[np.minimum(places, len(network.classes_) - 1)]
    if not (known == values).all():
        raise InvalidInputError(
            f"the label {values[known != values][0]!r} is none of the classes "
            f"{', '.join(map(str, network.classes_))}"
        )
    return places.astype(np.float64)
