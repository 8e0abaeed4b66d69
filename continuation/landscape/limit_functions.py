"""Network functions at infinity: the limits of diverging weights (MODEL: at infinity)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from continuation.landscape.responses import activation
from symbolic import Model

Array = NDArray[np.float64]


def limit_outputs(model: Model, limit: Mapping[str, float], x: Array) -> Array:
    """Evaluate a limit model.

    Parameters
    ----------
    model : Model
        Gives the activation.
    limit : mapping
        w, v: a unit v φ(w x); w, a, b: a confluent pair a φ(w x) + b x φ'(w x);
        c: c x; c3: c₃ x³; s: s sign(x). Absent terms are zero.
    x : ndarray, shape (m,)

    Returns
    -------
    ndarray, shape (m,)
    """
    out = limit.get("c", 0.0) * x + limit.get("c3", 0.0) * x**3 + limit.get("s", 0.0) * np.sign(x)
    if "w" in limit:
        phi, dphi = activation(model, 1)(limit["w"] * x)
        out = out + (limit.get("v", 0.0) + limit.get("a", 0.0)) * phi
        out = out + limit.get("b", 0.0) * x * dphi
    return out
