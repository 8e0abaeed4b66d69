"""Starting weights spread over the data, deterministic for a given seed."""

from __future__ import annotations

import numpy as np

from continuation.arrays import Array
from continuation.landscape.network import Layout, LossAt
from symbolic import Model, Network, apply

STEEPNESS = (0.2, 100.0)
"""Range of |w| times the standard deviation of the inputs: from nearly linear to a step between
neighbouring samples."""

TURNED = 3.0
"""Units without bias turn at 0 only: |w| times the smallest input may be so large at least, so that
one sample far below the others (1 beside 10, 100, …) sees a unit turn, too."""

LAYER_STEEPNESS = (0.2, 10.0)
"""The same for the units of layers: steps between single samples are as many as samples."""

RADII, ANGLES = 24, 24
"""Input parameters of a unit that is added to a point of the narrower network: a polar grid with
bias, as many weights as radii and angles together without ..."""

ALONE = 2
"""... and so many times finer for a unit that stands alone."""

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
    model, x = at.model, at.x
    if model.network is not None:
        return fit_linear_part(at, _random_layers(model.network, x, rng))
    if not model.is_perceptron:
        return 2.0 * rng.standard_normal(model.dimension)
    layout, h = Layout.of(model), model.hidden
    low, high = np.log(_weights_between(model, x))
    w = np.exp(rng.uniform(low, high, h)) * rng.choice([-1.0, 1.0], h)
    theta = np.zeros(model.dimension)
    layout.input_weights(theta)[:] = w
    if model.bias:
        layout.biases(theta)[:] = -w * rng.choice(x, h)
    return fit_linear_part(at, theta)


def _weights_between(model: Model, x: Array) -> tuple[float, float]:
    """Smallest and largest |w| of a unit to start from."""
    (low, high), spread = STEEPNESS, float(np.std(x))
    nearest = 0.0 if model.bias else float(np.abs(x[x != 0.0]).min(initial=np.inf))
    return low / spread, max(high / spread, TURNED / nearest if nearest else 0.0)


def _random_layers(network: Network, x: Array, rng: np.random.Generator) -> Array:
    """Units of all layers in random directions, from nearly linear to steep on what they see.

    With biases the centre of each unit lies at a random sample.
    """
    a, weights, biases = x.reshape(len(x), network.inputs), [], []
    for name, layer in zip((*network.activations, ""), network.layers, strict=True):
        directions = rng.standard_normal((layer.fan_in, layer.fan_out))
        spread = np.std(a @ directions, axis=0)
        low, high = np.log(LAYER_STEEPNESS)
        size = np.exp(rng.uniform(low, high, layer.fan_out)) / np.where(spread > 0.0, spread, 1.0)
        weights.append(directions * size)
        centre = a[rng.integers(len(a), size=layer.fan_out)]
        shift = -np.einsum("kf,fk->k", centre, weights[-1])
        biases.append(shift if layer.bias else None)
        if name:
            a = apply(name, a @ weights[-1] + (shift if layer.bias else 0.0))
    return network.pack(weights[: len(weights) - bool(network.given)], biases)


def first_linear(model: Model) -> int:
    """Where the weights begin in which f is linear; d of a formula."""
    if model.network is not None:
        return model.network.linear
    return Layout.of(model).linear if model.is_perceptron else model.dimension


def fit_linear_part(at: LossAt, theta: Array) -> Array:
    """Output weights and offset from the quadratic they enter: one ridge-regularised step."""
    inner = first_linear(at.model)
    if inner == at.model.dimension:
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


def beside(at: LossAt, base: Array) -> Array:
    """Starts with one more unit than a critical point of the narrower network; no seed.

    The new unit takes all input parameters of a grid over `STEEPNESS`, and the output weights are
    fitted. Saddles that few random starts reach often lie beside such a point.

    Parameters
    ----------
    at : LossAt
        Of the wider network.
    base : ndarray, shape (d₀,)

    Returns
    -------
    ndarray, shape (k, d)
    """
    model, x = at.model, at.x
    layout, h = Layout.of(model), model.hidden
    units, rest = layout.with_hidden(h - 1).split(base)
    low, high = _weights_between(model, x)
    finer = ALONE if h == 1 else 1
    if model.bias:
        radii = np.geomspace(low, high, finer * RADII)
        turn = np.pi * ((np.arange(finer * ANGLES) + 0.5) / (finer * ANGLES) - 0.5)
        w = np.outer(radii, np.cos(turn)).ravel()
        c = np.outer(radii * np.std(x), np.sin(turn)).ravel() - w * np.mean(x)
        added = [np.array(unit) for unit in zip(w, c, strict=True)]
    else:
        w = np.geomspace(low, high, finer * (RADII + ANGLES))
        added = [np.array([weight]) for weight in (w if model.is_odd else [*w, *-w])]
    starts = []
    for unit in added:
        wide = np.vstack([np.append(unit, 0.0), units])
        starts.append(fit_linear_part(at, layout.join(wide, rest)))
    return np.array(starts)
