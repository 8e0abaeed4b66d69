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
        c: c x; c3: c₃ x³; s: s sign(x); w2, v2, …: further units. Absent terms are zero.
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
    for name, value in limit.items():
        if is_further(name, "w"):
            out = out + limit[f"v{name[1:]}"] * activation(model, 0)(value * x)[0]
    return out


def is_further(name: str, letter: str) -> bool:
    """Whether a name is that of a weight of a unit beyond the first: w2, v2, …."""
    return name[0] == letter and name[1:].isdigit()


def canonical_limit(limit: Mapping[str, float]) -> dict[str, float]:
    """A limit with those of its units that are alike in increasing order of input weight."""
    paired = "w" in limit and "a" in limit
    units = [n[1:] for n in limit if is_further(n, "w") or (n == "w" and not paired)]
    weights = sorted((limit[f"w{n}"], limit[f"v{n}"]) for n in units)
    out = dict(limit)
    for name, (w, v) in zip(sorted(units), weights, strict=True):
        out[f"w{name}"], out[f"v{name}"] = w, v
    return out
