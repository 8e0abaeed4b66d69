"""Activations and losses of networks of layers, with their derivatives, on arrays."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symbolic.functions import NUMPY_FUNCTIONS

Array = np.ndarray
Orders = list[Array]
"""A function and its derivatives at the same arguments."""

Term = tuple[int, float, float, bool]
"""Code, factor c, inner factor s, and whether there is a factor u: c [u] φ(s u)."""

IDENTITY, TANH, LOGISTIC, ERF, SOFTPLUS, SIN, COS, EXP, RELU, ABS = range(10)
"""Functions of a term."""

SQUARED, LOGISTIC_LOSS, SOFTMAX, HUBER = range(4)
"""Losses of a sample."""

KINKED = (RELU, ABS)
"""Functions with a kink at 0, where their derivative is taken as that of the left of ReLU, 0."""

TWO_OVER_ROOT_PI = 2.0 / math.sqrt(math.pi)


# -- activations -------------------------------------------------------------------------------


def derivatives_of(terms: Sequence[Term], z: Array, top: int) -> Orders:
    """An activation and its derivatives up to order `top`, at most 4."""
    if len(terms) == 1 and terms[0][1:] == (1.0, 1.0, False):
        return FUNCTIONS[terms[0][0]](z, top)
    total = [np.zeros_like(z) for _ in range(top + 1)]
    for code, factor, inner, by_u in terms:
        orders = FUNCTIONS[code](z if inner == 1.0 else inner * z, top)
        for k, one in enumerate(orders):
            share = factor * inner**k
            total[k] += share * (z * one if by_u else one)
            if by_u and k < top:
                total[k + 1] += (k + 1) * share * one
    return total


def _tanh(z: Array, top: int) -> Orders:
    t = np.tanh(z)
    if not top:
        return [t]
    d = 1.0 - t * t
    orders = [t, d]
    if top > 1:
        orders.append(-2.0 * t * d)
    if top > 2:
        orders.append(d * (4.0 - 6.0 * d))
    if top > 3:
        orders.append(t * d * (24.0 * d - 8.0))
    return orders


def _logistic(z: Array, top: int) -> Orders:
    s = NUMPY_FUNCTIONS["logistic"](z)
    if not top:
        return [s]
    d = s * (1.0 - s)
    orders = [s, d]
    if top > 1:
        orders.append(d * (1.0 - 2.0 * s))
    if top > 2:
        orders.append(d * (1.0 - 6.0 * d))
    if top > 3:
        orders.append(orders[2] * (1.0 - 12.0 * d))
    return orders


def _softplus(z: Array, top: int) -> Orders:
    value = NUMPY_FUNCTIONS["softplus"](z)
    return [value, *_logistic(z, top - 1)] if top else [value]


def _erf(z: Array, top: int) -> Orders:
    value = NUMPY_FUNCTIONS["erf"](z)
    if not top:
        return [value]
    g = TWO_OVER_ROOT_PI * np.exp(-z * z)
    square = z * z
    factors = [1.0, -2.0 * z, 4.0 * square - 2.0, (12.0 - 8.0 * square) * z]
    return [value, *(f * g for f in factors[:top])]


def _sin(z: Array, top: int) -> Orders:
    s, c = np.sin(z), np.cos(z)
    return [s, c, -s, -c, s][: top + 1]


def _cos(z: Array, top: int) -> Orders:
    s, c = np.sin(z), np.cos(z)
    return [c, -s, -c, s, c][: top + 1]


def _exp(z: Array, top: int) -> Orders:
    return [np.exp(z)] * (top + 1)


def _piecewise(value: Array, slope: Array, top: int) -> Orders:
    return [value, slope, *[np.zeros_like(value)] * 3][: top + 1]


FUNCTIONS: dict[int, Callable[[Array, int], Orders]] = {
    IDENTITY: lambda z, top: _piecewise(z, np.ones_like(z), top),
    TANH: _tanh,
    LOGISTIC: _logistic,
    ERF: _erf,
    SOFTPLUS: _softplus,
    SIN: _sin,
    COS: _cos,
    EXP: _exp,
    RELU: lambda z, top: _piecewise(np.maximum(z, 0.0), (z > 0.0).astype(float), top),
    ABS: lambda z, top: _piecewise(np.abs(z), np.sign(z), top),
}
"""Code: function and derivatives at z of any shape."""


# -- losses ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class LossSeries:
    """The loss of every sample, (n,), and the power series of its gradient in the outputs."""

    value: Array
    series: Orders


def series_of_loss(loss: int, huber: float, f: Sequence[Array], y: Array) -> LossSeries:
    """Loss of every sample along outputs f(t).

    Parameters
    ----------
    loss : int
    huber : float
        Residual from which Huber's loss is linear.
    f : sequence of ndarray, shape (n, m)
        Power series of the outputs, of order 0, 1 or 3.
    y : ndarray, shape (n, m)
    """
    if loss == LOGISTIC_LOSS:
        s, *slopes = _logistic(f[0], 3 if len(f) > 1 else 0)
        value = NUMPY_FUNCTIONS["softplus"](f[0]) - y * f[0]
        return LossSeries(value.sum(axis=1), [s - y, *composed([s, *slopes], f)[1:]])
    if loss == SOFTMAX:
        shares = _softmax(f)
        value = (y * (_log_normal(f[0]) - f[0])).sum(axis=1)
        return LossSeries(value, [shares[0] - y, *shares[1:]])
    r = f[0] - y
    if loss == SQUARED:
        return LossSeries(0.5 * np.einsum("nm,nm->n", r, r), [r, *f[1:]])
    inside = np.abs(r) <= huber
    value = np.where(inside, 0.5 * r * r, huber * (np.abs(r) - 0.5 * huber))
    return LossSeries(
        value.sum(axis=1), [np.clip(r, -huber, huber), *(one * inside for one in f[1:])]
    )


def curvature_of(loss: int, huber: float, f: Array, y: Array) -> Array:
    """Hessian of the loss of every sample in the outputs, shape (n, m, m)."""
    n, m = f.shape
    out = np.zeros((n, m, m))
    diagonal = np.einsum("njj->nj", out)
    if loss == LOGISTIC_LOSS:
        diagonal[:] = _logistic(f, 1)[1]
    elif loss == SOFTMAX:
        shares = _softmax([f])[0]
        out -= shares[:, :, None] * shares[:, None, :]
        diagonal += shares
    elif loss == HUBER:
        diagonal[:] = np.abs(f - y) <= huber
    else:
        diagonal[:] = 1.0
    return out


def _log_normal(f: Array) -> Array:
    largest = f.max(axis=1, keepdims=True)
    return largest + np.log(np.exp(f - largest).sum(axis=1, keepdims=True))


def _softmax(f: Sequence[Array]) -> Orders:
    """Series of the shares p = exp(f)/Σ exp(f), from p' = p (f' − Σ p f')."""
    shares = [np.exp(f[0] - _log_normal(f[0]))]
    slopes: Orders = []  # coefficient s − 1 of f' − Σ p f'
    for k in range(1, len(f)):
        mean = sum(u * (f[u] * shares[k - u]).sum(axis=1, keepdims=True) for u in range(1, k + 1))
        slopes.append(k * f[k] - mean)
        shares.append(sum(shares[k - s] * slopes[s - 1] for s in range(1, k + 1)) / k)
    return shares


def composed(derivatives: Orders, z: Sequence[Array]) -> Orders:
    """Power series of g(z(t)) from g, g', … at z(0), to the order of z (0, 1 or 3)."""
    series = [derivatives[0]]
    if len(z) > 1:
        series.append(derivatives[1] * z[1])
    if len(z) > 2:
        g1, g2, g3 = derivatives[1:4]
        series.append(g1 * z[2] + g2 * (0.5 * z[1] ** 2))
        series.append(g1 * z[3] + g2 * (z[1] * z[2]) + g3 * (z[1] ** 3 / 6.0))
    return series
