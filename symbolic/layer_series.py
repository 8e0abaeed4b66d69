"""The gradient of a network of layers as a power series: forward over reverse, by layers.

With W the weights of a layer, bias row included, a its inputs and z = a W, Taylor arithmetic
forward, then backward, gives the gradient along θ + t e as a power series in t: the gradient
(order 0), Hessian times vector (1) and the jets (3).

References
----------
B. A. Pearlmutter, *Neural Computation* 6 (1994) 147: forward over reverse.
"""

from dataclasses import dataclass

import numpy as np

from symbolic.layer_functions import Orders, composed, derivatives_of
from symbolic.layer_plan import Plan, Row

Array = np.ndarray
Series = list[Array]
"""Coefficients of a power series in t."""


@dataclass(eq=False)
class Passed:
    """What a pass forward leaves for the way back.

    Attributes
    ----------
    inputs : list of Series
        Of every layer, (n, width).
    arguments : list of Series
        Of every activation, (n, fan_out); those of the last layer are the outputs.
    slopes : list of Orders
        φ', φ'', … of every activation.
    """

    inputs: list[Series]
    arguments: list[Series]
    slopes: list[Orders]

    @property
    def outputs(self) -> Series:
        """The network function."""
        return self.arguments[-1]


def forward(plan: Plan, theta: Array, direction: Array | None, x: Array, top: int) -> Passed:
    """The network function at θ, or its series to order 3 or 1 along θ + t e.

    Parameters
    ----------
    plan : Plan
    theta, direction : ndarray, shape (P,)
        All weights; None for the value alone.
    x : ndarray, shape (d, n)
    top : int
        Derivatives of the activations that are kept; the series has as many coefficients, or one.
    """
    orders = 1 if direction is None else top
    a = [_with_ones(x.T, plan.layers[0])]
    passed = Passed([a], [], [])
    for row, following in zip(plan.layers, (*plan.layers[1:], None), strict=True):
        z = _arguments(row, theta, direction, a, orders)
        passed.arguments.append(z)
        if following is None:
            break
        value, *slopes = derivatives_of(row.terms, z[0], top)
        passed.slopes.append(slopes)
        a = [_with_ones(value, following)]
        a += [_with_zeros(one, following) for one in composed([value, *slopes], z)[1:]]
        passed.inputs.append(a)
    return passed


def _arguments(row: Row, theta: Array, direction: Array | None, a: Series, orders: int) -> Series:
    """Series of a layer's arguments; those of its inputs may end earlier: the data do not move."""
    weights = row.matrix(theta)
    z = [one @ weights for one in a]
    z += [np.zeros_like(z[0]) for _ in range(orders - len(a))]
    if direction is not None:
        for k, one in enumerate(a[: orders - 1]):
            z[k + 1] += one @ row.matrix(direction)
    return z


def _with_ones(values: Array, row: Row) -> Array:
    """With the constant input of the biases."""
    if not row.bias:
        return np.ascontiguousarray(values)
    out = np.empty((len(values), row.width))
    out[:, : row.fan_in] = values
    out[:, row.fan_in] = 1.0
    return out


def _with_zeros(values: Array, row: Row) -> Array:
    if not row.bias:
        return values
    out = np.empty((len(values), row.width))
    out[:, : row.fan_in] = values
    out[:, row.fan_in] = 0.0
    return out


def backward(
    plan: Plan,
    theta: Array,
    direction: Array | None,
    passed: Passed,
    errors: Series,
    gradient: Array,
) -> list[Array]:
    """Add the series of the gradient, (orders, P), from those of the loss in the outputs.

    Returns
    -------
    list of ndarray, shape (n, fan_out)
        Gradients in the arguments of all layers, of order zero.
    """
    firsts = [errors[0]]
    for k in range(len(plan.layers) - 1, -1, -1):
        row, a = plan.layers[k], passed.inputs[k]
        for order, into in enumerate(gradient):
            total = row.matrix(into)
            for j in range(min(order + 1, len(a))):
                total += a[j].T @ errors[order - j]
        if k == 0:
            break
        weights = row.matrix(theta)[: row.fan_in].T
        back = [one @ weights for one in errors]
        if direction is not None:
            for j in range(1, len(errors)):
                back[j] += errors[j - 1] @ row.matrix(direction)[: row.fan_in].T
        errors = _product(back, composed(passed.slopes[k - 1], passed.arguments[k - 1]))
        firsts.insert(0, errors[0])
    return firsts


def _product(first: Series, second: Series) -> Series:
    product = []
    for k in range(len(first)):
        total = first[0] * second[k]
        for j in range(1, k + 1):
            total += first[j] * second[k - j]
        product.append(total)
    return product
