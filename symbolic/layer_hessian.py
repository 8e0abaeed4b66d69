"""The Hessian of a network of layers: a block for every pair of layers k >= l.

It is the sum over samples of

    (G_k M_kl)_pr a_kq a_ls + δ_kp (∂a_k/∂z_l)_qr a_ls

for the weights (q, p) and (s, r), with a_k the inputs and z_k the arguments of layer k, δ_k the
gradient and G_k the Hessian of the loss of a sample in z_k, and M_kl = ∂z_k/∂z_l: two products of
matrices over the samples of a block.

References
----------
A. Botev, H. Ritter and D. Barber, *ICML* 70 (2017) 557: the recursion for G_k.
"""

import numpy as np

from symbolic.layer_plan import Plan, Row
from symbolic.layer_series import Passed

Array = np.ndarray


def add_hessian(
    plan: Plan, theta: Array, passed: Passed, errors: list[Array], curvature: Array, J: Array
) -> None:
    """Add the Hessian over the samples of a block: all blocks on and below the diagonal.

    `curvature` is the Hessian of each sample's loss in the outputs, (n, m, m).
    """
    for k in range(len(plan.layers) - 1, -1, -1):
        row, a = plan.layers[k], passed.inputs[k][0]
        _add_pairs(J, row, row, curvature, _products(a, a))
        if k == 0:
            return
        weights = row.matrix(theta)[: row.fan_in]
        slope, bend = passed.slopes[k - 1][:2]
        chain = _through(curvature, weights, slope)
        curvature = _below(chain, weights, slope, bend * (errors[k] @ weights.T))
        response: Array | None = None
        for m in range(k - 1, -1, -1):
            lower, b = plan.layers[m], passed.inputs[m][0]
            if m == k - 1:
                _add_next(J, row, lower, _products(errors[k], slope), b)
            else:
                between = plan.layers[m + 1]
                inner = between.matrix(theta)[: between.fan_in]
                chain = _through(chain, inner, passed.slopes[m][0])
                response = _through(
                    _diagonal(slope) if response is None else response, inner, passed.slopes[m][0]
                )
                _add_bent(J, row, lower, _products(errors[k], b), response)
            _add_pairs(J, row, lower, chain, _products(a, b))


def _products(first: Array, second: Array) -> Array:
    """Products of all entries of two rows, sample by sample: (n, p), (n, q) -> (n, p q)."""
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)


def _diagonal(values: Array) -> Array:
    """(n, q) as the diagonals of (n, q, q)."""
    n, q = values.shape
    out = np.zeros((n, q, q))
    out[:, range(q), range(q)] = values
    return out


def _through(values: Array, weights: Array, slope: Array) -> Array:
    """From derivatives by the arguments of a layer, (n, p, q), to those by the layer below."""
    n, p, q = values.shape
    below = (values.reshape(n * p, q) @ weights.T).reshape(n, p, len(weights))
    below *= slope[:, None, :]
    return below


def _below(chain: Array, weights: Array, slope: Array, bend: Array) -> Array:
    """Hessian of each sample's loss in the arguments of the layer below, from G M (n, p, q)."""
    n, p, q = chain.shape
    turned = np.ascontiguousarray(chain.transpose(0, 2, 1)).reshape(n * q, p)
    below = (turned @ weights.T).reshape(n, q, q)
    below *= slope[:, None, :]
    below[:, range(q), range(q)] += bend
    return below


def _add_pairs(J: Array, upper: Row, lower: Row, above: Array, pairs: Array) -> None:
    """Σ above_pr a_q b_s at the weights (q, p) and (s, r)."""
    n, p, r = above.shape
    sums = (above.reshape(n, p * r).T @ pairs).reshape(p, r, upper.width, lower.width)
    _entries(J, upper, lower)[...] += sums.transpose(2, 0, 3, 1)


def _add_bent(J: Array, upper: Row, lower: Row, pairs: Array, response: Array) -> None:
    """Σ δ_p (∂a/∂z)_qr b_s at the weights (q, p) and (s, r); none for a bias."""
    n, q, r = response.shape
    sums = (pairs.T @ response.reshape(n, q * r)).reshape(upper.fan_out, lower.width, q, r)
    _entries(J, upper, lower)[:q] += sums.transpose(2, 0, 1, 3)


def _add_next(J: Array, upper: Row, lower: Row, pairs: Array, b: Array) -> None:
    """The same for the layer just below, where ∂a/∂z is diagonal: q = r."""
    sums = (pairs.T @ b).reshape(upper.fan_out, upper.fan_in, lower.width)
    entries = _entries(J, upper, lower)
    for q in range(upper.fan_in):
        entries[q, :, :, q] += sums[:, q]


def _entries(J: Array, upper: Row, lower: Row) -> Array:
    """The block of J of two layers as (q, p, s, r), a view."""
    block = J[upper.start : upper.end, lower.start : lower.end]
    shape = (upper.width, upper.fan_out, lower.width, lower.fan_out)
    rows, columns = block.strides
    steps = (rows * upper.fan_out, rows, columns * lower.fan_out, columns)
    return np.lib.stride_tricks.as_strided(block, shape, steps)
