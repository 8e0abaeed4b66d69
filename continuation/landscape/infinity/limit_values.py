"""Limit functions with their derivatives by all unknowns, those that come with biases included.

Every part of a limit model is a sum of its own: a finite unit or units that meet, with
h = x + κ and u = w x + bias,

    Σ_k c_k h^k φ^(k)(u),

a power, a jump, a tail, the offset. Second derivatives exist within one part only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity.limit_model import LimitModel
from continuation.landscape.network import activation
from symbolic import Model

Bends = dict[tuple[int, int], Array]
"""Second derivatives (m,) by the two places, the smaller one first or both the same."""


def limit_values(model: Model, like: LimitModel, z: Array, x: Array) -> tuple[Array, Array, Bends]:
    """Value, slopes and bends of a limit function.

    Parameters
    ----------
    model : Model
        Gives the activation.
    like : LimitModel
        The kind.
    z : ndarray, shape (k,)
        Its unknowns.
    x : ndarray, shape (m,)
        Inputs.

    Returns
    -------
    value : ndarray, shape (m,)
    slopes : ndarray, shape (k, m)
    bends : dict
        Those that are not zero.
    """
    value, slopes, bends = np.zeros(x.shape), np.zeros((z.size, x.size)), {}
    for part, first, second in _parts(model, like, z, x):
        value = value + part
        for place, slope in first.items():
            slopes[place] += slope
        for (i, j), bend in second.items():
            bends[min(i, j), max(i, j)] = bend
    return value, slopes, bends


Part = tuple[Array, dict[int, Array], Bends]


def _parts(model: Model, like: LimitModel, z: Array, x: Array) -> Iterator[Part]:
    slots = like.slots
    for (weight, places), bias, shift in zip(slots.units, slots.biases, slots.shifts, strict=True):
        yield _unit(model, z, x, weight, places, bias, shift)
    for k, place in enumerate(slots.powers):
        yield _power(z, x, 2 * k + 1, place, slots.shift)
    if slots.step is not None:
        yield z[slots.step] * np.sign(x), {slots.step: np.sign(x)}, {}
    for jump, (size, half) in zip(like.jumps, slots.jumps, strict=True):
        side, hit = jump.side(x), jump.hit(x).astype(np.float64)
        if half is None:
            yield z[size] * side, {size: side}, {}
        else:
            shape = side + z[half] * hit
            yield z[size] * shape, {size: shape, half: z[size] * hit}, {(size, half): hit}
    for rate, size in slots.tails:
        shape = np.exp(-z[rate] * x)
        tail = z[size] * shape
        yield (
            tail,
            {size: shape, rate: -x * tail},
            {(rate, rate): x * x * tail, (rate, size): -x * shape},
        )
    if slots.offset is not None:
        one = np.ones_like(x)
        yield z[slots.offset] * one, {slots.offset: one}, {}


def _unit(
    model: Model,
    z: Array,
    x: Array,
    weight: int,
    places: range,
    bias: int | None,
    shift: int | None,
) -> Part:
    """One unit, or several that meet."""
    m, c = len(places), z[places.start : places.stop]
    arm = x if shift is None else x + z[shift]
    phi = activation(model, m + 1)(z[weight] * x + (0.0 if bias is None else z[bias]))
    powers = np.array([arm**k for k in range(m)])

    def sums(order: int, fall: int = 0) -> Array:
        """Σ_k c_k ∂^fall(h^k) φ^(k + order)."""
        ks = np.arange(fall, m)
        factors = c[fall:] * np.prod([ks - i for i in range(fall)], axis=0)
        return np.asarray(np.einsum("k,kn,kn->n", factors, powers[ks - fall], phi[ks + order]))

    inputs = [(weight, x)] + ([] if bias is None else [(bias, np.ones_like(x))])
    slope, bend = sums(1), sums(2)
    first = {place: along * slope for place, along in inputs}
    second = {(i, j): a * b * bend for i, a in inputs for j, b in inputs}
    for k, place in enumerate(places):
        first[place] = powers[k] * phi[k]
        second |= {(i, place): a * powers[k] * phi[k + 1] for i, a in inputs}
    if shift is not None:
        first[shift], second[shift, shift] = sums(0, 1), sums(0, 2)
        second |= {(i, shift): a * sums(1, 1) for i, a in inputs}
        second |= {(places[k], shift): k * powers[k - 1] * phi[k] for k in range(1, m)}
    return sums(0), first, second


def _power(z: Array, x: Array, degree: int, place: int, shift: int | None) -> Part:
    """One power of x + κ."""
    arm, c = x if shift is None else x + z[shift], z[place]
    first, second = {place: arm**degree}, {}
    if shift is not None:
        first[shift] = c * degree * arm ** (degree - 1)
        second[place, shift] = degree * arm ** (degree - 1)
        if degree > 1:
            second[shift, shift] = c * degree * (degree - 1) * arm ** (degree - 2)
    return c * first[place], first, second
