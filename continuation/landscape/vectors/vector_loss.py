"""The loss of a limit model of several inputs, with its derivatives by all unknowns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity import ModelPoint
from continuation.landscape.network import LossAt
from continuation.landscape.vectors.limit import BIAS, VectorLimit, step_values, with_ones
from symbolic import Network, activation_derivatives

Block = tuple[slice, slice, Array]
"""Rows and columns of second derivatives, and these at every sample (n, p, q)."""

Part = tuple[Array, Array, list[Block]]
"""A part's values (n,), first derivatives (n, k) and second ones, its own unknowns from 0."""


@dataclass(frozen=True, eq=False)
class LimitPoint(ModelPoint):
    """A limit model at given unknowns, whatever the loss of a sample.

    Attributes
    ----------
    value : float
        The loss.
    """

    value: float = 0.0

    @property
    def loss(self) -> float:
        """Σ ω ℓ."""
        return self.value


@dataclass(frozen=True, eq=False)
class VectorLoss:
    """The loss of one kind of limit model on the data of a network of one hidden layer.

    Attributes
    ----------
    at : LossAt
    like : VectorLimit
        Its kind, and the directions of its steps, are those of the loss.
    """

    at: LossAt
    like: VectorLimit

    @property
    def network(self) -> Network:
        """The network."""
        return self.at.model.layered

    @property
    def name(self) -> str:
        """The activation."""
        return self.network.activations[0]

    @property
    def inputs(self) -> Array:
        """x̃ (n, D) of the samples that count."""
        return samples_of(self.at).inputs

    def point(self, z: Array) -> tuple[LimitPoint, Array]:
        """The limit model at z (k,) and its gradient (k,).

        Its `residual` holds ω ∂ℓ/∂f, what a change of the function at each sample costs.
        """
        f, jacobian, bends = self._values(z)
        samples = samples_of(self.at)
        each, pull, curvature = self.network.sample_losses(f, samples.targets)
        share = samples.share
        pull = share * pull
        hessian = jacobian.T @ ((share * curvature)[:, None] * jacobian)
        for rows, columns, bend in bends:
            block = np.einsum("n,npq->pq", pull, bend)
            hessian[rows, columns] += block
            if rows != columns:
                hessian[columns, rows] += block.T
        found = LimitPoint(np.nan, z, pull, hessian, value=float(share @ each))
        return found, jacobian.T @ pull

    def noise_slope(self, z: Array) -> Array:
        """∂∇L/∂σ, shape (k,), of squared errors and Huber's."""
        f, jacobian, _ = self._values(z)
        samples = samples_of(self.at)
        curvature = self.network.sample_losses(f, samples.targets)[2]
        return np.asarray(-(jacobian.T @ (samples.share * curvature * samples.noises)))

    def _values(self, z: Array) -> tuple[Array, Array, list[Block]]:
        """Limit function (n,), its derivatives (n, k), and its second ones block by block."""
        n = len(self.inputs)
        value, jacobian, bends, start = np.zeros(n), np.zeros((n, z.size)), [], 0
        for part, slopes, blocks in self._parts(z):
            here = slice(start, start + slopes.shape[1])
            value += part
            jacobian[:, here] = slopes
            bends += [(_moved(r, start), _moved(c, start), bend) for r, c, bend in blocks]
            start = here.stop
        return value, jacobian, bends

    def _parts(self, z: Array) -> Iterator[Part]:
        like, x = self.like, self.inputs
        d, start = x.shape[1], 0
        for _ in like.meeting:
            w, b, (a,) = np.split(z[start : start + 2 * d + 1], (d, 2 * d))
            yield self._meeting(w, b, a)
            start += 2 * d + 1
        for line in like.lines:
            row = x[:, : len(line)]
            yield row @ z[start : start + len(line)], row, []
            start += len(line)
        for leap in like.leaps:
            shape = step_values(self.name, x @ leap.u)
            yield z[start] * shape, shape[:, None], []
            start += 1
        for _ in like.working:
            yield self._working(z[start : start + d], z[start + d])
            start += d + 1
        if like.offset is not None:
            yield np.full(len(x), z[start]), np.ones((len(x), 1)), []

    def _meeting(self, w: Array, b: Array, a: float) -> Part:
        x, d = self.inputs, w.size
        value, slope, bend, third = activation_derivatives(self.name, x @ w, 3)
        arm = x @ b
        first = np.column_stack([x * (a * slope + arm * bend)[:, None], x * slope[:, None], value])
        at_w, at_b, at_a = slice(0, d), slice(d, 2 * d), slice(2 * d, 2 * d + 1)
        square = x[:, :, None] * x[:, None, :]
        second = [
            (at_w, at_w, square * (a * bend + arm * third)[:, None, None]),
            (at_w, at_b, square * bend[:, None, None]),
            (at_w, at_a, (x * slope[:, None])[:, :, None]),
        ]
        return a * value + arm * slope, first, second

    def _working(self, w: Array, v: float) -> Part:
        x, d = self.inputs, w.size
        value, slope, bend = activation_derivatives(self.name, x @ w, 2)
        first = np.column_stack([x * (v * slope)[:, None], value])
        at_w, at_v = slice(0, d), slice(d, d + 1)
        second = [
            (at_w, at_w, x[:, :, None] * x[:, None, :] * (v * bend)[:, None, None]),
            (at_w, at_v, (x * slope[:, None])[:, :, None]),
        ]
        return v * value, first, second


@dataclass(frozen=True, eq=False)
class _Samples:
    """Samples that count: x̃ (n, D), targets with their noise, noises and weights (n,)."""

    inputs: Array
    targets: Array
    noises: Array
    share: Array


@lru_cache(maxsize=4)
def samples_of(at: LossAt) -> _Samples:
    """The data of a loss as its limits need them."""
    share = at.weights
    counted = share > 0.0
    targets = at.targets + at.p * at.noises
    columns = at.model.inputs + at.model.bias
    inputs = with_ones(at.x[counted], columns)
    return _Samples(inputs, targets[counted], at.noises[counted], share[counted])


def _moved(place: slice, start: int) -> slice:
    return slice(place.start + start, place.stop + start)


def input_names(network: Network) -> tuple[str, ...]:
    """Names of x̃: those of the inputs, and that of the constant one."""
    return (*network.input_names, *([BIAS] if network.bias else []))
