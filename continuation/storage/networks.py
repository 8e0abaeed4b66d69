"""Networks in JSON files: the model, and its weights where they are given."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from continuation.arrays import Array
from continuation.errors import MlpcontError, StoreError
from continuation.landscape.network import as_weights
from continuation.storage.files import write_text
from symbolic import Model

MODEL, THETA = "model", "theta"
"""Names in the file."""


def save_network(path: str | os.PathLike[str], model: Model, theta: ArrayLike) -> Path:
    """Write a network with its weights, atomically; `load_network` reads it back.

    Parameters
    ----------
    path : path-like
    model : Model
    theta : array_like, shape (d,)

    Raises
    ------
    StoreError
        The file cannot be written.
    InvalidInputError
        Weights of another shape.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.storage import save_network
    >>> from symbolic import single_unit
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> save_network(path, single_unit(), [1.0, 0.5]).exists()
    True
    """
    weights = as_weights(model, theta).tolist()
    return write_text(path, json.dumps({MODEL: json.loads(model.to_json()), THETA: weights}))


def load_network(path: str | os.PathLike[str]) -> tuple[Model, Array | None]:
    """Read a network; weights are None in the file of a model alone (`Model.to_json`).

    Raises
    ------
    StoreError
        The file cannot be read, or holds no network.

    Examples
    --------
    >>> import os
    >>> import tempfile
    >>> from continuation.storage import load_network, save_network
    >>> from symbolic import single_unit
    >>> path = os.path.join(tempfile.mkdtemp(), "result")
    >>> _ = save_network(path, single_unit(), [1.0, 0.5])
    >>> model, theta = load_network(path)
    >>> model == single_unit(), theta
    (True, array([1. , 0.5]))
    """
    try:
        read: Any = json.loads(Path(path).read_text(encoding="utf-8"))
        model = Model.from_json(json.dumps(read.get(MODEL, read)))
        theta = read.get(THETA)
        return model, None if theta is None else as_weights(model, np.array(theta, dtype=float))
    except (OSError, ValueError, TypeError, AttributeError, MlpcontError) as error:
        raise StoreError(f"cannot read the network in {path}: {error}") from error
