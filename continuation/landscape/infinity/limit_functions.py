"""Network functions at infinity: the limits of diverging weights (MODEL: at infinity)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import activation
from symbolic import Model

DERIVATIVES = "abdefghi"
"""Letters of the coefficients of x^k φ^(k)(wx), k = 0, 1, …, where units meet at w."""


def limit_outputs(model: Model, limit: Mapping[str, float], x: Array) -> Array:
    """Evaluate a limit model.

    Parameters
    ----------
    model : Model
        Gives the activation.
    limit : mapping
        w, v: a unit v φ(w x); w, a, b: a confluent pair a φ(w x) + b x φ'(w x), where more
        units meet also d x²φ'', e x³φ''', …; c: c x; c3, c5, …: c₃ x³, c₅ x⁵; s: s sign(x);
        w2 with v2 or a2, …: further ones. Absent terms are zero.
    x : ndarray, shape (m,)

    Returns
    -------
    ndarray, shape (m,)
    """
    x = np.asarray(x)
    out = limit.get("s", 0.0) * np.sign(x)
    for name, value in limit.items():
        if name[0] == "c" and (name == "c" or name[1:].isdigit()):
            out = out + value * x ** int(name[1:] or 1)
        if name == "w" or is_further(name, "w"):
            out = out + _unit(model, limit, name[1:], x)
    return out


def _unit(model: Model, limit: Mapping[str, float], number: str, x: Array) -> Array:
    """Terms of one unit, or of several that meet; `number` is "" for the first."""
    u = limit[f"w{number}"] * x
    orders = [k for k, letter in enumerate(DERIVATIVES) if letter + number in limit]
    phi = activation(model, max(orders, default=0))(u)
    out = limit.get(f"v{number}", 0.0) * phi[0]
    for k in orders:
        out = out + limit[DERIVATIVES[k] + number] * x**k * phi[k]
    return out


def is_further(name: str, letter: str) -> bool:
    """Whether a name is that of a weight of a unit beyond the first: w2, v2, …."""
    return name[0] == letter and name[1:].isdigit()


def canonical_limit(limit: Mapping[str, float]) -> dict[str, float]:
    """A limit with those of its units that are alike in increasing order of input weight."""
    units = [n[1:] for n in limit if n == "v" or is_further(n, "v")]
    units = [n for n in units if f"w{n}" in limit]
    weights = sorted((limit[f"w{n}"], limit[f"v{n}"]) for n in units)
    out = dict(limit)
    for name, (w, v) in zip(sorted(units), weights, strict=True):
        out[f"w{name}"], out[f"v{name}"] = w, v
    return out
