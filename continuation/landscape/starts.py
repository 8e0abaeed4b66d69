"""Starting weights spread over the data, deterministic for a given seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from continuation.landscape.loss import LossAt

Array = NDArray[np.float64]

STEEPNESS = (0.2, 100.0)
"""Range of |w| times the standard deviation of the inputs: from nearly linear to a step between
neighbouring samples."""

RIDGE = 1e-6
"""Relative ridge of the fitted output weights, against nearly parallel units."""


def random_start(at: LossAt, rng: np.random.Generator) -> Array:
    """Input weights log-uniform, biases that put each unit's centre on a sample, fitted outputs.

    Parameters
    ----------
    at : LossAt
        Its model may be an expression: then the weights are N(0, 4).
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (d,)
    """
    model, x = at.model, at.data[0]
    if model.kind == "expression":
        return 2.0 * rng.standard_normal(model.dimension)
    h = model.hidden
    low, high = np.log(np.array(STEEPNESS) / np.std(x))
    w = np.exp(rng.uniform(low, high, h)) * rng.choice([-1.0, 1.0], h)
    theta = np.zeros(model.dimension)
    theta[:h] = w
    if model.bias:
        theta[h : 2 * h] = -w * rng.choice(x, h)
    return fit_linear_part(at, theta)


def fit_linear_part(at: LossAt, theta: Array) -> Array:
    """Output weights and offset from the quadratic they enter: one ridge-regularised step."""
    model = at.model
    inner = model.hidden * (1 + model.bias)
    if inner == model.dimension:
        return theta
    _, gradient, hessian = at.evaluate(theta)
    block = hessian[inner:, inner:]
    ridge = RIDGE * np.trace(block) * np.eye(len(block))
    fitted = theta.copy()
    fitted[inner:] -= np.linalg.solve(block + ridge, gradient[inner:])
    return fitted


def between(a: Array, b: Array, rng: np.random.Generator) -> Array:
    """A point on the segment between two weight vectors, where saddles are likely."""
    t = rng.uniform(0.1, 0.9)
    return (1.0 - t) * a + t * b
