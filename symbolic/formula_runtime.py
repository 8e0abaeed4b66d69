"""Loss and derivatives of a model given by a nested formula: the graph of the formula, in NumPy.

Derivatives of nested formulas, printed as formulas, grow beyond all bounds; those of the graph of
its subexpressions do not. Every node carries its value along θ + t e as a power series in t, the
gradient of that by all weights, and at order zero its Hessian; sums, products, powers and functions
pass them on. The graph is data and stands in `work` (`Program.table`).

References
----------
A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed. (2008), chs. 3 and 13.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from symbolic.activations import U, derivatives, ring_of
from symbolic.functions import NUMPY_FUNCTIONS, SYMPY_FUNCTIONS
from symbolic.functions import evaluate as evaluated
from symbolic.kernel_passes import CODE, NOISE, NOISE_CODE, WEIGHT_DECAY, WEIGHT_DECAY_CODE
from symbolic.layer_functions import composed
from symbolic.layer_runtime import fill_taylor, settings_of, shares_of

Array = np.ndarray

NUMBER, INPUT, WEIGHT, SUM, PRODUCT, POWER, FUNCTION = range(7)
"""Kinds of nodes: a row [kind, first, second, number] of the table each."""

NAMES = tuple(sorted(set(NUMPY_FUNCTIONS) & set(SYMPY_FUNCTIONS)))
"""Functions of a node, whose number is the place of its name here."""

QUIETLY = np.errstate(all="ignore")
"""At a pole, or beyond the largest number, derivatives are NaN, which every search refuses."""

NUMBERS = 2**18
"""Entries of the arrays of one node that a block of samples may have."""


@dataclass(eq=False)
class Value:
    """What a node carries for n samples.

    Attributes
    ----------
    series : list of ndarray, shape (n or 1,)
        Coefficients of its value along θ + t e.
    slopes : list of ndarray, shape (n or 1, d), or None
        Coefficients of its gradient; None where it depends on no weight.
    bend : ndarray, shape (n or 1, d, d), or None
        Its Hessian, if it was asked for and does not vanish.
    """

    series: list[Array]
    slopes: list[Array] | None = None
    bend: Array | None = None


def run(table: Array, theta: Array, e: Array | None, x: Array, hessian: bool) -> Value:
    """The network function (the last node) with its derivatives on samples x (n,).

    `e` is the direction of a series to order 3; None for the value alone.
    """
    values: list[Value] = []
    last = {int(child): k for k, row in enumerate(table) for child in _children(row)}
    for k, (kind, first, second, number) in enumerate(table):
        if kind == NUMBER:
            made = Value(_constant(number, e))
        elif kind == INPUT:
            made = Value(_constant(x, e))
        elif kind == WEIGHT:
            made = _weight(int(first), theta, e)
        elif kind == SUM:
            made = _sum(values[int(first)], values[int(second)])
        elif kind == PRODUCT:
            made = _product(values[int(first)], values[int(second)], hessian)
        else:
            inner = values[int(first)]
            top = 1 + (len(inner.series) if e is not None else int(hessian))
            made = _applied(inner, _orders(kind, number, inner.series[0], top), hessian)
        values.append(made)
        for child in _children(table[k]):
            if last[child] == k:
                values[child] = Value([])  # no later node needs it
    return values[-1]


def _children(row: Array) -> tuple[int, ...]:
    kind = int(row[0])
    if kind in (SUM, PRODUCT):
        return int(row[1]), int(row[2])
    return (int(row[1]),) if kind in (POWER, FUNCTION) else ()


def _constant(value: float | Array, e: Array | None) -> list[Array]:
    zero = np.zeros(1)
    return [np.atleast_1d(value), *([zero] * 3 if e is not None else [])]


def _weight(k: int, theta: Array, e: Array | None) -> Value:
    slope = np.zeros((1, theta.size))
    slope[0, k] = 1.0
    if e is None:
        return Value([theta[k : k + 1]], [slope])
    zero, flat = np.zeros(1), np.zeros((1, theta.size))
    return Value([theta[k : k + 1], e[k : k + 1], zero, zero], [slope, flat, flat, flat])


def _sum(a: Value, b: Value) -> Value:
    series = [one + other for one, other in zip(a.series, b.series, strict=True)]
    if a.slopes is None or b.slopes is None:
        return Value(series, a.slopes or b.slopes, a.bend if b.bend is None else b.bend)
    slopes = [one + other for one, other in zip(a.slopes, b.slopes, strict=True)]
    if a.bend is None or b.bend is None:
        return Value(series, slopes, a.bend if b.bend is None else b.bend)
    return Value(series, slopes, a.bend + b.bend)


def _product(a: Value, b: Value, hessian: bool) -> Value:
    series = _times(a.series, b.series)
    parts = [
        _times([s[:, None] for s in one.series], other.slopes)
        for one, other in ((a, b), (b, a))
        if other.slopes is not None
    ]
    if not parts:
        return Value(series)
    slopes = [np.asarray(sum(terms)) for terms in zip(*parts, strict=True)]
    bends = [
        one.series[0][:, None, None] * other.bend
        for one, other in ((a, b), (b, a))
        if other.bend is not None
    ]
    if hessian and a.slopes is not None and b.slopes is not None:
        mixed = a.slopes[0][:, :, None] * b.slopes[0][:, None, :]
        bends.append(mixed + mixed.transpose(0, 2, 1))
    return Value(series, slopes, _total(bends))


def _times(a: Sequence[Array], b: Sequence[Array]) -> list[Array]:
    """Product of two power series."""
    return [np.asarray(sum(a[j] * b[k - j] for j in range(k + 1))) for k in range(len(a))]


def _total(bends: list[Array]) -> Array | None:
    return np.asarray(sum(bends[1:], bends[0])) if bends else None


def _applied(a: Value, orders: list[Array], hessian: bool) -> Value:
    """A function of a node, from its derivatives at the node's value."""
    series = composed(orders, a.series)
    if a.slopes is None:
        return Value(series)
    factor = composed(orders[1:], a.series)
    slopes = _times([f[:, None] for f in factor], a.slopes)
    bends = [] if a.bend is None else [orders[1][:, None, None] * a.bend]
    if hessian:
        first = a.slopes[0]
        bends.append(orders[2][:, None, None] * (first[:, :, None] * first[:, None, :]))
    return Value(series, slopes, _total(bends))


def _orders(kind: float, number: float, u: Array, top: int) -> list[Array]:
    """Derivatives 0 … top of the power or the function at u."""
    if kind == FUNCTION:
        return _derivatives(NAMES[int(number)])(u, top)
    orders, factor, power = [], 1.0, number
    for _ in range(top + 1):
        orders.append(factor * u**power if factor else np.zeros_like(u))
        factor, power = factor * power, power - 1.0
    return orders


@cache
def _derivatives(name: str) -> Callable[[Array, int], list[Array]]:
    """A function and its derivatives by the differential ring of its formula."""
    ring = ring_of(SYMPY_FUNCTIONS[name](U))
    formulas = derivatives(ring, 4)

    def orders(u: Array, top: int) -> list[Array]:
        values = {U: u}
        for symbol, value in zip(ring.symbols, ring.values, strict=True):
            values[symbol] = evaluated(value, {U: u})
        return [np.broadcast_to(evaluated(f, values), u.shape) for f in formulas[: top + 1]]

    return orders


# -- sums over the samples ---------------------------------------------------------------------


@lru_cache(maxsize=64)
def _read(text: bytes) -> Array:
    return np.frombuffer(text).reshape(-1, 4)


@QUIETLY
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
    settings, d = settings_of(p, constants), theta.size
    rho, value = settings[WEIGHT_DECAY], 0.0
    F[:], J[:, :], Fp[:] = rho * theta, rho * np.eye(d), 0.0
    for x, target, noise, share, slope in _blocks(settings, constants, data, NUMBERS // d**2):
        f = run(_read(work.tobytes()), theta, None, x, hessian=True)
        r = f.series[0] - target - settings[NOISE] * noise
        gradient = _rows((f.slopes or [np.zeros((1, d))])[0], x.size)
        value += 0.5 * float(share @ r**2)
        F += (share * r) @ gradient
        J += gradient.T @ (share[:, None] * gradient)
        if f.bend is not None:
            J += np.tensordot(share * r, np.broadcast_to(f.bend, (x.size, d, d)), 1)
        Fp += (slope * r - share * noise * (settings[CODE] == NOISE_CODE)) @ gradient
    if settings[CODE] == WEIGHT_DECAY_CODE:
        Fp += theta
    return value + 0.5 * rho * float(theta @ theta)


@QUIETLY
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
    out = np.empty((1, theta.size))
    value = _series(theta, None, p, constants, data, work, out)
    F[:] = out[0]
    return value


@QUIETLY
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
    Fp[0] = _series(theta, J[0].copy(), p, constants, data, work, out)
    fill_taylor(out, F, J, Fp)
    return 0.0


def _series(
    theta: Array,
    e: Array | None,
    p: float,
    constants: Array,
    data: Array,
    work: Array,
    out: Array,
) -> float:
    """Loss; fills the power series of the gradient along θ + t e, shape (1 or 4, d)."""
    settings, d = settings_of(p, constants), theta.size
    rho, value = settings[WEIGHT_DECAY], 0.0
    out[:] = 0.0
    for x, target, noise, share, _ in _blocks(settings, constants, data, NUMBERS // (4 * d)):
        f = run(_read(work.tobytes()), theta, e, x, hessian=False)
        r = [f.series[0] - target - settings[NOISE] * noise, *f.series[1:]]
        value += 0.5 * float(share @ r[0] ** 2)
        for k, row in enumerate(out):
            for j in range(k + 1 if f.slopes else 0):
                row += (share * r[j]) @ _rows((f.slopes or [])[k - j], x.size)
    out[0] += rho * theta
    if e is not None:
        out[1] += rho * e
    return value + 0.5 * rho * float(theta @ theta)


def _rows(array: Array, n: int) -> Array:
    return np.broadcast_to(array, (n, *array.shape[1:]))


def _blocks(settings: Array, constants: Array, data: Array, most: int):  # type: ignore[no-untyped-def]
    """Inputs, targets, noises, weights and their slopes of the samples, block by block."""
    weights = data[3] if len(data) > 3 else None
    share, slope = shares_of(settings, constants, weights, data.shape[1])
    step = max(most, 64)
    for first in range(0, share.size, step):
        piece = slice(first, min(first + step, share.size))
        yield (*data[:3, piece], share[piece], slope[piece])
