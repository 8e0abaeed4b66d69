"""Charts at infinity: weights of a network in coordinates in which an end is a regular point.

A chart takes one unit, or two, of a network to the coordinates of `chart_blocks` and leaves the
others as they are. At a critical point the Hessian of the loss in a chart is a congruence of that
in the weights: the same index. Where the coordinates belong to no real weights, the point of the
chart is *virtual*: its network function is real, its units are a conjugate pair or imaginary.

See docs/theory.md, Confluence chart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from continuation.arrays import Array
from continuation.landscape.infinity.blocks import Block, Unit, Values
from continuation.landscape.infinity.ends import ChartedEnd
from continuation.landscape.infinity.limit_model import LimitModel, LimitUnit
from continuation.landscape.network import join_plain, split_plain


@dataclass(frozen=True)
class Chart:
    """Coordinates (block, then (w, v) of every other unit) of a network of H tanh units.

    Attributes
    ----------
    end : ChartedEnd
    units : tuple of int
        The unit, or the two, that the block stands for; of two the one with the smaller input
        weight first.
    signs : tuple of int
        Flip of each of the H units, so that input weights are positive in the chart.
    """

    end: ChartedEnd
    units: tuple[int, ...]
    signs: tuple[int, ...]

    @classmethod
    def at(cls, end: ChartedEnd, theta: Array) -> Chart:
        """The chart in which weights θ (2H,) near an end are close to a regular point.

        The block takes the two closest units of opposite output (confluence), the flattest
        unit (linear) or the steepest (step).
        """
        w, v = split_plain(np.asarray(theta, dtype=np.float64))
        signs = np.where(w < 0.0, -1, 1)
        return cls(end, end.units(signs * w, signs * v), tuple(int(s) for s in signs))

    @property
    def block(self) -> Block:
        """Coordinates of `units`."""
        return self.end.block

    @property
    def normal(self) -> int:
        """Position of the coordinate that tells the distance to the end."""
        return self.end.normal

    @property
    def others(self) -> tuple[int, ...]:
        """Units outside the block, in order."""
        return tuple(k for k in range(len(self.signs)) if k not in self.units)

    @property
    def dimension(self) -> int:
        """Number of coordinates, 2H."""
        return 2 * len(self.signs)

    def to_chart(self, theta: Array) -> Array:
        """Coordinates z (2H,) of weights θ (2H,)."""
        w, v = np.array(self.signs) * split_plain(np.asarray(theta, dtype=np.float64))
        rest = [value for k in self.others for value in (w[k], v[k])]
        return np.array([*self.end.into(w[list(self.units)], v[list(self.units)]), *rest])

    def from_chart(self, z: Array) -> Array:
        """Weights θ (2H,) of coordinates z (2H,); all nan at the end and where z is virtual."""
        w, v = np.full((2, len(self.signs)), np.nan)
        size = len(self.block.names)
        if self.is_real(z):
            units = list(self.units)
            w[units], v[units] = self.end.back(z[:size])
            for place, k in enumerate(self.others):
                w[k], v[k] = z[size + 2 * place : size + 2 * place + 2]
        return join_plain(np.array(self.signs) * w, np.array(self.signs) * v)

    def is_real(self, z: Array) -> bool:
        """Whether z is the image of finite real weights."""
        return self.end.is_real(z)

    def tangent_to_weights(self, z: Array, dz: Array) -> Array:
        """Image of a small displacement of real z, up to its length."""
        step = 1e-6 * abs(z[self.normal]) / max(float(np.abs(dz).max()), 1e-300)
        return (self.from_chart(z + step * dz) - self.from_chart(z - step * dz)) / (2.0 * step)

    def values(self, z: Array, x: Array) -> Values:
        """Network function (m,), first (2H, m) and second derivatives (2H, 2H, m) on x (m,)."""
        size = len(self.block.names)
        total, slopes, bend = self.block.values(z[:size], x)
        jacobian = np.empty((self.dimension, x.size))
        bends = np.zeros((self.dimension, self.dimension, x.size))
        jacobian[:size], bends[:size, :size] = slopes, bend
        for k in range(size, self.dimension, 2):
            value, jacobian[k : k + 2], bends[k : k + 2, k : k + 2] = Unit().values(z[k : k + 2], x)
            total = total + value
        return total, jacobian, bends

    def limit(self, z: Array) -> LimitModel:
        """The limit model at a point z of the end."""
        head = self.end.limit(z[: len(self.block.names)])
        rest = z[len(self.block.names) :].reshape(-1, 2)
        others = tuple(LimitUnit(float(w), (float(v),)) for w, v in rest)
        return replace(head, units=(*head.units, *others))

    def scale(self, z: Array, rms: float) -> Array:
        """Typical sizes (2H,) of the coordinates near z: those in which steps are measured.

        `rms` is the root mean square of the inputs: a unit bends at w = 1/rms.
        """
        size = len(self.block.names)
        rest = np.abs(z[size:]).reshape(-1, 2)
        inputs, outputs = np.maximum(rest, 0.1 * (1.0 + rest)).T
        head = self.end.scale(z[:size], rms)
        return np.array([*head, *np.column_stack([inputs, outputs]).ravel()])
