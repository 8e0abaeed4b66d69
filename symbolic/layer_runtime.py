"""Loss and derivatives of any network of layers, by products of matrices (BLAS) in NumPy.

What a network looks like is data, not code, so that nothing is generated or compiled: it stands
in `work` (`Network.plan` writes it). A hidden bias is one more input that is constantly 1. With W
the weights of a layer, bias row included, a its inputs and z = a W,

* the gradient along θ + t e as a power series in t (Taylor arithmetic forward, then backward)
  gives the gradient (order 0), Hessian times vector (1) and the jets (3): forward over reverse;
* the Hessian has a block for every pair of layers k >= l, the sum over samples of

      (G_k M_kl)_pr a_kq a_ls + δ_kp (∂a_k/∂z_l)_qr a_ls

  for the weights (q, p) and (s, r), with δ_k the gradient and G_k the Hessian of the loss of a
  sample in z_k, and M_kl = ∂z_k/∂z_l: two products of matrices over the samples of a block.

References
----------
B. A. Pearlmutter, *Neural Computation* 6 (1994) 147: forward over reverse.
A. Botev, H. Ritter and D. Barber, *ICML* 70 (2017) 557: the recursion for G_k.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from symbolic.layer_functions import (
    Orders,
    Term,
    composed,
    curvature_of,
    derivatives_of,
    series_of_loss,
)

Array = np.ndarray
Series = list[Array]
"""Coefficients of a power series in t."""

CODE, NOISE, WEIGHT_DECAY, SIZE, HOMOTOPY, NODES, SCHEDULE = range(7)
"""Entries of `constants`, as of the generated kernels (`symbolic.kernel_runtime`)."""

NOISE_CODE, SIZE_CODE, WEIGHT_DECAY_CODE, POPULATION_CODE = range(4)
ENTRY_OF_CODE = (NOISE, SIZE, WEIGHT_DECAY, HOMOTOPY)

NUMBERS, PAIRS = 2**17, 2**17
"""Numbers of a block of samples: of one layer's arrays, which should stay in the cache, and of the
products of pairs of them that a Hessian needs, which are as many as its entries."""

FEWEST = 256
"""Samples of a block at least: sums of fewer leave the products of matrices short."""


@dataclass(frozen=True, eq=False)
class Row:
    """One layer of a plan: its shape, place among all weights, and activation."""

    fan_in: int
    bias: int
    fan_out: int
    start: int
    terms: tuple[Term, ...]

    @property
    def width(self) -> int:
        """Inputs, the constant one of the biases included."""
        return self.fan_in + self.bias

    @property
    def end(self) -> int:
        """Where its weights end."""
        return self.start + self.width * self.fan_out

    def matrix(self, weights: Array) -> Array:
        """Its weights, (width, fan_out), a view."""
        return weights[self.start : self.end].reshape(self.width, self.fan_out)


@dataclass(frozen=True, eq=False)
class Plan:
    """Structure of a network as the kernels need it."""

    inputs: int
    outputs: int
    loss: int
    huber: float
    layers: tuple[Row, ...]
    decays: Array
    given: Array

    @property
    def free(self) -> slice | Array:
        """Places of θ among all weights."""
        if not self.given.size:
            return slice(None)
        last = self.layers[-1]
        skipped = np.arange(last.start, last.start + self.given.size)
        return np.delete(np.arange(last.end), skipped)

    def whole(self, theta: Array, given: Array) -> Array:
        """All weights of the free ones θ (d,) and others."""
        if not self.given.size:
            return theta
        place = self.layers[-1].start
        return np.concatenate([theta[:place], given, theta[place:]])


@lru_cache(maxsize=64)
def read_plan(text: bytes, columns: int) -> Plan:
    """The plan that `Network.plan` wrote."""
    head, *rows, given = np.frombuffer(text).reshape(-1, columns)
    layers, start, decays = [], 0, []
    for row in rows:
        fan_in, bias, fan_out, terms = map(int, row[:4])
        flat = row[4 : 4 + 4 * terms].reshape(terms, 4)
        parsed = tuple((int(c), float(f), float(s), bool(by_u)) for c, f, s, by_u in flat)
        layers.append(Row(fan_in, bias, fan_out, start, parsed))
        start = layers[-1].end
        decays += [1.0] * (fan_in * fan_out) + [float(head[4])] * (bias * fan_out)
    plan = Plan(
        int(head[0]), int(head[1]), int(head[2]), float(head[3]), tuple(layers),
        np.array(decays), given[: int(head[5])].copy(),
    )  # fmt: skip
    return plan


def plan_of(work: Array) -> Plan:
    """The plan in the kernels' scratch array."""
    return read_plan(work.tobytes(), work.shape[1])


# -- the gradient as a series ------------------------------------------------------------------


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
    a = [_with_ones(x.T, plan.layers[0]), *_zeros(orders - 1, x.shape[1], plan.layers[0].width)]
    passed = Passed([a], [], [])
    for row, following in zip(plan.layers, (*plan.layers[1:], None), strict=True):
        weights = row.matrix(theta)
        z = [one @ weights for one in a]
        if direction is not None:
            for k in range(1, orders):
                z[k] += a[k - 1] @ row.matrix(direction)
        passed.arguments.append(z)
        if following is None:
            break
        value, *slopes = derivatives_of(row.terms, z[0], top)
        passed.slopes.append(slopes)
        a = [_with_ones(value, following)]
        a += [_with_zeros(one, following) for one in composed([value, *slopes], z)[1:]]
        passed.inputs.append(a)
    return passed


def _with_ones(values: Array, row: Row) -> Array:
    """With the constant input of the biases."""
    if not row.bias:
        return np.ascontiguousarray(values)
    out = np.empty((len(values), row.width))
    out[:, : row.fan_in] = values
    out[:, row.fan_in] = 1.0
    return out


def _with_zeros(values: Array, row: Row) -> Array:
    return np.column_stack([values, np.zeros(len(values))]) if row.bias else values


def _zeros(count: int, rows: int, columns: int) -> Series:
    return [np.zeros((rows, columns)) for _ in range(count)]


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
            for j in range(order + 1):
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


# -- the Hessian -------------------------------------------------------------------------------


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


# -- sums over the samples ---------------------------------------------------------------------


def shares_of(
    settings: Array, constants: Array, weights: Array | None, n: int
) -> tuple[Array, Array]:
    """Weight of every sample that counts, and its derivative by the continued parameter.

    The ramp by which samples come in is that of the generated kernels.
    """
    code, nodes = settings[CODE], int(settings[NODES])
    if weights is None:
        lower, upper = _size_step(settings[SIZE], constants, n)
        t = min(max((settings[SIZE] - lower) / (upper - lower), 0.0), 1.0) if upper > lower else 0.0
        share, slope = np.ones(lower if t == 0.0 else upper), np.zeros(lower if t == 0.0 else upper)
        share[lower:] = t * t * t * (t * (6.0 * t - 15.0) + 10.0)
        slope[lower:] = 30.0 * t * t * (t - 1.0) * (t - 1.0) / max(upper - lower, 1)
        total = share.sum()
        share /= total
        slope = slope / total - share * (slope.sum() / total)
        return share, slope if code == SIZE_CODE else np.zeros_like(share)
    if nodes == 0:
        return weights, np.zeros_like(weights)
    s, first = settings[HOMOTOPY], np.arange(n) < nodes
    slope = np.where(first, -weights, weights) * (code == POPULATION_CODE)
    return np.where(first, 1.0 - s, s) * weights, slope


def _size_step(size: float, constants: Array, n: int) -> tuple[int, int]:
    """Last size of the schedule that is <= size, and the next one."""
    if constants.size == SCHEDULE:
        lower = min(int(max(size, 0.0)), n)
        return lower, min(lower + 1, n)
    steps = constants[SCHEDULE:]
    j = max(int(np.searchsorted(steps, size, side="right")) - 1, 0)
    return min(int(steps[j]), n), min(int(steps[min(j + 1, len(steps) - 1)]), n)


@dataclass(frozen=True, eq=False)
class Batch:
    """Samples of one block.

    Attributes
    ----------
    x : ndarray, shape (d, n)
    y, noise : ndarray, shape (n, m)
        Targets with their noise, and the noise alone.
    share, slope : ndarray, shape (n, 1)
    """

    x: Array
    y: Array
    noise: Array
    share: Array
    slope: Array


def batches(
    plan: Plan, settings: Array, constants: Array, data: Array, most: int
) -> Iterator[Batch]:
    """The samples that count, so many of them at a time."""
    d, m, n = plan.inputs, plan.outputs, data.shape[1]
    weights = data[d + 2 * m] if len(data) > d + 2 * m else None
    share, slope = shares_of(settings, constants, weights, n)
    for first in range(0, share.size, most):
        piece = slice(first, min(first + most, share.size))
        noise = data[d + m : d + 2 * m, piece].T
        y = data[d : d + m, piece].T + settings[NOISE] * noise
        yield Batch(data[:d, piece], y, noise, share[piece, None], slope[piece, None])


def settings_of(p: float, constants: Array) -> Array:
    """The constants with p for the continued parameter."""
    settings = constants[:SCHEDULE].copy()
    settings[ENTRY_OF_CODE[int(settings[CODE])]] = p
    return settings


def _block(plan: Plan) -> int:
    return max(FEWEST, NUMBERS // max(max(row.width, row.fan_out) for row in plan.layers))


def _hessian_block(plan: Plan) -> int:
    widest = max(max(row.width, row.fan_out) for row in plan.layers)
    return max(FEWEST, min(_block(plan), PAIRS // widest**2))


def series(
    theta: Array,
    direction: Array | None,
    p: float,
    constants: Array,
    data: Array,
    plan: Plan,
    out: Array,
) -> float:
    """Loss; fills the power series of the gradient along θ + t e, shape (1, 2 or 4, d)."""
    settings = settings_of(p, constants)
    full = plan.whole(theta, plan.given)
    moved = None if direction is None else plan.whole(direction, np.zeros(plan.given.size))
    gradient, value = np.zeros((len(out), full.size)), 0.0
    for batch in batches(plan, settings, constants, data, _block(plan)):
        passed = forward(plan, full, moved, batch.x, len(out))
        errors = series_of_loss(plan.loss, plan.huber, passed.outputs, batch.y)
        value += float(errors.value @ batch.share[:, 0])
        backward(plan, full, moved, passed, [e * batch.share for e in errors.series], gradient)
    out[:] = gradient[:, plan.free]
    rho, decays = settings[WEIGHT_DECAY], plan.decays[plan.free]
    if rho:
        out[0] += rho * decays * theta
        if direction is not None:
            out[1] += rho * decays * direction
        value += 0.5 * rho * float(decays @ theta**2)
    return value


def evaluate(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Loss; fills F = gradient, J = Hessian and Fp = dF/dp."""
    plan, settings = plan_of(work), settings_of(p, constants)
    full, free = plan.whole(theta, plan.given), plan.free
    size = full.size
    gradient, slope, value = np.zeros((1, size)), np.zeros((1, size)), 0.0
    hessian = np.zeros((size, size))
    for batch in batches(plan, settings, constants, data, _hessian_block(plan)):
        passed = forward(plan, full, None, batch.x, 2)
        loss = series_of_loss(plan.loss, plan.huber, passed.outputs, batch.y)
        value += float(loss.value @ batch.share[:, 0])
        errors = backward(plan, full, None, passed, [loss.series[0] * batch.share], gradient)
        curvature = curvature_of(plan.loss, plan.huber, passed.outputs[0], batch.y)
        curvature *= batch.share[:, :, None]
        moved = loss.series[0] * batch.slope
        if settings[CODE] == NOISE_CODE:
            moved -= np.einsum("njj,nj->nj", curvature, batch.noise)
        if moved.any():
            backward(plan, full, None, passed, [moved], slope)
        add_hessian(plan, full, passed, errors, curvature, hessian)
    lower = np.tril(hessian[free][:, free])
    J[:, :] = lower + np.tril(lower, -1).T
    rho, decays = settings[WEIGHT_DECAY], plan.decays[free]
    F[:], Fp[:] = gradient[0, free] + rho * decays * theta, slope[0, free]
    if settings[CODE] == WEIGHT_DECAY_CODE:
        Fp += decays * theta
    J[np.diag_indices(theta.size)] += rho * decays
    return value + 0.5 * rho * float(decays @ theta**2)


def gradient(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Loss; fills F only."""
    return series(theta, None, p, constants, data, plan_of(work), F.reshape(1, F.size))


def product(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Loss; fills F and J[1], the Hessian times J[0]. J needs two rows."""
    out = np.empty((2, theta.size))
    value = series(theta, J[0], p, constants, data, plan_of(work), out)
    F[:], J[1] = out
    return value


def jet(
    theta: Array,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    F: Array,
    J: Array,
    Fp: Array,
) -> float:
    """Taylor derivatives along e = J[0], as of the generated kernels (`symbolic.Kernels`)."""
    out = np.empty((4, theta.size))
    Fp[0] = series(theta, J[0], p, constants, data, plan_of(work), out)
    fill_taylor(out, F, J, Fp)
    return 0.0


def fill_taylor(out: Array, F: Array, J: Array, Fp: Array) -> None:
    """What `jet` fills, from the power series (4, d) of the gradient along J[0]."""
    F[:], J[1], J[2] = out[0], 2.0 * out[2], 6.0 * out[3]
    Fp[1:5] = J[0] @ out[0], J[0] @ out[1], J[0] @ J[1], J[0] @ J[2]
